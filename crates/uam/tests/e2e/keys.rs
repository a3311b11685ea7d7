//! The readers of the record, the secrets that open it, and every way to lose that and get it back.

use crate::harness::{Home, PASSPHRASE, Running, opened, until};
use lab::s3::{S3Server, S3ServerOptions};
use model::NoticeCode;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

const QUIET: &str = "[shots]\ncapture = false\n[upload]\nevery_seconds = 5\n";

/// A home that has recorded a moment (without a desktop: uam says what it cannot see and runs all the same), its bucket
/// at `server`.
fn recorded(server: &S3Server) -> Home {
    let mut home = Home::new().envs(server.env()).config(QUIET);
    home.start(&[]).stop();
    home
}

fn server(store: &tempfile::TempDir) -> S3Server {
    S3Server::start(S3ServerOptions::new(store.path())).unwrap()
}

fn finish(mut running: Running) -> String {
    let status = running.wait();
    assert!(status.success(), "{status}: {}", running.said());
    running.said()
}

/// The code of this number on the page of recovery codes.
fn recovery_code(page: &str, number: usize) -> String {
    let line = page
        .lines()
        .find(|l| l.contains(&format!("[ ] {number:>2}")))
        .unwrap();
    line.split_whitespace().next_back().unwrap().to_owned()
}

fn first_page(home: &Home) -> String {
    std::fs::read_to_string(home.path("kit.txt")).unwrap()
}

/// Opens an object with the `age` program that anybody can install, and nothing of ours.
fn age(key: &Path, object: &[u8]) -> Option<Vec<u8>> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("object");
    std::fs::write(&file, object).unwrap();
    let out = Command::new("age")
        .args(["--decrypt", "--identity"])
        .arg(key)
        .arg(&file)
        .output()
        .expect("the program `age` is installed");
    out.status.success().then_some(out.stdout)
}

#[test]
fn after_the_computer_is_lost_one_code_and_plain_age_open_the_bucket() {
    let store = tempfile::tempdir().unwrap();
    let server = server(&store);
    let home = recorded(&server);
    let objects = server.objects().unwrap();
    let copy = objects
        .iter()
        .find(|(key, _)| key.contains("kind=vault"))
        .unwrap()
        .1;
    let (page, journal) = (first_page(&home), home.export());
    drop(home);

    // Another computer: the bucket, the page of codes, and the two programs.
    let elsewhere = Home::new();
    std::fs::write(elsewhere.cwd().join("vault.json"), copy).unwrap();
    let mut recover =
        elsewhere.interactive(&["recover", "--from", "vault.json", "--identity", "key.txt"]);
    recover.prompt("Recovery code");
    recover.say(&recovery_code(&page, 4).to_lowercase());
    finish(recover);
    let key = elsewhere.cwd().join("key.txt");
    let mut segments: Vec<(&String, Vec<u8>)> = objects
        .iter()
        .filter(|(name, _)| name.ends_with(".jsonl.zst.age"))
        .map(|(name, body)| (name, age(&key, body).expect(name)))
        .collect();
    segments.sort_by_key(|(name, _)| name.rsplit('/').next());
    let lines: Vec<u8> = segments
        .iter()
        .flat_map(|(_, body)| zstd::decode_all(body.as_slice()).unwrap())
        .collect();
    assert!(!lines.is_empty());
    assert_eq!(String::from_utf8(lines).unwrap(), journal);
    // A stranger's key opens none of them.
    let stranger = elsewhere.cwd().join("stranger.txt");
    std::fs::write(&stranger, vault::Identity::generate().reveal().as_str()).unwrap();
    assert!(
        segments
            .iter()
            .all(|(name, _)| age(&stranger, &objects[*name]).is_none())
    );
    let mut wrong = elsewhere.interactive(&["recover", "--from", "vault.json"]);
    wrong.prompt("Recovery code");
    wrong.say("00000-00000-00000-00000-00000");
    assert!(!wrong.wait().success());
    assert!(!wrong.said().contains("AGE-SECRET-KEY"), "{}", wrong.said());
}

#[test]
fn after_phone_and_passphrase_are_lost_one_code_sets_up_new_ones() {
    let store = tempfile::tempdir().unwrap();
    let server = server(&store);
    let mut home = recorded(&server);
    let code = recovery_code(&first_page(&home), 9);
    let mut recover = home.interactive(&["recover"]);
    recover.prompt("Recovery code");
    recover.say(&code);
    recover.line_with("9 are left");
    recover.prompt("Set up a new phone");
    recover.say("y");
    let line = recover.line_with("Or type this secret into the app: ");
    home.knows(line.rsplit(' ').next().unwrap());
    recover.prompt("Code from the new entry");
    recover.say(&home.code());
    recover.prompt("Keep the key in a new place");
    recover.say("y");
    for prompt in ["New passphrase", "once more"] {
        recover.prompt(prompt);
        recover.say("another four random words");
    }
    finish(recover);

    // The old passphrase opens nothing any more, the new one everything, and the code is used up.
    let mut old = home.interactive(&["unlock"]);
    for _ in 0..3 {
        old.prompt("Passphrase");
        old.say(PASSPHRASE);
    }
    assert_eq!(old.wait().code(), Some(3), "{}", old.said());
    let mut unlock = home.interactive(&["unlock"]);
    unlock.prompt("Passphrase");
    unlock.say("another four random words");
    unlock.prompt("Code from");
    unlock.say(&home.code());
    finish(unlock);
    assert!(home.ok(&["export"]).contains("A recovery code was used"));
    let mut again = home.interactive(&["recover"]);
    again.prompt("Recovery code");
    again.say(&code);
    assert!(!again.wait().success());
    assert!(again.said().contains("used already"), "{}", again.said());
}

/// An organisation reads from the next start on, with its own key and plain age.
#[test]
fn an_organisation_reads_what_is_recorded_while_it_is_named_and_its_naming_is_agreed_to() {
    let store = tempfile::tempdir().unwrap();
    let server = server(&store);
    let mut home = recorded(&server);
    let acme = vault::Identity::generate();
    let key = home.cwd().join("acme.txt");
    std::fs::write(&key, acme.reveal().as_str()).unwrap();
    let public = acme.recipient().to_string();
    finish(home.with_factors(&["keys", "add-organisation", "Acme Ltd", &public]));
    let old: BTreeMap<String, Vec<u8>> = server.objects().unwrap();
    let mut running = home.spawn(&[]);
    // Who can read has changed, so the consent is asked for again.
    running.line_with("has changed since you agreed");
    running.line_with("Acme Ltd");
    running.prompt("Do you agree?");
    running.say("y");
    home.answer_vault(&mut running);
    running.prompt("Code from");
    running.say(&home.code());
    running.line_with("Recording to ");
    running.stop();
    let new: BTreeMap<String, Vec<u8>> = server
        .objects()
        .unwrap()
        .into_iter()
        .filter(|(key, _)| !old.contains_key(key) && key.ends_with(".age"))
        .collect();
    assert!(!new.is_empty());
    assert!(new.values().all(|body| age(&key, body).is_some()));
    let sealed = old.iter().filter(|(name, _)| name.ends_with(".age"));
    assert!(sealed.clone().count() > 0);
    assert!(sealed.clone().all(|(_, body)| age(&key, body).is_none()));
    finish(home.with_factors(&["keys", "remove-organisation", "Acme Ltd"]));
    assert!(!home.ok(&["keys"]).contains("Acme"));
    assert_eq!(changes_of_keys(&home), 2);
}

fn changes_of_keys(home: &Home) -> usize {
    home.notices()
        .iter()
        .filter(|c| **c == NoticeCode::Keys)
        .count()
}

fn choose(running: &mut Running) {
    for prompt in ["New passphrase", "once more"] {
        running.prompt(prompt);
        running.say(PASSPHRASE);
    }
}

#[test]
fn slots_are_listed_added_and_removed_and_each_change_is_recorded() {
    let store = tempfile::tempdir().unwrap();
    let server = server(&store);
    let mut home = recorded(&server);
    let listed = home.ok(&["keys"]);
    assert!(
        listed.contains("passphrase") && listed.contains("10 recovery codes"),
        "{listed}"
    );
    let mut add = home.with_factors(&["keys", "add-passphrase"]);
    choose(&mut add);
    finish(add);
    let mut none = home.with_factors(&["keys", "remove", "99"]);
    assert!(!none.wait().success());
    assert!(none.said().contains("no key slot 99"), "{}", none.said());
    finish(home.with_factors(&["keys", "remove", "1"]));
    assert!(home.ok(&["keys"]).contains(" 12  passphrase"));
    assert_eq!(changes_of_keys(&home), 2);
}

#[test]
fn after_a_rotation_the_past_still_opens_here_and_in_the_bucket() {
    let store = tempfile::tempdir().unwrap();
    let server = server(&store);
    let mut home = recorded(&server);
    let before = home.export();
    let viewer = home.viewer();
    let mut rotate = home.with_factors(&[
        "keys",
        "rotate",
        "--passphrase",
        "--recovery-kit",
        "../kit2.txt",
    ]);
    choose(&mut rotate);
    finish(rotate);
    std::fs::rename(home.path("kit2.txt"), home.path("kit.txt")).unwrap();
    assert_ne!(home.viewer(), viewer);
    home.unlock();
    assert!(
        home.ok(&["export"]).starts_with(&before),
        "the past still opens"
    );
    home.start(&[]).stop();
    let (lines, _) = opened(&server.objects().unwrap(), &home.opener());
    assert!(lines.starts_with(&before));
    assert_eq!(changes_of_keys(&home), 1);
}

#[test]
fn an_entry_of_the_python_program_stays_in_the_phone() {
    // As pyotp.random_base32() makes them.
    let secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
    let mut home = Home::new().config(QUIET);
    let file = home.cwd().join("old.env");
    std::fs::write(&file, format!("S3_BUCKET_NAME=x\nMFA_SECRET={secret}\n")).unwrap();
    let mut running = home.spawn(&["--import", "old.env"]);
    running.prompt("Do you agree?");
    running.say("y");
    for prompt in ["New passphrase", "once more"] {
        running.prompt(prompt);
        running.say(PASSPHRASE);
    }
    running.line_with("keeps the entry it has");
    home.knows(secret);
    running.prompt("Code from");
    running.say(&home.code());
    running.line_with("Recording to ");
    let said = running.stop();
    assert!(!said.contains(secret) && !said.contains('█'), "{said}");
    assert!(!home.cwd().join("mfa_qr.png").exists());
}

/// As a person sits at it: a terminal of its own, where secrets are typed unseen.
#[test]
fn every_prompt_can_be_answered_on_a_terminal() {
    let mut home = Home::new().config(QUIET);
    let program = home.command(&["run", "--yes", "--plain"]);
    let line: Vec<String> = std::iter::once(program.get_program())
        .chain(program.get_args())
        .map(|word| word.to_str().unwrap().to_owned())
        .collect();
    let mut terminal = Command::new("script");
    terminal
        .args([
            "--quiet",
            "--flush",
            "--return",
            "--command",
            &line.join(" "),
            "/dev/null",
        ])
        .env_clear()
        .current_dir(home.cwd());
    for (name, value) in program.get_envs() {
        terminal.env(name, value.unwrap_or_default());
    }
    terminal.env("TERM", "xterm").env("SHELL", "/bin/sh");
    let mut running = Running::new(terminal);
    running.prompt("Do you agree?");
    running.say("y");
    for prompt in ["New passphrase (not shown)", "once more (not shown)"] {
        running.prompt(prompt);
        running.say(PASSPHRASE);
    }
    let secret = running.line_with("Or type this secret into the app: ");
    home.knows(secret.trim_end().rsplit(' ').next().unwrap());
    running.prompt("Code from");
    running.say(&home.code());
    // The page of codes, and one block of it typed back.
    let asked = running.line_of("first five characters of code ");
    let number: usize = asked
        .split("code ")
        .nth(1)
        .unwrap()
        .split(':')
        .next()
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let said = running.said();
    let code = recovery_code(&said, number);
    running.say(&code[..5]);
    running.line_with("Recording to ");
    assert!(
        !running.said().contains(PASSPHRASE),
        "it was shown while it was typed"
    );
    until("it answers", || {
        home.output(&["status"]).status.success().then_some(())
    });
    home.ok(&["stop"]);
    running.wait();
}

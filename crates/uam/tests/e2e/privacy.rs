//! Content that must be found nowhere.

use crate::harness::{Home, PASSPHRASE, files, until};
use lab::desktop::{TestWindow, Typist, VirtualDesktop, WindowSpec};
use lab::s3::{S3Server, S3ServerOptions};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Nobody else writes this.
const CANARY: &str = "zebra7quixotic9vamp";

/// The phrase in every shape in which a program that learnt it might hold it: text, 16- and 32-bit characters, and the
/// codes of the keys as the X server numbers them (8 more than the kernel's), as bytes, 16 and 32 bits wide.
fn shapes() -> Vec<(&'static str, Vec<u8>)> {
    let kernel = |c: char| -> u8 {
        let rows = [
            ("1234567890", 2),
            ("qwertyuiop", 16),
            ("asdfghjkl", 30),
            ("zxcvbnm", 44),
        ];
        rows.iter()
            .find_map(|(row, first)| row.find(c).map(|at| first + u8::try_from(at).unwrap()))
            .unwrap()
    };
    let codes: Vec<u8> = CANARY.chars().map(|c| kernel(c) + 8).collect();
    let kernel_codes: Vec<u8> = CANARY.chars().map(kernel).collect();
    let wide = |bytes: &[u8], by: usize| -> Vec<u8> {
        bytes
            .iter()
            .flat_map(|b| std::iter::once(*b).chain(std::iter::repeat_n(0, by - 1)))
            .collect()
    };
    // Six in a row are proof enough, and would be found even where a longer run is broken up.
    vec![
        ("text", CANARY.as_bytes()[..6].to_vec()),
        ("capital text", CANARY[..6].to_uppercase().into_bytes()),
        ("16-bit text", wide(&CANARY.as_bytes()[..6], 2)),
        ("32-bit text", wide(&CANARY.as_bytes()[..6], 4)),
        ("X key codes", codes[..6].to_vec()),
        ("16-bit X key codes", wide(&codes[..6], 2)),
        ("32-bit X key codes", wide(&codes[..6], 4)),
        ("kernel key codes", kernel_codes[..6].to_vec()),
        ("32-bit kernel key codes", wide(&kernel_codes[..6], 4)),
    ]
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|w| w == needle)
}

/// All memory that the process can write, as a core dump would hold it.
fn memory(pid: u32) -> Vec<u8> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let mem = File::open(format!("/proc/{pid}/mem")).unwrap();
    let mut all = Vec::new();
    for line in maps.lines().filter(|l| l.contains(" rw")) {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let (from, to) = (
            u64::from_str_radix(from, 16).unwrap(),
            u64::from_str_radix(to, 16).unwrap(),
        );
        let mut part = vec![0; usize::try_from(to - from).unwrap()];
        // Some mappings (guard pages, device memory) cannot be read; a core dump leaves them out too.
        if mem.read_exact_at(&mut part, from).is_ok() {
            all.extend(part);
        }
    }
    all
}

#[test]
fn a_typed_phrase_is_found_in_no_file_object_log_or_memory() {
    let store = tempfile::tempdir().unwrap();
    let server = S3Server::start(S3ServerOptions::new(store.path())).unwrap();
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let window = TestWindow::open(
        &desktop.display(),
        WindowSpec::new("Harmless marker 4711", "Typewriter", 100, 100),
    )
    .unwrap();
    window.activate().unwrap();
    let mut home = Home::new()
        .on(&desktop.display())
        .envs(server.env())
        .config("[shots]\nblur = false\nevery_seconds = 5\n[upload]\nevery_seconds = 5\n");
    let trace = home.path("trace.jsonl");
    let running = home.start(&["--record-trace", trace.to_str().unwrap()]);
    let typed = Typist::new(&desktop.display())
        .unwrap()
        .text(CANARY, 40)
        .unwrap();
    until("it is counted", || {
        (home.status().today_counts.keys() >= u64::from(typed)).then_some(())
    });

    let dump = memory(home.status().pid);
    assert!(
        contains(&dump, b"Harmless marker 4711"),
        "the dump shows what the program does know"
    );
    for (shape, needle) in shapes() {
        assert!(!contains(&dump, &needle), "in memory as {shape}");
    }
    drop(dump);
    // The process that asked for the code and holds the lease never knew a window.
    let supervisor = memory(running.pid());
    assert!(!contains(&supervisor, b"Harmless marker 4711"));
    drop(supervisor);
    let said = running.stop();
    let mut places: Vec<(String, Vec<u8>)> = vec![("what it said".into(), said.into_bytes())];
    for file in files(home.dir.path()) {
        places.push((file.display().to_string(), std::fs::read(&file).unwrap()));
    }
    for (key, body) in server.objects().unwrap() {
        let plain = home.opener().open_file(&body).map(|p| p.to_vec());
        let plain = plain.unwrap_or_else(|_| body.clone());
        let opened = zstd::decode_all(plain.as_slice()).unwrap_or(plain);
        places.push((format!("bucket: {key}"), body));
        places.push((format!("bucket, opened: {key}"), opened));
    }
    places.push(("export".into(), home.export().into_bytes()));
    assert!(
        places
            .iter()
            .any(|(_, bytes)| contains(bytes, b"Harmless marker 4711")),
        "the title is where it belongs"
    );
    for (place, bytes) in &places {
        for (shape, needle) in shapes() {
            // Short runs of small numbers occur by chance in ciphertext and screenshots; words do not.
            let certain = shape.contains("text") || shape.contains("32-bit");
            assert!(!certain || !contains(bytes, &needle), "{place}: as {shape}");
        }
    }
}

/// Checks every file below the folders and every object in the bucket for the markers.
fn assert_found_nowhere(when: &str, markers: &[Vec<u8>], folders: [&Path; 2], server: &S3Server) {
    let mut places: Vec<(String, Vec<u8>)> = Vec::new();
    for folder in folders {
        for file in files(folder) {
            // A program that is just writing may take a temporary file away again.
            if let Ok(bytes) = std::fs::read(&file) {
                places.push((file.display().to_string(), bytes));
            }
        }
    }
    places.extend(server.objects().unwrap());
    assert!(places.len() > 8, "{}", places.len());
    for (place, bytes) in &places {
        for marker in markers {
            assert!(!contains(bytes, marker), "{when}: {marker:?} in {place}");
        }
    }
}

/// Checks what a core dump would hold: the supervisor knows nothing of the record, and neither process knows a secret
/// that opens it.
fn assert_no_secret_in_memory(viewer: &str, supervisor: u32, worker: u32) {
    let secrets = [viewer.as_bytes(), PASSPHRASE.as_bytes()];
    for (name, pid) in [("supervisor", supervisor), ("worker", worker)] {
        let dump = memory(pid);
        for secret in secrets {
            assert!(
                !contains(&dump, secret),
                "{name}: {}",
                String::from_utf8_lossy(secret)
            );
        }
        assert_eq!(
            contains(&dump, b"Plans for the takeover"),
            name == "worker",
            "{name}"
        );
    }
}

/// With both factors everything can be read. The process that holds the key has it in memory, and is gone after the
/// lock.
fn assert_readable_until_the_lock(home: &mut Home, viewer: &str) {
    home.unlock();
    for (args, word) in [
        (vec!["export"], "takeover"),
        (vec!["report"], "Chronicle"),
        (vec!["shots"], "takeover"),
    ] {
        let said = home.ok(&args);
        assert!(said.contains(word), "{args:?}: {said}");
    }
    let holder = home.process("keyholder").expect("an unlock is a process");
    assert!(
        contains(&memory(holder), viewer.as_bytes()),
        "it can be seen that it is looked for"
    );
    assert!(home.ok(&["lock"]).contains("Locked"));
    until("the key's holder is gone", || {
        home.process("keyholder").is_none().then_some(())
    });
    let refused = home.output(&["report"]);
    assert_eq!(refused.status.code(), Some(3), "{refused:?}");
}

/// Each access is in the record, and says what was read.
fn assert_each_access_is_recorded(home: &Home) {
    let looks: Vec<String> = home
        .lines()
        .into_iter()
        .filter_map(|(_, l)| match l.record {
            model::Record::Notice(n) if n.code == model::NoticeCode::Access => Some(n.text),
            _ => None,
        })
        .collect();
    assert_eq!(looks.len(), 4, "{looks:?}");
    assert!(
        looks[1].contains("the records from number") && looks[3].contains("screenshots"),
        "{looks:?}"
    );
}

/// Title, application and screenshot, in every place where the program puts anything: nowhere readable, until somebody
/// with both factors asks.
#[test]
fn what_was_recorded_is_readable_nowhere_without_the_factors_and_everywhere_with_them() {
    let store = tempfile::tempdir().unwrap();
    let server = S3Server::start(S3ServerOptions::new(store.path())).unwrap();
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let window = TestWindow::open(
        &desktop.display(),
        WindowSpec::new("Plans for the takeover", "Chronicle", 100, 100),
    )
    .unwrap();
    window.activate().unwrap();
    let archive = tempfile::tempdir().unwrap();
    let mut home = Home::new().on(&desktop.display()).envs(server.env()).config(&format!(
        "[shots]\nblur = false\nevery_seconds = 5\nkeep_mb = 1\nwhen_old = \"archive\"\narchive_dir = \"{}\"\n\
         [upload]\nevery_seconds = 5\n",
        archive.path().display()
    ));
    let mut running = home.start(&[]);
    let worker = until("the window is known", || {
        Some(home.status()).filter(|s| {
            s.window
                .as_ref()
                .is_some_and(|w| w.title.contains("takeover"))
        })
    })
    .pid;
    until("a picture is kept", || home.status().last_screenshot);
    until("a picture is sent", || {
        server
            .objects()
            .unwrap()
            .keys()
            .any(|k| k.contains("kind=shot"))
            .then_some(())
    });
    let root = home.dir.path().to_owned();
    let search = |when: &str, markers: &[Vec<u8>]| {
        assert_found_nowhere(when, markers, [&root, archive.path()], &server);
    };
    let mut markers: Vec<Vec<u8>> = ["takeover", "Chronicle", "WEBP", "Europe/Berlin"]
        .map(|word| word.as_bytes().to_vec())
        .into();
    search("while it runs", &markers);
    let shot = home.reader().newest_screenshots(1).unwrap()[0].seq;
    let picture = home.picture(shot);
    // Somewhere in the middle, where no two screenshots are the same.
    markers.push(picture[picture.len() / 2..][..24].to_vec());
    search("while it runs, the picture's own bytes", &markers);

    let viewer = home.viewer();
    assert_no_secret_in_memory(&viewer, running.pid(), worker);
    assert_readable_until_the_lock(&mut home, &viewer);

    running.kill_both(&home);
    search("after a crash", &markers);
    home.start(&[]).stop();
    search("after it ended", &markers);
    assert!(
        home.export().contains("takeover"),
        "with the key it is all there"
    );
    assert_each_access_is_recorded(&home);
}

#[test]
fn an_excluded_window_is_counted_but_never_named_or_pictured() {
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let window = TestWindow::open(
        &desktop.display(),
        WindowSpec::new("Vault.kdbx", "KeePassXC", 100, 100),
    )
    .unwrap();
    window.activate().unwrap();
    let mut home = Home::new()
        .on(&desktop.display())
        .config("[shots]\nblur = false\nevery_seconds = 5\n");
    let running = home.start(&[]);
    until("it is protected", || home.status().protected.then_some(()));
    assert_eq!(home.output(&["shot"]).status.code(), Some(1));
    Typist::new(&desktop.display())
        .unwrap()
        .keys(5, 50)
        .unwrap();
    until("the keys are counted", || {
        (home.status().today_counts.keys() == 5).then_some(())
    });
    let said = running.stop();
    let all = format!("{said}{}", home.export());
    assert!(!all.contains("KeePass") && !all.contains("kdbx"), "{all}");
    assert!(
        home.spans()
            .iter()
            .any(|s| s.protected && s.counts.keys() == 5)
    );
}

//! A person's rights over their own record: redact, erase days, see the uploaded objects, export everything.

use crate::harness::{Home, Running, files, until};
use lab::desktop::{TestWindow, Typist, VirtualDesktop, WindowSpec};
use lab::s3::{S3Server, S3ServerOptions};
use model::{NoticeCode, Record};
use platform::clock::current_time;
use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

const BUSY: &str =
    "[shots]\ncapture = true\nblur = false\nevery_seconds = 3600\n[upload]\nevery_seconds = 5\n";

/// Nobody else has such a title or such an application.
const TITLE: &str = "Quagga dossier 4711";
const APP: &str = "Quaggastage";

fn begin(server: &S3Server) -> (VirtualDesktop, Home, Running) {
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let mut home = Home::new()
        .on(&desktop.display())
        .envs(server.env())
        .config(BUSY);
    let running = home.start(&[]);
    (desktop, home, running)
}

fn seen(home: &Home, title: &str) {
    until("the window is seen", || {
        let window = home.status().window?;
        window.title.contains(title).then_some(())
    });
}

/// A window with keys in it and a screenshot of it; then another window.
fn work(desktop: &VirtualDesktop, home: &Home) -> TestWindow {
    let typist = Typist::new(&desktop.display()).unwrap();
    {
        let secret =
            TestWindow::open(&desktop.display(), WindowSpec::new(TITLE, APP, 30, 30)).unwrap();
        secret.activate().unwrap();
        seen(home, TITLE);
        let before = home.status();
        typist.keys(10, 100).unwrap();
        until("the keys are counted", || {
            (home.status().today_counts.keys() >= before.today_counts.keys() + 10).then_some(())
        });
        home.ok(&["shot"]);
        until("the picture is kept", || {
            let at = home.status().last_screenshot;
            at.filter(|at| before.last_screenshot.is_none_or(|b| *at > b))
        });
    }
    let spec = WindowSpec::new("Harmless", "Stage", 200, 200);
    let window = TestWindow::open(&desktop.display(), spec).unwrap();
    window.activate().unwrap();
    seen(home, "Harmless");
    window
}

fn of_kind(server: &S3Server, kind: &str) -> BTreeMap<String, Vec<u8>> {
    let mut objects = server.objects().unwrap();
    objects.retain(|key, _| key.contains(&format!("kind={kind}")));
    objects
}

/// Waits until the server has a screenshot, and the record of it.
fn sent(server: &S3Server, home: &Home) {
    until("picture and record were sent", || {
        let outbox = home.status().outbox;
        (of_kind(server, "shot").len() == 1
            && !of_kind(server, "activity").is_empty()
            && outbox.shots == 0
            && outbox.records < 3)
            .then_some(())
    });
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|w| w == needle)
}

/// No file under the home holds any of these, the write-ahead log and whatever lies besides included.
fn assert_nowhere(home: &Home, needles: &[&[u8]]) {
    for file in files(home.dir.path()) {
        let bytes = std::fs::read(&file).unwrap();
        for needle in needles {
            assert!(!contains(&bytes, needle), "{}", file.display());
        }
    }
    let export = home.export();
    assert!(!export.contains(TITLE) && !export.contains(APP), "{export}");
}

/// Every moment counts exactly once: redacted records keep their time. Returns all of it, in microseconds.
fn whole_time(home: &Home) -> Duration {
    let mut spans = home.spans();
    spans.sort_by_key(|s| s.start);
    for pair in spans.windows(2) {
        assert_eq!(pair[0].end(), pair[1].start, "{pair:?}");
    }
    let last = spans.last().unwrap();
    last.end().duration_since(spans[0].start)
}

fn picture_file(home: &Home) -> Vec<u8> {
    let file = files(&home.path("data/journal/shots")).pop().unwrap();
    std::fs::read(file).unwrap()
}

#[test]
fn what_was_just_recorded_is_taken_back_without_a_code() {
    let store = tempfile::tempdir().unwrap();
    let server = S3Server::start(S3ServerOptions::new(store.path())).unwrap();
    let (desktop, home, running) = begin(&server);
    let _window = work(&desktop, &home);
    sent(&server, &home);
    let picture = picture_file(&home);
    let segments = of_kind(&server, "activity");

    let dry = home.ok(&["delete", "--last", "10m", "--dry-run"]);
    assert!(
        dry.contains("1 screenshot") && !dry.contains(TITLE),
        "{dry}"
    );
    assert!(home.export().contains(TITLE), "a rehearsal changes nothing");
    assert_eq!(of_kind(&server, "shot").len(), 1);

    let said = home.ok(&["delete", "--last", "10m", "--yes"]);
    assert!(
        said.contains("Deleted: ") && said.contains("1 screenshot"),
        "{said}"
    );
    assert_eq!(home.status().today_counts.keys(), 0);
    assert_nowhere(
        &home,
        &[
            TITLE.as_bytes(),
            APP.as_bytes(),
            &picture[picture.len() - 64..],
        ],
    );
    // The screenshot holds nothing else and goes; segments hold other records, are named, and stay.
    assert!(of_kind(&server, "shot").is_empty());
    for name in segments.keys() {
        assert_eq!(
            said.contains(&format!("STILL at the destination: {name}")),
            said.contains(name.as_str()),
            "{said}"
        );
    }
    assert!(said.contains("STILL at the destination: "), "{said}");
    assert!(of_kind(&server, "activity").len() >= segments.len());

    // Recording goes on, and new input is recorded.
    until("the window is recorded again", || {
        home.status()
            .window
            .map(|w| assert_eq!(w.title, "Harmless"))
    });
    let began = home.spans()[0].start;
    running.stop();
    let whole = whole_time(&home);
    assert!(!whole.is_zero() && began + whole <= current_time());
    assert_nowhere(&home, &[TITLE.as_bytes(), &picture[picture.len() - 64..]]);
    let notices: Vec<_> = home
        .lines()
        .into_iter()
        .filter_map(|(_, l)| match l.record {
            Record::Notice(n) if n.code == NoticeCode::Removed => Some(n.text),
            _ => None,
        })
        .collect();
    assert!(notices[0].starts_with("Deleted: "), "{notices:?}");
    assert!(
        notices.iter().any(|n| n.contains("kind=activity")),
        "{notices:?}"
    );
    let shots: Vec<_> = home
        .lines()
        .into_iter()
        .filter(|(_, l)| matches!(&l.record, Record::Shot(s) if s.redacted))
        .collect();
    assert_eq!(shots.len(), 1);
    // Objects that their owner deleted are not missing: the signed lists say so.
    let checked = home.ok(&["verify"]);
    assert!(
        checked.contains("1 object was deleted by their owner, 0 of them still there"),
        "{checked}"
    );
}

#[test]
fn what_an_earlier_start_recorded_needs_both_factors_and_days_go_for_good() {
    let store = tempfile::tempdir().unwrap();
    let server = S3Server::start(S3ServerOptions::new(store.path())).unwrap();
    let (desktop, mut home, running) = begin(&server);
    let window = work(&desktop, &home);
    sent(&server, &home);
    running.stop();
    drop(window);
    let picture = picture_file(&home);
    let seq = *home
        .reader()
        .newest_screenshots(1)
        .unwrap()
        .iter()
        .map(|s| &s.seq)
        .next()
        .unwrap();

    // A running instance that cannot open it is given the key.
    let running = home.start(&[]);
    let day = {
        let out = home.output(&["delete", "--shot", &seq.to_string(), "--yes"]);
        assert_eq!(out.status.code(), Some(3), "without factors: {out:?}");
        home.reader().newest_screenshots(1).unwrap()[0].shot.at
    };
    assert!(home.export().contains(TITLE));
    let mut asked = home.with_factors(&["delete", "--shot", &seq.to_string()]);
    asked.prompt("Delete it?");
    asked.say("y");
    let status = asked.wait();
    assert!(status.success(), "{}", asked.said());
    assert!(
        asked.said().contains("Deleted: 1 screenshot"),
        "{}",
        asked.said()
    );
    assert!(home.export().contains(TITLE), "only the picture went");
    assert!(
        home.reader().newest_screenshots(1).unwrap()[0]
            .shot
            .redacted
    );
    assert!(of_kind(&server, "shot").is_empty());

    // Within the unlock that this left, the rest goes without a code.
    let said = home.ok(&["delete", "--last", "1d", "--yes"]);
    assert!(said.contains("Deleted: "), "{said}");
    assert_nowhere(
        &home,
        &[
            TITLE.as_bytes(),
            APP.as_bytes(),
            &picture[picture.len() - 64..],
        ],
    );
    let refused = home.output(&[
        "erase",
        "--from",
        "2020-01-01",
        "--to",
        "2020-01-01",
        "--yes",
    ]);
    assert_eq!(
        refused.status.code(),
        Some(3),
        "an unlock is not enough: {refused:?}"
    );
    running.stop();
    assert!(!whole_time_of_runs(&home).is_zero());

    // Days are erased, here and where they were sent.
    assert!(!of_kind(&server, "activity").is_empty());
    let (first, last) = (
        journal::UtcDay::of(day),
        journal::UtcDay::of(current_time()),
    );
    let mut erased = home.with_factors(&[
        "erase",
        "--from",
        &first.to_string(),
        "--to",
        &last.to_string(),
    ]);
    erased.prompt("Type ERASE");
    erased.say("ERASE");
    let status = erased.wait();
    assert!(status.success(), "{}", erased.said());
    assert!(of_kind(&server, "activity").is_empty(), "{}", erased.said());
    assert!(home.spans().is_empty());
    let notices = home.notices();
    assert_eq!(notices.first(), Some(&NoticeCode::Erased), "{notices:?}");
    assert!(!home.reader().erased_ranges().unwrap().is_empty());
    let said = home.ok(&["upload"]);
    let first = said.lines().next().unwrap_or_default();
    assert!(first.contains("uploaded") || first.contains("nothing"));
}

/// As [`whole_time`], where nothing was recorded between two runs.
fn whole_time_of_runs(home: &Home) -> Duration {
    let mut spans = home.spans();
    spans.sort_by_key(|s| s.start);
    let gaps = spans
        .windows(2)
        .filter(|pair| pair[0].end() != pair[1].start)
        .count();
    assert_eq!(gaps, 1, "{spans:?}");
    spans.iter().map(|s| s.duration).sum()
}

#[test]
fn what_was_sent_is_shown_as_it_lies_there_and_all_of_it_goes_into_one_file() {
    let store = tempfile::tempdir().unwrap();
    let server = S3Server::start(S3ServerOptions::new(store.path())).unwrap();
    let (desktop, mut home, running) = begin(&server);
    let _window = work(&desktop, &home);
    running.stop();
    let recorded = home.export();
    home.unlock();

    let names: Vec<String> = home
        .ok(&["sent", "--json"])
        .lines()
        .map(|l| {
            let item: serde_json::Value = serde_json::from_str(l).unwrap();
            item["name"].as_str().unwrap().to_owned()
        })
        .collect();
    let mut sorted = names.clone();
    sorted.sort();
    let there: Vec<String> = server.objects().unwrap().into_keys().collect();
    assert_eq!(sorted, there, "neither more nor less");
    let listed = home.ok(&["sent"]);
    assert!(
        there.iter().all(|name| listed.contains(name.as_str())),
        "{listed}"
    );

    let all = home.ok(&["sent", "--all"]);
    let lines: String = all
        .lines()
        .filter(|l| l.starts_with("{\"schema\""))
        .map(|l| format!("{l}\n"))
        .collect();
    assert_eq!(lines, recorded, "what lies there is what was recorded");
    assert!(!all.contains("FROM THE JOURNAL"), "{all}");
    let shot = there.iter().find(|n| n.contains("kind=shot")).unwrap();
    home.ok(&["sent", "--show", shot, "--save", "shot.webp"]);
    let seq = home.reader().newest_screenshots(1).unwrap()[0].seq;
    assert_eq!(
        std::fs::read(home.cwd().join("shot.webp")).unwrap(),
        home.picture(seq)
    );

    let mut export = home.with_factors(&["export", "--subject", "mine.zip"]);
    let status = export.wait();
    assert!(status.success(), "{}", export.said());
    let file = home.cwd().join("mine.zip");
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert!(!home.cwd().join("mine.zip.part").exists());
    let mut zip = zip::ZipArchive::new(std::fs::File::open(&file).unwrap()).unwrap();
    let mut content = |name: &str| {
        let mut bytes = Vec::new();
        zip.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    };
    let manifest: serde_json::Value = serde_json::from_slice(&content("manifest.json")).unwrap();
    for entry in manifest["files"].as_array().unwrap() {
        let bytes = content(entry["name"].as_str().unwrap());
        assert_eq!(entry["bytes"], bytes.len());
        assert_eq!(entry["sha256"], upload::sha256_hex(&bytes));
    }
    let records = String::from_utf8(content("records.jsonl")).unwrap();
    assert!(records.starts_with(&recorded), "{records}");
    assert!(
        records.contains("Exported for the person"),
        "the look itself is in it"
    );
    assert_eq!(content(&format!("pictures/{seq}.webp")), home.picture(seq));
    let spans = String::from_utf8(content("spans.csv")).unwrap();
    assert!(spans.contains(TITLE));
    assert_eq!(
        spans.lines().count() as u64,
        manifest["spans"].as_u64().unwrap() + 1
    );
    assert!(!content("README.txt").is_empty());

    // An object that was changed is not taken for the uploaded one; one that is gone is shown from the journal, and said so.
    let path = |name: &str| store.path().join("lab").join(name);
    let segment = there.iter().find(|n| n.contains("kind=activity")).unwrap();
    std::fs::write(path(segment), b"something else").unwrap();
    let out = home.output(&["sent", "--show", segment]);
    assert!(!out.status.success());
    let told = String::from_utf8(out.stderr).unwrap();
    assert!(
        told.contains("CONTENT DIFFERS FROM WHAT WAS UPLOADED")
            && told.contains("FROM THE JOURNAL"),
        "{told}"
    );
    std::fs::remove_file(path(segment)).unwrap();
    let out = home.output(&["sent", "--show", segment]);
    assert!(
        out.status.success() && recorded.starts_with(std::str::from_utf8(&out.stdout).unwrap())
    );
}

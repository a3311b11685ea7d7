//! What is in the bucket is what is in the journal.

use crate::harness::{Home, Running, assert_bucket_equals_journal, opened, until};
use lab::desktop::{TestWindow, Typist, VirtualDesktop, WindowSpec};
use lab::s3::{Options, S3Server};
use model::{NoticeCode, Record};

const BUSY: &str =
    "[shots]\ncapture = true\nblur = false\nevery_seconds = 5\n[upload]\nevery_seconds = 5\n";

/// A little working day: windows, titles, keys, pictures.
fn work(desktop: &VirtualDesktop, home: &Home, scenes: u32) {
    let typist = Typist::new(&desktop.display()).unwrap();
    for scene in 0..scenes {
        let place = 30 + 40 * i16::try_from(scene % 8).unwrap();
        let spec = WindowSpec::new(
            &format!("Scene {scene} – “π” <b>&\u{202e}"),
            "Stage",
            place,
            place,
        );
        let window = TestWindow::open(&desktop.display(), spec).unwrap();
        window.activate().unwrap();
        let before = home.status();
        until("the window is seen", || {
            home.status()
                .window
                .is_some_and(|w| w.title.starts_with(&format!("Scene {scene} ")))
                .then_some(())
        });
        home.output(&["shot"]);
        typist.keys(10, 100).unwrap();
        until("the keys are counted", || {
            (home.status().today_counts.keys() >= before.today_counts.keys() + 10).then_some(())
        });
        until("the picture is kept", || {
            home.status()
                .last_shot_us
                .filter(|at| before.last_shot_us.is_none_or(|b| *at > b))
        });
    }
}

fn begin(server: &S3Server) -> (VirtualDesktop, Home, Running) {
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let mut home = Home::new()
        .on(&desktop.display())
        .envs(server.env())
        .config(BUSY);
    let running = home.start(&[]);
    (desktop, home, running)
}

#[test]
fn the_bucket_equals_the_journal() {
    let store = tempfile::tempdir().unwrap();
    let server = S3Server::start(Options::new(store.path())).unwrap();
    let (desktop, home, running) = begin(&server);
    work(&desktop, &home, 4);
    until("something was sent while it ran", || {
        server.objects().ok().filter(|o| !o.is_empty())
    });
    running.stop();
    assert_bucket_equals_journal(&home, &server);
    assert_eq!(home.ok(&["upload"]).trim(), "nothing new to send");
}

#[test]
fn a_server_that_is_away_for_the_first_half_changes_nothing_but_the_delay() {
    let store = tempfile::tempdir().unwrap();
    let mut server = S3Server::start(Options::new(store.path())).unwrap();
    server.stop();
    let (desktop, home, running) = begin(&server);
    work(&desktop, &home, 3);
    let status = until("the failed upload is told", || {
        Some(home.status()).filter(|s| s.last_upload.as_ref().is_some_and(|u| !u.ok))
    });
    assert!(
        status.outbox.records + status.outbox.shots > 0,
        "{status:?}"
    );
    assert!(server.objects().unwrap().is_empty());
    server.restart().unwrap();
    work(&desktop, &home, 3);
    running.stop();
    assert_bucket_equals_journal(&home, &server);
}

#[test]
fn a_wrong_key_is_told_once_with_its_remedy_and_recording_goes_on() {
    let store = tempfile::tempdir().unwrap();
    let server = S3Server::start(Options::new(store.path())).unwrap();
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let mut home = Home::new()
        .on(&desktop.display())
        .envs(server.env())
        .config(BUSY)
        .env("AWS_SECRET_ACCESS_KEY", "wrong");
    let mut running = home.start(&[]);
    running.line_with("not sent");
    work(&desktop, &home, 2);
    let status = home.status();
    let upload = status.last_upload.clone().unwrap();
    assert!(
        !upload.ok && upload.text.contains("AWS_SECRET_ACCESS_KEY"),
        "{upload:?}"
    );
    assert!(status.recording(crate::harness::now_us()), "{status:?}");
    running.stop();
    let stuck = home.lines().into_iter().filter(
        |(_, l)| matches!(&l.record, Record::Notice(n) if n.code == NoticeCode::UploadStuck),
    );
    assert_eq!(stuck.count(), 1);
    assert!(server.objects().unwrap().is_empty());
}

#[test]
fn without_credentials_everything_goes_to_a_directory_and_that_is_said() {
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let mut home = Home::new().on(&desktop.display()).config(BUSY);
    let mut running = home.start(&[]);
    let line = running.line_with("data/sent");
    assert!(!line.is_empty());
    work(&desktop, &home, 1);
    running.stop();
    let root = home.path("data/sent");
    let objects = crate::harness::files(&root)
        .into_iter()
        .map(|f| {
            (
                f.strip_prefix(&root).unwrap().to_str().unwrap().to_owned(),
                std::fs::read(&f).unwrap(),
            )
        })
        .collect();
    assert_eq!(opened(&objects, &home.opener()).0, home.export());
}

#[test]
fn what_is_held_back_is_sent_later_or_when_its_owner_says_so() {
    let store = tempfile::tempdir().unwrap();
    let server = S3Server::start(Options::new(store.path())).unwrap();
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let mut home = Home::new()
        .on(&desktop.display())
        .envs(server.env())
        .config("[shots]\nblur = false\nevery_seconds = 5\n[upload]\nevery_seconds = 5\nhold_seconds = 3600\n");
    let running = home.start(&[]);
    work(&desktop, &home, 2);
    let activity = || {
        let objects = server.objects().unwrap();
        objects
            .keys()
            .filter(|key| !key.contains("kind=vault"))
            .count()
    };
    until("the uploader was there", || {
        server
            .objects()
            .unwrap()
            .keys()
            .any(|k| k.contains("kind=vault"))
            .then_some(())
    });
    assert_eq!(activity(), 0, "while it runs");
    let said = running.stop();
    assert!(said.contains("held back until"), "{said}");
    assert_eq!(activity(), 0, "at the end of the run");
    home.ok(&["upload"]);
    assert_eq!(activity(), 0, "in between");
    // The next start cannot open it, and need not: it was packed while it could be.
    home.start(&[]).stop();
    assert_eq!(activity(), 0, "after another start");
    home.ok(&["upload", "--now"]);
    assert_bucket_equals_journal(&home, &server);
}

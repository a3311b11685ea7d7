//! The bucket holds the records of the journal.

use crate::harness::{Home, Running, assert_bucket_equals_journal, opened, until};
use lab::desktop::{TestWindow, Typist, VirtualDesktop, WindowSpec};
use lab::s3::{BucketAccess, S3Server, S3ServerOptions};
use model::{NoticeCode, Record};
use platform::clock::current_time;
use std::process::{Child, Command, Stdio};

const BUSY: &str =
    "[shots]\ncapture = true\nblur = false\nevery_seconds = 5\n[upload]\nevery_seconds = 5\n";

/// A little working day: windows, titles, keys, screenshots.
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
                .last_screenshot
                .filter(|at| before.last_screenshot.is_none_or(|b| *at > b))
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

/// Records are in the bucket.
fn sent(server: &S3Server) {
    until("something was sent while it ran", || {
        let objects = server.objects().unwrap();
        objects
            .keys()
            .any(|key| key.contains("kind=activity"))
            .then_some(())
    });
}

#[test]
fn the_bucket_equals_the_journal() {
    let store = tempfile::tempdir().unwrap();
    let server = S3Server::start(S3ServerOptions::new(store.path())).unwrap();
    let (desktop, home, running) = begin(&server);
    work(&desktop, &home, 4);
    sent(&server);
    running.stop();
    assert_bucket_equals_journal(&home, &server);
    assert_eq!(home.ok(&["upload"]).trim(), "nothing new to upload");
}

#[test]
fn a_server_that_is_away_for_the_first_half_changes_nothing_but_the_delay() {
    let store = tempfile::tempdir().unwrap();
    let mut server = S3Server::start(S3ServerOptions::new(store.path())).unwrap();
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
    let server = S3Server::start(S3ServerOptions::new(store.path())).unwrap();
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let mut home = Home::new()
        .on(&desktop.display())
        .envs(server.env())
        .config(BUSY)
        .env("AWS_SECRET_ACCESS_KEY", "wrong");
    let mut running = home.start(&[]);
    running.line_with("not uploaded");
    work(&desktop, &home, 2);
    let status = home.status();
    let upload = status.last_upload.clone().unwrap();
    assert!(
        !upload.ok && upload.text.contains("AWS_SECRET_ACCESS_KEY"),
        "{upload:?}"
    );
    assert!(status.is_recording(current_time()), "{status:?}");
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
    let server = S3Server::start(S3ServerOptions::new(store.path())).unwrap();
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
            .filter(|key| key.contains("kind=activity") || key.contains("kind=shot"))
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

/// The exit code and the report of `uam verify --json` with these further arguments.
fn verified(home: &Home, args: &[&str]) -> (Option<i32>, upload::verify::VerifyReport) {
    let out = home.output(&[&["verify", "--json"], args].concat());
    let said = String::from_utf8(out.stdout).unwrap();
    let report = serde_json::from_str(&said)
        .unwrap_or_else(|e| panic!("{e}: {said}{}", String::from_utf8_lossy(&out.stderr)));
    (out.status.code(), report)
}

#[test]
fn what_was_sent_is_checked_without_a_code_and_nothing_is_missed() {
    let store = tempfile::tempdir().unwrap();
    let server = S3Server::start(S3ServerOptions::new(store.path())).unwrap();
    let (desktop, home, running) = begin(&server);
    work(&desktop, &home, 3);
    sent(&server);
    // Beside the running instance, too.
    let (code, report) = verified(&home, &[]);
    assert_eq!((code, report.found), (Some(0), 0), "{report:?}");
    running.stop();
    let (code, before) = verified(&home, &[]);
    assert_eq!((code, before.found), (Some(0), 0), "{before:?}");
    let [chain] = before.chains.as_slice() else {
        panic!("{before:?}")
    };
    assert!(
        chain.compared_with_journal && chain.waiting == 0,
        "{chain:?}"
    );
    assert_eq!(chain.through, home.reader().last_seq().unwrap());
    assert_eq!(before.objects, server.objects().unwrap().len() as u64);
    let said = home.ok(&["verify"]);
    assert!(said.contains("COMPLETE: every listed object"), "{said}");
    let fingerprint = chain.fingerprint.clone().unwrap();
    assert!(said.contains(&fingerprint), "{said}");
    assert!(home.ok(&["keys"]).contains(&fingerprint));

    // A copy of the bucket, on any computer, with the key its owner was shown.
    let bucket = store.path().join("lab");
    let bucket = bucket.to_str().unwrap();
    let key = chain.key.clone().unwrap();
    assert_eq!(verified(&home, &[bucket, "--key", &key]).0, Some(0));
    let other = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    assert_eq!(verified(&home, &[bucket, "--key", other]).0, Some(6));

    let file = |kind: &str| {
        let objects = server.objects().unwrap();
        let mut names = objects.into_keys().filter(|k| k.contains(kind));
        std::path::Path::new(bucket).join(names.next().unwrap())
    };
    let shot = file("kind=shot");
    let whole = std::fs::read(&shot).unwrap();
    std::fs::remove_file(&shot).unwrap();
    let (code, report) = verified(&home, &[]);
    assert_eq!(code, Some(5), "{report:?}");
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    std::fs::write(&shot, changed).unwrap();
    let (code, report) = verified(&home, &[]);
    assert_eq!((code, report.found), (Some(6), 1), "{report:?}");
    assert!(shot.ends_with(&report.findings[0].key));
    std::fs::write(&shot, whole).unwrap();
    assert_eq!(verified(&home, &[]).0, Some(0));

    // The newest list and its objects are gone; only a journal that lists them can tell.
    let head = chain.head.clone().unwrap();
    let newest = format!("-{:010}-", head.no);
    std::fs::remove_file(file(&newest)).unwrap();
    assert_eq!(verified(&home, &[bucket]).0, Some(0));
    assert_eq!(verified(&home, &[bucket, "--journal"]).0, Some(5));
    let earlier = home.cwd().join("earlier.json");
    std::fs::write(&earlier, serde_json::to_vec(&before).unwrap()).unwrap();
    let since = ["--since", earlier.to_str().unwrap()];
    assert_eq!(
        verified(&home, &[&[bucket], &since[..]].concat()).0,
        Some(5)
    );

    let out = home.output(&["verify", "/nowhere/at/all"]);
    assert_eq!(out.status.code(), Some(2));
    let told = String::from_utf8(out.stderr).unwrap();
    assert!(told.contains("there is no directory"), "{told}");
}

#[test]
fn the_policy_names_this_device_and_the_doctor_names_the_key() {
    let store = tempfile::tempdir().unwrap();
    let server = S3Server::start(S3ServerOptions::new(store.path())).unwrap();
    let desktop = VirtualDesktop::start(640, 480).unwrap();
    let mut home = Home::new()
        .on(&desktop.display())
        .envs(server.env())
        .env("S3_PREFIX", "team/laptop")
        .config(BUSY);
    home.start(&[]).stop();
    let policy: serde_json::Value =
        serde_json::from_str(&home.ok(&["upload", "--policy"])).unwrap();
    let resource = policy["Statement"][0]["Resource"].as_str().unwrap();
    let device = home.reader().device().to_string();
    // The uploaded objects lie where the policy allows it.
    let objects = server.objects().unwrap();
    assert!(!objects.is_empty());
    let (before, after) = resource.split_once("/kind=*/").unwrap();
    assert_eq!(before, "arn:aws:s3:::lab/team/laptop/raw/v1");
    let shard = after.split('/').next().unwrap();
    assert_eq!(after, format!("{shard}/dt=*/dev={device}/*"));
    for key in objects.keys() {
        assert!(
            key.contains(&format!("/{shard}/dt=")) && key.contains(&format!("/dev={device}/")),
            "{key} {resource}"
        );
    }
    let told = home.ok(&["doctor"]);
    assert!(
        told.contains("the key in the environment or .env"),
        "{told}"
    );
    let nothing = Home::new().output(&["upload", "--policy"]);
    assert!(!nothing.status.success());
}

#[test]
fn a_bucket_that_is_open_to_anyone_gets_nothing_and_is_told() {
    let store = tempfile::tempdir().unwrap();
    let options = S3ServerOptions {
        access: BucketAccess::PublicList,
        ..S3ServerOptions::new(store.path())
    };
    let server = S3Server::start(options).unwrap();
    let (_desktop, home, running) = begin(&server);
    let told = until("the refusal is told", || {
        home.status().last_upload.filter(|u| !u.ok)
    });
    assert!(
        told.text
            .starts_with("anyone can list the objects in the bucket lab")
            && told.text.contains("Block public access"),
        "{told:?}"
    );
    let doctor = home.output(&["doctor"]);
    assert!(!doctor.status.success());
    assert!(String::from_utf8_lossy(&doctor.stdout).contains("anyone can list"));
    running.stop();
    assert!(server.objects().unwrap().is_empty());
}

/// A bus of its own with a NetworkManager on it that reports the network properties set by the test.
struct Network {
    children: [Child; 2],
    address: String,
    _dir: tempfile::TempDir,
}

impl Network {
    const NAME: &str = "org.freedesktop.NetworkManager";
    const PATH: &str = "/org/freedesktop/NetworkManager";

    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("bus");
        let address = format!("unix:path={}", socket.display());
        let quiet = |command: &mut Command| {
            command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("this test needs the Debian packages dbus and python3-dbusmock")
        };
        let daemon = quiet(
            Command::new("dbus-daemon")
                .args(["--session", "--nofork", "--nopidfile", "--address"])
                .arg(&address),
        );
        until("the bus is there", || socket.exists().then_some(()));
        let service = quiet(
            Command::new("/usr/bin/python3")
                .args([
                    "-m",
                    "dbusmock",
                    "--system",
                    Self::NAME,
                    Self::PATH,
                    Self::NAME,
                ])
                .env("DBUS_SYSTEM_BUS_ADDRESS", &address),
        );
        let network = Self {
            children: [daemon, service],
            address,
            _dir: dir,
        };
        until("the NetworkManager is there", || {
            let name = format!("string:{}", Self::NAME);
            let added = network.send(
                "AddProperty",
                &[&name, "string:Metered", "variant:uint32:1"],
            );
            added.then_some(())
        });
        network
    }

    fn send(&self, method: &str, args: &[&str]) -> bool {
        Command::new("dbus-send")
            .arg(format!("--bus={}", self.address))
            .arg("--print-reply")
            .arg(format!("--dest={}", Self::NAME))
            .arg(Self::PATH)
            .arg(format!("org.freedesktop.DBus.Mock.{method}"))
            .args(args)
            .output()
            .unwrap()
            .status
            .success()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
fn on_a_metered_network_it_waits_and_says_so() {
    let network = Network::start();
    let store = tempfile::tempdir().unwrap();
    let server = S3Server::start(S3ServerOptions::new(store.path())).unwrap();
    let desktop = VirtualDesktop::start(640, 480).unwrap();
    let mut home = Home::new()
        .on(&desktop.display())
        .envs(server.env())
        .env("DBUS_SYSTEM_BUS_ADDRESS", network.address.clone())
        .config(BUSY);
    let running = home.start(&[]);
    let told = until("it is told", || home.status().last_upload.filter(|u| !u.ok));
    assert!(told.text.starts_with("the network is metered"), "{told:?}");
    running.stop();
    assert!(server.objects().unwrap().is_empty());
    assert!(!home.output(&["upload"]).status.success());
    let home = home.config(&format!("{BUSY}on_metered = \"send\"\n"));
    home.ok(&["upload"]);
    assert!(!server.objects().unwrap().is_empty());
}

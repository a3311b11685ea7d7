//! Questions put to a real journal on a real disk.
#![allow(clippy::unwrap_used)]

use data_encoding::HEXLOWER;
use journal::{Commit, Journal, JournalKeys, Reader};
use model::{
    Counts, Coverage, DeviceId, InputCounts, Record, Screenshot, Span, Timestamp, WindowInfo,
};
use report::{ViewOptions, query};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use vault::{Identity, Opener, Sealer};

/// 2026-09-21T14:53:20Z.
const NOW: Timestamp = Timestamp::from_seconds(1_790_002_400);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn span(start: Timestamp, duration: Duration, state: Coverage, title: &str) -> Span {
    Span {
        start,
        duration,
        zone: "Europe/Berlin".into(),
        state,
        protected: false,
        redacted: false,
        window: (!title.is_empty()).then(|| {
            Arc::new(WindowInfo {
                app: "Editor".into(),
                exe: String::new(),
                title: title.into(),
            })
        }),
        counts: Counts {
            hardware: InputCounts {
                keys: 2,
                ..InputCounts::default()
            },
            ..Counts::default()
        },
    }
}

fn keys() -> JournalKeys {
    let key = Identity::generate();
    JournalKeys {
        device: DeviceId::from_bytes([1; 16]),
        sealer: Sealer::new([key.recipient()]).unwrap(),
        opener: Opener::new([key]),
    }
}

#[test]
fn a_real_journal_answers() {
    let dir = tempfile::tempdir().unwrap();
    let keys = keys();
    let at = dir.path().join("journal");
    let (mut journal, _) = Journal::open(&at, keys.clone(), NOW).unwrap();

    let records = [
        Record::Span(span(NOW - 3 * MINUTE, MINUTE, Coverage::Active, "main.rs")),
        Record::Span(span(NOW - 2 * MINUTE, MINUTE, Coverage::Locked, "")),
    ];
    let open = span(NOW - MINUTE, MINUTE, Coverage::Active, "open");
    journal
        .commit(Commit {
            records: &records,
            provisional_put: &[(1, open)],
            at: NOW,
            ..Commit::default()
        })
        .unwrap();
    let picture = b"a picture".to_vec();
    let shot = Screenshot {
        at: NOW,
        zone: "Europe/Berlin".into(),
        sha256: HEXLOWER.encode(&Sha256::digest(&picture)),
        bytes: picture.len() as u64,
        media: "image/webp".into(),
        width: 10,
        height: 20,
        screen_width: 10,
        screen_height: 20,
        blurred: true,
        redacted: false,
        window: None,
    };
    let seq = journal.add_screenshot(&shot, &picture, NOW).unwrap();

    let reader = Reader::open(&at, keys.opener).unwrap();
    let today = report::local_date(NOW, "Europe/Berlin");
    let day = query::read_day(
        &reader,
        ViewOptions::default(),
        today,
        NOW + 5 * MINUTE,
        "UTC",
    )
    .unwrap();
    assert_eq!(day.length, 8 * MINUTE);
    assert_eq!(day.time_in(Coverage::Active), 2 * MINUTE);
    assert_eq!(day.time_in(Coverage::Locked), MINUTE);
    assert_eq!(day.time_in(Coverage::Off), 5 * MINUTE);
    assert_eq!(day.apps[0].windows.len(), 2, "the open span is shown too");
    assert_eq!(day.counts.keys(), 6);
    assert_eq!(day.shots[0].seq, seq);
    assert!(day.damaged.is_empty());

    let rest = query::read_offline_status(&reader, "here").unwrap();
    assert_eq!(rest.last_durable, Some(NOW));
    assert_eq!((rest.outbox.records, rest.outbox.shots), (3, 1));
    assert!(rest.lines(NOW)[0].starts_with("not recording"));

    let shots = query::list_screenshots(&reader, 10).unwrap();
    assert_eq!(
        (shots[0].seq, shots[0].place.as_str(), shots[0].sent),
        (seq, "here", false)
    );
    let lines = query::format_screenshot_list(&shots, 80);
    assert!(
        lines[0].contains("2026-09-21 16:53:20") && lines[0].contains("blurred"),
        "{lines:?}"
    );
    // The bytes read back are the screenshot itself.
    assert_eq!(reader.open_screenshot(seq).unwrap(), picture);
}

#[test]
fn a_sleep_of_twenty_days_covers_the_days_within() {
    let dir = tempfile::tempdir().unwrap();
    let keys = keys();
    let at = dir.path().join("journal");
    let began = NOW - 25 * DAY;
    let (mut journal, _) = Journal::open(&at, keys.clone(), began).unwrap();
    let records = [
        Record::Span(span(began, DAY, Coverage::Active, "main.rs")),
        Record::Span(span(began + DAY, 20 * DAY, Coverage::Asleep, "")),
        Record::Span(span(began + 21 * DAY, MINUTE, Coverage::Active, "main.rs")),
    ];
    journal
        .commit(Commit {
            records: &records,
            at: NOW,
            ..Commit::default()
        })
        .unwrap();
    let reader = Reader::open(&at, keys.opener).unwrap();
    for days in [3, 10, 18] {
        let date = report::local_date(began + days * DAY, "Europe/Berlin");
        let day = query::read_day(&reader, ViewOptions::default(), date, NOW, "UTC").unwrap();
        assert_eq!(day.time_in(Coverage::Asleep), DAY, "{date}");
    }
}

#[test]
fn titles_are_found_whatever_their_case() {
    use std::ops::ControlFlow;
    let dir = tempfile::tempdir().unwrap();
    let keys = keys();
    let at = dir.path().join("journal");
    let (mut journal, _) = Journal::open(&at, keys.clone(), NOW - 2 * DAY).unwrap();
    let records = [
        Record::Span(span(NOW - DAY, MINUTE, Coverage::Active, "Ärger im Büro")),
        Record::Span(span(NOW, MINUTE, Coverage::Active, "Büro, ÄRGER")),
        Record::Span(span(NOW + MINUTE, MINUTE, Coverage::Idle, "Büro, ÄRGER")),
        Record::Span(span(NOW + 2 * MINUTE, MINUTE, Coverage::Active, "else")),
    ];
    journal
        .commit(Commit {
            records: &records,
            at: NOW,
            ..Commit::default()
        })
        .unwrap();
    let reader = Reader::open(&at, keys.opener).unwrap();
    let days = journal::UtcDay::of(NOW - 5 * DAY)..=journal::UtcDay::of(NOW);
    let mut found = Vec::new();
    report::query::search_titles(&reader, &days, "ärger editor", |_, hits| {
        found.extend(hits);
        ControlFlow::Continue(())
    })
    .unwrap();
    let told: Vec<_> = found
        .iter()
        .map(|h| (h.title.as_str(), h.active, h.last.duration_since(h.first)))
        .collect();
    let minute = MINUTE;
    assert_eq!(
        told,
        [
            ("Büro, ÄRGER", minute, 2 * MINUTE),
            ("Ärger im Büro", minute, MINUTE)
        ]
    );
    // Enough is enough.
    let mut looked = 0;
    report::query::search_titles(&reader, &days, "", |_, _| {
        looked += 1;
        ControlFlow::Break(())
    })
    .unwrap();
    assert_eq!(looked, 1);
}

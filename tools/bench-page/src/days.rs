//! A year at a desk, made the same way each time: every day 2,740 spans in ten hours and 137 pictures.
//!
//! A person works on a few things at a time: of a day's hundreds of windows some twenty are in use within a quarter hour,
//! and a title names what lies in it (a file, a page, a letter), so that most are met for a few days only.

use crate::ZONE;
use anyhow::{Context, Result};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use journal::{Commit, Journal, JournalKeys};
use model::{Counts, Coverage, InputCounts, Record, Screenshot, Span, WindowInfo};
use report::RollupBuilder;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;

/// The year's first and last day.
pub(crate) const YEAR: (Date, Date) = (date(2025, 1, 1), date(2025, 12, 31));

/// Spans and pictures of a day: a million, and fifty thousand, in the year.
const SPANS: usize = 2_740;
pub(crate) const SHOTS: usize = 137;

/// Length of a day at the desk, from eight in the morning, in microseconds.
const WORK_US: i64 = 10 * 3_600_000_000;

/// Programs, most used first, and what their titles are made of.
const APPS: [(&str, &str, &str); 10] = [
    ("Code", "/usr/share/code/code", "source file"),
    ("firefox", "/usr/lib/firefox/firefox", "page about"),
    ("Alacritty", "/usr/bin/alacritty", "~/work/tree"),
    ("Slack", "/usr/lib/slack/slack", "channel team"),
    (
        "thunderbird",
        "/usr/lib/thunderbird/thunderbird",
        "letter to client",
    ),
    (
        "libreoffice-calc",
        "/usr/lib/libreoffice/program/soffice.bin",
        "Quarterly figures",
    ),
    ("zoom", "/opt/zoom/zoom", "meeting of group"),
    ("Nautilus", "/usr/bin/nautilus", "folder"),
    ("Evince", "/usr/bin/evince", "manual, chapter"),
    ("Gimp", "/usr/bin/gimp", "drawing"),
];

/// The smallest picture there is: one grey point, a PNG.
pub(crate) const PICTURE: [u8; 67] = [
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b,
    0x55, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x68, 0x02, 0x00, 0x00,
    0x84, 0x00, 0x83, 0xd0, 0x86, 0xce, 0x23, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae,
    0x42, 0x60, 0x82,
];

/// A fixed shuffle.
fn mixed(n: usize) -> usize {
    (n.wrapping_mul(0x9e37_79b9) >> 7) ^ (n >> 3)
}

/// The window at place `n` of day `d`.
fn window(d: usize, n: usize) -> Arc<WindowInfo> {
    // Twenty windows take turns for a quarter hour; small numbers come more often.
    let turn = mixed(n) % 20 * (mixed(n / 3) % 20 + 1) / 20;
    let task = d * 40 + n / 69;
    let which = mixed(task * 31 + turn);
    let (app, exe, what) = APPS[(which % 10) * ((which / 10) % 10) / 10];
    // Something new each quarter hour, and something that lasts for weeks.
    let thing = match turn % 3 {
        0 => format!("{what} {} ({task})", which % 997),
        1 => format!("{what} {} of week {}", which % 31, d / 7),
        _ => format!("{what} {}", which % 211),
    };
    Arc::new(WindowInfo {
        app: app.to_owned(),
        exe: exe.to_owned(),
        title: format!("{thing} – {app}"),
    })
}

/// Noon of a day, in microseconds since the Unix epoch (UTC).
pub(crate) fn noon_us(day: Date) -> Result<i64> {
    let noon = day.at(12, 0, 0, 0).to_zoned(TimeZone::get(ZONE)?)?;
    Ok(noon.timestamp().as_microsecond())
}

/// The spans of one day, without gaps, and the night after it.
fn day(day: Date, d: usize) -> Result<Vec<Record>> {
    let zone: Arc<str> = ZONE.into();
    let begin = noon_us(day)? - 4 * 3_600_000_000;
    let each = WORK_US / i64::try_from(SPANS)?;
    let span = |n: usize| {
        let idle = n % 40 > 36;
        let keys = if idle { 0 } else { (n as u64 * 7) % 40 };
        Ok(Record::Span(Span {
            start_us: begin + i64::try_from(n)? * each,
            dur_us: each.unsigned_abs(),
            zone: Arc::clone(&zone),
            state: if idle {
                Coverage::Idle
            } else {
                Coverage::Active
            },
            protected: false,
            removed: false,
            window: Some(window(d, n)),
            counts: Counts {
                hardware: InputCounts {
                    keys,
                    left: keys / 9,
                    scroll: keys / 5,
                    seconds: keys / 4,
                    ..InputCounts::default()
                },
                ..Counts::default()
            },
        }))
    };
    (0..SPANS).map(span).collect()
}

/// Writes the year; how many spans and pictures that were.
pub(crate) fn fill(dir: &Path, keys: JournalKeys) -> Result<(usize, usize)> {
    let (mut journal, _) = Journal::open(dir, keys, noon_us(YEAR.0)?)?;
    journal.commit_recovered(&[], noon_us(YEAR.0)?)?;
    let mut rollups = RollupBuilder::new(journal.first_clear_slot()?);
    let (mut spans, mut shots) = (0, 0);
    for (d, date) in YEAR
        .0
        .series(jiff::Span::new().days(1))
        .take(365)
        .enumerate()
    {
        let records = day(date, d)?;
        for record in &records {
            if let Record::Span(span) = record {
                rollups.add(span);
            }
        }
        rollups.finish();
        journal.commit(Commit {
            records: &records,
            rollups: &rollups.done(),
            at_us: noon_us(date)?,
            ..Commit::default()
        })?;
        rollups.written();
        spans += records.len();
        for n in 0..SHOTS {
            let place = n * SPANS / SHOTS;
            let Some(Record::Span(span)) = records.get(place) else {
                continue;
            };
            // No two alike.
            let mut bytes = PICTURE.to_vec();
            bytes.extend(u64::try_from(shots)?.to_le_bytes());
            let shot = Screenshot {
                at_us: span.start_us,
                zone: ZONE.into(),
                sha256: data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes)),
                bytes: bytes.len() as u64,
                media: "image/png".into(),
                width: 1,
                height: 1,
                screen_width: 1920,
                screen_height: 1080,
                blurred: false,
                removed: false,
                window: span.window.clone(),
            };
            journal
                .add_shot(&shot, &bytes, span.start_us)
                .with_context(|| format!("picture {n} of {date}"))?;
            shots += 1;
        }
    }
    journal.close(noon_us(YEAR.1)?)?;
    Ok((spans, shots))
}

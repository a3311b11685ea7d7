//! Days of a desktop, written quickly: one commit a day.

use crate::{ZONE, writer};
use anyhow::Result;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use journal::{Commit, JournalKeys};
use model::{Counts, Coverage, InputCounts, Record, Span, WindowInfo};
use report::RollupBuilder;
use std::path::Path;
use std::sync::Arc;

/// The year's first and last day.
pub(crate) const YEAR: (Date, Date) = (date(2025, 1, 1), date(2025, 12, 31));

/// Programs, most used first.
const APPS: [(&str, &str); 10] = [
    ("Code", "/usr/share/code/code"),
    ("firefox", "/usr/lib/firefox/firefox"),
    ("Alacritty", "/usr/bin/alacritty"),
    ("Slack", "/usr/lib/slack/slack"),
    ("thunderbird", "/usr/lib/thunderbird/thunderbird"),
    (
        "libreoffice-calc",
        "/usr/lib/libreoffice/program/soffice.bin",
    ),
    ("zoom", "/opt/zoom/zoom"),
    ("Nautilus", "/usr/bin/nautilus"),
    ("Evince", "/usr/bin/evince"),
    ("Gimp", "/usr/bin/gimp"),
];

/// Length of a day at the desk, from eight in the morning, in microseconds.
const WORK_US: i64 = 10 * 3_600_000_000;

/// A window that is active at place `n` of a day.
pub(crate) fn window(n: usize) -> Arc<WindowInfo> {
    // A fixed shuffle; small numbers come more often.
    let mixed = n.wrapping_mul(0x9e37_79b9) >> 7;
    let (app, exe) = APPS[(mixed % 10) * ((mixed / 10) % 10) / 10];
    Arc::new(WindowInfo {
        app: app.to_owned(),
        exe: exe.to_owned(),
        title: format!(
            "Quarterly figures {} – draft {} – {app}",
            mixed % 97,
            n % 13
        ),
    })
}

/// Noon of a day, in microseconds since the Unix epoch (UTC).
pub(crate) fn noon_us(day: Date) -> Result<i64> {
    let noon = day.at(12, 0, 0, 0).to_zoned(TimeZone::get(ZONE)?)?;
    Ok(noon.timestamp().as_microsecond())
}

/// The spans of one day, without gaps.
fn day(day: Date, spans: usize) -> Result<Vec<Record>> {
    let zone: Arc<str> = ZONE.into();
    let begin = noon_us(day)? - 4 * 3_600_000_000;
    let each = WORK_US / i64::try_from(spans)?;
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
            window: Some(window(n)),
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
    (0..spans).map(span).collect()
}

/// Writes `count` days from `first` on; the number of spans written.
pub(crate) fn fill(
    dir: &Path,
    keys: JournalKeys,
    first: Date,
    count: usize,
    spans: usize,
    rolled: bool,
) -> Result<usize> {
    let mut journal = writer(dir, keys, noon_us(first)?)?;
    let mut rollups = RollupBuilder::new(journal.first_clear_slot()?);
    let mut written = 0;
    for date in first.series(jiff::Span::new().days(1)).take(count) {
        let records = day(date, spans)?;
        if rolled {
            for record in &records {
                if let Record::Span(span) = record {
                    rollups.add(span);
                }
            }
            rollups.finish();
        }
        journal.commit(Commit {
            records: &records,
            rollups: &rollups.done(),
            at_us: noon_us(date)?,
            ..Commit::default()
        })?;
        rollups.written();
        written += records.len();
    }
    journal.close(noon_us(first)?)?;
    Ok(written)
}

//! Made-up days at a desk, the same each time: up to a year of spans, with or without screenshots and roll-ups.

use anyhow::{Context, Result};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use journal::{Commit, Journal, JournalKeys};
use model::{
    Counts, Coverage, DeviceId, InputCounts, Record, Screenshot, Span, Timestamp, WindowInfo,
};
use report::RollupBuilder;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use vault::{Identity, Opener, Sealer};

/// The time zone of all records here.
pub(crate) const ZONE: &str = "Europe/Berlin";

/// The year's first and last day.
pub(crate) const YEAR: (Date, Date) = (date(2025, 1, 1), date(2025, 12, 31));

/// Spans of a day: a million in the year.
pub(crate) const SPANS_PER_DAY: usize = 2_740;

/// Screenshots of a day: fifty thousand in the year.
pub(crate) const SCREENSHOTS_PER_DAY: usize = 137;

/// Length of a day at the desk, from eight in the morning, in microseconds.
const WORK_US: i64 = 10 * 3_600_000_000;

/// Programs, most used first, and the words their titles begin with.
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

/// The smallest image there is: one grey pixel.
const SMALLEST_PNG: [u8; 67] = [
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b,
    0x55, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x68, 0x02, 0x00, 0x00,
    0x84, 0x00, 0x83, 0xd0, 0x86, 0xce, 0x23, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae,
    0x42, 0x60, 0x82,
];

/// How each day looks.
#[derive(Clone, Copy)]
pub(crate) struct DayShape {
    /// Spans in ten hours, without gaps.
    pub(crate) spans: usize,
    /// Screenshots, spread evenly over the spans.
    pub(crate) screenshots: usize,
    /// Whether roll-ups are written with the records.
    pub(crate) rolled_up: bool,
    /// The active window by the number of the day and the place within it.
    pub(crate) window: fn(usize, usize) -> Arc<WindowInfo>,
}

/// The numbers of the written records.
#[derive(Default)]
pub(crate) struct WrittenDays {
    pub(crate) spans: usize,
    pub(crate) screenshots: usize,
}

/// The window at place `n` of day `d` of somebody who works on a few things at a time: of a day's hundreds of windows
/// some twenty are in use within a quarter hour, and a title names its content (a file, a page, a letter), so that most
/// are seen for a few days only.
pub(crate) fn task_window(d: usize, n: usize) -> Arc<WindowInfo> {
    // Twenty windows take turns for a quarter hour; small numbers come more often.
    let turn = shuffle(n) % 20 * (shuffle(n / 3) % 20 + 1) / 20;
    let task = d * 40 + n / 69;
    let which = shuffle(task * 31 + turn);
    let (app, exe, topic) = APPS[(which % 10) * ((which / 10) % 10) / 10];
    // Something new each quarter hour, and something that lasts for weeks.
    let content = match turn % 3 {
        0 => format!("{topic} {} ({task})", which % 997),
        1 => format!("{topic} {} of week {}", which % 31, d / 7),
        _ => format!("{topic} {}", which % 211),
    };
    Arc::new(WindowInfo {
        app: app.to_owned(),
        exe: exe.to_owned(),
        title: format!("{content} – {app}"),
    })
}

/// The window at place `n` of a day that is like every other: a thousand titles in turn.
pub(crate) fn figures_window(n: usize) -> Arc<WindowInfo> {
    // Small numbers come more often.
    let mixed = n.wrapping_mul(0x9e37_79b9) >> 7;
    let (app, exe, _) = APPS[(mixed % 10) * ((mixed / 10) % 10) / 10];
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

/// A fixed shuffle.
fn shuffle(n: usize) -> usize {
    (n.wrapping_mul(0x9e37_79b9) >> 7) ^ (n >> 3)
}

/// Noon of a day, in microseconds since the Unix epoch (UTC).
pub(crate) fn noon_us(day: Date) -> Result<i64> {
    let noon = day.at(12, 0, 0, 0).to_zoned(TimeZone::get(ZONE)?)?;
    Ok(noon.timestamp().as_microsecond())
}

/// Draws the key that opens the journal of `dir` and writes it there; a bench has nothing to hide.
pub(crate) fn write_viewer_key(dir: &Path) -> Result<Identity> {
    let identity = Identity::generate();
    std::fs::write(dir.join("viewer"), identity.reveal().as_bytes())?;
    Ok(identity)
}

/// The key of [`write_viewer_key`].
pub(crate) fn read_viewer_key(dir: &Path) -> Result<Identity> {
    let text = std::fs::read_to_string(dir.join("viewer"))?;
    text.parse().context("the viewer's key")
}

/// The keys of a journal that `identity` opens.
pub(crate) fn journal_keys(identity: &Identity, opener: Opener) -> Result<JournalKeys> {
    Ok(JournalKeys {
        device: DeviceId::from_bytes([7; 16]),
        sealer: Sealer::new([identity.recipient()])?,
        opener,
    })
}

/// Opens a journal for writing.
pub(crate) fn open_journal(dir: &Path, keys: JournalKeys, now_us: i64) -> Result<Journal> {
    let (mut journal, _) = Journal::open(dir, keys, Timestamp::from_micros(now_us))?;
    journal.commit_recovered(&[], Timestamp::from_micros(now_us))?;
    Ok(journal)
}

/// Writes `count` days from `first` on into a new journal, one commit a day.
pub(crate) fn write_days(
    dir: &Path,
    keys: JournalKeys,
    first: Date,
    count: usize,
    shape: DayShape,
) -> Result<WrittenDays> {
    let mut journal = open_journal(dir, keys, noon_us(first)?)?;
    let mut rollups = RollupBuilder::new(journal.first_free_quarter_hour()?);
    let mut written = WrittenDays::default();
    let mut last = first;
    let dates = first.series(jiff::Span::new().days(1)).take(count);
    for (d, date) in dates.enumerate() {
        let spans = make_spans(date, d, shape)?;
        if shape.rolled_up {
            for span in &spans {
                rollups.add(span);
            }
            rollups.finish_current();
        }
        let records: Vec<Record> = spans.iter().cloned().map(Record::Span).collect();
        journal.commit(Commit {
            records: &records,
            rollups: &rollups.pending_rollups(),
            at: Timestamp::from_micros(noon_us(date)?),
            ..Commit::default()
        })?;
        rollups.mark_written();
        written.spans += spans.len();
        for n in 0..shape.screenshots {
            let Some(span) = spans.get(n * shape.spans / shape.screenshots) else {
                continue;
            };
            add_screenshot(&mut journal, span, written.screenshots)
                .with_context(|| format!("screenshot {n} of {date}"))?;
            written.screenshots += 1;
        }
        last = date;
    }
    journal.close(Timestamp::from_micros(noon_us(last)?))?;
    Ok(written)
}

/// The spans of one day, without gaps.
fn make_spans(day: Date, d: usize, shape: DayShape) -> Result<Vec<Span>> {
    let zone: Arc<str> = ZONE.into();
    let begin = noon_us(day)? - 4 * 3_600_000_000;
    let each = WORK_US / i64::try_from(shape.spans)?;
    let make_span = |n: usize| {
        let idle = n % 40 > 36;
        let keys = if idle { 0 } else { (n as u64 * 7) % 40 };
        Ok(Span {
            start: Timestamp::from_micros(begin + i64::try_from(n)? * each),
            duration: Duration::from_micros(each.unsigned_abs()),
            zone: Arc::clone(&zone),
            state: if idle {
                Coverage::Idle
            } else {
                Coverage::Active
            },
            protected: false,
            redacted: false,
            window: Some((shape.window)(d, n)),
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
        })
    };
    (0..shape.spans).map(make_span).collect()
}

/// Adds the screenshot of number `n` in the journal at the start of `span`.
fn add_screenshot(journal: &mut Journal, span: &Span, n: usize) -> Result<()> {
    // No two alike.
    let mut bytes = SMALLEST_PNG.to_vec();
    bytes.extend(u64::try_from(n)?.to_le_bytes());
    let shot = Screenshot {
        at: span.start,
        zone: ZONE.into(),
        sha256: data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes)),
        bytes: bytes.len() as u64,
        media: "image/png".into(),
        width: 1,
        height: 1,
        screen_width: 1920,
        screen_height: 1080,
        blurred: false,
        redacted: false,
        window: span.window.clone(),
    };
    journal.add_screenshot(&shot, &bytes, span.start)?;
    Ok(())
}

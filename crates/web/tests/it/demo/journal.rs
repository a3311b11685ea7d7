//! A journal of invented days on a real disk.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use journal::{Commit, Journal, JournalKeys};
use model::{
    Counts, Coverage, DeviceId, InputCounts, Notice, NoticeCode, Record, Screenshot, Span,
    Timestamp, WindowInfo,
};
use report::RollupBuilder;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use vault::{Identity, Opener, Sealer};

pub(crate) const ZONE: &str = "Europe/Berlin";
pub(crate) const MINUTE: i64 = 60_000_000;
const APPS: [(&str, &str); 7] = [
    ("Code", "scheduler.rs – planner"),
    ("Firefox", "Timetable of the northern line – Firefox"),
    ("Terminal", "cargo nextest run -p planner"),
    ("Slack", "#timetable – Slack"),
    ("Thunderbird", "Inbox – Thunderbird"),
    ("LibreOffice Calc", "Quarterly figures.ods"),
    ("Evince", "Operating manual.pdf"),
];

/// Titles as a hostile program may set them.
pub(crate) fn hostile_titles() -> Vec<String> {
    vec![
        "<img src=x onerror=alert(1)><script>alert(2)</script>".to_owned(),
        "\u{202e}gpj.exe \u{2066}bidi\u{2069} \u{200f}marks".to_owned(),
        "control \u{1b}[31m\u{0}\u{7}\u{8d} characters\r\n".to_owned(),
        format!("ten thousand {}", "🦀<b>&amp;".repeat(1_100)),
        "\"' onmouseover=alert(3) ${alert(4)} {{alert(5)}} </title></textarea>".to_owned(),
    ]
}

pub(crate) fn keys() -> JournalKeys {
    let key = Identity::generate();
    JournalKeys {
        device: DeviceId::from_bytes([1; 16]),
        sealer: Sealer::new([key.recipient()]).expect("one recipient"),
        opener: Opener::new([key]),
    }
}

pub(crate) fn start_of(day: Date) -> i64 {
    let zone = TimeZone::get(ZONE).expect("a zone");
    let at = day.to_zoned(zone).expect("a date");
    at.timestamp().as_microsecond()
}

fn span(
    start_us: i64,
    dur_us: i64,
    state: Coverage,
    window: Option<(&str, &str)>,
    keys: u64,
) -> Span {
    Span {
        start: Timestamp::from_micros(start_us),
        duration: Duration::from_micros(dur_us.unsigned_abs()),
        zone: ZONE.into(),
        state,
        protected: false,
        redacted: false,
        window: window.map(|(app, title)| {
            Arc::new(WindowInfo {
                app: app.into(),
                exe: String::new(),
                title: title.into(),
            })
        }),
        counts: Counts {
            hardware: InputCounts {
                keys,
                left: keys / 6,
                seconds: (keys / 2).min(50),
                ..InputCounts::default()
            },
            ..Counts::default()
        },
    }
}

/// A working day: `each` is the length of a span in minutes, `until` the end of the recorded time.
pub(crate) fn spans_of_day(day: Date, each: i64, until: i64) -> Vec<Span> {
    let begin = start_of(day);
    let mut at = begin;
    let mut out = Vec::new();
    let mut put = |at: &mut i64, minutes: i64, state, window: Option<(&str, &str)>, keys| {
        let dur = (minutes * MINUTE).min(until - *at);
        if dur > 0 {
            out.push(span(*at, dur, state, window, keys));
            *at += dur;
        }
    };
    let luck = |n: i64| {
        let mixed = (n + i64::from(day.day_of_year()) * 7919).wrapping_mul(0x9e37_79b9) >> 9;
        mixed.unsigned_abs()
    };
    put(
        &mut at,
        8 * 60 + i64::try_from(luck(1) % 40).unwrap_or(0),
        Coverage::Asleep,
        None,
        0,
    );
    let mut n = 0;
    while at < begin + 17 * 60 * MINUTE + i64::try_from(luck(2) % 90).unwrap_or(0) * MINUTE
        && at < until
    {
        let hour = (at - begin) / (60 * MINUTE);
        // Twelve minutes of one thing, then of another.
        let block = n / 12;
        let (app, title) = APPS[(luck(block * 31) % 7 * (luck(block * 17) % 7) / 7) as usize];
        match (hour, luck(n) % 30) {
            (12, _) => put(&mut at, 48, Coverage::Locked, None, 0),
            (_, 0) => put(&mut at, each * 4, Coverage::Idle, Some((app, title)), 0),
            (_, 1) => put(&mut at, each, Coverage::Active, None, 0),
            (_, luck) => put(
                &mut at,
                each,
                Coverage::Active,
                Some((app, title)),
                luck * 3,
            ),
        }
        n += 1;
    }
    // Until midnight: the next day has spans of its own.
    let left = (day.tomorrow().map_or(at, start_of) - at) / MINUTE;
    put(&mut at, left, Coverage::Asleep, None, 0);
    out
}

/// A drawing that resembles a window, as a PNG.
pub(crate) fn screenshot_png(n: u64) -> Vec<u8> {
    const INK: [[u8; 3]; 5] = [
        [59, 111, 216],
        [217, 130, 43],
        [42, 157, 124],
        [168, 85, 199],
        [31, 155, 184],
    ];
    let ink = INK[(n % 5) as usize];
    let dark = n.is_multiple_of(2);
    let mut image = image::RgbImage::from_pixel(
        640,
        400,
        image::Rgb(if dark { [30, 34, 44] } else { [250, 250, 252] }),
    );
    let mut fill_rect = |x0: u32, y0: u32, w: u32, h: u32, color: [u8; 3]| {
        for y in y0..(y0 + h).min(400) {
            for x in x0..(x0 + w).min(640) {
                image.put_pixel(x, y, image::Rgb(color));
            }
        }
    };
    fill_rect(
        0,
        0,
        640,
        28,
        if dark { [46, 52, 66] } else { [228, 231, 238] },
    );
    fill_rect(
        0,
        28,
        130,
        372,
        if dark { [38, 43, 55] } else { [240, 242, 247] },
    );
    for k in 0..20_u32 {
        let wide = 90 + (u32::try_from(n % 97).unwrap_or(0) * 37 + k * 71) % 340;
        let grey = if dark {
            [120, 130, 150]
        } else {
            [170, 176, 190]
        };
        fill_rect(
            150 + (k % 4) * 16,
            46 + k * 17,
            wide,
            6,
            if k % 5 == 0 { ink } else { grey },
        );
        fill_rect(14, 46 + k * 17, 50 + (k * 31) % 50, 5, grey);
    }
    let mut out = std::io::Cursor::new(Vec::new());
    image
        .write_to(&mut out, image::ImageFormat::Png)
        .expect("a screenshot");
    out.into_inner()
}

/// Gives the first windows of a day the titles of [`hostile_titles`], and protects one later span.
fn set_hostile_titles(spans: &mut [Span]) {
    // The morning's first windows have the names nobody would choose.
    let mut titles = hostile_titles().into_iter();
    for span in spans
        .iter_mut()
        .filter(|s| s.state == Coverage::Active && s.window.is_some())
        .step_by(13)
    {
        if let Some(title) = titles.next() {
            span.window = Some(Arc::new(WindowInfo {
                app: "Odd <b>app</b>\u{202e}".into(),
                exe: String::new(),
                title,
            }));
        }
    }
    if let Some(span) = spans
        .iter_mut()
        .filter(|s| s.state == Coverage::Active)
        .nth(70)
    {
        span.window = None;
        span.protected = true;
    }
}

/// Adds `count` screenshots between nine o'clock of `today` and `now_us`; returns their record numbers.
fn add_screenshots(journal: &mut Journal, today: Date, now_us: i64, count: u64) -> Vec<u64> {
    let begin = (start_of(today) + 9 * 60 * MINUTE).min(now_us - 60 * MINUTE);
    let apart = (now_us - begin) / i64::try_from(count.max(1)).unwrap_or(1);
    let odd = hostile_titles();
    (0..count)
        .map(|n| {
            let bytes = screenshot_png(n);
            let at_us = begin + i64::try_from(n).unwrap_or(0) * apart;
            let (app, mut title) = APPS[(n % 5) as usize];
            if let Some(name) = odd.get(usize::try_from(n).unwrap_or(99)) {
                title = name;
            }
            let shot = Screenshot {
                at: Timestamp::from_micros(at_us),
                zone: ZONE.into(),
                sha256: data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes)),
                bytes: bytes.len() as u64,
                media: "image/png".into(),
                width: 640,
                height: 400,
                screen_width: 1920,
                screen_height: 1200,
                blurred: n % 3 == 0,
                redacted: false,
                window: Some(Arc::new(WindowInfo {
                    app: app.into(),
                    exe: String::new(),
                    title: title.into(),
                })),
            };
            journal
                .add_screenshot(&shot, &bytes, Timestamp::from_micros(at_us))
                .expect("a screenshot")
        })
        .collect()
}

/// Writes `count` days up to the one that holds `now_us`, the last of them with `shots` screenshots and hostile titles.
pub(crate) fn fill_journal(
    dir: &Path,
    keys: &JournalKeys,
    now_us: i64,
    count: i32,
    each: i64,
    shots: u64,
) -> Vec<u64> {
    let today = report::local_date(Timestamp::from_micros(now_us), ZONE);
    let first = today
        .checked_sub(jiff::Span::new().days(count - 1))
        .expect("a date");
    let (mut journal, _) =
        Journal::open(dir, keys.clone(), Timestamp::from_micros(start_of(first)))
            .expect("a journal");
    let mut rollups = RollupBuilder::new(journal.first_free_quarter_hour().expect("a slot"));
    for date in first
        .series(jiff::Span::new().days(1))
        .take(usize::try_from(count).unwrap_or(0))
    {
        if matches!(date.weekday(), jiff::civil::Weekday::Sunday) && date != today {
            continue;
        }
        // Older days have longer spans, or a year would take a minute to write.
        let near = date.until(today).is_ok_and(|s| s.get_days() < 40);
        let mut spans = spans_of_day(date, if near { each } else { each * 10 }, now_us);
        if date == today {
            set_hostile_titles(&mut spans);
        }
        let mut records: Vec<Record> = spans.into_iter().map(Record::Span).collect();
        for record in &records {
            if let Record::Span(span) = record {
                rollups.add(span);
            }
        }
        if date < today {
            rollups.finish_current();
        }
        records.push(Record::Notice(Notice {
            at: Timestamp::from_micros(start_of(date) + 9 * 60 * MINUTE),
            zone: ZONE.into(),
            code: NoticeCode::Started,
            text: "Recording began. <i>Windows</i>, counts, and a screenshot about every 5 min."
                .into(),
        }));
        let at_us = (start_of(date) + 20 * 60 * MINUTE).min(now_us);
        journal
            .commit(Commit {
                records: &records,
                rollups: &rollups.pending_rollups(),
                at: Timestamp::from_micros(at_us),
                ..Commit::default()
            })
            .expect("a commit");
        rollups.mark_written();
    }
    add_screenshots(&mut journal, today, now_us, shots)
}

//! A journal of made-up days on a real disk, and a desk that reads it.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use journal::{Commit, Journal, JournalKeys, Reader, RedactionTarget};
use model::{
    Counts, Coverage, DeviceId, InputCounts, Notice, NoticeCode, Record, Screenshot, Span,
    WindowInfo,
};
use report::meaning::ClassificationRule;
use report::{AgentStatus, ClassificationRules, DayStart, RollupBuilder};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use vault::{Identity, Opener, Sealer};
use web::{
    Checked, Checking, Desk, Finding, Proof, Refused, Sent, Setting, Step, Telling, Verdict, Watch,
};

pub(crate) const ZONE: &str = "Europe/Berlin";
pub(crate) const MINUTE: i64 = 60_000_000;
/// The code this desk takes.
pub(crate) const CODE: &str = "123456";

const APPS: [(&str, &str); 7] = [
    ("Code", "scheduler.rs – planner"),
    ("Firefox", "Timetable of the northern line – Firefox"),
    ("Terminal", "cargo nextest run -p planner"),
    ("Slack", "#timetable – Slack"),
    ("Thunderbird", "Inbox – Thunderbird"),
    ("LibreOffice Calc", "Quarterly figures.ods"),
    ("Evince", "Operating manual.pdf"),
];

/// What strangers may write into a title.
pub(crate) fn hostile() -> Vec<String> {
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
        maker: Sealer::new([key.recipient()]).expect("one recipient"),
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
        start_us,
        dur_us: dur_us.unsigned_abs(),
        zone: ZONE.into(),
        state,
        protected: false,
        removed: false,
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

/// A day at a desk: `each` is the length of a span in minutes at most one, `until` the end of what has happened.
pub(crate) fn day(day: Date, each: i64, until: i64) -> Vec<Span> {
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

/// A picture like a window, as a PNG.
pub(crate) fn picture(n: u64) -> Vec<u8> {
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
    let mut fill = |x0: u32, y0: u32, w: u32, h: u32, color: [u8; 3]| {
        for y in y0..(y0 + h).min(400) {
            for x in x0..(x0 + w).min(640) {
                image.put_pixel(x, y, image::Rgb(color));
            }
        }
    };
    fill(
        0,
        0,
        640,
        28,
        if dark { [46, 52, 66] } else { [228, 231, 238] },
    );
    fill(
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
        fill(
            150 + (k % 4) * 16,
            46 + k * 17,
            wide,
            6,
            if k % 5 == 0 { ink } else { grey },
        );
        fill(14, 46 + k * 17, 50 + (k * 31) % 50, 5, grey);
    }
    let mut out = std::io::Cursor::new(Vec::new());
    image
        .write_to(&mut out, image::ImageFormat::Png)
        .expect("a picture");
    out.into_inner()
}

/// Writes `count` days up to the one that holds `now_us`, the last of them with `shots` pictures and hostile titles.
pub(crate) fn fill(
    dir: &Path,
    keys: &JournalKeys,
    now_us: i64,
    count: i32,
    each: i64,
    shots: u64,
) -> Vec<u64> {
    let today = report::day::local_date(now_us, ZONE);
    let first = today
        .checked_sub(jiff::Span::new().days(count - 1))
        .expect("a date");
    let (mut journal, _) = Journal::open(dir, keys.clone(), start_of(first)).expect("a journal");
    let mut rollups = RollupBuilder::new(journal.first_free_quarter_hour().expect("a slot"));
    for date in first
        .series(jiff::Span::new().days(1))
        .take(usize::try_from(count).unwrap_or(0))
    {
        if matches!(date.weekday(), jiff::civil::Weekday::Sunday) && date != today {
            continue;
        }
        // Long ago the days are told more coarsely, or a year would take a minute to make.
        let near = date.until(today).is_ok_and(|s| s.get_days() < 40);
        let mut spans = day(date, if near { each } else { each * 10 }, now_us);
        if date == today {
            // The morning's first windows have the names nobody would choose.
            let mut titles = hostile().into_iter();
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
            at_us: start_of(date) + 9 * 60 * MINUTE,
            zone: ZONE.into(),
            code: NoticeCode::Started,
            text: "Recording began. <i>Windows</i>, counts, and a picture about every 5 min."
                .into(),
        }));
        let at_us = (start_of(date) + 20 * 60 * MINUTE).min(now_us);
        journal
            .commit(Commit {
                records: &records,
                rollups: &rollups.done(),
                at_us,
                ..Commit::default()
            })
            .expect("a commit");
        rollups.mark_written();
    }
    let begin = (start_of(today) + 9 * 60 * MINUTE).min(now_us - 60 * MINUTE);
    let apart = (now_us - begin) / i64::try_from(shots.max(1)).unwrap_or(1);
    let odd = hostile();
    (0..shots)
        .map(|n| {
            let bytes = picture(n);
            let at_us = begin + i64::try_from(n).unwrap_or(0) * apart;
            let (app, mut title) = APPS[(n % 5) as usize];
            if let Some(name) = odd.get(usize::try_from(n).unwrap_or(99)) {
                title = name;
            }
            let shot = Screenshot {
                at_us,
                zone: ZONE.into(),
                sha256: data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes)),
                bytes: bytes.len() as u64,
                media: "image/png".into(),
                width: 640,
                height: 400,
                screen_width: 1920,
                screen_height: 1200,
                blurred: n % 3 == 0,
                removed: false,
                window: Some(Arc::new(WindowInfo {
                    app: app.into(),
                    exe: String::new(),
                    title: title.into(),
                })),
            };
            journal
                .add_screenshot(&shot, &bytes, at_us)
                .expect("a picture")
        })
        .collect()
}

/// What a desk did, seen from outside, and whether the record is locked.
#[derive(Clone, Default)]
pub(crate) struct Seen {
    pub(crate) notes: Arc<Mutex<Vec<String>>>,
    pub(crate) locked: Arc<AtomicBool>,
    /// Open: a check may find something.
    pub(crate) gate: Arc<AtomicBool>,
    /// A check was told to stop.
    pub(crate) broken_off: Arc<AtomicBool>,
    asked: Arc<AtomicU64>,
}

impl Seen {
    pub(crate) fn notes(&self) -> Vec<String> {
        self.notes.lock().expect("nobody panicked").clone()
    }
}

pub(crate) struct MadeUp {
    pub(crate) dir: PathBuf,
    pub(crate) keys: JournalKeys,
    pub(crate) reader: Option<Reader>,
    pub(crate) seen: Seen,
    /// When days begin.
    pub(crate) starts: &'static str,
}

/// Rules on applications and on titles, one of them with a name nobody would choose.
fn meaning() -> ClassificationRules {
    let rule = |name: &str, app: Option<&str>, title: Option<&str>| ClassificationRule {
        name: name.to_owned(),
        app: app.map(str::to_owned),
        title: title.map(str::to_owned),
    };
    let categories = [
        rule("railway", None, Some("northern line|#timetable")),
        rule("<b>odd</b>\u{202e} \u{1b}category", Some("^odd"), None),
    ];
    let projects = [
        rule(
            "northern line",
            None,
            Some("planner|northern line|timetable"),
        ),
        rule("bookkeeping", None, Some("figures|inbox")),
    ];
    ClassificationRules::new(&categories, true, &projects).expect("good rules")
}

/// A check that found something: names as a stranger's bucket may have them.
fn found(quick: bool) -> Checked {
    let mut findings = vec![
        Finding {
            wrong: false,
            name: "raw/v1/kind=shot/sh=3f/dt=2026-11-25/dev=0101/1790000000-7-9f86d081884c7d65.age"
                .into(),
            text: "a manifest lists it, and it is not there".into(),
        },
        Finding {
            wrong: true,
            name: format!("raw/v1/{}", hostile().remove(0)),
            text: "no uam names its objects like that".into(),
        },
    ];
    if quick {
        findings.clear();
    }
    Checked {
        verdict: if quick {
            Verdict::Complete
        } else {
            Verdict::Tampered
        },
        words: match quick {
            true => "COMPLETE by names and sizes; contents were not read.".into(),
            false => "TAMPERED: something there is not what this device sent.".into(),
        },
        place: "s3://example-bucket/uam".into(),
        at_us: jiff::Timestamp::now().as_microsecond(),
        objects: 40,
        bytes: 1_234_567,
        chains: vec![
            "Device 0101, journal 1790000000: 8 manifests, the newest (no. 8) of 25 November"
                .into(),
            "  records up to 4711, in 31 listed objects (1.2 MB)".into(),
        ],
        found: findings.len() as u64,
        findings,
    }
}

impl Desk for MadeUp {
    fn look(&mut self, what: &str) -> Result<&Reader, Refused> {
        if self.seen.locked.load(Ordering::SeqCst) {
            return Err(Refused::Locked);
        }
        self.seen
            .notes
            .lock()
            .expect("nobody panicked")
            .push(what.to_owned());
        if self.reader.is_none() {
            let opened = Reader::open(&self.dir, self.keys.opener.clone());
            self.reader = Some(opened.map_err(|e| Refused::Failed(e.to_string()))?);
        }
        Ok(self.reader.as_ref().expect("just opened"))
    }

    fn telling(&mut self) -> Result<Telling, Refused> {
        Ok(Telling {
            starts: DayStart::parse(self.starts).expect("a time of day"),
            meaning: Arc::new(meaning()),
            version: "0.1.0",
        })
    }

    fn check(&mut self, quick: bool, checking: Checking) -> Result<(), Refused> {
        let seen = self.seen.clone();
        std::thread::spawn(move || {
            let mut step = Step {
                names: 40,
                of: 8,
                ..Step::default()
            };
            // Until its test has seen that it runs; a page that is over lets it go.
            while !seen.gate.load(Ordering::SeqCst) {
                if !checking.step(step) {
                    seen.broken_off.store(true, Ordering::SeqCst);
                    return;
                }
                step.manifests = (step.manifests + 1) % 8;
                std::thread::park_timeout(std::time::Duration::from_millis(5));
            }
            checking.done(found(quick));
        });
        Ok(())
    }

    fn sent(&mut self, limit: usize) -> Result<Vec<Sent>, Refused> {
        self.look("what was sent")?;
        let object = |n: u64| Sent {
            name: format!(
                "raw/v1/kind=activity/sh=3f/dt=2026-11-25/dev=0101/1790000000-{n}-9f86d081884c7d65.jsonl.zst.age"
            ),
            kind: if n.is_multiple_of(3) {
                "shot"
            } else {
                "activity"
            },
            records: 1 + n * 7 % 90,
            bytes: 900 + n * 12_345,
            sent_us: (n > 0)
                .then_some(1_790_000_000_000_000 - i64::try_from(n).unwrap_or(0) * 300_000_000),
            certain: n > 0,
            sealed: n % 4 != 3,
        };
        Ok((0..14).map(object).take(limit).collect())
    }

    fn settings(&mut self) -> Result<Vec<Setting>, Refused> {
        let one = |key: &str, value: &str, meaning: &str| Setting {
            key: key.into(),
            value: value.into(),
            meaning: meaning.into(),
        };
        Ok(vec![
            one(
                "record.idle_seconds",
                "300",
                "Seconds without input after which time counts as idle.",
            ),
            one(
                "shots.blur",
                "true",
                "Are they made unreadable before they are kept?",
            ),
            one("upload.destination", "not set", "Where records are sent."),
            one(
                "exclude.rules",
                "[{ title = \"<b>x</b>\" }]",
                "Further windows that are never named.",
            ),
        ])
    }

    fn prove(&mut self, proof: &Proof) -> Result<(), Refused> {
        match *proof.code == *CODE {
            true => Ok(()),
            false => Err(Refused::Denied("that is not the code".into())),
        }
    }

    fn take_out(&mut self, seq: u64, proof: &Proof) -> Result<String, Refused> {
        self.prove(proof)?;
        self.reader = None;
        let now = jiff::Timestamp::now().as_microsecond();
        let (mut journal, _) = Journal::open(&self.dir, self.keys.clone(), now)
            .map_err(|e| Refused::Failed(e.to_string()))?;
        let done = journal
            .redact(&RedactionTarget::Shot(seq), now)
            .map_err(|e| Refused::Failed(e.to_string()))?;
        Ok(format!("Taken out: {} picture.", done.shots))
    }

    fn needs_passphrase(&mut self) -> bool {
        false
    }
}

pub(crate) struct MadeUpWatch(pub(crate) Seen);

impl Watch for MadeUpWatch {
    fn status(&self) -> Option<AgentStatus> {
        let n = self.0.asked.fetch_add(1, Ordering::SeqCst);
        let now = jiff::Timestamp::now().as_microsecond();
        let typed = |keys: u64| Counts {
            hardware: InputCounts {
                keys,
                left: keys / 9,
                ..InputCounts::default()
            },
            ..Counts::default()
        };
        Some(AgentStatus {
            disk: None,
            version: "0.1.0".into(),
            pid: 1,
            data_dir: String::new(),
            zone: ZONE.into(),
            state: Coverage::Active,
            since_us: now - 42_000_000,
            protected: false,
            window: Some(WindowInfo {
                app: "Code".into(),
                exe: String::new(),
                title: hostile().remove(0),
            }),
            span_counts: typed(7),
            today_counts: typed(12_000 + n),
            today: Coverage::ALL
                .into_iter()
                .zip([20_000, 1_900, 5_400, 30_000, 0, 0, 0, 7_000])
                .map(|(state, s)| report::day::StateTotal {
                    state,
                    us: s * 1_000_000,
                })
                .collect(),
            last_durable_us: Some(now),
            outbox: report::OutboxSummary {
                records: 12,
                shots: 1,
                bytes: 34_000,
            },
            destination: "s3://example-bucket/uam".into(),
            last_upload: Some(report::UploadAttempt {
                at_us: now - 90_000_000,
                text: "sent 3 objects".into(),
                ok: true,
            }),
            next_upload_us: Some(now + 210_000_000),
            last_shot_us: None,
            next_shot_us: None,
            idle_us: None,
            paused_until_us: None,
            hours: None,
            power: None,
            missing: Vec::new(),
        })
    }

    fn is_unlocked(&self) -> bool {
        !self.0.locked.load(Ordering::SeqCst)
    }
}

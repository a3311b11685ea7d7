//! The live view with made-up news, to look at it: `cargo run -p console --example made_up [seconds]`.
//!
//! Prints how the view ended on standard error. With `panic` in place of seconds the command callback panics at the
//! first key, with `drop` the view is dropped after one state.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use console::{Command, Ended, Live, Options, Picture};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use model::{Clock, Coverage, Moment, Window};
use report::{Feed, LogLine, Outbox, Status, Upload};
use std::io::Cursor;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

struct Wall;

impl Clock for Wall {
    fn now(&self) -> Moment {
        let us = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_micros();
        Moment {
            utc_us: us as i64,
            boot_us: us as u64,
            awake_us: us as u64,
        }
    }
}

const TITLES: [(&str, &str); 4] = [
    ("Editor", "main.rs — uam"),
    ("Browser", "\u{1b}]0;evil\u{7}\u{202e}日本語の題名 🎉"),
    ("Terminal", "cargo test"),
    ("Mail", "Re: invoice =HYPERLINK(\"x\")"),
];

fn main() -> ExitCode {
    let how = std::env::args().nth(1).unwrap_or_default();
    let run_for = Duration::from_secs(how.parse().unwrap_or(3600));
    let (commands, told) = channel();
    let panics = how == "panic";
    let live = Live::start(Options::default(), Arc::new(Wall), move |command| {
        assert!(!panics, "made up");
        commands.send(command).ok();
    })
    .unwrap();
    let updates = live.updates().clone();
    let begun = Instant::now();
    let mut feed = Feed::new();
    let mut status = status();
    updates.picture(picture(0));
    for n in 0.. {
        let now = Wall.now().utc_us;
        let (app, title) = TITLES[n % TITLES.len()];
        let window = Arc::new(Window {
            app: app.into(),
            exe: String::new(),
            title: title.into(),
        });
        status.window = Some((*window).clone());
        status.last_durable_us = Some(now);
        status.span_counts.hardware.keys += 3;
        status.today_counts.hardware.keys += 3;
        updates.status(status.clone());
        let record = model::Record::Span(model::Span {
            start_us: now - 700_000,
            dur_us: 700_000,
            zone: status.zone.as_str().into(),
            state: status.state,
            protected: n % 7 == 5,
            removed: false,
            window: Some(window),
            counts: status.span_counts,
        });
        feed.push(&record).into_iter().for_each(|l| updates.line(l));
        if n % 9 == 8 {
            updates.line(LogLine::upload(
                &Upload {
                    at_us: now,
                    text: "the sink does not answer; trying again".into(),
                    ok: false,
                },
                status.zone.as_str().into(),
            ));
            updates.picture(picture(n));
        }
        if how == "drop" || begun.elapsed() > run_for || !updates.is_open() {
            break;
        }
        match told.recv_timeout(Duration::from_millis(700)) {
            Ok(Command::Pause(_)) => status.state = Coverage::Paused,
            Ok(Command::Resume) => status.state = Coverage::Active,
            Ok(Command::Shot) => updates.picture(picture(n + 1)),
            Ok(Command::Stop) => break,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    if how == "drop" {
        drop(live);
        return ExitCode::SUCCESS;
    }
    match live.finish() {
        Ended::Asked => {
            eprintln!("ended: asked");
            ExitCode::SUCCESS
        }
        Ended::TerminalClosed => ExitCode::from(41),
        Ended::Failed(error) => {
            eprintln!("ended: {error}");
            ExitCode::FAILURE
        }
    }
}

fn status() -> Status {
    let now = Wall.now().utc_us;
    Status {
        version: "0.1.0".into(),
        pid: std::process::id(),
        data_dir: "/home/ada/.local/share/uam".into(),
        zone: "Europe/Berlin".into(),
        state: Coverage::Active,
        since_us: now - 760_000_000,
        protected: false,
        window: None,
        span_counts: model::Counts::default(),
        today_counts: model::Counts::default(),
        today: Vec::new(),
        last_durable_us: Some(now),
        outbox: Outbox {
            records: 12,
            shots: 1,
            bytes: 51_300,
        },
        destination: "s3://team-bucket/uam".into(),
        last_upload: None,
        next_upload_us: Some(now + 200_000_000),
        last_shot_us: Some(now),
        next_shot_us: Some(now + 240_000_000),
        idle_us: None,
        paused_until_us: None,
        hours: None,
        power: None,
        disk: None,
        missing: Vec::new(),
    }
}

fn picture(seed: usize) -> Picture {
    let image = RgbImage::from_fn(640, 360, |x, y| {
        let wave = ((x / 20 + y / 20) as usize + seed) % 2;
        if y < 30 {
            Rgb([60, 60, 70])
        } else if wave == 0 {
            Rgb([(x / 3) as u8, (y / 2) as u8, 160])
        } else {
            Rgb([240, 240, 235])
        }
    });
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(image)
        .write_to(&mut bytes, ImageFormat::WebP)
        .unwrap();
    Picture {
        at_us: Wall.now().utc_us,
        bytes: bytes.into_inner(),
        blurred: seed.is_multiple_of(2),
    }
}

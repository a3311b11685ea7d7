//! The live view with sample data, to look at it: `cargo run -p console --example demo_view [seconds]`.
//!
//! Prints how the view ended on standard error. With `panic` in place of seconds the command callback panics at the
//! first key, with `drop` the view is dropped after one state, with `still` it is always 15:20:00 and only keys
//! change anything, with `attached` the same in an attached view, and with `manual` the same with ordinary titles.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use console::{ConsoleEvent, LiveOptions, LiveView, ShownScreenshot, ViewEnd, ViewUpdates};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use model::{Clock, Coverage, Moment, Timestamp, WindowInfo};
use protocol::{ScreenshotStep, UserCommand};
use report::StateTotal;
use report::{ActivityLog, AgentStatus, LogLine, OutboxSummary, TodayTotals, UploadAttempt};
use std::io::Cursor;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// 2026-07-15 15:20:00 in Berlin, a Wednesday.
const STILL: Duration = Duration::from_secs(1_784_121_600);
const MINUTE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);

/// The system clock, or one that always shows the same time.
struct Wall {
    still: bool,
}

impl Clock for Wall {
    fn now(&self) -> Moment {
        let since_epoch = match self.still {
            true => STILL,
            false => SystemTime::now().duration_since(UNIX_EPOCH).unwrap(),
        };
        Moment {
            utc: Timestamp::UNIX_EPOCH + since_epoch,
            boot: since_epoch,
            awake: since_epoch,
        }
    }
}

const TITLES: [(&str, &str); 4] = [
    ("Editor", "main.rs — uam"),
    ("Browser", "\u{1b}]0;evil\u{7}\u{202e}日本語の題名 🎉"),
    ("Terminal", "cargo test"),
    ("Mail", "Re: invoice =HYPERLINK(\"x\")"),
];

/// Ordinary titles, for an image in a manual.
const ORDINARY: [(&str, &str); 4] = [
    ("Editor", "report.md — annual report"),
    ("Browser", "Timetable of the regional trains"),
    ("Terminal", "make figures"),
    ("Mail", "Re: the second draft"),
];

fn main() -> ExitCode {
    let how = std::env::args().nth(1).unwrap_or_default();
    let run_for = Duration::from_secs(how.parse().unwrap_or(3600));
    let still = ["still", "attached", "manual"].contains(&how.as_str());
    let titles = if how == "manual" { ORDINARY } else { TITLES };
    let (commands, requests) = channel();
    let panics = how == "panic";
    let options = LiveOptions {
        attached: how == "attached",
        ..LiveOptions::default()
    };
    let live = LiveView::start(options, Arc::new(Wall { still }), move |command| {
        assert!(!panics, "made up");
        commands.send(command).ok();
    })
    .unwrap();
    let mut demo = DemoDay::new(Wall { still }, titles, live.updates().clone());
    let started = Instant::now();
    for n in 0.. {
        demo.record_window(n);
        if n % 9 == 8 && !still {
            demo.fail_upload();
        }
        if how == "drop" || started.elapsed() > run_for || !demo.updates.is_open() {
            break;
        }
        let wait = match still {
            true => run_for,
            false => Duration::from_millis(700),
        };
        let event = match requests.recv_timeout(wait) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        if demo.handle_event(event).is_break() {
            break;
        }
    }
    if how == "drop" {
        drop(live);
        return ExitCode::SUCCESS;
    }
    match live.finish() {
        ViewEnd::Requested => {
            eprintln!("ended: asked");
            ExitCode::SUCCESS
        }
        ViewEnd::TerminalClosed => ExitCode::from(41),
        ViewEnd::Failed(error) => {
            eprintln!("ended: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The invented recording that the view shows.
struct DemoDay {
    wall: Wall,
    titles: [(&'static str, &'static str); 4],
    updates: ViewUpdates,
    feed: ActivityLog,
    today: TodayTotals,
    status: AgentStatus,
    /// The number of screenshots, and so the place of the newest.
    count: u64,
    /// The place of the chosen screenshot.
    shown: u64,
}

impl DemoDay {
    fn new(wall: Wall, titles: [(&'static str, &'static str); 4], updates: ViewUpdates) -> Self {
        let now = wall.now().utc;
        let demo = Self {
            titles,
            updates,
            feed: ActivityLog::new(),
            today: day(now, &titles),
            status: status(&wall),
            count: 4,
            shown: 4,
            wall,
        };
        demo.show_newest_screenshot();
        if demo.wall.still {
            add_sample_lines(&demo.updates, now);
        }
        demo
    }

    /// Shows the `n`th window; while the clock runs, it is also added to the day and to the log.
    fn record_window(&mut self, n: usize) {
        let still = self.wall.still;
        let now = self.wall.now().utc;
        let (app, title) = self.titles[if still { 0 } else { n % self.titles.len() }];
        let window = Arc::new(WindowInfo {
            app: app.into(),
            exe: String::new(),
            title: title.into(),
        });
        let status = &mut self.status;
        status.window = Some((*window).clone());
        status.last_durable = Some(now - 2 * SECOND);
        if n == 0 || !still {
            status.span_counts.hardware.keys += 3;
            status.today_counts.hardware.keys += 3;
        }
        let span = model::Span {
            start: now - Duration::from_millis(700),
            duration: Duration::from_millis(700),
            zone: status.zone.as_str().into(),
            state: status.state,
            protected: n % 7 == 5,
            redacted: false,
            window: Some(window),
            counts: status.span_counts,
        };
        if n == 0 || !still {
            status.today = self.today.states();
            self.updates
                .set_day_summary(self.today.day_summary().clone());
        }
        if !still {
            self.today.add(&span);
            let record = model::Record::Span(span);
            self.feed
                .push_record(&record)
                .into_iter()
                .for_each(|l| self.updates.add_line(l));
        }
        self.updates.set_status(self.status.clone());
    }

    /// Adds a failed upload to the log, and a screenshot.
    fn fail_upload(&mut self) {
        self.updates.add_line(LogLine::upload(
            &UploadAttempt {
                at: self.wall.now().utc,
                text: "the store does not answer; trying again".into(),
                ok: false,
            },
            self.status.zone.as_str().into(),
        ));
        self.count += 1;
        self.show_newest_screenshot();
    }

    /// Executes a command of the view; breaks when the view is to end.
    fn handle_event(&mut self, event: ConsoleEvent) -> ControlFlow<()> {
        match event {
            ConsoleEvent::Command(command) => match command {
                UserCommand::Pause(_) => self.status.state = Coverage::Paused,
                UserCommand::Resume => self.status.state = Coverage::Active,
                UserCommand::TakeScreenshot => {
                    self.count += 1;
                    self.show_newest_screenshot();
                }
                UserCommand::StepScreenshot(step) => self.step_screenshot(step),
                UserCommand::OpenPage => self.updates.ask_code(command),
                UserCommand::Stop => return ControlFlow::Break(()),
                command => self.show_answer(&command, "done"),
            },
            ConsoleEvent::CodeEntered(command, _) => self.show_answer(&command, "accepted"),
            ConsoleEvent::Leave => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    }

    fn show_answer(&self, command: &UserCommand, answer: &str) {
        self.updates
            .show_message(format!("{}: {answer}.", name(command)));
    }

    fn step_screenshot(&mut self, step: ScreenshotStep) {
        let next = match step {
            ScreenshotStep::Older => self.shown - 1,
            ScreenshotStep::Newer => self.shown + 1,
            ScreenshotStep::Newest => self.count,
        };
        self.shown = next.clamp(1, self.count);
        self.updates
            .show_chosen_screenshot(screenshot(&self.wall, self.shown, self.count));
    }

    fn show_newest_screenshot(&self) {
        self.updates
            .show_newest_screenshot(screenshot(&self.wall, self.count, self.count));
    }
}

/// The name of a command in this view's answers.
fn name(command: &UserCommand) -> &'static str {
    match command {
        UserCommand::ExcludeApp { .. } => "Exclude",
        UserCommand::DeleteLastTenMinutes => "Delete",
        UserCommand::OpenPage => "Page",
        _ => "Command",
    }
}

/// Adds a few lines to the log.
fn add_sample_lines(updates: &ViewUpdates, now: Timestamp) {
    let zone: Arc<str> = "Europe/Berlin".into();
    for (minutes, text, ok) in [
        (12, "12 records, 0 screenshots", true),
        (7, "the store does not answer; trying again", false),
        (2, "42 records, 1 screenshot", true),
    ] {
        let upload = UploadAttempt {
            at: now - minutes * MINUTE,
            text: text.into(),
            ok,
        };
        updates.add_line(LogLine::upload(&upload, Arc::clone(&zone)));
    }
}

/// A day at a desk until now: it begins at half past eight and has a lunch, a pause, and times of much and little input.
fn day(now: Timestamp, titles: &[(&str, &str); 4]) -> TodayTotals {
    let zone = "Europe/Berlin";
    let mut today = TodayTotals::new(report::local_date(now, zone), zone);
    let begin = now - 410 * MINUTE;
    for n in 0..410_u32 {
        let state = match n {
            225..=249 => Coverage::Idle,
            250..=269 => Coverage::Locked,
            330..=344 => Coverage::Paused,
            _ => Coverage::Active,
        };
        let (app, title) = titles[(n / 7 % 4 * (n / 31 % 2 + 1) % 4) as usize];
        let mut counts = model::Counts::default();
        if state == Coverage::Active {
            counts.hardware.seconds = u64::from((n * n / 40) % 31);
        }
        today.add(&model::Span {
            start: begin + n * MINUTE,
            duration: MINUTE,
            zone: zone.into(),
            state,
            protected: n % 50 == 49,
            redacted: false,
            window: state.is_recording().then(|| {
                Arc::new(WindowInfo {
                    app: app.into(),
                    exe: String::new(),
                    title: title.into(),
                })
            }),
            counts,
        });
    }
    today
}

fn status(wall: &Wall) -> AgentStatus {
    let now = wall.now().utc;
    AgentStatus {
        version: "0.1.0".into(),
        pid: std::process::id(),
        data_dir: "/home/ada/.local/share/uam".into(),
        zone: "Europe/Berlin".into(),
        state: Coverage::Active,
        since: now - 760 * SECOND,
        protected: false,
        window: None,
        span_counts: model::Counts::default(),
        today_counts: model::Counts::default(),
        today: vec![StateTotal {
            state: Coverage::Active,
            duration: Duration::ZERO,
        }],
        last_durable: Some(now),
        outbox: OutboxSummary {
            records: 12,
            shots: 1,
            bytes: 51_300,
        },
        destination: "s3://team-bucket/uam".into(),
        last_upload: Some(UploadAttempt {
            at: now - 100 * SECOND,
            text: "42 records, 1 screenshot".into(),
            ok: true,
        }),
        next_upload: Some(now + 200 * SECOND),
        last_screenshot: Some(now),
        next_screenshot: Some(now + 240 * SECOND),
        idle: None,
        paused_until: None,
        hours: None,
        power: None,
        disk: None,
        missing: Vec::new(),
    }
}

fn screenshot(wall: &Wall, place: u64, of: u64) -> ShownScreenshot {
    let seed = place;
    let image = RgbImage::from_fn(640, 360, |x, y| {
        let wave = (u64::from(x / 20 + y / 20) + seed) % 2;
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
    ShownScreenshot {
        seq: place,
        place,
        of,
        at: wall.now().utc - u32::try_from(of - place).unwrap() * 5 * MINUTE,
        bytes: bytes.into_inner(),
        blurred: seed.is_multiple_of(2),
    }
}

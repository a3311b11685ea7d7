#![allow(clippy::unwrap_used)]

use super::*;
use crate::graphics::{GraphicsProtocol, TerminalGraphics, decode_image};
use crate::inline_image::tests::red_over_blue;
use image::ImageFormat;
use model::{Counts, InputCounts, PowerState, SensorKind, Timestamp, Unsupported, WindowInfo};
use ratatui::backend::TestBackend;
use ratatui::{Terminal, TerminalOptions, Viewport};
use report::StateTotal;
use report::status::MissingSensor;
use report::{AgentStatus, OutboxSummary, ScheduleStatus, UploadAttempt};
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_seconds(1_784_100_000);
const S: Duration = Duration::from_secs(1);

fn status() -> AgentStatus {
    AgentStatus {
        version: "0.1.0".into(),
        pid: 4711,
        data_dir: "/home/ada/.local/share/uam".into(),
        zone: "Europe/Berlin".into(),
        state: Coverage::Active,
        since: NOW - 760 * S,
        protected: false,
        window: Some(WindowInfo {
            app: "Editor".into(),
            exe: String::new(),
            title: "main.rs — uam — a title that goes on and on and on for a while".into(),
        }),
        span_counts: counts(42, 3, 0),
        today_counts: counts(4210, 301, 12),
        today: vec![
            StateTotal {
                state: Coverage::Active,
                duration: Duration::from_secs(11_520),
            },
            StateTotal {
                state: Coverage::Idle,
                duration: Duration::from_secs(1_200),
            },
        ],
        last_durable: Some(NOW - 2 * S),
        outbox: OutboxSummary {
            records: 12,
            shots: 1,
            bytes: 51_300,
        },
        destination: "s3://team-bucket/uam".into(),
        last_upload: Some(UploadAttempt {
            at: NOW - 100 * S,
            text: "42 records, 1 screenshot".into(),
            ok: true,
        }),
        next_upload: Some(NOW + 200 * S),
        last_screenshot: Some(NOW - 60 * S),
        next_screenshot: Some(NOW + 240 * S),
        idle: Some(4 * S),
        paused_until: None,
        hours: None,
        power: None,
        disk: None,
        missing: Vec::new(),
    }
}

fn counts(keys: u64, left: u64, injected: u64) -> Counts {
    Counts {
        hardware: InputCounts {
            keys,
            left,
            ..InputCounts::default()
        },
        injected: InputCounts {
            keys: injected,
            ..InputCounts::default()
        },
    }
}

fn draw_test_panel(columns: u16, rows: u16, panel: &Panel<'_>) -> TestBackend {
    let area = Rect::new(0, 0, columns, panel_height(rows));
    let mut terminal = Terminal::with_options(
        TestBackend::new(columns, panel_height(rows)),
        TerminalOptions {
            viewport: Viewport::Fixed(area),
        },
    )
    .unwrap();
    terminal
        .draw(|frame| render_panel(panel, frame.area(), frame.buffer_mut()))
        .unwrap();
    terminal.backend().clone()
}

fn panel(status: &AgentStatus) -> Panel<'_> {
    Panel {
        status: Some(status),
        day_summary: None,
        now: NOW,
        question: None,
        message: None,
        help: false,
        attached: false,
        screenshot: None,
        colour: true,
    }
}

#[test]
fn recording_at_both_sizes() {
    let s = status();
    insta::assert_snapshot!("recording_80x24", draw_test_panel(80, 24, &panel(&s)));
    insta::assert_snapshot!("recording_120x30", draw_test_panel(120, 30, &panel(&s)));
    insta::assert_snapshot!("recording_50x15", draw_test_panel(50, 15, &panel(&s)));
}

#[test]
fn hostile_titles_stay_in_their_row() {
    let mut s = status();
    s.window = Some(WindowInfo {
        app: "\u{1b}[2J\u{1b}]0;evil\u{7}".into(),
        exe: String::new(),
        title: format!(
            "a\nb\u{202e}gpj.exe {} 日本語🎉",
            "e\u{301}\u{301}".repeat(200)
        ),
    });
    let shown = draw_test_panel(80, 24, &panel(&s));
    for cell in shown.buffer().content() {
        assert!(
            !cell.symbol().chars().any(char::is_control),
            "{:?}",
            cell.symbol()
        );
    }
    s.window = Some(WindowInfo {
        app: "日本語".into(),
        exe: String::new(),
        title: format!("\u{1b}[2J{}", "漢字🎉".repeat(100)),
    });
    insta::assert_snapshot!("hostile_80x24", draw_test_panel(80, 24, &panel(&s)));
}

#[test]
fn words_carry_the_meaning_without_colours() {
    let mut s = status();
    s.last_durable = Some(NOW - 40 * S);
    let panel = Panel {
        colour: false,
        question: Some("Stop recording and quit?  y yes   any other key: go on"),
        ..panel(&s)
    };
    let shown = draw_test_panel(80, 24, &panel);
    for cell in shown.buffer().content() {
        assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset));
    }
    insta::assert_snapshot!("stale_no_colour_80x24", shown);
}

#[test]
fn protected_paused_and_offline() {
    let mut s = status();
    s.protected = true;
    s.window = None;
    insta::assert_snapshot!("protected_80x24", draw_test_panel(80, 24, &panel(&s)));

    let mut s = status();
    s.state = Coverage::Paused;
    s.window = None;
    s.paused_until = Some(NOW + 600 * S);
    s.next_screenshot = None;
    insta::assert_snapshot!("paused_80x24", draw_test_panel(80, 24, &panel(&s)));

    s.paused_until = None;
    s.hours = Some(ScheduleStatus {
        inside: false,
        next_change: Some(NOW + 50_000 * S),
        pausing: true,
    });
    insta::assert_snapshot!("outside_hours_80x28", draw_test_panel(80, 28, &panel(&s)));

    let mut s = status();
    s.outbox = OutboxSummary {
        records: 100_000,
        shots: 2016,
        bytes: 98_000_000,
    };
    s.last_upload = Some(UploadAttempt {
        at: NOW - 3600 * S,
        text: "the store does not answer; trying again".into(),
        ok: false,
    });
    s.power = Some(PowerState {
        percent: 31,
        discharging: true,
    });
    s.missing = vec![
        MissingSensor {
            concern: SensorKind::Session,
            why: Unsupported::new("no logind on this system", ""),
        },
        MissingSensor {
            concern: SensorKind::Screen,
            why: Unsupported::new("no shared memory", ""),
        },
    ];
    insta::assert_snapshot!("offline_80x24", draw_test_panel(80, 24, &panel(&s)));
    insta::assert_snapshot!("offline_120x30", draw_test_panel(120, 30, &panel(&s)));
}

#[test]
fn colour_and_word_agree() {
    for state in Coverage::ALL {
        let mut s = status();
        s.state = state;
        let shown = draw_test_panel(80, 24, &panel(&s));
        let rule: String = (0..80).map(|x| shown.buffer()[(x, 0)].symbol()).collect();
        assert!(rule.contains(state.label()), "{rule}");
        let at = rule.chars().position(|c| c == '●' || c == '○').unwrap();
        assert_eq!(
            shown.buffer()[(at as u16, 0)].fg,
            state_colour(state),
            "{state}"
        );
        assert_eq!(rule.contains('●'), state.is_recording());
    }
}

#[test]
fn the_last_screenshot_stands_beside_the_text() {
    let s = status();
    let image = decode_image(&red_over_blue(ImageFormat::WebP)).unwrap();
    let area = Rect::new(0, 0, 120, panel_height(30));
    let available = screenshot_area(area).unwrap();
    let mut graphics = TerminalGraphics::assume_protocol(GraphicsProtocol::HalfBlocks);
    graphics.set_true_colour(true);
    let encoded = graphics.encode_image(image, available, 1).unwrap();
    let panel = Panel {
        screenshot: Some(PanelScreenshot {
            encoded: &encoded,
            caption: "screenshot at 09:19:00, blurred".into(),
        }),
        ..panel(&s)
    };
    let shown = draw_test_panel(120, 30, &panel);
    let left = 120 - encoded.size().width - 1;
    assert_eq!(shown.buffer()[(left, 1)].bg, Color::Rgb(255, 0, 0));
    assert_eq!(
        shown.buffer()[(left, encoded.size().height)].bg,
        Color::Rgb(0, 0, 255)
    );
    insta::assert_snapshot!("picture_120x30", shown);
    assert!(
        screenshot_area(Rect::new(0, 0, 71, 12)).is_none(),
        "no room beside narrow text"
    );
}

#[test]
fn before_the_first_record() {
    let panel = Panel {
        status: None,
        day_summary: None,
        now: NOW,
        question: None,
        message: None,
        help: false,
        attached: false,
        screenshot: None,
        colour: true,
    };
    insta::assert_snapshot!("starting_80x24", draw_test_panel(80, 24, &panel));
}

#[test]
fn the_day_fits_every_size_and_strange_names_stay_in_their_rows() {
    let mut today = report::TodayTotals::new(jiff::civil::date(2026, 7, 15), "Europe/Berlin");
    for n in 0..60u32 {
        today.add(&model::Span {
            start: NOW - (60 - n) * 60 * S,
            duration: 60 * S,
            zone: "Europe/Berlin".into(),
            state: Coverage::ALL[n as usize % 8],
            protected: n % 5 == 4,
            redacted: false,
            window: Some(
                WindowInfo {
                    app: format!("\u{1b}[2J{}", "日本語🎉".repeat(n as usize)),
                    exe: String::new(),
                    title: format!("a\nb\u{202e}gpj.exe {}", "e\u{301}\u{301}".repeat(300)),
                }
                .into(),
            ),
            counts: counts(1, 0, 0),
        });
    }
    let s = status();
    for (columns, rows) in [
        (20, 20),
        (30, 24),
        (59, 24),
        (61, 21),
        (80, 24),
        (200, 60),
        (400, 90),
    ] {
        for now in [
            Timestamp::UNIX_EPOCH,
            NOW,
            NOW + 400 * 86_400 * S,
            Timestamp::MAX,
        ] {
            let panel = Panel {
                day_summary: Some(today.day_summary()),
                now,
                ..panel(&s)
            };
            let shown = draw_test_panel(columns, rows, &panel);
            for cell in shown.buffer().content() {
                assert!(
                    !cell.symbol().chars().any(char::is_control),
                    "{columns}x{rows}: {:?}",
                    cell.symbol()
                );
            }
        }
    }
}

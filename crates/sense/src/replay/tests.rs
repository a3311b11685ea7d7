#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::capture::CaptureError;
use model::Timestamp;
use model::{
    ActiveWindow, Counts, InputCounts, Moment, PowerState, TimedEvent, WindowHandle, WindowInfo,
};
use platform::clock::SystemClock;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

fn at(ms: u64) -> Moment {
    Moment {
        utc: Timestamp::from_seconds(1_700_000_000),
        boot: Duration::from_secs(5),
        awake: Duration::from_secs(4),
    } + Duration::from_millis(ms)
}

fn sample() -> Vec<TimedEvent> {
    let window = |n: u64, title: &str| SensorEvent::Window {
        active: Some(ActiveWindow {
            handle: WindowHandle(n),
            window: Arc::new(WindowInfo {
                app: "Editor".into(),
                exe: "/usr/bin/editor".into(),
                title: title.into(),
            }),
        }),
    };
    let counts = Counts {
        hardware: InputCounts {
            keys: 3,
            ..InputCounts::default()
        },
        injected: InputCounts {
            scroll: 2,
            ..InputCounts::default()
        },
    };
    let events = [
        window(1, "a\u{202e}\n\"title\""),
        SensorEvent::Input { counts },
        SensorEvent::Window { active: None },
        window(2, "second"),
        SensorEvent::Idle {
            idle: Duration::from_micros(77),
        },
        SensorEvent::Present,
        SensorEvent::Lock { locked: true },
        SensorEvent::Sleep { asleep: true },
        SensorEvent::Power {
            power: PowerState {
                percent: 19,
                discharging: true,
            },
        },
        SensorEvent::Lost {
            concern: SensorKind::Window,
            reason: "gone".into(),
        },
        SensorEvent::Back {
            concern: SensorKind::Window,
        },
        window(3, "last"),
    ];
    (0u64..)
        .zip(events)
        .map(|(n, event)| TimedEvent { at: at(n), event })
        .collect()
}

fn written(events: &[TimedEvent]) -> Vec<u8> {
    let mut writer = TraceWriter::new(b"# a trace\n\n".to_vec());
    for item in events {
        writer.record(item).unwrap();
    }
    writer.finish().unwrap()
}

fn replayed(pace: ReplayPace, stamps: ReplayTimestamps) -> Vec<TimedEvent> {
    let desktop = open_replay(
        written(&sample()).as_slice(),
        pace,
        stamps,
        Arc::new(SystemClock),
    )
    .unwrap();
    let (tx, rx) = sync_channel(2);
    let running = desktop.start(tx);
    let seen = rx.iter().collect();
    running.stop();
    seen
}

#[test]
fn a_trace_comes_back_as_it_was_written() {
    assert_eq!(replayed(ReplayPace::Fast, ReplayTimestamps::Kept), sample());
}

#[test]
fn moved_stamps_keep_their_distances_on_every_clock() {
    let seen = replayed(ReplayPace::RealTime, ReplayTimestamps::Moved);
    let first = seen[0].at;
    assert!(first.utc.as_micros() > at(0).utc.as_micros());
    for (new, old) in seen.iter().zip(sample()) {
        assert_eq!(
            model::micros::to_micros(new.at.since(first)),
            model::micros::to_micros(old.at.since(at(0)))
        );
        assert_eq!(new.event, old.event);
    }
}

#[test]
fn a_bad_line_is_named() {
    let error = read_trace("\n{\"at\":{}}\n".as_bytes()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("line 2 of the trace is not an event"),
        "{error}"
    );
    let long = vec![b'x'; MAX_LINE_BYTES + 1];
    assert!(matches!(
        read_trace(long.as_slice()),
        Err(TraceError::TooLong { line: 1 })
    ));
}

#[test]
fn capabilities_name_what_the_trace_speaks_of() {
    let desktop = open_replay(
        "".as_bytes(),
        ReplayPace::Fast,
        ReplayTimestamps::Kept,
        Arc::new(SystemClock),
    )
    .unwrap();
    let served: Vec<SensorKind> = desktop
        .capabilities()
        .iter()
        .filter(|c| matches!(c.support, model::SensorSupport::By(_)))
        .map(|c| c.concern)
        .collect();
    assert_eq!(
        served,
        [SensorKind::Window, SensorKind::Input, SensorKind::Screen]
    );
    assert_eq!(desktop.capabilities().len(), SensorKind::ALL.len());
}

#[test]
fn only_the_active_window_has_a_picture() {
    let mut desktop = open_replay(
        written(&sample()).as_slice(),
        ReplayPace::Fast,
        ReplayTimestamps::Kept,
        Arc::new(SystemClock),
    )
    .unwrap();
    let mut screen = desktop.take_capture().unwrap();
    assert!(desktop.take_capture().is_none());
    let (tx, rx) = sync_channel(64);
    let running = desktop.start(tx);
    assert_eq!(rx.iter().count(), sample().len());
    running.stop();
    assert_eq!(
        screen.capture_window(WindowHandle(1), &mut |_| panic!("lent")),
        Err(CaptureError::NotActive)
    );
    let mut seen = None;
    screen
        .capture_window(WindowHandle(3), &mut |frame| {
            let offset = 33 * frame.stride + 4 * 50;
            seen = Some(frame.bgrx[offset..offset + 4].to_vec());
        })
        .unwrap();
    assert_eq!(seen.unwrap(), test_pattern_pixel(WindowHandle(3), 50, 33));
    screen.release_memory();
}

#[test]
fn stopping_cuts_a_long_pause_short() {
    let mut events = sample();
    events[1].at = at(3_600_000);
    let desktop = open_replay(
        written(&events).as_slice(),
        ReplayPace::RealTime,
        ReplayTimestamps::Moved,
        Arc::new(SystemClock),
    )
    .unwrap();
    let (tx, rx) = sync_channel(64);
    let running = desktop.start(tx);
    rx.recv().unwrap();
    running.stop();
    assert!(rx.recv().is_err());
}

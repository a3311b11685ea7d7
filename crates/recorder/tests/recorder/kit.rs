//! A fixture: a recorder that is driven by hand, and the records a journal would keep of it.

use model::{
    ActiveWindow, Counts, InputCounts, Moment, NoticeCode, Record, SensorEvent, Span, Timestamp,
    WindowHandle, WindowInfo,
};
use recorder::{ExclusionRules, Recorder, RecorderBatch, RecorderInput, RecorderSettings};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

pub const S: Duration = Duration::from_secs(1);
pub const LIMIT: Duration = Duration::from_secs(300);
/// 2026-03-02 09:00:20 UTC: twenty seconds into a minute.
pub const T0: Timestamp = Timestamp::from_seconds(1_772_442_020);

pub fn moment(after: Duration) -> Moment {
    Moment {
        utc: T0,
        boot: 50 * S,
        awake: 50 * S,
    } + after
}

pub static BUILT_IN: LazyLock<ExclusionRules> =
    LazyLock::new(|| ExclusionRules::with_built_in(&[]).unwrap());

pub fn settings(idle_sensor: bool) -> RecorderSettings {
    RecorderSettings {
        idle_limit: LIMIT,
        idle_sensor,
        low_percent: 20,
        resume_percent: 25,
        exclusions: BUILT_IN.clone(),
        zone: "Europe/Berlin".into(),
        unsupported: Vec::new(),
    }
}

pub fn window(app: &str, title: &str) -> SensorEvent {
    let window = Arc::new(WindowInfo {
        app: app.into(),
        exe: String::new(),
        title: title.into(),
    });
    SensorEvent::Window {
        active: Some(ActiveWindow {
            handle: WindowHandle(1),
            window,
        }),
    }
}

pub fn keys(n: u64) -> SensorEvent {
    SensorEvent::Input {
        counts: Counts {
            hardware: InputCounts {
                keys: n,
                ..InputCounts::default()
            },
            ..Counts::default()
        },
    }
}

/// Drives a recorder and keeps its output as a journal would.
pub struct Desk {
    pub recorder: Recorder,
    pub records: Vec<Record>,
    pub pending: BTreeMap<u64, Span>,
}

impl Desk {
    pub fn new(settings: RecorderSettings) -> Self {
        Self {
            recorder: Recorder::start(settings, moment(Duration::ZERO)),
            records: Vec::new(),
            pending: BTreeMap::new(),
        }
    }

    pub fn at(&mut self, after: Duration, event: SensorEvent) -> &mut Self {
        self.step(moment(after), RecorderInput::Event(event))
    }

    pub fn step(&mut self, at: Moment, input: RecorderInput) -> &mut Self {
        self.recorder.step(at, input);
        self
    }

    /// Ticks every five seconds over `[from, to]`, as the main loop does.
    pub fn wait(&mut self, from: Duration, to: Duration) -> &mut Self {
        let mut t = from;
        while t <= to {
            self.checkpoint(moment(t));
            t += 5 * S;
        }
        self
    }

    pub fn checkpoint(&mut self, at: Moment) {
        let out = self.recorder.take_batch(at);
        self.keep(out);
    }

    pub fn keep(&mut self, out: RecorderBatch) {
        self.records.extend(out.records);
        self.pending
            .retain(|id, _| *id >= out.provisional_drop_below);
        self.pending.extend(out.provisional_put);
    }

    pub fn stop(mut self, after: Duration) -> Vec<Record> {
        let out = std::mem::replace(
            &mut self.recorder,
            Recorder::start(settings(true), moment(Duration::ZERO)),
        )
        .stop(moment(after), "");
        self.keep(out);
        assert!(self.pending.is_empty());
        self.records
    }
}

pub fn spans(records: &[Record]) -> Vec<&Span> {
    records
        .iter()
        .filter_map(|r| {
            if let Record::Span(s) = r {
                Some(s)
            } else {
                None
            }
        })
        .collect()
}

pub fn told(records: &[Record]) -> Vec<(u64, u64, &'static str, String, u64)> {
    spans(records)
        .iter()
        .map(|s| {
            let title = s.window.as_ref().map_or(
                if s.protected {
                    "(protected)".into()
                } else {
                    "-".into()
                },
                |w| w.title.clone(),
            );
            (
                s.start.duration_since(T0).as_secs(),
                s.duration.as_secs(),
                s.state.wire_name(),
                title,
                s.counts.keys(),
            )
        })
        .collect()
}

pub fn notices(records: &[Record]) -> Vec<NoticeCode> {
    records
        .iter()
        .filter_map(|r| {
            if let Record::Notice(n) = r {
                Some(n.code)
            } else {
                None
            }
        })
        .collect()
}

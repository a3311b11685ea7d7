//! A fixture: a recorder that is driven by hand, and the records a journal would keep of it.

use model::{
    ActiveWindow, Counts, InputCounts, Moment, NoticeCode, Record, SensorEvent, Span, WindowHandle,
    WindowInfo,
};
use recorder::{ExclusionRules, Recorder, RecorderBatch, RecorderInput, RecorderSettings};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

pub const S: u64 = 1_000_000;
pub const LIMIT: u64 = 300 * S;
/// 2026-03-02 09:00:20 UTC: twenty seconds into a minute.
pub const T0: i64 = 1_772_442_020_000_000;

pub fn moment(us: u64) -> Moment {
    let boot = 50 * S;
    Moment {
        utc: model::Timestamp::from_micros(T0),
        boot: std::time::Duration::from_micros(boot),
        awake: std::time::Duration::from_micros(boot),
    } + std::time::Duration::from_micros(us)
}

pub static BUILT_IN: LazyLock<ExclusionRules> =
    LazyLock::new(|| ExclusionRules::with_built_in(&[]).unwrap());

pub fn settings(idle_sensor: bool) -> RecorderSettings {
    RecorderSettings {
        idle_limit_us: LIMIT,
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
            recorder: Recorder::start(settings, moment(0)),
            records: Vec::new(),
            pending: BTreeMap::new(),
        }
    }

    pub fn at(&mut self, us: u64, event: SensorEvent) -> &mut Self {
        self.step(moment(us), RecorderInput::Event(event))
    }

    pub fn step(&mut self, at: Moment, input: RecorderInput) -> &mut Self {
        self.recorder.step(at, input);
        self
    }

    /// Ticks every five seconds over `[from, to]`, as the main loop does.
    pub fn wait(&mut self, from: u64, to: u64) -> &mut Self {
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

    pub fn stop(mut self, us: u64) -> Vec<Record> {
        let out = std::mem::replace(
            &mut self.recorder,
            Recorder::start(settings(true), moment(0)),
        )
        .stop(moment(us), "");
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
                (s.start.as_micros() - T0).cast_unsigned() / S,
                model::micros::to_micros(s.duration) / S,
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

//! A simulated machine: three clocks, somebody who works, and a recorder.

use model::{
    ActiveWindow, Counts, InputCounts, Moment, Record, SensorEvent, Timestamp, WindowHandle,
    WindowInfo,
};
use recorder::{ExclusionRules, Recorder, RecorderBatch, RecorderInput};
use std::sync::Arc;
use std::time::Duration;

/// 2106-02-07, where 32 bits of seconds end.
pub(super) const IN_2106: i64 = 4_294_967_296_000_000;

pub(super) const S: u64 = 1_000_000;
pub(super) const MINUTE: u64 = 60 * S;
pub(super) const HOUR: u64 = 60 * MINUTE;

/// The main loop ticks at least this often.
pub(super) const TICK: u64 = 5 * S;

/// One step of a scenario.
#[derive(Clone, Copy, Debug)]
pub(super) enum ScenarioStep {
    /// Somebody works.
    Work(u64),
    /// Nobody is there; the alarm comes after the limit.
    Away(u64),
    /// The wall clock is set by so much.
    Set(i64),
    /// The wall clock is set to this.
    SetTo(i64),
    /// The machine sleeps; it is announced or not, and the wall clock is set meanwhile or not.
    Sleep { us: u64, said: bool, set: i64 },
    /// Another zone.
    Travel(&'static str),
    /// The program stands still.
    Stall(u64),
}

pub(super) struct SimulatedMachine {
    pub(super) now: Moment,
    pub(super) recorder: Recorder,
    pub(super) out: Vec<Record>,
    /// Everything handed to the journal, step by step.
    pub(super) outcomes: Vec<(Moment, RecorderBatch)>,
    pub(super) slept_us: u64,
    pub(super) sleeps: u64,
    window: u64,
}

const LIMIT: u64 = 300 * S;

fn settings(zone: &str) -> recorder::RecorderSettings {
    recorder::RecorderSettings {
        idle_limit: Duration::from_micros(LIMIT),
        idle_sensor: true,
        low_percent: 20,
        resume_percent: 25,
        exclusions: ExclusionRules::new(&[]).unwrap_or_default(),
        zone: zone.into(),
        unsupported: Vec::new(),
    }
}

impl SimulatedMachine {
    pub(super) fn new(zone: &str, utc_us: i64) -> Self {
        let now = Moment {
            utc: Timestamp::from_micros(utc_us),
            boot: Duration::from_micros(1000 * S),
            awake: Duration::from_micros(900 * S),
        };
        Self {
            now,
            recorder: Recorder::start(settings(zone), now),
            out: Vec::new(),
            outcomes: Vec::new(),
            slept_us: 0,
            sleeps: 0,
            window: 0,
        }
    }

    fn event(&mut self, event: SensorEvent) {
        self.recorder.step(self.now, RecorderInput::Event(event));
    }

    fn tick(&mut self) {
        let outcome = self.recorder.take_batch(self.now);
        self.out.extend(outcome.records.iter().cloned());
        self.outcomes.push((self.now, outcome));
    }

    fn pass(&mut self, us: u64) {
        self.now = self.now + Duration::from_micros(us);
    }

    /// No system shows a time before 1970.
    fn set(&mut self, utc_us: i64) {
        self.now.utc = Timestamp::from_micros(utc_us.max(0));
    }

    pub(super) fn do_step(&mut self, step: ScenarioStep) {
        match step {
            ScenarioStep::Work(us) => {
                let end = model::micros::to_micros(self.now.boot) + us;
                while model::micros::to_micros(self.now.boot) < end {
                    self.pass(TICK.min(end - model::micros::to_micros(self.now.boot)));
                    self.window += 1;
                    let window = Arc::new(WindowInfo {
                        app: "Editor".into(),
                        exe: String::new(),
                        title: format!("{}", self.window / 7),
                    });
                    let handle = WindowHandle(1);
                    self.event(SensorEvent::Window {
                        active: Some(ActiveWindow { handle, window }),
                    });
                    let keys = InputCounts {
                        keys: 3,
                        ..InputCounts::default()
                    };
                    self.event(SensorEvent::Input {
                        counts: Counts {
                            hardware: keys,
                            ..Counts::default()
                        },
                    });
                    self.tick();
                }
            }
            ScenarioStep::Away(us) => {
                let begun = model::micros::to_micros(self.now.boot);
                let mut idle = false;
                while model::micros::to_micros(self.now.boot) - begun < us {
                    self.pass(TICK);
                    let silent = model::micros::to_micros(self.now.boot) - begun;
                    if silent >= LIMIT && !idle {
                        idle = true;
                        self.event(SensorEvent::Idle {
                            idle: Duration::from_micros(silent),
                        });
                    }
                    self.tick();
                }
                if idle {
                    self.event(SensorEvent::Present);
                }
            }
            ScenarioStep::Set(us) => {
                self.set(self.now.utc.as_micros().saturating_add(us));
                self.tick();
            }
            ScenarioStep::SetTo(utc_us) => {
                self.set(utc_us);
                self.tick();
            }
            ScenarioStep::Sleep { us, said, set } => {
                if said {
                    self.event(SensorEvent::Sleep { asleep: true });
                    self.tick();
                }
                self.now.boot += Duration::from_micros(us);
                let woken = self.now.utc.as_micros().saturating_add_unsigned(us);
                self.set(woken.saturating_add(set));
                self.slept_us += us;
                self.sleeps += 1;
                if said {
                    self.event(SensorEvent::Sleep { asleep: false });
                }
                self.tick();
            }
            ScenarioStep::Travel(zone) => self
                .recorder
                .step(self.now, RecorderInput::Zone(zone.into())),
            ScenarioStep::Stall(us) => {
                self.pass(us);
                self.tick();
            }
        }
    }
}

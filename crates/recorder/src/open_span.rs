//! The open span, and the facts that decide its state.

use crate::clock_anchor::ClockAnchor;
use model::{Counts, Coverage, Moment, PowerState, SensorKind};
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

/// Changes of state that are remembered for input that is reported late (a second at most).
const MAX_CHANGES: usize = 64;

/// Spans are cut at each whole minute of the wall clock.
pub const MINUTE: Duration = Duration::from_secs(60);

/// How long after a whole minute the cut is made without an event that proves it: sensors report input
/// at most a second late, and a cut made too early could not take it any more.
pub const SETTLE_TIME: Duration = Duration::from_millis(1_500);

/// How long the machine may stay awake after it announced sleep; beyond it the announcement no longer
/// holds (the sleep was called off and nobody reported that).
const SLEEP_GRACE: Duration = Duration::from_secs(60);

/// The span that is open now.
#[derive(Debug)]
pub(crate) struct OpenSpan {
    id: u64,
    start_boot: Duration,
    state: Coverage,
    /// Of this span; input of the very instant in which recording was suspended waits here for the next one.
    counts: Counts,
}

impl OpenSpan {
    pub(crate) fn new(id: u64, start_boot: Duration, state: Coverage) -> Self {
        Self {
            id,
            start_boot,
            state,
            counts: Counts::default(),
        }
    }

    /// Its number; the second half of a split takes the odd number after it.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn start_boot(&self) -> Duration {
        self.start_boot
    }

    pub(crate) fn state(&self) -> Coverage {
        self.state
    }

    /// Its counts, including those that wait for the next recording span.
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// The counts to record with it: none unless it is recording.
    pub(crate) fn recorded_counts(&self) -> Counts {
        if self.state.is_recording() {
            self.counts
        } else {
            Counts::default()
        }
    }

    /// Adds input; false when the state does not record.
    pub(crate) fn add_counts(&mut self, counts: Counts) -> bool {
        let recording = self.state.is_recording();
        if recording {
            self.counts += counts;
        }
        recording
    }

    /// The first whole minute of the wall clock after its start, on the boot clock.
    pub(crate) fn next_minute(&self, clock: &ClockAnchor) -> Duration {
        let start = clock.timestamp_at(self.start_boot);
        self.start_boot
            .saturating_add(MINUTE - start.since_multiple_of(MINUTE))
    }

    /// Its length if it were closed at `boot`; `None` while it has none.
    pub(crate) fn length_at(&self, boot: Duration) -> Option<Duration> {
        boot.checked_sub(self.start_boot)
            .filter(|length| !length.is_zero())
    }

    /// Starts the next span at `boot`, in the same state.
    pub(crate) fn restart_at(&mut self, boot: Duration) {
        self.id += 2;
        self.start_boot = boot;
        if self.state.is_recording() {
            self.counts = Counts::default();
        }
    }

    pub(crate) fn set_state(&mut self, state: Coverage) {
        self.state = state;
    }
}

/// The facts that decide the state, pauses aside.
#[derive(Debug, Default)]
pub(crate) struct StateFlags {
    /// The state of an interval of the past that is being recorded.
    only: Option<Coverage>,
    asleep: bool,
    /// The awake clock when sleep was announced.
    asleep_since_awake: Duration,
    pub(crate) locked: bool,
    pub(crate) idle: bool,
    low_battery: bool,
    pub(crate) disk_full: bool,
    lost: BTreeSet<SensorKind>,
}

impl StateFlags {
    pub(crate) fn new(unsupported: &[SensorKind]) -> Self {
        Self {
            lost: unsupported.iter().copied().collect(),
            ..Self::default()
        }
    }

    /// The state that follows from all of them.
    pub(crate) fn coverage(&self, paused: bool) -> Coverage {
        if let Some(only) = self.only {
            return only;
        }
        match () {
            () if self.asleep => Coverage::Asleep,
            () if paused => Coverage::Paused,
            () if self.low_battery => Coverage::LowBattery,
            () if self.locked => Coverage::Locked,
            () if self.cannot_record() => Coverage::NotRecorded,
            () if self.idle => Coverage::Idle,
            () => Coverage::Active,
        }
    }

    /// A full disk, or no sensor left that says which window is active or whether somebody is there.
    fn cannot_record(&self) -> bool {
        let lost = |kind| self.lost.contains(&kind);
        self.disk_full
            || lost(SensorKind::Window)
            || (lost(SensorKind::Input) && lost(SensorKind::Idle))
    }

    /// While `Some`, nothing but this state holds.
    pub(crate) fn set_only(&mut self, only: Option<Coverage>) {
        self.only = only;
    }

    /// True when silence says that nobody is there.
    pub(crate) fn may_become_idle(&self) -> bool {
        self.only.is_none() && !self.idle && !self.asleep
    }

    /// Is the battery too low to record? Only a change is returned. Recording is suspended at or below `low` percent and
    /// resumes at `resume` percent or on mains.
    pub(crate) fn judge_battery(&mut self, power: PowerState, low: u8, resume: u8) -> Option<bool> {
        let now_low = power.discharging
            && if self.low_battery {
                power.percent < resume
            } else {
                power.percent <= low
            };
        let changed = now_low != self.low_battery;
        self.low_battery = now_low;
        changed.then_some(now_low)
    }

    pub(crate) fn is_asleep(&self) -> bool {
        self.asleep
    }

    pub(crate) fn announce_sleep(&mut self, at: Moment) {
        self.asleep = true;
        self.asleep_since_awake = at.awake;
    }

    /// True when sleep was announced and the machine stayed awake.
    pub(crate) fn is_sleep_called_off(&self, at: Moment) -> bool {
        self.asleep && at.awake.saturating_sub(self.asleep_since_awake) > SLEEP_GRACE
    }

    /// Ends sleep; false when there was none.
    pub(crate) fn end_sleep(&mut self) -> bool {
        std::mem::take(&mut self.asleep)
    }

    /// Marks a sensor as lost; false when it was already.
    pub(crate) fn lose_sensor(&mut self, kind: SensorKind) -> bool {
        self.lost.insert(kind)
    }

    /// Marks a sensor as working; false when it was already.
    pub(crate) fn regain_sensor(&mut self, kind: SensorKind) -> bool {
        self.lost.remove(&kind)
    }

    pub(crate) fn lost_sensors(&self) -> Vec<SensorKind> {
        self.lost.iter().copied().collect()
    }
}

/// When each of the last changes of state was, oldest first, and whether it led to recording.
#[derive(Debug, Default)]
pub(crate) struct StateChanges {
    changes: VecDeque<(Duration, bool)>,
}

impl StateChanges {
    pub(crate) fn push(&mut self, boot: Duration, state: Coverage) {
        if self.changes.len() == MAX_CHANGES {
            self.changes.pop_front();
        }
        self.changes.push_back((boot, state.is_recording()));
    }

    /// May input that ended at `boot` be counted? A batch is reported after it happened, so the state at that time counts;
    /// and since it may reach back to the beginning of its whole second, none is counted in the second in which
    /// recording resumed. So nothing typed during a pause or at a lock screen is ever counted.
    pub(crate) fn is_countable(&self, boot: Duration) -> bool {
        let mut recording = true;
        for (at, now_recording) in self.changes.iter().take_while(|(at, _)| *at <= boot) {
            if *now_recording && !recording && at.as_secs() == boot.as_secs() {
                return false;
            }
            recording = *now_recording;
        }
        recording
    }
}

//! The state machine itself.

mod clocks;
mod pause;
mod removal;

use crate::pending::{ClosedSpan, ProvisionalSpans};
use crate::types::{RecorderBatch, RecorderInput, RecorderSettings, RecorderView, SkipReason};
use model::{
    ActiveWindow, Counts, Coverage, InputCounts, Moment, Notice, NoticeCode, PowerState, Record,
    SensorEvent, SensorKind, Span,
};
use pause::PauseEnd;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

/// One minute in microseconds; spans are cut at each whole minute of the wall clock.
pub const MINUTE_US: u64 = 60_000_000;

/// How long a whole minute is waited out before the cut is made without an event that proves it, in microseconds:
/// sensors hand input over at most a second late, and a cut made too early could not take it any more.
pub const SETTLE_US: u64 = 1_500_000;

/// A silence between two steps longer than this (and not explained by sleep) is recorded as blind, in microseconds.
/// The main loop ticks at least every 5 s, so six missing ticks mean that the program itself stood still.
pub const STALL_US: u64 = 30_000_000;

/// Changes of state that are remembered for input that is told late (a second at most).
const CHANGES: usize = 64;

/// The idle alarm may come this much late.
const ALARM_SLACK_US: u64 = 2_000_000;

#[derive(Debug)]
struct OpenSpan {
    id: u64,
    start_boot: u64,
    state: Coverage,
    /// Of this span; what came in the very instant in which recording was suspended waits here for the next one.
    counts: Counts,
}

/// The recorder.
#[derive(Debug)]
pub struct Recorder {
    settings: RecorderSettings,
    /// Wall and boot clock read together; every stamp is derived from it until the wall clock is set.
    anchor: Moment,
    /// Latest moment seen, on the boot clock.
    now_boot: u64,
    /// `boot - awake` at the last tick.
    slept_us: u64,
    open: OpenSpan,
    state_since_boot: u64,
    /// When each of the last changes of state was, oldest first, and whether it led to recording.
    changes: VecDeque<(u64, bool)>,
    pending: ProvisionalSpans,
    done: Vec<Record>,
    just_closed: Vec<Span>,

    active: Option<ActiveWindow>,
    protected: bool,
    last_input_boot: u64,
    last_second: [Option<u64>; 2],
    total: Counts,

    /// The state of an interval of the past that is being recorded.
    only: Option<Coverage>,
    asleep: bool,
    /// The awake clock when sleep was announced.
    asleep_since_awake: u64,
    locked: bool,
    idle: bool,
    low_battery: bool,
    /// Paused by hand, and until when.
    pause: Option<PauseEnd>,
    outside_hours: bool,
    /// Somebody resumed outside the hours; holds until their next edge.
    overtime: bool,
    power: Option<PowerState>,
    lost: BTreeSet<SensorKind>,
    /// The disk has no room for more.
    no_room: bool,
}

impl Recorder {
    /// Begins recording at `at`, with the first span open.
    #[must_use]
    pub fn start(settings: RecorderSettings, at: Moment) -> Self {
        let lost = settings.unsupported.iter().copied().collect();
        let mut r = Self {
            settings,
            anchor: at,
            now_boot: at.boot_us,
            slept_us: at.boot_us.saturating_sub(at.awake_us),
            open: OpenSpan {
                id: 2,
                start_boot: at.boot_us,
                state: Coverage::Active,
                counts: Counts::default(),
            },
            state_since_boot: at.boot_us,
            changes: VecDeque::new(),
            pending: ProvisionalSpans::default(),
            done: Vec::new(),
            just_closed: Vec::new(),
            active: None,
            protected: false,
            last_input_boot: at.boot_us,
            last_second: [None; 2],
            total: Counts::default(),
            only: None,
            asleep: false,
            asleep_since_awake: 0,
            locked: false,
            idle: false,
            low_battery: false,
            pause: None,
            outside_hours: false,
            overtime: false,
            power: None,
            lost,
            no_room: false,
        };
        r.open.state = r.state();
        r
    }

    /// Takes one step. Moments of events may lie a little before moments already seen; they are then taken as the
    /// start of the open span, or (for counts) go to the pending span they belong to.
    pub fn step(&mut self, at: Moment, input: RecorderInput) {
        match input {
            RecorderInput::Tick => self.tick(at),
            RecorderInput::Event(event) => self.event(at, event),
            RecorderInput::Pause(pause) => self.pause(at, pause),
            RecorderInput::Resume => self.resume(at),
            RecorderInput::Hours { inside } => self.hours(at, inside),
            RecorderInput::Exclusions(exclusions) => self.exclude(at, exclusions),
            RecorderInput::NoRoom(no_room) => {
                self.tick(at);
                self.no_room = no_room;
                self.apply_state(at.boot_us);
            }
            RecorderInput::Zone(zone) => {
                self.advance(at.boot_us, SETTLE_US);
                if zone != self.settings.zone {
                    self.cut(at.boot_us);
                    let text = format!("Time zone changed from {} to {zone}.", self.settings.zone);
                    self.settings.zone = zone;
                    self.notice(at.boot_us, NoticeCode::ZoneChange, text);
                }
            }
            RecorderInput::Notice(code, text) => {
                self.advance(at.boot_us, SETTLE_US);
                self.notice(at.boot_us, code, text);
            }
        }
        let evidence = self.certain_presence();
        let mut settled = Vec::new();
        self.pending.release_decided(evidence, &mut settled);
        self.done.extend(settled.into_iter().map(Record::Span));
    }

    /// Everything since the last checkpoint, with the open span as it stands at `at`. Write it in one transaction.
    pub fn take_batch(&mut self, at: Moment) -> RecorderBatch {
        self.step(at, RecorderInput::Tick);
        let mut out = RecorderBatch {
            records: std::mem::take(&mut self.done),
            ..RecorderBatch::default()
        };
        self.pending.take_changed(&mut out.pending_put);
        if let Some(span) = self.open_span(self.now_boot) {
            out.pending_put.push((self.open.id, span));
        }
        out.pending_drop_below = self.pending.front_id().unwrap_or(self.open.id);
        out
    }

    /// Ends recording: closes the open span at `at` and settles everything.
    pub fn stop(mut self, at: Moment, why: &str) -> RecorderBatch {
        self.step(at, RecorderInput::Tick);
        self.cut(at.boot_us);
        let mut settled = Vec::new();
        self.pending.release_all(&mut settled);
        self.done.extend(settled.into_iter().map(Record::Span));
        self.notice(self.now_boot, NoticeCode::Stopped, why.to_owned());
        RecorderBatch {
            records: self.done,
            pending_put: Vec::new(),
            pending_drop_below: i64::MAX.cast_unsigned(),
        }
    }

    /// The window that may be pictured now.
    ///
    /// # Errors
    /// [`SkipReason`] says why none may.
    pub fn screenshot_target(&self) -> Result<ActiveWindow, SkipReason> {
        match (self.open.state, &self.active) {
            (Coverage::Active, _) if self.protected => Err(SkipReason::Protected),
            (Coverage::Active, Some(active)) => Ok(active.clone()),
            (Coverage::Active, None) => Err(SkipReason::NoWindow),
            (state, _) => Err(SkipReason::State(state)),
        }
    }

    /// Spans closed since the last call, for displays; they may still be pending.
    pub fn take_closed(&mut self) -> Vec<Span> {
        std::mem::take(&mut self.just_closed)
    }

    /// The present.
    #[must_use]
    pub fn view(&self) -> RecorderView {
        let named = self.open.state.is_recording() && !self.protected;
        RecorderView {
            state: self.open.state,
            since_us: self.timestamp_at(self.state_since_boot),
            window: self
                .active
                .as_ref()
                .filter(|_| named)
                .map(|a| Arc::clone(&a.window)),
            protected: self.open.state.is_recording() && self.protected,
            counts: self.open.counts,
            total: self.total,
            paused: self.pause.is_some(),
            paused_until_us: match self.pause {
                Some(PauseEnd::Utc(utc)) => Some(utc),
                _ => self.pause_end().map(|boot| self.timestamp_at(boot)),
            },
            outside_hours: self.pause.is_none() && self.is_outside_hours(),
            power: self.power,
            lost: self.lost.iter().copied().collect(),
        }
    }

    /// The time zone in force.
    #[must_use]
    pub fn zone(&self) -> &Arc<str> {
        &self.settings.zone
    }

    /// The wall-clock stamp of a moment, microseconds since the Unix epoch, on the same footing as the spans'.
    #[must_use]
    pub fn timestamp_of(&self, at: Moment) -> i64 {
        self.timestamp_at(at.boot_us)
    }

    /// Presence is certain up to here: the last counted input, or (without one) the idle limit before now, since the
    /// idle alarm would have come.
    fn certain_presence(&self) -> u64 {
        let silent = self.settings.idle_limit_us.saturating_add(ALARM_SLACK_US);
        self.last_input_boot
            .max(self.now_boot.saturating_sub(silent))
    }

    fn state(&self) -> Coverage {
        if let Some(only) = self.only {
            return only;
        }
        let blind = self.no_room
            || self.lost.contains(&SensorKind::Window)
            || (self.lost.contains(&SensorKind::Input) && self.lost.contains(&SensorKind::Idle));
        match () {
            () if self.asleep => Coverage::Asleep,
            () if self.is_paused() => Coverage::Paused,
            () if self.low_battery => Coverage::LowBattery,
            () if self.locked => Coverage::Locked,
            () if blind => Coverage::Blind,
            () if self.idle => Coverage::Idle,
            () => Coverage::Active,
        }
    }

    fn event(&mut self, at: Moment, event: SensorEvent) {
        let boot = at.boot_us;
        // Window and input events come in order from one source, so one after a whole minute proves that nothing
        // before it is still to come.
        let in_order = matches!(
            event,
            SensorEvent::Window { .. } | SensorEvent::Input { .. }
        );
        self.advance(boot, if in_order { 0 } else { SETTLE_US });
        match event {
            SensorEvent::Window { active } => {
                let same = match (&active, &self.active) {
                    (Some(a), Some(b)) => a.window == b.window,
                    (None, None) => true,
                    _ => false,
                };
                let protected = active
                    .as_ref()
                    .is_some_and(|a| self.settings.exclusions.protects(&a.window));
                // From one protected window to another nothing that may be told has changed.
                let visible =
                    self.open.state.is_recording() && !(protected && self.protected) && !same;
                if visible {
                    self.cut(boot);
                }
                self.active = active;
                self.protected = protected;
            }
            SensorEvent::Input { counts } => self.input(boot, counts),
            SensorEvent::Idle { idle_us } => self.idle_since(boot.saturating_sub(idle_us)),
            SensorEvent::Present => self.present(boot),
            SensorEvent::Lock { locked } => {
                self.locked = locked;
                self.apply_state(boot);
            }
            SensorEvent::Sleep { asleep: true } => {
                self.asleep = true;
                self.asleep_since_awake = at.awake_us;
                self.apply_state(boot);
            }
            SensorEvent::Sleep { asleep: false } => self.wake(boot),
            SensorEvent::Power { power } => self.power(boot, power),
            SensorEvent::Lost { concern, reason } => {
                if self.lost.insert(concern) {
                    self.apply_state(boot);
                    self.notice(
                        boot,
                        NoticeCode::SensorLost,
                        format!("The {concern} sensor stopped: {reason}"),
                    );
                }
            }
            SensorEvent::Back { concern } => {
                if self.lost.remove(&concern) {
                    self.apply_state(boot);
                    self.notice(
                        boot,
                        NoticeCode::SensorBack,
                        format!("The {concern} sensor works again."),
                    );
                }
            }
        }
    }

    fn input(&mut self, boot: u64, mut counts: Counts) {
        if counts.is_zero() {
            return;
        }
        self.present(boot);
        self.last_input_boot = self.last_input_boot.max(boot);
        let second = boot / model::MICROS_PER_SECOND;
        for (n, source) in [&mut counts.hardware, &mut counts.injected]
            .into_iter()
            .enumerate()
        {
            source.seconds = 0;
            let fresh = !source.is_zero() && self.last_second[n] != Some(second);
            if fresh {
                self.last_second[n] = Some(second);
                *source += InputCounts {
                    seconds: 1,
                    ..InputCounts::default()
                };
            }
        }
        if !self.is_countable(boot) {
            return;
        }
        if boot < self.open.start_boot
            && let Some(closed) = self.pending.containing(boot)
        {
            if closed.span.state.is_recording() && !closed.span.removed {
                closed.span.counts += counts;
                closed.dirty = true;
                self.total += counts;
            }
        } else if self.open.state.is_recording() {
            self.open.counts += counts;
            self.total += counts;
        }
    }

    fn present(&mut self, boot: u64) {
        self.wake(boot);
        self.last_input_boot = self.last_input_boot.max(boot);
        if self.idle {
            self.idle = false;
            self.apply_state(boot);
        }
    }

    /// The idle limit passed and the last input was at `since`: what was taken for active since then was not.
    fn idle_since(&mut self, since: u64) {
        if self.idle {
            return;
        }
        let since = since.max(self.last_input_boot);
        let since = since.max(self.pending.front_start().unwrap_or(self.open.start_boot));
        self.pending.mark_idle_from(since);
        self.idle = true;
        if self.open.state == Coverage::Active {
            // Cutting at a moment before the open span's start relabels it from its start.
            self.apply_state(since);
        }
    }

    fn power(&mut self, boot: u64, power: PowerState) {
        self.power = Some(power);
        let low = if self.low_battery {
            power.discharging && power.percent < self.settings.resume_percent
        } else {
            power.discharging && power.percent <= self.settings.low_percent
        };
        if low != self.low_battery {
            self.low_battery = low;
            self.apply_state(boot);
            let (code, text) = if low {
                (
                    NoticeCode::LowBattery,
                    format!("Recording suspended: battery at {} %.", power.percent),
                )
            } else {
                (
                    NoticeCode::PowerBack,
                    format!("Recording resumed: battery at {} %.", power.percent),
                )
            };
            self.notice(boot, code, text);
        }
    }

    /// Time went on to `boot`: whole minutes are cut, a pause may end, idleness may be derived.
    /// A whole minute is cut `settle` microseconds after it passed.
    fn advance(&mut self, boot: u64, settle: u64) {
        while self.next_minute().saturating_add(settle) <= boot {
            let minute = self.next_minute();
            if let Some(end) = self.pause_end().filter(|end| *end <= minute) {
                self.end_pause(end);
            } else {
                self.cut(minute);
            }
        }
        if let Some(end) = self.pause_end().filter(|end| *end <= boot) {
            self.end_pause(end);
        }
        self.now_boot = self.now_boot.max(boot);
        let silent = self.now_boot.saturating_sub(self.last_input_boot);
        if !self.settings.idle_sensor
            && self.only.is_none()
            && !self.idle
            && !self.asleep
            && silent >= self.settings.idle_limit_us
        {
            self.idle_since(self.last_input_boot);
        }
    }

    /// The first whole minute of the wall clock after the open span's start, on the boot clock.
    fn next_minute(&self) -> u64 {
        let start = self.timestamp_at(self.open.start_boot);
        let into = start.rem_euclid(MINUTE_US.cast_signed()).cast_unsigned();
        self.open.start_boot + (MINUTE_US - into)
    }

    /// Cuts where the state changes; a moment before the open span's start counts as that start.
    fn apply_state(&mut self, boot: u64) {
        let state = self.state();
        if state != self.open.state {
            let boot = boot.max(self.open.start_boot);
            self.cut(boot);
            self.enter_state(boot, state);
        }
    }

    fn enter_state(&mut self, boot: u64, state: Coverage) {
        self.open.state = state;
        self.state_since_boot = boot;
        if self.changes.len() == CHANGES {
            self.changes.pop_front();
        }
        self.changes.push_back((boot, state.is_recording()));
    }

    /// May input that ended at `boot` be counted? A batch is told after it happened, so what counts is the state then;
    /// and since it may reach back to the beginning of its whole second, none is counted in the second in which
    /// recording resumed. So nothing typed during a pause or at a lock screen is ever counted.
    fn is_countable(&self, boot: u64) -> bool {
        let second = |boot: u64| boot / model::MICROS_PER_SECOND;
        let mut recording = true;
        for (at, now_recording) in self.changes.iter().take_while(|(at, _)| *at <= boot) {
            if *now_recording && !recording && second(*at) == second(boot) {
                return false;
            }
            recording = *now_recording;
        }
        recording
    }

    /// Closes the open span at `boot` (whole minutes on the way are cut too) and opens the next one there.
    fn cut(&mut self, boot: u64) {
        loop {
            let minute = self.next_minute();
            let at = boot.min(minute);
            if let Some(span) = self.open_span(at) {
                self.just_closed.push(span.clone());
                self.pending.push(ClosedSpan {
                    id: self.open.id,
                    start_boot: self.open.start_boot,
                    span,
                    dirty: true,
                });
                self.open.id += 2;
                self.open.start_boot = at;
                if self.open.state.is_recording() {
                    self.open.counts = Counts::default();
                }
            }
            if boot <= minute {
                self.now_boot = self.now_boot.max(at);
                return;
            }
        }
    }

    /// The open span as it would be if it were closed at `boot`; `None` while it has no length.
    fn open_span(&self, boot: u64) -> Option<Span> {
        let dur_us = boot
            .checked_sub(self.open.start_boot)
            .filter(|us| *us > 0)?;
        let recording = self.open.state.is_recording();
        Some(Span {
            start_us: self.timestamp_at(self.open.start_boot),
            dur_us,
            zone: Arc::clone(&self.settings.zone),
            state: self.open.state,
            protected: recording && self.protected,
            removed: false,
            window: self
                .active
                .as_ref()
                .filter(|_| recording && !self.protected)
                .map(|a| Arc::clone(&a.window)),
            counts: if recording {
                self.open.counts
            } else {
                Counts::default()
            },
        })
    }

    fn notice(&mut self, boot: u64, code: NoticeCode, text: String) {
        let zone = self.settings.zone.to_string();
        self.done.push(Record::Notice(Notice {
            at_us: self.timestamp_at(boot),
            zone,
            code,
            text,
        }));
    }
}

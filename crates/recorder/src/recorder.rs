//! The state machine: one step at a time. It alone cuts spans, counts input and makes notices.

use crate::active_window::ActiveWindowState;
use crate::clock_anchor::{ClockAnchor, ClockFinding};
use crate::exclusions::ExclusionRules;
use crate::input_tally::InputTally;
use crate::interface::{RecorderBatch, RecorderInput, RecorderSettings, RecorderView, SkipReason};
use crate::open_span::{OpenSpan, SETTLE_TIME, StateChanges, StateFlags};
use crate::pause_state::{PauseFinding, PauseState};
use crate::provisional::ProvisionalSpans;
use model::{
    ActiveWindow, Counts, Coverage, Moment, Notice, NoticeCode, PowerState, Record, SensorEvent,
    Span, Timestamp,
};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// The idle alarm may come this much late.
const ALARM_SLACK: Duration = Duration::from_secs(2);

/// The recorder: a state machine that turns sensor events and commands into records.
#[derive(Debug)]
pub struct Recorder {
    settings: RecorderSettings,
    clock: ClockAnchor,
    /// Latest moment seen, on the boot clock.
    now_boot: Duration,
    open: OpenSpan,
    state_since_boot: Duration,
    changes: StateChanges,
    flags: StateFlags,
    pauses: PauseState,
    pending: ProvisionalSpans,
    done: Vec<Record>,
    just_closed: Vec<Span>,

    active: ActiveWindowState,
    last_input_boot: Duration,
    tally: InputTally,
    power: Option<PowerState>,
}

impl Recorder {
    /// Begins recording at `at`, with the first span open.
    #[must_use]
    pub fn start(settings: RecorderSettings, at: Moment) -> Self {
        let flags = StateFlags::new(&settings.unsupported);
        let pauses = PauseState::default();
        let state = flags.coverage(pauses.is_paused());
        Self {
            settings,
            clock: ClockAnchor::new(at),
            now_boot: at.boot,
            open: OpenSpan::new(2, at.boot, state),
            state_since_boot: at.boot,
            changes: StateChanges::default(),
            flags,
            pauses,
            pending: ProvisionalSpans::default(),
            done: Vec::new(),
            just_closed: Vec::new(),
            active: ActiveWindowState::default(),
            last_input_boot: at.boot,
            tally: InputTally::default(),
            power: None,
        }
    }

    /// Takes one step. Moments of events may lie a little before moments already seen; they are then taken as the
    /// start of the open span, or (for counts) go to the provisional span they belong to.
    pub fn step(&mut self, at: Moment, input: RecorderInput) {
        let boot = at.boot;
        match input {
            RecorderInput::Tick => self.tick(at),
            RecorderInput::Event(event) => self.handle_event(at, event),
            RecorderInput::Pause(request) => {
                // The time before the pause must be cut in its own state: the moment comes from the real clocks.
                self.tick(at);
                let finding = self.pauses.pause_by_hand(boot, request, &self.clock);
                self.apply_pause_finding(boot, Some(finding));
            }
            RecorderInput::Resume => {
                self.tick(at);
                let finding = self.pauses.resume_by_hand();
                self.apply_pause_finding(boot, finding);
            }
            RecorderInput::ScheduleEdge { inside } => {
                self.tick(at);
                let finding = self.pauses.pass_edge(inside);
                self.apply_pause_finding(boot, finding);
            }
            RecorderInput::Exclusions(exclusions) => self.change_exclusions(at, exclusions),
            RecorderInput::DiskFull(disk_full) => {
                self.tick(at);
                self.flags.disk_full = disk_full;
                self.apply_state(boot);
            }
            RecorderInput::Zone(zone) => self.change_zone(boot, zone),
            RecorderInput::Notice(code, text) => {
                self.advance(boot, SETTLE_TIME);
                self.add_notice(boot, code, text);
            }
        }
        let presence = self.certain_presence();
        let settled = self.pending.release_decided(presence);
        self.done.extend(settled.into_iter().map(Record::Span));
    }

    /// Everything since the last batch, with the open span as it stands at `at`. Write it in one transaction.
    pub fn take_batch(&mut self, at: Moment) -> RecorderBatch {
        self.step(at, RecorderInput::Tick);
        let mut provisional_put = self.pending.take_changed();
        if let Some(span) = self.open_span_at(self.now_boot) {
            provisional_put.push((self.open.id(), span));
        }
        RecorderBatch {
            records: std::mem::take(&mut self.done),
            provisional_put,
            provisional_drop_below: self.pending.front_id().unwrap_or(self.open.id()),
        }
    }

    /// Ends recording: closes the open span at `at` and settles everything.
    pub fn stop(mut self, at: Moment, why: &str) -> RecorderBatch {
        self.step(at, RecorderInput::Tick);
        self.cut(at.boot);
        self.done
            .extend(self.pending.release_all().map(Record::Span));
        self.add_notice(self.now_boot, NoticeCode::Stopped, why.to_owned());
        RecorderBatch {
            records: self.done,
            provisional_put: Vec::new(),
            provisional_drop_below: i64::MAX.cast_unsigned(),
        }
    }

    /// The window that may be captured now.
    ///
    /// # Errors
    /// [`SkipReason`] says why none may.
    pub fn screenshot_target(&self) -> Result<ActiveWindow, SkipReason> {
        self.active.screenshot_target(self.open.state())
    }

    /// Spans closed since the last call, for displays; they may still be provisional.
    pub fn take_closed(&mut self) -> Vec<Span> {
        std::mem::take(&mut self.just_closed)
    }

    /// The present.
    #[must_use]
    pub fn view(&self) -> RecorderView {
        let state = self.open.state();
        RecorderView {
            state,
            since: self.clock.timestamp_at(self.state_since_boot),
            window: self.active.named_window(state),
            protected: state.is_recording() && self.active.is_protected(),
            counts: self.open.counts(),
            total: self.tally.total(),
            paused: self.pauses.is_by_hand(),
            paused_until: self.pauses.end_utc(&self.clock),
            outside_hours: !self.pauses.is_by_hand() && self.pauses.is_outside_hours(),
            power: self.power,
            lost: self.flags.lost_sensors(),
        }
    }

    /// The time zone in force.
    #[must_use]
    pub fn zone(&self) -> &Arc<str> {
        &self.settings.zone
    }

    /// The timestamp of a moment, from the same clocks as those of the spans.
    #[must_use]
    pub fn timestamp_of(&self, at: Moment) -> Timestamp {
        self.clock.timestamp_at(at.boot)
    }

    /// Cuts the open span at `at`, so that the time until now can be redacted while recording goes on.
    pub fn cut_at(&mut self, at: Moment) {
        self.step(at, RecorderInput::Tick);
        self.cut(at.boot);
    }

    /// Redacts windows and counts of every closed span that touches `range`; their time and state stay. Cut the open
    /// span first ([`Self::cut_at`]). Redacted spans must not get their content back with the next batch, so this is done
    /// here as well as in the journal.
    pub fn redact(&mut self, range: &Range<Timestamp>) {
        self.pending.redact(range);
        for record in &mut self.done {
            if let Record::Span(span) = record {
                span.redact_within(range);
            }
        }
        for span in &mut self.just_closed {
            span.redact_within(range);
        }
    }

    /// The start of the oldest span that is not settled.
    #[must_use]
    pub fn oldest_unsettled(&self) -> Timestamp {
        self.clock.timestamp_at(self.oldest_start())
    }

    fn oldest_start(&self) -> Duration {
        self.pending.front_start().unwrap_or(self.open.start_boot())
    }

    /// Presence is certain up to here: the last counted input, or (without one) the idle limit before now, since the
    /// idle alarm would have come.
    fn certain_presence(&self) -> Duration {
        let silent = self.settings.idle_limit.saturating_add(ALARM_SLACK);
        (self.last_input_boot).max(self.now_boot.saturating_sub(silent))
    }

    fn tick(&mut self, at: Moment) {
        let boot = at.boot;
        let asleep = self.flags.is_asleep();
        match self.clock.find_silence(at, self.now_boot, asleep) {
            Some(ClockFinding::Slept { from, to }) => {
                self.record_interval(from, to, Coverage::Asleep);
            }
            Some(ClockFinding::Stalled { from, to }) => {
                self.record_interval(from, to, Coverage::NotRecorded);
                let seconds = (to - from).as_secs();
                let text = format!("uam did not run for {seconds} s; that time is not recorded.");
                self.add_notice(boot, NoticeCode::Stalled, text);
            }
            None => {}
        }
        if self.flags.is_sleep_called_off(at) {
            self.wake(boot);
        }
        self.advance(boot, SETTLE_TIME);
        if boot >= self.now_boot
            && let Some(jump) = self.clock.find_jump(at)
        {
            self.cut(boot);
            self.clock.move_to(at);
            let seconds = jump.as_secs_f64();
            let text = format!("The clock was set by {seconds:+.1} s.");
            self.add_notice(boot, NoticeCode::ClockJump, text);
        }
    }

    fn apply_pause_finding(&mut self, boot: Duration, finding: Option<PauseFinding>) {
        if let Some(finding) = finding {
            self.apply_finding(boot, finding.describe());
        }
    }

    /// Enters the state that follows from a finding, then makes its notice.
    fn apply_finding(&mut self, boot: Duration, (code, text): (NoticeCode, String)) {
        self.apply_state(boot);
        self.add_notice(boot, code, text);
    }

    /// The pause by hand is over.
    fn end_pause(&mut self, boot: Duration) {
        let finding = self.pauses.end_by_itself();
        self.apply_pause_finding(boot.max(self.open.start_boot()), Some(finding));
    }

    /// Other exclusion rules hold from now on; the time before stays as it was recorded.
    fn change_exclusions(&mut self, at: Moment, exclusions: ExclusionRules) {
        self.tick(at);
        let active = self.active.under_rules(&exclusions);
        self.settings.exclusions = exclusions;
        if active.is_protected() != self.active.is_protected() {
            if self.open.state().is_recording() {
                self.cut(at.boot);
            }
            self.active = active;
        }
    }

    fn change_zone(&mut self, boot: Duration, zone: Arc<str>) {
        self.advance(boot, SETTLE_TIME);
        if zone != self.settings.zone {
            self.cut(boot);
            let text = format!("Time zone changed from {} to {zone}.", self.settings.zone);
            self.settings.zone = zone;
            self.add_notice(boot, NoticeCode::ZoneChange, text);
        }
    }

    /// Records `[from, to)` in a state that only the past had.
    fn record_interval(&mut self, from: Duration, to: Duration, state: Coverage) {
        let from = from.max(self.open.start_boot());
        if to <= from {
            return;
        }
        self.advance(from, Duration::ZERO);
        // A pause that ends meanwhile is over afterwards; until then only `state` holds.
        self.flags.set_only(Some(state));
        self.apply_state(from);
        self.advance(to, Duration::ZERO);
        self.flags.set_only(None);
        self.apply_state(to);
        // Silence during sleep says nothing about the person before it or after it.
        self.last_input_boot = self.last_input_boot.max(to);
    }

    fn wake(&mut self, boot: Duration) {
        if self.flags.end_sleep() {
            // The silence of the night is not idleness of the evening before it.
            self.last_input_boot = self.last_input_boot.max(boot);
            self.apply_state(boot);
        }
    }

    fn handle_event(&mut self, at: Moment, event: SensorEvent) {
        let boot = at.boot;
        // Window and input events come in order from one source, so one after a whole minute proves that nothing
        // before it is still to come.
        let in_order = matches!(
            event,
            SensorEvent::Window { .. } | SensorEvent::Input { .. }
        );
        self.advance(
            boot,
            if in_order {
                Duration::ZERO
            } else {
                SETTLE_TIME
            },
        );
        match event {
            SensorEvent::Window { active } => {
                let active = ActiveWindowState::new(active, &self.settings.exclusions);
                if self.open.state().is_recording() && active.differs_from(&self.active) {
                    self.cut(boot);
                }
                self.active = active;
            }
            SensorEvent::Input { counts } => self.count_input(boot, counts),
            SensorEvent::Idle { idle } => self.set_idle_since(boot.saturating_sub(idle)),
            SensorEvent::Present => self.note_presence(boot),
            SensorEvent::Lock { locked } => {
                self.flags.locked = locked;
                self.apply_state(boot);
            }
            SensorEvent::Sleep { asleep: true } => {
                self.flags.announce_sleep(at);
                self.apply_state(boot);
            }
            SensorEvent::Sleep { asleep: false } => self.wake(boot),
            SensorEvent::Power { power } => self.apply_power(boot, power),
            SensorEvent::Lost { concern, reason } => {
                if self.flags.lose_sensor(concern) {
                    let text = format!("The {concern} sensor stopped: {reason}");
                    self.apply_finding(boot, (NoticeCode::SensorLost, text));
                }
            }
            SensorEvent::Back { concern } => {
                if self.flags.regain_sensor(concern) {
                    let text = format!("The {concern} sensor works again.");
                    self.apply_finding(boot, (NoticeCode::SensorBack, text));
                }
            }
        }
    }

    fn count_input(&mut self, boot: Duration, mut counts: Counts) {
        if counts.is_zero() {
            return;
        }
        self.note_presence(boot);
        self.last_input_boot = self.last_input_boot.max(boot);
        self.tally.set_seconds(boot, &mut counts);
        if !self.changes.is_countable(boot) {
            return;
        }
        let late = (boot < self.open.start_boot())
            .then(|| self.pending.add_counts(boot, counts))
            .flatten();
        if late.unwrap_or_else(|| self.open.add_counts(counts)) {
            self.tally.add(counts);
        }
    }

    fn note_presence(&mut self, boot: Duration) {
        self.wake(boot);
        self.last_input_boot = self.last_input_boot.max(boot);
        if std::mem::take(&mut self.flags.idle) {
            self.apply_state(boot);
        }
    }

    /// The idle limit passed and the last input was at `since`: the time recorded as active since then becomes idle.
    fn set_idle_since(&mut self, since: Duration) {
        if self.flags.idle {
            return;
        }
        let since = since.max(self.last_input_boot);
        let since = since.max(self.oldest_start());
        self.pending.mark_idle_from(since);
        self.flags.idle = true;
        if self.open.state() == Coverage::Active {
            // Cutting at a moment before the open span's start relabels it from its start.
            self.apply_state(since);
        }
    }

    fn apply_power(&mut self, boot: Duration, power: PowerState) {
        self.power = Some(power);
        let (low, resume) = (self.settings.low_percent, self.settings.resume_percent);
        let (code, change) = match self.flags.judge_battery(power, low, resume) {
            Some(true) => (NoticeCode::LowBattery, "suspended"),
            Some(false) => (NoticeCode::PowerBack, "resumed"),
            None => return,
        };
        let text = format!("Recording {change}: battery at {} %.", power.percent);
        self.apply_finding(boot, (code, text));
    }

    /// Time went on to `boot` (boot clock): whole minutes are cut, a pause may end, idleness may be derived.
    /// A whole minute is cut `settle` after it passed.
    fn advance(&mut self, boot: Duration, settle: Duration) {
        while self.open.next_minute(&self.clock).saturating_add(settle) <= boot {
            let minute = self.open.next_minute(&self.clock);
            let end = self.pauses.end_boot(&self.clock);
            if let Some(end) = end.filter(|end| *end <= minute) {
                self.end_pause(end);
            } else {
                self.cut(minute);
            }
        }
        if let Some(end) = self.pauses.end_boot(&self.clock).filter(|end| *end <= boot) {
            self.end_pause(end);
        }
        self.now_boot = self.now_boot.max(boot);
        let silent = self.now_boot.saturating_sub(self.last_input_boot);
        if !self.settings.idle_sensor
            && self.flags.may_become_idle()
            && silent >= self.settings.idle_limit
        {
            self.set_idle_since(self.last_input_boot);
        }
    }

    /// Cuts where the state changes; a moment before the open span's start counts as that start.
    fn apply_state(&mut self, boot: Duration) {
        let state = self.flags.coverage(self.pauses.is_paused());
        if state != self.open.state() {
            let boot = boot.max(self.open.start_boot());
            self.cut(boot);
            self.open.set_state(state);
            self.state_since_boot = boot;
            self.changes.push(boot, state);
        }
    }

    /// Closes the open span at `boot` (whole minutes on the way are cut too) and opens the next one there.
    fn cut(&mut self, boot: Duration) {
        loop {
            let minute = self.open.next_minute(&self.clock);
            let at = boot.min(minute);
            if let Some(span) = self.open_span_at(at) {
                self.just_closed.push(span.clone());
                self.pending
                    .push(self.open.id(), self.open.start_boot(), span);
                self.open.restart_at(at);
            }
            if boot <= minute {
                self.now_boot = self.now_boot.max(at);
                return;
            }
        }
    }

    /// The open span as it would be if it were closed at `boot`; `None` while it has no length.
    fn open_span_at(&self, boot: Duration) -> Option<Span> {
        let state = self.open.state();
        Some(Span {
            duration: self.open.length_at(boot)?,
            start: self.clock.timestamp_at(self.open.start_boot()),
            zone: Arc::clone(&self.settings.zone),
            state,
            protected: state.is_recording() && self.active.is_protected(),
            redacted: false,
            window: self.active.named_window(state),
            counts: self.open.recorded_counts(),
        })
    }

    fn add_notice(&mut self, boot: Duration, code: NoticeCode, text: String) {
        self.done.push(Record::Notice(Notice {
            at: self.clock.timestamp_at(boot),
            zone: self.settings.zone.to_string(),
            code,
            text,
        }));
    }
}

//! Input and output of the recorder.

use crate::exclusions::ExclusionRules;
use model::{
    Counts, Coverage, NoticeCode, PowerState, Record, SensorEvent, SensorKind, Span, Timestamp,
    WindowInfo,
};
use std::sync::Arc;
use std::time::Duration;

/// The settings of a [`crate::Recorder`].
#[derive(Clone, Debug)]
pub struct RecorderSettings {
    /// Time without input beyond it is subtracted back to the last input.
    pub idle_limit: Duration,
    /// True when a sensor reports idle time; else it is derived from counted input alone.
    pub idle_sensor: bool,
    /// Recording suspends at or below this charge while discharging, percent.
    pub low_percent: u8,
    /// It resumes at or above this charge (or on mains), percent; above `low_percent`, so that it cannot flap.
    pub resume_percent: u8,
    /// Windows that are never named.
    pub exclusions: ExclusionRules,
    /// IANA name of the time zone in force.
    pub zone: Arc<str>,
    /// Kinds that no sensor serves on this desktop.
    pub unsupported: Vec<SensorKind>,
}

/// A step: an event, a command, or time that passed.
#[derive(Clone, Debug)]
pub enum RecorderInput {
    /// A sensor's event.
    Event(SensorEvent),
    /// Time passed. The moment must be read from the real clocks: jumps and sleep are found here.
    Tick,
    /// The user pauses. The moment must be read from the real clocks, as for a tick.
    Pause(PauseRequest),
    /// The user resumes; outside the recording hours that holds until their next edge. The moment as for a pause.
    Resume,
    /// An edge of the recording hours was passed. The moment as for a pause.
    ScheduleEdge {
        /// True when the recording hours have begun.
        inside: bool,
    },
    /// The disk is too full to record (`true`), or has room again. The moment as for a pause.
    DiskFull(bool),
    /// Other exclusion rules hold from now on. The moment as for a pause.
    Exclusions(ExclusionRules),
    /// The time zone changed.
    Zone(Arc<str>),
    /// A notice from elsewhere in the program, to be recorded in order.
    Notice(NoticeCode, String),
}

/// How long a pause lasts; a later one replaces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PauseRequest {
    /// Until somebody resumes.
    UntilResumed,
    /// For this long, sleep included; a clock that is set changes nothing.
    For(Duration),
    /// Until the wall clock shows this instant.
    Until(Timestamp),
}

/// The output of the steps since the last [`crate::Recorder::take_batch`].
#[derive(Debug, Default)]
pub struct RecorderBatch {
    /// Final records, in order.
    pub records: Vec<Record>,
    /// Provisional spans to write or overwrite by number, the open one among them.
    pub provisional_put: Vec<(u64, Span)>,
    /// Provisional spans with a smaller number are settled and can go.
    pub provisional_drop_below: u64,
}

/// Why no screenshot may be taken now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// The state forbids it.
    State(Coverage),
    /// An exclusion rule names the window.
    Protected,
    /// No window has the focus.
    NoWindow,
}

/// The present, for displays.
#[derive(Clone, Debug)]
pub struct RecorderView {
    /// State now.
    pub state: Coverage,
    /// Since when.
    pub since: Timestamp,
    /// The window, when it may be named.
    pub window: Option<Arc<WindowInfo>>,
    /// True when the window is held back.
    pub protected: bool,
    /// Counted in the open span.
    pub counts: Counts,
    /// Counted since start.
    pub total: Counts,
    /// True while somebody's pause holds, whatever the state is.
    pub paused: bool,
    /// When it ends by itself.
    pub paused_until: Option<Timestamp>,
    /// True when only the recording hours forbid to record.
    pub outside_hours: bool,
    /// Last known power state.
    pub power: Option<PowerState>,
    /// Sensors that are lost.
    pub lost: Vec<SensorKind>,
}

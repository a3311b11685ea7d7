//! The recorder: a pure state machine from events to records.
//!
//! Coverage, exclusions, idle arithmetic and the cutting of spans live here and nowhere else. Nothing in this crate
//! reads a clock, a file or the desktop: time comes in with each step, records go out.
//!
//! # What is always true
//! * **One open span.** Between [`Recorder::start`] and [`Recorder::stop`] exactly one span is open, and the end of a
//!   span is the start of the next: every microsecond lies in exactly one span.
//! * **Nothing is taken back.** A record that left as final never changes. A span that may still turn out to have been
//!   idle is *pending* until an input after it, or the idle limit, decides.
//! * **Counts are conserved** in recording states, and dropped in all others.
//! * **A pause is kept.** While somebody paused, or outside the recording hours, time is recorded as paused and nothing
//!   else is; only a resume, the pause's own end or an edge of the hours changes that.
//! * **Protected comes first.** A window that an exclusion rule names never appears in a record or a shot.

mod exclude;
mod hours;
mod pending;
mod recorder;
mod types;

pub use exclude::{
    ExclusionGroup, ExclusionOrigin, ExclusionRule, ExclusionRules, InvalidExclusionRule,
    built_in_rules,
};
pub use hours::{
    InvalidSchedule, InvalidScheduleEntry, RecordingSchedule, ScheduleState, ScheduleWatch,
};
pub use recorder::{MINUTE_US, Recorder, SETTLE_US, STALL_US};
pub use types::{
    PauseRequest, RecorderBatch, RecorderInput, RecorderSettings, RecorderView, SkipReason,
};

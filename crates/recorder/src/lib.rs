//! The recorder: a pure state machine from sensor events to records.
//!
//! Coverage, exclusions, idle arithmetic and the cutting of spans live here and nowhere else. Nothing reads a clock, a file
//! or the desktop: the present comes in with each [`RecorderInput`], and [`Recorder::take_batch`] gives out the records.
//!
//! Always true:
//! * **One open span.** From [`Recorder::start`] to [`Recorder::stop`] the end of a span is the start of the next: every
//!   microsecond lies in exactly one span.
//! * **Final is final.** A span that may still turn out to have been idle is *provisional* until an input after it, or the
//!   idle limit, decides.
//! * **Counts are kept** in recording states and dropped in all others.
//! * **A pause is kept** until somebody resumes, its own end, or an edge of the recording schedule.
//! * **Exclusions come first.** The name of an excluded window is in no record, and no screenshot of it is asked for.

mod active_window;
mod clock_anchor;
mod exclusions;
mod input_tally;
mod interface;
mod open_span;
mod pause_state;
mod provisional;
mod recorder;
mod schedule;

pub use clock_anchor::STALL_LIMIT;
pub use exclusions::ExclusionRules;
pub use exclusions::built_in::built_in_rules;
pub use exclusions::rule::{ExclusionGroup, ExclusionOrigin, ExclusionRule, InvalidExclusionRule};
pub use interface::{
    PauseRequest, RecorderBatch, RecorderInput, RecorderSettings, RecorderView, SkipReason,
};
pub use open_span::{MINUTE, SETTLE_TIME};
pub use recorder::Recorder;
pub use schedule::watch::ScheduleWatch;
pub use schedule::{InvalidSchedule, InvalidScheduleEntry, RecordingSchedule, ScheduleState};

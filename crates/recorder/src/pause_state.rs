//! Pauses: by hand, and by the recording schedule.
//!
//! The two are apart: a pause holds over the edges of the schedule, and whoever resumes outside the recording hours
//! records until their next edge.

use crate::clock_anchor::ClockAnchor;
use crate::interface::PauseRequest;
use crate::open_span::MINUTE;
use model::{NoticeCode, Timestamp};
use std::time::Duration;

/// How a pause ends by itself, if it does.
#[derive(Clone, Copy, Debug)]
enum PauseEnd {
    Never,
    /// On the boot clock: a length is a length, whatever the wall clock does.
    Boot(Duration),
    /// When the wall clock shows it.
    Utc(Timestamp),
}

/// Whether recording is paused, by whom and until when.
#[derive(Debug, Default)]
pub(crate) struct PauseState {
    by_hand: Option<PauseEnd>,
    outside_hours: bool,
    /// Somebody resumed outside the recording hours; holds until their next edge.
    overtime: bool,
}

/// A change that its owner should know.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PauseFinding {
    /// Paused for this long, or until somebody resumes.
    Paused(Option<Duration>),
    Resumed,
    ResumedOutsideHours,
    /// A pause by hand ended outside the recording hours.
    StillOutsideHours,
    HoursBegan,
    HoursEnded,
}

impl PauseState {
    /// By hand or by the schedule.
    pub(crate) fn is_paused(&self) -> bool {
        self.by_hand.is_some() || self.is_outside_hours()
    }

    pub(crate) fn is_by_hand(&self) -> bool {
        self.by_hand.is_some()
    }

    /// Outside the recording hours, and nobody resumed since.
    pub(crate) fn is_outside_hours(&self) -> bool {
        self.outside_hours && !self.overtime
    }

    /// When the pause by hand ends by itself, on the boot clock.
    pub(crate) fn end_boot(&self, clock: &ClockAnchor) -> Option<Duration> {
        match self.by_hand? {
            PauseEnd::Never => None,
            PauseEnd::Boot(boot) => Some(boot),
            PauseEnd::Utc(utc) => Some(clock.boot_at(utc)),
        }
    }

    /// The same on the wall clock.
    pub(crate) fn end_utc(&self, clock: &ClockAnchor) -> Option<Timestamp> {
        match self.by_hand? {
            PauseEnd::Never => None,
            PauseEnd::Boot(boot) => Some(clock.timestamp_at(boot)),
            PauseEnd::Utc(utc) => Some(utc),
        }
    }

    /// Pauses by hand at `boot`; a pause that holds already is replaced.
    pub(crate) fn pause_by_hand(
        &mut self,
        boot: Duration,
        request: PauseRequest,
        clock: &ClockAnchor,
    ) -> PauseFinding {
        let (end, length) = match request {
            PauseRequest::UntilResumed => (PauseEnd::Never, None),
            PauseRequest::For(length) => {
                (PauseEnd::Boot(boot.saturating_add(length)), Some(length))
            }
            PauseRequest::Until(utc) => {
                let length = utc.duration_since(clock.timestamp_at(boot));
                (PauseEnd::Utc(utc), Some(length))
            }
        };
        self.by_hand = Some(end);
        PauseFinding::Paused(length)
    }

    /// Resumes; `None` when nothing was paused.
    pub(crate) fn resume_by_hand(&mut self) -> Option<PauseFinding> {
        if !self.is_paused() {
            return None;
        }
        self.by_hand = None;
        self.overtime = self.outside_hours;
        Some(if self.overtime {
            PauseFinding::ResumedOutsideHours
        } else {
            PauseFinding::Resumed
        })
    }

    /// The pause by hand has reached its own end.
    pub(crate) fn end_by_itself(&mut self) -> PauseFinding {
        self.by_hand = None;
        if self.is_paused() {
            PauseFinding::StillOutsideHours
        } else {
            PauseFinding::Resumed
        }
    }

    /// An edge of the recording hours was passed; `None` where that changes nothing.
    pub(crate) fn pass_edge(&mut self, inside: bool) -> Option<PauseFinding> {
        let before = self.is_paused();
        self.outside_hours = !inside;
        self.overtime = false;
        (self.is_paused() != before).then_some(if before {
            PauseFinding::HoursBegan
        } else {
            PauseFinding::HoursEnded
        })
    }
}

impl PauseFinding {
    /// Code and text of its notice.
    pub(crate) fn describe(&self) -> (NoticeCode, String) {
        let (code, text) = match self {
            Self::Paused(length) => {
                let until = length.map_or_else(
                    || "until resumed".to_owned(),
                    |length| format!("for {}", format_minutes(length)),
                );
                return (NoticeCode::Paused, format!("Recording paused {until}."));
            }
            Self::Resumed => (NoticeCode::Resumed, "Recording resumed."),
            Self::ResumedOutsideHours => (
                NoticeCode::Resumed,
                "Recording resumed outside the recording hours, until they begin.",
            ),
            Self::StillOutsideHours => (
                NoticeCode::OutsideHours,
                "The pause has ended outside the recording hours: still paused.",
            ),
            Self::HoursBegan => (
                NoticeCode::InsideHours,
                "The recording hours have begun: recording.",
            ),
            Self::HoursEnded => (
                NoticeCode::OutsideHours,
                "Outside the recording hours: paused.",
            ),
        };
        (code, text.to_owned())
    }
}

/// `15 min`, `1 h`, `9 h 3 min`; a begun minute is a minute.
fn format_minutes(length: Duration) -> String {
    let minutes = length.as_nanos().div_ceil(MINUTE.as_nanos());
    match (minutes / 60, minutes % 60) {
        (0, m) => format!("{m} min"),
        (h, 0) => format!("{h} h"),
        (h, m) => format!("{h} h {m} min"),
    }
}

//! Not recording because somebody said so: a pause by hand, and the recording hours.
//!
//! The two are apart: a pause holds over the edges of the hours, and whoever resumes outside them records until they
//! begin or end the next time.

use super::{MINUTE_US, Recorder};
use crate::exclude::ExclusionRules;
use crate::types::PauseRequest;
use model::{Moment, NoticeCode};

/// How a pause ends by itself, if it does.
#[derive(Clone, Copy, Debug)]
pub(super) enum PauseEnd {
    Never,
    /// On the boot clock: a length is a length, whatever the wall clock does.
    Boot(u64),
    /// When the wall clock shows it, microseconds since the Unix epoch (UTC).
    Utc(i64),
}

impl Recorder {
    /// By hand or by the hours.
    pub(super) fn is_paused(&self) -> bool {
        self.pause.is_some() || self.is_outside_hours()
    }

    /// Outside the hours, and nobody wanted it otherwise.
    pub(super) fn is_outside_hours(&self) -> bool {
        self.outside_hours && !self.overtime
    }

    /// When the pause by hand ends by itself, on the boot clock.
    pub(super) fn pause_end(&self) -> Option<u64> {
        match self.pause? {
            PauseEnd::Never => None,
            PauseEnd::Boot(boot) => Some(boot),
            PauseEnd::Utc(utc) => Some(self.boot_at(utc)),
        }
    }

    pub(super) fn pause(&mut self, at: Moment, pause: PauseRequest) {
        // What passed before the pause must be cut as it was: the moment comes from the real clocks.
        self.tick(at);
        let (end, length) = match pause {
            PauseRequest::UntilResumed => (PauseEnd::Never, None),
            PauseRequest::For(us) => (PauseEnd::Boot(at.boot_us.saturating_add(us)), Some(us)),
            PauseRequest::Until(utc) => (
                PauseEnd::Utc(utc),
                Some(u64::try_from(utc.saturating_sub(self.timestamp_at(at.boot_us))).unwrap_or(0)),
            ),
        };
        self.pause = Some(end);
        self.apply_state(at.boot_us);
        let until = length.map_or_else(
            || "until resumed".to_owned(),
            |us| format!("for {}", words(us)),
        );
        self.notice(
            at.boot_us,
            NoticeCode::Paused,
            format!("Recording paused {until}."),
        );
    }

    pub(super) fn resume(&mut self, at: Moment) {
        self.tick(at);
        if !self.is_paused() {
            return;
        }
        self.pause = None;
        self.overtime = self.outside_hours;
        self.apply_state(at.boot_us);
        let text = if self.overtime {
            "Recording resumed outside the recording hours, until they begin."
        } else {
            "Recording resumed."
        };
        self.notice(at.boot_us, NoticeCode::Resumed, text.to_owned());
    }

    /// The pause by hand is over.
    pub(super) fn end_pause(&mut self, boot: u64) {
        let boot = boot.max(self.open.start_boot);
        self.pause = None;
        self.apply_state(boot);
        if self.is_paused() {
            let text = "The pause has ended outside the recording hours: still paused.";
            self.notice(boot, NoticeCode::OutsideHours, text.to_owned());
        } else {
            self.notice(boot, NoticeCode::Resumed, "Recording resumed.".to_owned());
        }
    }

    /// An edge of the recording hours was passed; a notice is made where that changes anything.
    pub(super) fn hours(&mut self, at: Moment, inside: bool) {
        self.tick(at);
        let before = self.is_paused();
        self.outside_hours = !inside;
        self.overtime = false;
        if self.is_paused() == before {
            return;
        }
        self.apply_state(at.boot_us);
        let (code, text) = if before {
            (
                NoticeCode::InsideHours,
                "The recording hours have begun: recording.",
            )
        } else {
            (
                NoticeCode::OutsideHours,
                "Outside the recording hours: paused.",
            )
        };
        self.notice(at.boot_us, code, text.to_owned());
    }

    /// Other exclusion rules hold from now on; what was recorded before stays as it was.
    pub(super) fn exclude(&mut self, at: Moment, exclusions: ExclusionRules) {
        self.tick(at);
        let protected = self
            .active
            .as_ref()
            .is_some_and(|a| exclusions.protects(&a.window));
        self.settings.exclusions = exclusions;
        if protected != self.protected {
            if self.open.state.is_recording() {
                self.cut(at.boot_us);
            }
            self.protected = protected;
        }
    }
}

/// `15 min`, `1 h`, `9 h 3 min`; a begun minute is a minute.
fn words(us: u64) -> String {
    let minutes = us.div_ceil(MINUTE_US);
    match (minutes / 60, minutes % 60) {
        (0, m) => format!("{m} min"),
        (h, 0) => format!("{h} h"),
        (h, m) => format!("{h} h {m} min"),
    }
}

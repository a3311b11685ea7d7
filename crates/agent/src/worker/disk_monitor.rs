//! A disk that fills up: no screenshots are taken any more, acknowledged ones go, and at last nothing is recorded; each
//! step is in the record, and goes back by itself.

use super::effect::{Effect, Effects};
use super::journal_writer::JournalWriter;
use journal::disk_reserve::{DiskPressure, DiskReserve};
use journal::retention::RetentionAction;
use model::{Moment, NoticeCode};
use platform::disk_space::{DiskSpace, query_disk_space};
use recorder::RecorderInput;
use report::DiskStatus;
use report::format::format_bytes;
use std::path::PathBuf;
use std::time::Duration;

/// How often space is freed while there is too little of it.
const CLEANUP_INTERVAL: Duration = Duration::from_secs(60);

/// The free space on the journal's disk.
#[derive(Debug)]
pub(super) struct DiskMonitor {
    journal_dir: PathBuf,
    reserve: DiskReserve,
    /// The action for old screenshots.
    action: RetentionAction,
    pressure: DiskPressure,
    space: Option<DiskSpace>,
    /// On the boot clock.
    next_cleanup: Duration,
}

impl DiskMonitor {
    pub(super) fn new(journal_dir: PathBuf, reserve: DiskReserve, action: RetentionAction) -> Self {
        Self {
            journal_dir,
            reserve,
            action,
            pressure: DiskPressure::None,
            space: None,
            next_cleanup: Duration::ZERO,
        }
    }

    /// Set while there is less space than the reserve.
    pub(super) fn low_space(&self) -> Option<DiskStatus> {
        let space = self.space.filter(|_| self.pressure != DiskPressure::None)?;
        Some(DiskStatus {
            free: space.free,
            floor: self.reserve.of(space.total),
            stopped: self.pressure == DiskPressure::Full,
        })
    }

    /// Measures the free space and does what the pressure asks for. A disk that cannot be asked leaves everything as it
    /// was. Space is freed on the step to a worse level, then at most once a minute.
    pub(super) fn check(&mut self, now: Moment, journal: &mut JournalWriter) -> Effects {
        let Ok(mut space) = query_disk_space(&self.journal_dir) else {
            return Effects::new();
        };
        let mut effects = Effects::new();
        let before = self.pressure;
        let mut pressure = self.reserve.pressure(before, space.free, space.total);
        let missing = self
            .reserve
            .bytes_to_free(pressure, space.free, space.total);
        if missing > 0 && (pressure > before || now.boot >= self.next_cleanup) {
            self.next_cleanup = now.boot.saturating_add(CLEANUP_INTERVAL);
            if let Some(text) = journal.free_space(missing, &self.action) {
                let text = format!("To make room on the disk: {text}");
                effects.push(Effect::notice(NoticeCode::Retention, text));
                space = query_disk_space(&self.journal_dir).unwrap_or(space);
                pressure = self.reserve.pressure(before, space.free, space.total);
            }
        }
        (self.pressure, self.space) = (pressure, Some(space));
        effects.extend(self.describe_change(before, space));
        effects
    }

    /// The change of the pressure since `before`, if it changed.
    fn describe_change(&self, before: DiskPressure, space: DiskSpace) -> Effects {
        let pressure = self.pressure;
        if pressure == before {
            return Effects::new();
        }
        let mut effects = Effects::new();
        if (pressure == DiskPressure::Full) != (before == DiskPressure::Full) {
            let input = RecorderInput::DiskFull(pressure == DiskPressure::Full);
            effects.push(Effect::Record(input));
        }
        let free = format_bytes(space.free);
        let least = format_bytes(self.reserve.of(space.total));
        let (code, text) = match pressure {
            DiskPressure::None => (
                NoticeCode::DiskBack,
                format!(
                    "The disk has room again ({free} left): everything is recorded, screenshots too."
                ),
            ),
            DiskPressure::Low if before == DiskPressure::Full => (
                NoticeCode::DiskBack,
                format!(
                    "The disk has {free} left: recording goes on, without screenshots until there is more room."
                ),
            ),
            DiskPressure::Low => (
                NoticeCode::DiskLow,
                format!(
                    "The disk has {free} left, less than the reserve of {least}: no screenshots are taken until there is room."
                ),
            ),
            DiskPressure::Full => (
                NoticeCode::DiskLow,
                format!(
                    "The disk has only {free} left, and no screenshot that could be deleted: nothing is recorded until there is room."
                ),
            ),
        };
        effects.push(Effect::notice(code, text));
        effects
    }
}

#[cfg(test)]
mod tests {
    use super::super::effect::describe_effects;
    use super::*;

    #[test]
    fn a_full_disk_stops_recording_and_a_free_one_resumes_it() {
        let reserve = DiskReserve {
            bytes: 1000,
            percent: 0,
        };
        let mut disk = DiskMonitor::new(PathBuf::new(), reserve, RetentionAction::Delete);
        let space = DiskSpace {
            free: 10,
            total: 100_000,
        };
        let mut change = |before, after| {
            disk.pressure = after;
            disk.space = Some(space);
            let effects = describe_effects(&disk.describe_change(before, space));
            (effects, disk.low_space().map(|low| low.stopped))
        };
        let (ample, low, full) = (DiskPressure::None, DiskPressure::Low, DiskPressure::Full);
        assert_eq!(change(ample, ample), (vec![], None));
        assert_eq!(
            change(ample, full),
            (
                vec!["record DiskFull(true)".into(), "notice DiskLow".into()],
                Some(true)
            )
        );
        assert_eq!(
            change(full, low),
            (
                vec!["record DiskFull(false)".into(), "notice DiskBack".into()],
                Some(false)
            )
        );
        assert_eq!(change(low, ample), (vec!["notice DiskBack".into()], None));
        assert_eq!(
            change(ample, low),
            (vec!["notice DiskLow".into()], Some(false))
        );
    }
}

//! A disk that fills up: pictures are not taken any more, acknowledged ones go, and at last nothing is recorded; each is
//! said, and goes back by itself.

use super::agent::Agent;
use crate::retention;
use journal::floor::{DiskPressure, DiskReserve};
use journal::retention::plan_space;
use model::{Moment, NoticeCode};
use platform::disk_space::{DiskSpace, query_disk_space};
use recorder::RecorderInput;
use report::DiskStatus;
use report::text::format_bytes;

/// How often acknowledged pictures are looked for while there is too little room, in microseconds of the boot clock.
const LOOK_US: u64 = 60_000_000;

/// What is known of the disk.
#[derive(Debug)]
pub(super) struct DiskMonitor {
    floor: DiskReserve,
    level: DiskPressure,
    room: Option<DiskSpace>,
    next_look_us: u64,
}

impl DiskMonitor {
    pub(super) fn new(floor: DiskReserve) -> Self {
        Self {
            floor,
            level: DiskPressure::Ample,
            room: None,
            next_look_us: 0,
        }
    }

    /// Set while there is less room than the floor.
    pub(super) fn low(&self) -> Option<DiskStatus> {
        let room = self.room.filter(|_| self.level != DiskPressure::Ample)?;
        Some(DiskStatus {
            free: room.free,
            floor: self.floor.of(room.total),
            stopped: self.level == DiskPressure::Full,
        })
    }
}

impl Agent {
    /// Looks at the disk, and does what its level asks for. A disk that cannot be asked is as it was.
    pub(super) fn keep_floor(&mut self, now: Moment) {
        let Ok(mut room) = query_disk_space(&self.paths.journal_dir()) else {
            return;
        };
        let floor = self.disk.floor;
        let before = self.disk.level;
        let mut level = floor.pressure(before, room.free, room.total);
        let missing = floor.bytes_to_free(level, room.free, room.total);
        if missing > 0 && (level > before || now.boot_us >= self.disk.next_look_us) {
            self.disk.next_look_us = now.boot_us.saturating_add(LOOK_US);
            if self.sacrifice(missing, now) {
                room = query_disk_space(&self.paths.journal_dir()).unwrap_or(room);
                level = floor.pressure(before, room.free, room.total);
            }
        }
        (self.disk.level, self.disk.room) = (level, Some(room));
        if level == before {
            return;
        }
        if (level == DiskPressure::Full) != (before == DiskPressure::Full) {
            self.recorder
                .step(now, RecorderInput::NoRoom(level == DiskPressure::Full));
        }
        let (free, least) = (format_bytes(room.free), format_bytes(floor.of(room.total)));
        let (code, text) = match level {
            DiskPressure::Ample => (
                NoticeCode::DiskBack,
                format!(
                    "The disk has room again ({free} left): everything is recorded, pictures too."
                ),
            ),
            DiskPressure::Low if before == DiskPressure::Full => (
                NoticeCode::DiskBack,
                format!(
                    "The disk has {free} left: recording goes on, without pictures until there is more room."
                ),
            ),
            DiskPressure::Low => (
                NoticeCode::DiskLow,
                format!(
                    "The disk has {free} left, less than the floor of {least}: no pictures are taken until there is room."
                ),
            ),
            DiskPressure::Full => (
                NoticeCode::DiskLow,
                format!(
                    "The disk has only {free} left, and no picture that could go: nothing is recorded until there is room."
                ),
            ),
        };
        self.recorder.step(now, RecorderInput::Notice(code, text));
    }

    /// Puts away acknowledged pictures for at least `missing` bytes, as far as there are any. True when some went.
    fn sacrifice(&mut self, missing: u64, now: Moment) -> bool {
        let done = (|| {
            let items = self.journal.list_local_screenshots()?;
            let steps = plan_space(&items, missing, &self.policy.retention.action);
            let outlook = journal::retention::outlook(&items, &steps);
            self.journal
                .apply_retention(&steps)
                .map(|done| (done, outlook))
        })();
        match done {
            Ok((done, _)) if done.archived + done.deleted == 0 => false,
            Ok((done, outlook)) => {
                let text = format!(
                    "To make room on the disk: {}",
                    retention::describe_result(&done, &outlook)
                );
                self.recorder
                    .step(now, RecorderInput::Notice(NoticeCode::Retention, text));
                true
            }
            Err(e) => {
                self.in_trouble(&e);
                false
            }
        }
    }
}

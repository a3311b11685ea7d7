//! A short errand while no agent runs: something is removed or erased, or a notice is written down.

use crate::erase::EraseReport;
use crate::keys::KeyRing;
use crate::remove::{RedactionReport, RedactionTarget};
use crate::{Commit, Journal, JournalError, JournalKeys, UtcDay, recover};
use model::{DeviceId, Record};
use std::ops::RangeInclusive;
use std::path::Path;

/// The writer for an errand. It is no run: what the last one left behind is still mended by the next start, and the last
/// durable moment stays.
#[derive(Debug)]
pub struct Errand(Journal);

impl Errand {
    /// Opens the journal in `dir` for an errand. `now_us`: microseconds since the Unix epoch (UTC).
    ///
    /// # Errors
    /// [`JournalError::InUse`] while an agent writes it (then ask the agent), [`JournalError::Missing`],
    /// [`JournalError::DamagedRow`] (the next start mends it), and what the disk says.
    pub fn open(dir: &Path, keys: JournalKeys, now_us: i64) -> Result<Self, JournalError> {
        Self::open_if(dir, keys, now_us, true)
    }

    /// As [`Self::open`], for who opened it like that minutes ago: the whole of it is not read through for damage once
    /// more, which takes half a second of a year.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_again(dir: &Path, keys: JournalKeys, now_us: i64) -> Result<Self, JournalError> {
        Self::open_if(dir, keys, now_us, false)
    }

    fn open_if(
        dir: &Path,
        keys: JournalKeys,
        now_us: i64,
        check: bool,
    ) -> Result<Self, JournalError> {
        if !dir.join(crate::DB_NAME).exists() {
            return Err(JournalError::Missing {
                path: dir.join(crate::DB_NAME),
            });
        }
        let lock = recover::lock(dir)?;
        let (db, run) = recover::open_for_errand(dir, &keys.device, check)?;
        let ring = KeyRing::new(keys.opener);
        let mut journal = Journal::with(db, keys.maker, ring, run, lock, now_us)?;
        journal.errand = true;
        Ok(Self(journal))
    }

    /// The installation's id.
    #[must_use]
    pub fn device(&self) -> &DeviceId {
        self.0.device()
    }

    /// Seconds since the Unix epoch (UTC) at which this journal was made.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.0.epoch()
    }

    /// Appends records, such as the notice of this errand; returns their numbers.
    ///
    /// # Errors
    /// As [`Journal::commit`].
    pub fn note(&mut self, records: &[Record], at_us: i64) -> Result<Vec<u64>, JournalError> {
        self.0.commit(Commit {
            records,
            at_us,
            ..Commit::default()
        })
    }

    /// The writer itself, for what [`Journal`] offers besides.
    pub fn writer(&mut self) -> &mut Journal {
        &mut self.0
    }

    /// As [`Journal::redact`].
    ///
    /// # Errors
    /// As there.
    pub fn redact(
        &mut self,
        what: &RedactionTarget,
        now_us: i64,
    ) -> Result<RedactionReport, JournalError> {
        self.0.redact(what, now_us)
    }

    /// As [`Journal::delete`].
    ///
    /// # Errors
    /// As there.
    pub fn erase(
        &mut self,
        days: RangeInclusive<UtcDay>,
        now_us: i64,
    ) -> Result<EraseReport, JournalError> {
        self.0.erase(days, now_us)
    }

    /// As [`Journal::checkpoint`].
    ///
    /// # Errors
    /// As there.
    pub fn checkpoint(&mut self) -> Result<bool, JournalError> {
        self.0.checkpoint()
    }
}

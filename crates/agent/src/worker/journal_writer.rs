//! The journal of the running agent: unwritten records, commits, segments, and damage.

use super::effect::{Effect, Effects};
use super::unwritten::UnwrittenRecords;
use anyhow::Context;
use journal::retention::{RetentionAction, outlook, plan_space};
use journal::{
    Commit, FreezeOptions, Journal, JournalError, JournalKeys, QuarterHour, RecoveryReport,
};
use model::{ErrorKind, Moment, NoticeCode, Record, Screenshot, Span, Timestamp, UserError};
use recorder::RecorderBatch;
use settings::{AppPaths, UploadPolicy};
use std::time::Duration;
use vault::Opener;

/// Open counts are durable after at most this long.
const COMMIT_INTERVAL: Duration = Duration::from_secs(5);

/// The journal of the running agent.
pub(super) struct JournalWriter {
    journal: Journal,
    unwritten: UnwrittenRecords,
    last_commit: Option<Moment>,
    last_durable: Option<Timestamp>,
    write_error: Option<String>,
    /// The damage found in the journal, if any.
    damage: Option<String>,
    /// Redacted bytes are still in the write-ahead log, because somebody was reading.
    wal_checkpoint_due: bool,
    upload: UploadPolicy,
}

/// The end of this process and a request for another one, which sets the damaged journal aside, saves the readable
/// records and goes on. The records of the last five seconds are lost with it.
pub(super) fn restart_worker_error(why: String) -> anyhow::Error {
    UserError::new(
        ErrorKind::RestartWorker,
        why,
        "You need not do anything: recording goes on in a moment.",
    )
    .into()
}

impl JournalWriter {
    /// Opens the journal and repairs it after a crash; the recovery is not in the record yet.
    pub(super) fn open(
        paths: &AppPaths,
        keys: JournalKeys,
        upload: UploadPolicy,
        now: Moment,
    ) -> anyhow::Result<(Self, RecoveryReport)> {
        let (journal, recovery) = Journal::open(&paths.journal_dir(), keys, now.utc)?;
        let writer = Self {
            journal,
            unwritten: UnwrittenRecords::new(QuarterHour::default()),
            last_commit: None,
            last_durable: None,
            write_error: None,
            damage: None,
            wal_checkpoint_due: false,
            upload,
        };
        Ok((writer, recovery))
    }

    /// Commits the records about a crash, before any of this start; true when some were new.
    pub(super) fn commit_recovered(
        &mut self,
        records: &[Record],
        now: Moment,
    ) -> anyhow::Result<bool> {
        let kept = self.journal.commit_recovered(records, now.utc)?;
        self.unwritten = UnwrittenRecords::new(self.journal.first_free_quarter_hour()?);
        Ok(!kept.is_empty())
    }

    /// Keeps the vault's recovery slots beside the record.
    pub(super) fn store_vault_copy(&mut self, copy: &[u8], now: Moment) -> anyhow::Result<()> {
        self.journal.store_vault_copy(copy, now.utc)?;
        Ok(())
    }

    pub(super) fn is_commit_due(&self, now: Moment) -> bool {
        self.last_commit
            .is_none_or(|last| now.since(last) >= COMMIT_INTERVAL)
    }

    pub(super) fn time_until_commit(&self, now: Moment) -> Duration {
        self.last_commit.map_or(Duration::ZERO, |last| {
            COMMIT_INTERVAL.saturating_sub(now.since(last))
        })
    }

    /// The next pass of the loop commits.
    pub(super) fn request_commit(&mut self) {
        self.last_commit = None;
    }

    pub(super) fn mark_commit_started(&mut self, now: Moment) {
        self.last_commit = Some(now);
    }

    pub(super) fn add(&mut self, batch: RecorderBatch) {
        self.unwritten.add(batch);
    }

    /// Writes everything that waits. A disk that cannot be written is logged and tried again; only too many waiting
    /// records end the run.
    pub(super) fn commit(&mut self, now: Moment) -> anyhow::Result<Effects> {
        let pending: Vec<(u64, Span)> = self
            .unwritten
            .pending
            .iter()
            .map(|(id, span)| (*id, span.clone()))
            .collect();
        let commit = Commit {
            records: &self.unwritten.records,
            provisional_put: &pending,
            provisional_drop_below: self.unwritten.drop_below,
            rollups: &self.unwritten.rollups.pending_rollups(),
            at: now.utc,
        };
        match self.journal.commit(commit) {
            Ok(_) => {
                self.unwritten.mark_written();
                self.last_durable = Some(now.utc);
                let recovered = self.write_error.take().map(|_| {
                    let text = "The journal can be written again; nothing was lost.";
                    Effect::log_notice(NoticeCode::Recovered, text)
                });
                Ok(recovered.into_iter().collect())
            }
            Err(e @ JournalError::Damaged { .. }) => Err(restart_worker_error(e.to_string())),
            Err(e) if !self.unwritten.is_full() => Ok(self.note_write_error(e.to_string())),
            Err(e) => {
                Err(e).context("the journal could not be written for so long that recording ends")
            }
        }
    }

    /// The same error is logged once.
    fn note_write_error(&mut self, text: String) -> Effects {
        if self.write_error.as_ref() == Some(&text) {
            return Effects::new();
        }
        let line = format!("NOT RECORDED YET: {text}");
        self.write_error = Some(text);
        vec![Effect::log_notice(NoticeCode::DiskLow, line)]
    }

    /// The damage found since the last call.
    pub(super) fn take_damage(&mut self) -> Option<String> {
        self.damage.take()
    }

    /// An error may mean that the journal is damaged: then this process ends, and the next one repairs it.
    pub(super) fn report_error(&mut self, error: &JournalError) {
        if matches!(error, JournalError::Damaged { .. }) {
            self.check_damage();
        }
    }

    /// By SQLite's own check, which is that of a start: so a restart is never in vain.
    pub(super) fn check_damage(&mut self) {
        if let Err(e @ JournalError::Damaged { .. }) = self.journal.check_integrity() {
            self.damage = Some(e.to_string());
            self.request_commit();
        }
    }

    /// Freezes segments for the next upload. Records that cannot be frozen now are frozen the next time.
    pub(super) fn freeze(&mut self, now: Moment) -> Effects {
        let options = self.upload.freeze_options(false);
        let Err(e) = self.journal.freeze(now.utc, &options) else {
            return Effects::new();
        };
        self.report_error(&e);
        let text = format!("New records cannot be prepared for upload: {e}");
        vec![Effect::log_notice(NoticeCode::UploadStuck, text)]
    }

    /// Freezes everything, also records that are held back.
    pub(super) fn freeze_all(&mut self, now: Moment) -> Result<(), JournalError> {
        let options = FreezeOptions {
            hold: Duration::from_micros(0),
            ..self.upload.freeze_options(true)
        };
        self.journal.freeze(now.utc, &options).map(drop)
    }

    /// Stores a screenshot and gives its number.
    pub(super) fn add_screenshot(
        &mut self,
        shot: &Screenshot,
        bytes: &[u8],
        now: Moment,
    ) -> Result<u64, JournalError> {
        self.journal.add_screenshot(shot, bytes, now.utc)
    }

    /// Puts away acknowledged screenshots for at least `missing` bytes, as far as there are any; a sentence when some
    /// went.
    pub(super) fn free_space(&mut self, missing: u64, action: &RetentionAction) -> Option<String> {
        let outcome = self.journal.list_local_screenshots().and_then(|items| {
            let steps = plan_space(&items, missing, action);
            let forecast = outlook(&items, &steps);
            let report = self.journal.apply_retention(&steps)?;
            Ok((report, forecast))
        });
        match outcome {
            Ok((report, _)) if report.archived + report.deleted == 0 => None,
            Ok((report, forecast)) => Some(crate::retention::describe_result(&report, &forecast)),
            Err(e) => {
                self.report_error(&e);
                None
            }
        }
    }

    /// Works on the journal with another key, if there is one; the own key is back afterwards whatever happens.
    pub(super) fn with_opener<T>(
        &mut self,
        opener: Option<Opener>,
        work: impl FnOnce(&mut Journal) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        match opener {
            Some(opener) => self.journal.with_opener(opener, work),
            None => work(&mut self.journal),
        }
    }

    pub(super) fn request_wal_checkpoint(&mut self) {
        self.wal_checkpoint_due = true;
    }

    pub(super) fn run_wal_checkpoint_if_due(&mut self) {
        if self.wal_checkpoint_due {
            self.wal_checkpoint_due = !self.journal.checkpoint().unwrap_or(false);
        }
    }

    /// The last commit that reached the disk.
    pub(super) fn last_durable(&self) -> Option<Timestamp> {
        self.last_durable
    }

    pub(super) fn has_write_error(&self) -> bool {
        self.write_error.is_some()
    }

    /// Writes the last records, freezes them while they still open, and closes the journal.
    pub(super) fn finish(mut self, batch: RecorderBatch, now: Moment) -> anyhow::Result<()> {
        self.unwritten.add(batch);
        self.unwritten.rollups.finish_current();
        let commit = Commit {
            records: &self.unwritten.records,
            provisional_drop_below: self.unwritten.drop_below,
            rollups: &self.unwritten.rollups.pending_rollups(),
            at: now.utc,
            ..Commit::default()
        };
        self.journal
            .commit(commit)
            .context("the last records could not be written")?;
        self.journal
            .freeze(now.utc, &self.upload.freeze_options(true))
            .context("the last records could not be prepared for upload")?;
        self.journal
            .close(now.utc)
            .context("the journal could not be closed")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::effect::describe_effects;
    use super::*;
    use model::DeviceId;
    use settings::Settings;
    use vault::{Identity, Sealer};

    fn at(second: u64) -> Moment {
        Moment {
            utc: Timestamp::from_seconds(1_790_000_000) + Duration::from_secs(second),
            boot: Duration::from_secs(second),
            awake: Duration::from_secs(second),
        }
    }

    fn open(dir: &std::path::Path) -> JournalWriter {
        let paths = AppPaths::under(dir);
        paths.create_dirs().unwrap();
        let lease = Identity::generate();
        let keys = JournalKeys {
            device: DeviceId::parse("00112233445566778899aabbccddeeff").unwrap(),
            sealer: Sealer::new([lease.recipient()]).unwrap(),
            opener: Opener::new([lease]),
        };
        let upload = UploadPolicy::from(&Settings::default().upload);
        let (mut writer, _) = JournalWriter::open(&paths, keys, upload, at(0)).unwrap();
        assert!(!writer.commit_recovered(&[], at(0)).unwrap());
        writer
    }

    #[test]
    fn a_commit_is_due_every_five_seconds_and_on_request() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = open(dir.path());
        assert!(writer.is_commit_due(at(0)));
        assert_eq!(writer.time_until_commit(at(0)), Duration::ZERO);
        writer.mark_commit_started(at(10));
        assert!(!writer.is_commit_due(at(14)));
        assert_eq!(writer.time_until_commit(at(14)), Duration::from_secs(1));
        assert!(writer.is_commit_due(at(15)));
        writer.request_commit();
        assert!(writer.is_commit_due(at(11)));
    }

    #[test]
    fn a_write_error_is_logged_once_and_so_is_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = open(dir.path());
        let mut note = |text: &str| describe_effects(&writer.note_write_error(text.to_owned()));
        let line = "log Notice(DiskLow): NOT RECORDED YET: no space";
        assert_eq!(note("no space"), [line]);
        assert!(note("no space").is_empty());
        assert!(writer.has_write_error() && writer.last_durable().is_none());
        let effects = describe_effects(&writer.commit(at(3)).unwrap());
        let line = "log Notice(Recovered): The journal can be written again; nothing was lost.";
        assert_eq!(effects, [line]);
        assert_eq!(writer.last_durable(), Some(at(3).utc));
        assert!(writer.commit(at(4)).unwrap().is_empty());
        writer.finish(RecorderBatch::default(), at(5)).unwrap();
    }
}

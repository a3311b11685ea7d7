//! Answers the page as `uam dashboard` does while nothing is recorded: one reader, and a durable notice for each new
//! question, written in maintenance of its own.

use crate::year::ZONE;
use anyhow::Result;
use journal::{Commit, IntegrityCheck, Journal, JournalKeys, Reader};
use model::{Notice, NoticeCode, Record, Timestamp};
use report::rules::ClassificationRule;
use report::{AgentStatus, ClassificationRules, DayStart};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use web::{
    BackendError, ReportConfig, RunningVerification, SettingRow, TypedFactors, UploadedObjectRow,
};

/// The journal and keys behind the page.
pub(crate) struct BenchBackend {
    dir: PathBuf,
    keys: JournalKeys,
    reader: Option<Reader>,
    noted: HashSet<String>,
    checked: bool,
    meaning: Arc<ClassificationRules>,
}

impl BenchBackend {
    pub(crate) fn new(dir: &Path, keys: JournalKeys) -> Result<Self> {
        let rule = |name: &str, title: &str| ClassificationRule {
            name: name.to_owned(),
            app: None,
            title: Some(title.to_owned()),
        };
        // By title first, then by the built-in categories.
        let categories = [
            rule("accounts", r"^quarterly figures \d+"),
            rule("reading", r"\bpage about \d*[37]\b|manual, chapter"),
            rule("meetings", r"meeting of group"),
        ];
        let projects = [
            rule("north", r"\b(file|tree|team|client|group) \d*[02468]\b"),
            rule("south", r"\b(file|tree|team|client|group) \d*[13579]\b"),
        ];
        Ok(Self {
            dir: dir.to_owned(),
            keys,
            reader: None,
            noted: HashSet::new(),
            checked: false,
            meaning: Arc::new(ClassificationRules::new(&categories, true, &projects)?),
        })
    }

    fn write_notice(&mut self, what: &str) -> Result<(), journal::JournalError> {
        if !self.noted.insert(what.to_owned()) {
            return Ok(());
        }
        let now_us = jiff::Timestamp::now().as_microsecond();
        let notice = Record::Notice(Notice {
            at: Timestamp::from_micros(now_us),
            zone: ZONE.to_owned(),
            code: NoticeCode::Access,
            text: format!("Read: {what}."),
        });
        let check = match std::mem::replace(&mut self.checked, true) {
            true => IntegrityCheck::Skip,
            false => IntegrityCheck::Full,
        };
        let mut journal = Journal::open_for_maintenance(
            &self.dir,
            self.keys.clone(),
            Timestamp::from_micros(now_us),
            check,
        )?;
        journal.commit(Commit {
            records: &[notice],
            at: Timestamp::from_micros(now_us),
            ..Commit::default()
        })?;
        Ok(())
    }
}

impl web::Backend for BenchBackend {
    fn open_reader(&mut self, what: &str) -> Result<&Reader, BackendError> {
        let failed = |e: journal::JournalError| BackendError::Failed(e.to_string());
        self.write_notice(what).map_err(failed)?;
        let reader = match self.reader.take() {
            Some(reader) => reader,
            None => Reader::open(&self.dir, self.keys.opener.clone()).map_err(failed)?,
        };
        Ok(self.reader.insert(reader))
    }

    fn report_config(&mut self) -> Result<ReportConfig, BackendError> {
        Ok(ReportConfig {
            starts: DayStart::default(),
            meaning: Arc::clone(&self.meaning),
            version: env!("CARGO_PKG_VERSION"),
        })
    }

    fn start_verification(
        &mut self,
        _quick: bool,
        _running: RunningVerification,
    ) -> Result<(), BackendError> {
        Err(BackendError::Missing("nothing was sent".to_owned()))
    }

    fn list_uploads(&mut self, _limit: usize) -> Result<Vec<UploadedObjectRow>, BackendError> {
        Ok(Vec::new())
    }

    fn list_settings(&mut self) -> Result<Vec<SettingRow>, BackendError> {
        Ok(Vec::new())
    }

    fn verify_factors(&mut self, _factors: &TypedFactors) -> Result<(), BackendError> {
        Ok(())
    }

    fn delete_screenshot(
        &mut self,
        _seq: u64,
        _factors: &TypedFactors,
    ) -> Result<String, BackendError> {
        Err(BackendError::Denied("not here".to_owned()))
    }

    fn needs_passphrase(&mut self) -> bool {
        false
    }
}

/// Locked once standard input is closed, which ends the server.
pub(crate) struct BenchWatch(pub(crate) Arc<AtomicBool>);

impl web::AgentMonitor for BenchWatch {
    fn agent_status(&self) -> Option<AgentStatus> {
        None
    }

    fn is_unlocked(&self) -> bool {
        !self.0.load(Ordering::SeqCst)
    }
}

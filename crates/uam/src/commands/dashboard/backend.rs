//! The page's backend in this program.
//!
//! Always true: each question asks the keyholder first, which prolongs the unlock, and is noticed before it is answered.
//! The reader, which holds the viewer's key, is dropped at the first question that finds no keyholder, and this process
//! ends within seconds of the keyholder. Deleting a screenshot and exporting days need both factors again.

use super::verification;
use crate::commands::sent;
use agent::{AppContext, ReadAccess, keyholder, redaction};
use journal::Reader;
use model::{ErrorKind, NoticeCode};
use protocol::{RedactionScope, Request, Response};
use report::AgentStatus;
use settings::Settings;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use vault::{KeySlotKind, Vault};
use web::{
    AgentMonitor, Backend, BackendError, ReportConfig, RunningVerification, SettingRow,
    TypedFactors, UploadedObjectRow,
};

/// The same purpose is noticed once within this time.
const NOTICE_INTERVAL: Duration = Duration::from_secs(600);

/// Purposes remembered; after that all are forgotten and noticed again.
const MAX_REMEMBERED_NOTICES: usize = 1024;

/// Answers the page's questions from the journal.
pub(super) struct PageBackend {
    context: AppContext,
    reader: Option<Reader>,
    noticed: HashMap<String, Instant>,
    /// When a notice was last written with a check of the whole journal.
    journal_checked: Option<Instant>,
    /// The settings file as last read, and the report settings in it. Compiling rules takes milliseconds.
    config: Option<(Option<Vec<u8>>, ReportConfig)>,
}

impl PageBackend {
    pub(super) fn new(context: &AppContext) -> Self {
        Self {
            context: context.clone(),
            reader: None,
            noticed: HashMap::new(),
            journal_checked: None,
            config: None,
        }
    }

    /// The report settings, read again when the file has changed.
    fn read_report_config(&mut self) -> anyhow::Result<ReportConfig> {
        let text = std::fs::read(self.context.paths.config_file()).ok();
        if let Some((known, config)) = &self.config
            && *known == text
        {
            return Ok(config.clone());
        }
        let settings = Settings::load(&self.context.paths)?;
        let config = ReportConfig {
            starts: settings.view_options(None).starts,
            meaning: Arc::new(settings.classification_rules()?),
            version: env!("CARGO_PKG_VERSION"),
        };
        self.config = Some((text, config.clone()));
        Ok(config)
    }

    /// The right to read at this moment. Without the key the reader is dropped.
    fn read_access(&mut self) -> Result<ReadAccess, BackendError> {
        let identity = keyholder::fetch_identity(&self.context.paths)
            .ok()
            .flatten();
        let Some(identity) = identity else {
            self.reader = None;
            return Err(BackendError::Locked);
        };
        let vault = Vault::open(&self.context.paths.vault_dir())
            .map_err(|e| to_backend_error(&e.into()))?;
        Ok(ReadAccess { vault, identity })
    }

    /// The right to read, after the notice of the purpose is durable.
    fn access_with_notice(&mut self, purpose: &str) -> Result<ReadAccess, BackendError> {
        let access = self.read_access()?;
        let is_recent = |at: Instant| at.elapsed() < NOTICE_INTERVAL;
        if self.noticed.get(purpose).copied().is_some_and(is_recent) {
            return Ok(access);
        }
        let notices = vec![(NoticeCode::Access, format!("Read: {purpose}."))];
        if self.journal_checked.is_some_and(is_recent) {
            let written = access.record_notices_unchecked(&self.context, notices);
            written.map_err(|e| to_backend_error(&e))?;
        } else {
            let written = access.record_notices(&self.context, notices);
            written.map_err(|e| to_backend_error(&e))?;
            self.journal_checked = Some(Instant::now());
        }
        if self.noticed.len() >= MAX_REMEMBERED_NOTICES {
            self.noticed.clear();
        }
        self.noticed.insert(purpose.to_owned(), Instant::now());
        Ok(access)
    }

    /// The right to read from both factors, after the notice that a code was accepted.
    fn access_with_factors(&self, factors: &TypedFactors) -> Result<ReadAccess, BackendError> {
        let passphrase = factors.passphrase.as_ref().map(|text| text.as_str());
        let typed = agent::verify_typed_factors(&self.context, &factors.code, passphrase);
        let (access, mut notices) = typed.map_err(|e| match model::error_kind(e.as_ref()) {
            ErrorKind::Denied => BackendError::Denied(model::describe_error(e.as_ref())),
            _ => to_backend_error(&e),
        })?;
        let text = "A code was accepted, on the page.".to_owned();
        notices.push((NoticeCode::CodeAccepted, text));
        access
            .record_notices(&self.context, notices)
            .map_err(|e| to_backend_error(&e))?;
        Ok(access)
    }

    /// Deletes a screenshot; returns the outcome.
    fn redact_screenshot(&self, seq: u64, access: &ReadAccess) -> anyhow::Result<String> {
        let scope = RedactionScope::Screenshot { seq };
        let report = match redaction::is_agent_running(&self.context)? {
            true => redaction::redact_through_agent(&self.context, &scope, false, Some(access))?,
            false => redaction::redact_directly(&self.context, &scope, false, access)?,
        };
        if report.is_empty() {
            return Ok("There was nothing to delete.".to_owned());
        }
        let copies = redaction::delete_copies_and_note(&self.context, Some(access), &report)?;
        let mut outcome = format!("Deleted: {}.", redaction::describe_amount(&scope, &report));
        if !copies.deleted.is_empty() {
            outcome.push_str(" Its copy at the destination was deleted.");
        }
        for (name, why) in &copies.left {
            outcome.push_str(&format!(" STILL at the destination: {name} ({why})."));
        }
        if report.checkpoint_pending {
            outcome.push_str(" The last traces go when no program reads the record any more.");
        }
        for file in &report.set_aside_files {
            let file = file.display();
            outcome.push_str(&format!(
                " A journal set aside earlier was not touched and may hold the same: {file}."
            ));
        }
        Ok(outcome)
    }
}

fn to_backend_error(e: &anyhow::Error) -> BackendError {
    BackendError::Failed(format!("{e:#}"))
}

impl Backend for PageBackend {
    fn open_reader(&mut self, purpose: &str) -> Result<&Reader, BackendError> {
        let access = self.access_with_notice(purpose)?;
        let reader = match self.reader.take() {
            Some(reader) => reader,
            None => access
                .open_reader(&self.context)
                .map_err(|e| to_backend_error(&e))?,
        };
        Ok(self.reader.insert(reader))
    }

    fn report_config(&mut self) -> Result<ReportConfig, BackendError> {
        self.read_report_config().map_err(|e| to_backend_error(&e))
    }

    fn start_verification(
        &mut self,
        quick: bool,
        running: RunningVerification,
    ) -> Result<(), BackendError> {
        self.read_access()?;
        verification::start_verification(&self.context, quick, running)
            .map_err(|e| to_backend_error(&e))
    }

    fn list_uploads(&mut self, limit: usize) -> Result<Vec<UploadedObjectRow>, BackendError> {
        let reader = self.open_reader("the uploaded objects, on the page")?;
        sent::newest_objects(reader, limit).map_err(|e| to_backend_error(&e))
    }

    fn list_settings(&mut self) -> Result<Vec<SettingRow>, BackendError> {
        self.read_access()?;
        let settings = Settings::load(&self.context.paths).map_err(|e| to_backend_error(&e))?;
        let infos = settings::list_settings(&settings).into_iter();
        let rows = infos.map(|info| SettingRow {
            key: info.key,
            value: info.value,
            meaning: info.meaning,
        });
        Ok(rows.collect())
    }

    fn verify_factors(&mut self, factors: &TypedFactors) -> Result<(), BackendError> {
        self.read_access()?;
        self.access_with_factors(factors).map(drop)
    }

    fn delete_screenshot(
        &mut self,
        seq: u64,
        factors: &TypedFactors,
    ) -> Result<String, BackendError> {
        self.read_access()?;
        let access = self.access_with_factors(factors)?;
        // An open reader would keep the old bytes in the write-ahead log.
        self.reader = None;
        self.redact_screenshot(seq, &access)
            .map_err(|e| to_backend_error(&e))
    }

    fn needs_passphrase(&mut self) -> bool {
        Vault::open(&self.context.paths.vault_dir())
            .is_ok_and(|v| !v.has_slot(KeySlotKind::OsStore))
    }
}

/// Asks the running agent and the keyholder.
pub(super) struct RunningAgentMonitor(AppContext);

impl RunningAgentMonitor {
    pub(super) fn new(context: &AppContext) -> Self {
        Self(context.clone())
    }
}

impl AgentMonitor for RunningAgentMonitor {
    fn agent_status(&self) -> Option<AgentStatus> {
        match agent::call_running_agent(&self.0.paths, &Request::Status).ok()? {
            Response::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    fn is_unlocked(&self) -> bool {
        keyholder::is_unlocked(&self.0.paths)
    }
}

//! The page's needs of the program that serves it: the record, deletion, verification, and the agent's status.

use crate::text::{MAX_SENTENCE, printable_text};
use crate::verification::RunningVerification;
use journal::{JournalError, Reader};
use model::Timestamp;
use report::{AgentStatus, ClassificationRules, DayStart};
use serde::Serialize;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Why a question has no answer. Texts are for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackendError {
    /// The record is locked, perhaps since a moment: nothing is shown any more.
    Locked,
    /// The code or the passphrase was wrong.
    Denied(String),
    /// The thing asked for does not exist.
    Missing(String),
    /// Something failed.
    Failed(String),
}

impl From<JournalError> for BackendError {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::NoScreenshot { .. } => {
                Self::Missing("there is no such screenshot".into())
            }
            JournalError::ScreenshotDeleted { .. } => Self::Missing("it was deleted".into()),
            JournalError::ScreenshotLost { .. } => Self::Missing("its file is lost".into()),
            error => Self::Failed(printable_text(&error.to_string(), MAX_SENTENCE)),
        }
    }
}

/// Both factors, as typed into the page.
pub struct TypedFactors {
    /// The six digits.
    pub code: Zeroizing<String>,
    /// The passphrase, where no credential store unlocks the vault.
    pub passphrase: Option<Zeroizing<String>>,
}

impl std::fmt::Debug for TypedFactors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TypedFactors(..)")
    }
}

/// The settings that decide how days are reported.
#[derive(Clone, Debug)]
pub struct ReportConfig {
    /// The time of day at which days start.
    pub starts: DayStart,
    /// The rules for categories and projects.
    pub meaning: Arc<ClassificationRules>,
    /// The version of uam, which printed reports name.
    pub version: &'static str,
}

/// An uploaded object.
#[derive(Clone, Debug, Serialize)]
pub struct UploadedObjectRow {
    /// Its name at the destination.
    pub name: String,
    /// `activity`, `shot` or `vault`.
    pub kind: &'static str,
    /// Records in it.
    pub records: u64,
    /// Size in bytes.
    pub bytes: u64,
    /// When the sink acknowledged it, where that is known.
    #[serde(rename = "sent_us")]
    pub sent_at: Option<Timestamp>,
    /// False when its upload started and was never confirmed.
    pub certain: bool,
    /// True when its bytes are sealed.
    pub sealed: bool,
}

/// A setting in force.
#[derive(Clone, Debug, Serialize)]
pub struct SettingRow {
    /// Dotted name, as `uam config set` takes it.
    pub key: String,
    /// Its value, as the settings file writes it.
    pub value: String,
    /// Its meaning, in a sentence.
    pub meaning: String,
}

/// Reads and deletes on behalf of the page. Called on one thread only.
pub trait Backend: Send {
    /// The journal, if it is unlocked at this moment, after a notice "Read: `purpose`." was written. The same purpose
    /// is written once within ten minutes.
    ///
    /// # Errors
    /// [`BackendError::Locked`], or [`BackendError::Failed`] when the notice or the journal fails.
    fn open_reader(&mut self, purpose: &str) -> Result<&Reader, BackendError>;

    /// The report settings as they are now.
    ///
    /// # Errors
    /// [`BackendError::Failed`] when the settings file cannot be read.
    fn report_config(&mut self) -> Result<ReportConfig, BackendError>;

    /// Starts to verify the uploads on a thread of its own and returns at once. The verification reports its progress
    /// to `running`, stops when that says so, and decrypts nothing. `quick`: names and sizes only.
    ///
    /// # Errors
    /// [`BackendError::Locked`] or [`BackendError::Failed`]; no verification runs then.
    fn start_verification(
        &mut self,
        quick: bool,
        running: RunningVerification,
    ) -> Result<(), BackendError>;

    /// The uploaded objects, newest first, at most `limit`. Noticed like [`Self::open_reader`].
    ///
    /// # Errors
    /// As [`Self::open_reader`].
    fn list_uploads(&mut self, limit: usize) -> Result<Vec<UploadedObjectRow>, BackendError>;

    /// The settings in force.
    ///
    /// # Errors
    /// [`BackendError::Locked`], or [`BackendError::Failed`] when the settings file cannot be read.
    fn list_settings(&mut self) -> Result<Vec<SettingRow>, BackendError>;

    /// Verifies both factors, before an export.
    ///
    /// # Errors
    /// [`BackendError::Denied`] when one is wrong.
    fn verify_factors(&mut self, factors: &TypedFactors) -> Result<(), BackendError>;

    /// Deletes a screenshot from the record, here and at the destination; returns the outcome in a sentence.
    ///
    /// # Errors
    /// [`BackendError::Denied`] when a factor is wrong; otherwise the text says how far the deletion came.
    fn delete_screenshot(
        &mut self,
        seq: u64,
        factors: &TypedFactors,
    ) -> Result<String, BackendError>;

    /// True when only a passphrase unlocks the vault, so that exports and deletions ask for it.
    fn needs_passphrase(&mut self) -> bool;
}

/// Watches the running agent and the unlock. Neither question prolongs the unlock.
pub trait AgentMonitor: Send + Sync {
    /// The status of the running agent; `None` when none runs.
    fn agent_status(&self) -> Option<AgentStatus>;

    /// True while the record is unlocked.
    fn is_unlocked(&self) -> bool;
}

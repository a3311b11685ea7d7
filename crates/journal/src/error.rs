//! The errors of the journal, each with its remedy.

use rusqlite::ErrorCode;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;
use vault::SealError;

/// Errors of the journal. After any of them nothing that was acknowledged is lost, and the call may be repeated.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum JournalError {
    /// No room. Nothing was written; the same call works again once there is room.
    #[error(
        "no room left on the disk that holds {path}; free some space, recording goes on by itself"
    )]
    DiskFull {
        /// Where.
        path: PathBuf,
    },
    /// The disk refused.
    #[error("cannot {doing} {path}: {source}")]
    Io {
        /// The step, as in "cannot *write* …".
        doing: &'static str,
        /// Where.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Another process writes this journal.
    #[error("another uam writes the journal in {path}; `uam status` tells where it runs")]
    InUse {
        /// The journal's directory.
        path: PathBuf,
    },
    /// Another process held the database for longer than the time limit.
    #[error("the journal {path} is busy; another program holds it. Try again")]
    Busy {
        /// The database.
        path: PathBuf,
    },
    /// There is no journal yet.
    #[error("{path} does not exist yet; start uam once to create it")]
    Missing {
        /// Where it would be.
        path: PathBuf,
    },
    /// A newer version of uam wrote it.
    #[error(
        "{path} was written by a newer uam (format {found}, this one knows {known}); update uam, nothing was changed"
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The highest format known here.
        known: i64,
    },
    /// It is of a format that no released version wrote.
    #[error("{path} was written before the first release (format {found}); move it away")]
    Older {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: i64,
    },
    /// It belongs to another installation's vault.
    #[error(
        "the journal {path} belongs to device {found}, but the vault is of device {vault}; put the right vault.json back, or move the journal away"
    )]
    OtherDevice {
        /// The database.
        path: PathBuf,
        /// The device the journal names.
        found: String,
        /// The device the vault names.
        vault: String,
    },
    /// The database is damaged; the writer sets it aside at its next start.
    #[error(
        "the journal {path} is damaged ({why}); restart uam: it sets the file aside, saves what is readable and goes on"
    )]
    Damaged {
        /// The database.
        path: PathBuf,
        /// The damage.
        why: String,
    },
    /// Anything else SQLite says.
    #[error("cannot {doing} in {path}: {source}")]
    Sqlite {
        /// The step.
        doing: &'static str,
        /// The database.
        path: PathBuf,
        /// SQLite's reason.
        source: rusqlite::Error,
    },
    /// Sealing or opening failed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A record could not be written as JSON.
    #[error("cannot write a record as JSON: {0}")]
    Encode(serde_json::Error),
    /// The sealed bytes are no record.
    #[error("record {seq} opens, but is no record ({why})")]
    NotARecord {
        /// Its number.
        seq: u64,
        /// The fault; never the record's content.
        why: String,
    },
    /// No such screenshot.
    #[error("there is no screenshot {seq} in the journal")]
    NoScreenshot {
        /// The number asked for.
        seq: u64,
    },
    /// No such segment was frozen.
    #[error("there is no frozen segment of the records {first_seq} to {last_seq}")]
    NoSegment {
        /// Its first record.
        first_seq: u64,
        /// Its last record.
        last_seq: u64,
    },
    /// The screenshot is gone or does not open; its record stays.
    #[error("screenshot {seq} is lost ({why}); its facts are kept")]
    ScreenshotLost {
        /// The screenshot's number.
        seq: u64,
        /// Why.
        why: String,
    },
    /// The screenshot was deleted: by age or size, as the settings ask, or because its owner removed it.
    #[error("screenshot {seq} was deleted, by the retention rule or on request")]
    ScreenshotDeleted {
        /// The screenshot's number.
        seq: u64,
    },
    /// The screenshot and the facts handed over with it do not belong together.
    #[error("the screenshot does not have the {what} its facts name")]
    ScreenshotMismatch {
        /// `sha256` or `size`.
        what: &'static str,
    },
    /// A counter left the range SQLite can hold (2^63 − 1).
    #[error("the number {0} is too large for the journal")]
    NumberTooLarge(u64),
}

impl JournalError {
    /// True when the cause may pass by itself, so trying the same again makes sense.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::DiskFull { .. } | Self::Busy { .. } | Self::Io { .. } | Self::InUse { .. }
        )
    }

    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| {
            let path = path.to_owned();
            match source.kind() {
                io::ErrorKind::StorageFull
                | io::ErrorKind::QuotaExceeded
                | io::ErrorKind::FileTooLarge => Self::DiskFull { path },
                _ => Self::Io {
                    doing,
                    path,
                    source,
                },
            }
        }
    }

    pub(crate) fn sqlite(doing: &'static str, path: &Path) -> impl FnOnce(rusqlite::Error) -> Self {
        move |source| {
            let path = path.to_owned();
            match source.sqlite_error_code() {
                Some(ErrorCode::Unknown) => Self::Damaged {
                    path,
                    why: source.to_string(),
                },
                Some(ErrorCode::DiskFull) => Self::DiskFull { path },
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged {
                    path,
                    why: source.to_string(),
                },
                Some(ErrorCode::SystemIoFailure) => Self::Io {
                    doing,
                    path,
                    source: io::Error::other(source),
                },
                // A value of a type or size that was never written.
                // Or "SQL logic error": the statements are the same for every journal, so the schema in this file is
                // damaged.
                None if matches!(
                    source,
                    rusqlite::Error::SqlInputError { .. }
                        | rusqlite::Error::FromSqlConversionFailure(..)
                        | rusqlite::Error::IntegralValueOutOfRange(..)
                        | rusqlite::Error::InvalidColumnType(..)
                        | rusqlite::Error::Utf8Error(..)
                ) =>
                {
                    Self::Damaged {
                        path,
                        why: source.to_string(),
                    }
                }
                _ => Self::Sqlite {
                    doing,
                    path,
                    source,
                },
            }
        }
    }
}

/// An error inside a transaction or a walk over rows, before the path is known.
pub(crate) enum TxnError {
    /// SQLite's.
    Sql(rusqlite::Error),
    /// Any other.
    Other(JournalError),
}

impl TxnError {
    /// True when the disk failed in the middle of the transaction.
    pub(crate) fn is_io_failure(&self) -> bool {
        matches!(self, Self::Sql(e) if e.sqlite_error_code() == Some(ErrorCode::SystemIoFailure))
    }
}

/// The result of a step of a transaction.
pub(crate) type TxnResult<T> = Result<T, TxnError>;

impl From<rusqlite::Error> for TxnError {
    fn from(e: rusqlite::Error) -> Self {
        Self::Sql(e)
    }
}

impl From<JournalError> for TxnError {
    fn from(e: JournalError) -> Self {
        Self::Other(e)
    }
}

impl From<SealError> for TxnError {
    fn from(e: SealError) -> Self {
        Self::Other(e.into())
    }
}

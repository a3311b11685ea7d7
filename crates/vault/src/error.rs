//! What can go wrong, and what to do about it.

use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Errors of the vault file and the gate.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The disk refused.
    #[error("cannot {doing} {path}: {source}")]
    Io {
        /// What was being done, as in "cannot *write* …".
        doing: &'static str,
        /// Where.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// There is no vault yet.
    #[error("{path} does not exist yet; start uam once to create it")]
    Missing {
        /// Where it would be.
        path: PathBuf,
    },
    /// The file is not a vault; it is never overwritten, because it may be the only key to the records.
    #[error(
        "{path} is damaged ({why}); put a copy from a backup in its place, or move the file away to begin with a new \
         secret (records sealed under the old one then stay closed)"
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong in it; never its content.
        why: String,
    },
    /// A newer version of uam wrote the file.
    #[error(
        "{path} was written by a newer uam (format {found}, this one knows {known}); update uam"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// The highest format known here.
        known: u64,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes; try again")]
    Random,
    /// The QR code could not be made.
    #[error("cannot draw the QR code ({0}); type the secret into the authenticator app instead")]
    Qr(String),
    /// Sealing a new session's key failed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// Errors of sealing and opening.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SealError {
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes; try again")]
    Random,
    /// Too short, or sealed in a format this version does not know.
    #[error(
        "the sealed {what} {seq} has an unknown format; it is cut off, or a newer uam wrote it"
    )]
    Format {
        /// Which kind of thing.
        what: &'static str,
        /// Which one.
        seq: u64,
    },
    /// The session's data key does not open with this vault.
    #[error(
        "the key of the sealed {what} {seq} does not open with this vault; it belongs to another vault.json"
    )]
    Key {
        /// Which kind of thing.
        what: &'static str,
        /// Which one.
        seq: u64,
    },
    /// The content was changed, or lies in another place than the one it was sealed for.
    #[error("the sealed {what} {seq} was changed or moved; it does not open")]
    Refused {
        /// Which kind of thing.
        what: &'static str,
        /// Which one.
        seq: u64,
    },
    /// Longer than the cipher allows (256 GiB).
    #[error("the {what} {seq} is too long to seal")]
    TooLong {
        /// Which kind of thing.
        what: &'static str,
        /// Which one.
        seq: u64,
    },
}

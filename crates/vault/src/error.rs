//! The errors of the vault and of sealing, each with its remedy.

use crate::cipher::RandomError;
use crate::key_slots::KeySlotKind;
use crate::organisations::InvalidOrganisation;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Errors of the vault file and the gate.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The disk refused.
    #[error("cannot {doing} {path}: {source}")]
    Io {
        /// The operation, as in "cannot *write* …".
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
         secret (records sealed under the old one can then not be opened)"
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The fault in it; never its content.
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
    /// There is a vault already.
    #[error("{path} exists already; it is not replaced")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file was edited without its keys.
    #[error(
        "{path} was changed outside uam; its counters and keys cannot be trusted. Put a copy from a backup in its place; \
         what was recorded opens with a recovery code: `uam recover --from {path}`"
    )]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A key slot was changed.
    #[error("key slot {id} of the vault is damaged; use another slot or a recovery code")]
    SlotDamaged {
        /// Its number.
        id: u32,
    },
    /// There is no slot of that kind.
    #[error("the vault has no key slot for a {kind}")]
    NoSlot {
        /// The kind asked for.
        kind: KeySlotKind,
    },
    /// There is no slot of that number.
    #[error("the vault has no key slot {id}; `uam keys` lists them")]
    NoSuchSlot {
        /// The number asked for.
        id: u32,
    },
    /// The secret opens no slot of its kind.
    #[error("{}", describe_wrong_factor(*kind))]
    WrongFactor {
        /// The kind of secret.
        kind: KeySlotKind,
    },
    /// Removing it would leave nothing for every day.
    #[error("that is the last key slot for every day; add another one first")]
    LastSlot,
    /// Nobody could read.
    #[error("nobody would be able to read the record: keep a viewer or name an organisation's key")]
    NoReader,
    /// Nobody on this computer may read.
    #[error("on this computer nobody can read the record; the organisation can")]
    NoViewer,
    /// A passphrase too short to be one.
    #[error("that passphrase is too short: use at least 8 characters, better four random words")]
    WeakPassphrase,
    /// The credential store gave something else than this vault's secret.
    #[error("the credential store's entry for this vault is not the secret it should be")]
    NoStoredSecret,
    /// The secret of the codes is shown only before it was confirmed.
    #[error(
        "the secret of the codes is in an authenticator app already and is not shown again; for a new phone create a new one with `uam keys phone`"
    )]
    Enrolled,
    /// More organisations than can be.
    #[error("there are three organisations that can read already; remove one first")]
    TooManyOrganisations,
    /// The same name or key twice.
    #[error("there is an organisation \"{name}\" or one with that key already")]
    OrganisationKnown {
        /// The name given.
        name: String,
    },
    /// A name or key that cannot be taken.
    #[error(transparent)]
    BadOrganisation(#[from] InvalidOrganisation),
    /// No organisation of that name.
    #[error("there is no organisation \"{name}\"; `uam keys` lists them")]
    NoSuchOrganisation {
        /// The name given.
        name: String,
    },
    /// The file of the device's key holds none.
    #[error(
        "{path} holds no device key; put a copy from a backup in its place, or remove it: then a new key signs the \
         uploads, and everybody who verifies them needs its public half"
    )]
    BadDeviceKey {
        /// The file.
        path: PathBuf,
    },
    /// Sealing a new session's key failed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

fn describe_wrong_factor(kind: KeySlotKind) -> &'static str {
    match kind {
        KeySlotKind::OsStore => {
            "the key in the credential store does not open this vault; was vault.json copied from another computer? Use a \
             passphrase or a recovery code"
        }
        KeySlotKind::Passphrase => "that is not the passphrase",
        KeySlotKind::Recovery => {
            "that is none of this vault's recovery codes, or it was used already (each works once)"
        }
    }
}

impl From<RandomError> for VaultError {
    fn from(_: RandomError) -> Self {
        Self::Random
    }
}

/// Turns an I/O error at `path` into a [`VaultError::Io`]; `doing` completes "cannot … PATH".
pub(crate) fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> VaultError {
    let path = path.to_owned();
    move |source| VaultError::Io {
        doing,
        path,
        source,
    }
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
    /// The session's data key was wrapped for other keys than the ones at hand.
    #[error("the sealed {what} {seq} was sealed for other keys than the ones at hand")]
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
    /// Nobody could ever open it.
    #[error("there is no key to seal for, and uam records nothing that nobody can open")]
    NoRecipient,
}

impl From<RandomError> for SealError {
    fn from(_: RandomError) -> Self {
        Self::Random
    }
}

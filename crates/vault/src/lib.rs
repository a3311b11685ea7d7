//! The gate (one-time codes) and the seal over personal data.
//!
//! Two doors, and they are not the same door:
//! * **The gate** ([`Vault::check_code`]) asks for a six-digit code of RFC 6238. It is enforced by this code alone: it
//!   stops people at the keyboard, not programs that read files.
//! * **The seal** ([`Sealer`], [`Opener`]) encrypts every personal field before it touches the disk, under a data key
//!   drawn for each session.
//!
//! **Provisional, and said so:** today the data keys are wrapped under a local key that lies in `vault.json` beside the
//! data. That protects backups and copies of the journal made *without* `vault.json`, and nothing else. Real key slots
//! (operating system store, passphrase, recovery codes, organisation recipients) go behind [`Session::wrapped_key`]:
//! the journal stores those bytes without looking into them, so no schema changes when they come.

pub mod disk;
mod enrol;
mod error;
mod file;
mod gate;
mod import;
pub mod keystore;
mod recovery;
mod seal;
mod store;

pub use enrol::{Enrolment, ISSUER, remove_qr_png, write_qr_png};
pub use error::{SealError, VaultError};
pub use gate::{
    FREE_FAILURES, GateState, Judged, LOCK_FAILURES, SKEW_STEPS, STEP_SECONDS, Verdict,
};
pub use import::{ImportError, TotpSecret};
pub use keystore::{Cause, MemoryStore, SecretStore, StoreError, Unavailable, os_store};
pub use recovery::{RECOVERY_CODES, RecoveryCode, RecoveryError, RecoveryKit};
pub use seal::{Aad, KeyMaker, Opener, Sealer, Session};
pub use store::{FILE_NAME, Vault};

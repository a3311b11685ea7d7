//! The gate (one-time codes), the key slots, and the seal over personal data.
//!
//! Two doors, and they are not the same door:
//! * **The gate** ([`Vault::check_code`]) asks for a six-digit code of RFC 6238. It is enforced by this code alone: it
//!   stops people at the keyboard, not programs that read files.
//! * **The seal** ([`Sealer`], [`KeyMaker`], [`Opener`]) encrypts every personal field before it touches the disk. What
//!   seals holds public keys alone; what opens is the *viewer's* identity, and that lies wrapped in key slots
//!   ([`SlotKind`]): the operating system's credential store, a passphrase, recovery codes. Up to three organisations
//!   can be further recipients; their secret keys are theirs.
//!
//! So whoever records cannot read. The one exception is the *lease*: a key pair that lives in the memory of one start
//! and in no file, with which the running program opens what it wrote itself.

mod changes;
mod cipher;
mod enrol;
mod error;
mod file;
mod founding;
mod gate;
mod import;
mod keys;
pub mod keystore;
mod people;
mod recovery;
mod seal;
mod signing;
mod slots;
mod store;

pub use changes::{Proposal, Recovered, open_copy};
pub use enrol::{Enrolment, ISSUER, remove_qr_png, write_qr_png};
pub use error::{SealError, VaultError};
pub use founding::Founding;
pub use gate::{
    FREE_FAILURES, GateState, Judged, LOCK_FAILURES, SKEW_STEPS, STEP_SECONDS, Verdict,
};
pub use import::{ImportError, TotpSecret};
pub use keys::{BadKey, Identity, OpenError, Recipient, open_with, seal_for};
pub use keystore::{Cause, MemoryStore, SecretStore, StoreError, Unavailable, os_store};
pub use people::{BadOrganisation, Consent, Organisation};
pub use recovery::{RECOVERY_CODES, RecoveryCode, RecoveryError, RecoveryKit};
pub use seal::{Aad, KeyMaker, Opener, Sealer, Session};
pub use signing::{BadPublicKey, DeviceKey, PublicKey};
pub use slots::{Factor, MIN_PASSPHRASE, SlotKind};
pub use store::{Answer, Door, FILE_NAME, MAX_ORGANISATIONS, Pass, SlotInfo, Vault};

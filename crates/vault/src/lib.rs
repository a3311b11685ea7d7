//! The gate (one-time codes), the key slots, and the seal over personal data.
//!
//! Two doors, and they are not the same door:
//! * **The gate** ([`Vault::check_code`]) asks for a six-digit code of RFC 6238. It is enforced by this code alone: it
//!   stops people at the keyboard, not programs that read files.
//! * **The seal** ([`Sealer`], [`SealingSession`], [`Opener`]) encrypts every personal field before it touches the disk. What
//!   seals holds public keys alone; what opens is the *viewer's* identity, and that lies wrapped in key slots
//!   ([`KeySlotKind`]): the operating system's credential store, a passphrase, recovery codes. Up to three organisations
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

pub use changes::{ProposedSecret, RecoveredKeys, open_vault_copy};
pub use enrol::{Enrolment, ISSUER, remove_qr_png, write_qr_png};
pub use error::{SealError, VaultError};
pub use founding::NewVault;
pub use gate::{
    CodeVerdict, FREE_FAILURES, GateDecision, GateState, LOCK_FAILURES, SKEW_STEPS, STEP_SECONDS,
};
pub use import::{TotpImportError, TotpSecret};
pub use keys::{AgeOpenError, Identity, InvalidAgeKey, Recipient, open_with, seal_for};
pub use keystore::{
    CredentialStore, CredentialStoreError, CredentialStoreUnavailable, MemoryCredentialStore,
    UnavailableCause, open_os_store,
};
pub use people::{Consent, InvalidOrganisation, Organisation};
pub use recovery::{RECOVERY_CODES, RecoveryCode, RecoveryCodeError, RecoveryKit};
pub use seal::{Aad, Opener, Sealer, SealingSession};
pub use signing::{DeviceKey, DevicePublicKey, InvalidPublicKey};
pub use slots::{Factor, KeySlotKind, MIN_PASSPHRASE};
pub use store::{
    CodeCheck, FILE_NAME, GateToken, KeySlotInfo, MAX_ORGANISATIONS, UnlockedSlot, Vault,
};

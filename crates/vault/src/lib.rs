//! The gate (one-time codes), the key slots, and the sealing of personal data.
//!
//! Two locks, and they are not the same lock:
//! * **The gate** ([`Vault::check_code`]) asks for a six-digit code (RFC 6238). This code alone enforces it: it stops people
//!   at the keyboard, not programs that read files.
//! * **The seal** ([`Sealer`], [`Opener`]) encrypts every personal field before it touches the disk. A sealer holds public
//!   keys; the *viewer's* identity, which opens, lies wrapped in key slots ([`KeySlotKind`]): the system's credential
//!   store, a passphrase, recovery codes. Up to three organisations can be further recipients.
//!
//! Always true:
//! * The process that records cannot open the past. The one exception is the *lease*: a key pair that lives in the memory
//!   of one start, with which that start opens its own records.
//! * The viewer's identity is given out for two factors, and the types say so: an [`UnlockedSlot`] and a [`GateToken`].
//! * A code's time step is used once, and that is on the disk before the answer.
//! * A sealed row opens in its own place only: device, session, number, schema and kind are authenticated with it ([`Aad`]).

mod age_keys;
mod cipher;
mod consent;
pub mod credential_store;
mod device_key;
mod enrolment;
mod error;
mod gate;
mod key_slots;
mod organisations;
mod recovery_codes;
mod seal;
mod totp_import;
mod unlocked_slot;
mod vault;
mod vault_file;
mod vault_lock;

pub use age_keys::{AgeOpenError, Identity, InvalidAgeKey, Recipient, open_with, seal_for};
pub use cipher::RandomError;
pub use consent::Consent;
pub use credential_store::{
    CredentialStore, CredentialStoreError, CredentialStoreUnavailable, MemoryCredentialStore,
    UnavailableCause, open_os_store,
};
pub use device_key::{DeviceKey, DevicePublicKey, InvalidPublicKey};
pub use enrolment::{Enrolment, remove_qr_png, write_qr_png};
pub use error::{SealError, VaultError};
pub use gate::{
    CodeVerdict, FREE_FAILURES, GateDecision, GateState, ISSUER, LOCK_FAILURES, SKEW_STEPS,
    STEP_SECONDS,
};
pub use key_slots::{Factor, KeySlotKind, MIN_PASSPHRASE};
pub use organisations::{InvalidOrganisation, Organisation};
pub use recovery_codes::{RECOVERY_CODES, RecoveryCode, RecoveryCodeError, RecoveryKit};
pub use seal::{Aad, Opener, Sealer, SealingSession};
pub use totp_import::{TotpImportError, TotpSecret};
pub use unlocked_slot::{KeySlotInfo, UnlockedSlot};
pub use vault::copy::{RecoveredKeys, open_vault_copy};
pub use vault::create::NewVault;
pub use vault::edit::ProposedSecret;
pub use vault::{CodeCheck, FILE_NAME, GateToken, MAX_ORGANISATIONS, Vault};

//! The credential store of the operating system: one small secret for each account, kept by the login.
//!
//! Such a store protects against somebody who takes the disk or logs in as another user: they get nothing without
//! this user's password. It does not protect against programs that run as this user: each may ask for the secret, too.
//!
//! Always true:
//! * A secret for which [`CredentialStore::set`] returned `Ok` was read back from the store and is the same.
//! * Nothing here waits without an end: a system that does not answer becomes a [`CredentialStoreUnavailable`].
//! * No error holds a secret, or a part of one.

#[cfg(windows)]
mod credential_manager;
mod interface;
mod memory;
#[cfg(target_os = "linux")]
pub mod secret_service;
#[cfg(not(any(target_os = "linux", windows)))]
mod unsupported;

#[cfg(windows)]
use credential_manager as system;
#[cfg(target_os = "linux")]
use secret_service as system;
#[cfg(not(any(target_os = "linux", windows)))]
use unsupported as system;

pub use interface::{
    CredentialStore, CredentialStoreError, CredentialStoreUnavailable, LABEL, MAX_ACCOUNT_CHARS,
    MAX_SECRET_BYTES, UnavailableCause,
};
pub use memory::MemoryCredentialStore;

/// The store of the system that this program runs on, as far as it can be seen to work without asking anybody.
///
/// A keyring that is locked but can ask for its password (there is a display) counts as working; the question comes
/// with the first call.
///
/// # Errors
/// The reason why there is none, and the remedy.
pub fn open_os_store() -> Result<Box<dyn CredentialStore>, CredentialStoreUnavailable> {
    system::open()
}

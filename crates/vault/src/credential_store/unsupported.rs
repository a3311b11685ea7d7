//! Systems whose credential store uam does not know.

use super::interface::{CredentialStore, CredentialStoreUnavailable, UnavailableCause};

/// There is none.
///
/// # Errors
/// Always.
pub(super) fn open() -> Result<Box<dyn CredentialStore>, CredentialStoreUnavailable> {
    Err(CredentialStoreUnavailable::new(
        UnavailableCause::Unsupported,
        "uam knows no credential store of this operating system",
        "use a passphrase",
    ))
}

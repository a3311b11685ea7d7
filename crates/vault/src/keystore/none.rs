//! Systems whose credential store uam does not know.

use super::{Cause, SecretStore, Unavailable};

/// There is none.
///
/// # Errors
/// Always.
pub(super) fn open() -> Result<Box<dyn SecretStore>, Unavailable> {
    Err(Unavailable::new(
        Cause::Unsupported,
        "uam knows no credential store of this operating system",
        "use a passphrase",
    ))
}

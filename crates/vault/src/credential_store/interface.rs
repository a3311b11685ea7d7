//! The interface of a credential store, its errors, and the limits of names and secrets.

use thiserror::Error;
use zeroize::Zeroizing;

/// The label of the entry in the system's own password manager.
pub const LABEL: &str = "uam key of this computer's record";

/// The longest secret that is stored, in bytes. A key has 32; the smallest limit of a system is 2,560 (Windows).
pub const MAX_SECRET_BYTES: usize = 512;

/// The longest name of an account, in characters. A device id has 32.
pub const MAX_ACCOUNT_CHARS: usize = 64;

/// A place that keeps secrets for this user.
///
/// Calls block, some for as long as a person takes to answer the system's question; they must not come from inside an
/// asynchronous task.
pub trait CredentialStore: Send + Sync {
    /// Its name: "Secret Service", "Windows Credential Manager".
    fn name(&self) -> &str;

    /// The secret of `account`; `None` where there is none.
    ///
    /// # Errors
    /// [`CredentialStoreError::Unavailable`] where the store cannot be asked or stays locked, [`CredentialStoreError::Damaged`] where its
    /// answer is no secret, [`CredentialStoreError::Account`].
    fn get(&self, account: &str) -> Result<Option<Zeroizing<Vec<u8>>>, CredentialStoreError>;

    /// Keeps `secret` (1 to [`MAX_SECRET_BYTES`] bytes) for `account` in the place of the one before.
    ///
    /// # Errors
    /// As [`Self::get`], and [`CredentialStoreError::Refused`], [`CredentialStoreError::Secret`]. The old secret may be gone then.
    fn set(&self, account: &str, secret: &[u8]) -> Result<(), CredentialStoreError>;

    /// Deletes the secret of `account`; true when there was one.
    ///
    /// # Errors
    /// As [`Self::get`], and [`CredentialStoreError::Refused`].
    fn remove(&self, account: &str) -> Result<bool, CredentialStoreError>;
}

/// The store cannot be used, now or on this system.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{reason}; {remedy}")]
pub struct CredentialStoreUnavailable {
    /// Which case it is, for code that decides by it.
    pub cause: UnavailableCause,
    /// Why, in words a user understands.
    pub reason: String,
    /// The action that helps.
    pub remedy: String,
}

impl CredentialStoreUnavailable {
    pub(crate) fn new(
        cause: UnavailableCause,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            cause,
            reason: reason.into(),
            remedy: remedy.into(),
        }
    }
}

/// The cause of a [`CredentialStoreUnavailable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnavailableCause {
    /// This system has no store that uam knows.
    Unsupported,
    /// No login session to which a store could belong: no session bus, no logon session.
    NoSession,
    /// The session runs no store.
    NoService,
    /// The store runs but has no keyring yet.
    NoKeyring,
    /// The keyring is locked and there is nobody to ask.
    Locked,
    /// The user was asked to open the keyring and declined.
    Declined,
    /// No answer in time.
    Silent,
    /// The store went away in the middle.
    Gone,
}

/// Errors of a credential store.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CredentialStoreError {
    /// The store cannot be used.
    #[error(transparent)]
    Unavailable(#[from] CredentialStoreUnavailable),
    /// The store works and said no.
    #[error("the {store} cannot {doing}: {why}; try again, or use a passphrase")]
    Refused {
        /// The store's name.
        store: &'static str,
        /// The operation, as in "cannot *save the key*".
        doing: &'static str,
        /// Its reason.
        why: String,
    },
    /// The answer makes no sense; it is never repeated.
    #[error(
        "the {store} gave an answer that is no key ({why}); delete the entry \"{LABEL}\" in the system's password \
         manager and set the slot up again, or use a passphrase"
    )]
    Damaged {
        /// The store's name.
        store: &'static str,
        /// The fault.
        why: String,
    },
    /// The name of an account is not one.
    #[error(
        "the account of a stored key must be 1 to {MAX_ACCOUNT_CHARS} letters, digits, '-' or '_'; this is a bug in uam"
    )]
    Account,
    /// A secret is empty or too long.
    #[error(
        "a stored key must have 1 to {MAX_SECRET_BYTES} bytes, not {bytes}; this is a bug in uam"
    )]
    Secret {
        /// How many it has.
        bytes: usize,
    },
}

/// Accounts become parts of names in other programs, so they hold nothing that could mean something there.
pub(super) fn check_account(account: &str) -> Result<(), CredentialStoreError> {
    let fits = (1..=MAX_ACCOUNT_CHARS).contains(&account.len());
    let plain = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
    if fits && account.bytes().all(plain) {
        Ok(())
    } else {
        Err(CredentialStoreError::Account)
    }
}

pub(super) fn check_secret(secret: &[u8]) -> Result<(), CredentialStoreError> {
    if (1..=MAX_SECRET_BYTES).contains(&secret.len()) {
        Ok(())
    } else {
        Err(CredentialStoreError::Secret {
            bytes: secret.len(),
        })
    }
}

/// A secret as a store gave it: nothing that [`check_secret`] would have let in is refused.
pub(super) fn check_answer(
    store: &'static str,
    secret: Vec<u8>,
) -> Result<Zeroizing<Vec<u8>>, CredentialStoreError> {
    let secret = Zeroizing::new(secret);
    check_secret(&secret).map_err(|_| CredentialStoreError::Damaged {
        store,
        why: format!("{} bytes", secret.len()),
    })?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_hold_nothing_that_means_something_elsewhere() {
        for good in ["a", "0123456789abcdef0123456789abcdef", "A-b_9"] {
            assert_eq!(check_account(good), Ok(()), "{good}");
        }
        let long = "a".repeat(MAX_ACCOUNT_CHARS + 1);
        for bad in ["", "a b", "a/b", "a.b", "ä", "a\0", "*", long.as_str()] {
            assert_eq!(
                check_account(bad),
                Err(CredentialStoreError::Account),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn secrets_have_a_length() {
        assert_eq!(check_secret(&[0; MAX_SECRET_BYTES]), Ok(()));
        for bytes in [0, MAX_SECRET_BYTES + 1] {
            let error = CredentialStoreError::Secret { bytes };
            assert_eq!(check_secret(&vec![0; bytes]), Err(error));
            let answer = check_answer("store", vec![0; bytes]);
            assert!(
                matches!(answer, Err(CredentialStoreError::Damaged { .. })),
                "{bytes}"
            );
        }
        let answer = check_answer("store", vec![7]);
        assert!(answer.is_ok_and(|secret| secret.as_slice() == [7]));
    }

    #[test]
    fn errors_say_what_to_do() {
        let lost = CredentialStoreUnavailable::new(
            UnavailableCause::NoSession,
            "no session bus",
            "log in",
        );
        assert_eq!(
            CredentialStoreError::from(lost).to_string(),
            "no session bus; log in"
        );
    }
}

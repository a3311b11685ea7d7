//! Windows: a generic credential of this user on this computer, sealed by Windows under the user's logon (DPAPI).

use super::interface::{
    CredentialStore, CredentialStoreError, CredentialStoreUnavailable, LABEL, UnavailableCause,
    check_account, check_answer, check_secret,
};
use keyring_core::{Entry, Error, api::CredentialStoreApi};
use std::collections::HashMap;
use std::sync::Arc;
use windows_native_keyring_store::Store;
use zeroize::Zeroizing;

const NAME: &str = "Windows Credential Manager";

/// An account that is never set: reading it shows whether this process may read at all.
const NOBODY: &str = "nobody";

struct CredentialManager {
    store: Arc<Store>,
}

/// The credentials of the user of this process.
///
/// # Errors
/// A process without a logon session (some services, and logins over the network) has none.
pub(super) fn open() -> Result<Box<dyn CredentialStore>, CredentialStoreUnavailable> {
    let store = Store::new().map_err(|error| no_session(&error))?;
    let store = CredentialManager { store };
    match store.get(NOBODY) {
        Ok(_) => Ok(Box::new(store)),
        Err(CredentialStoreError::Unavailable(why)) => Err(why),
        Err(error) => Err(no_session(&error)),
    }
}

fn no_session(error: &dyn std::error::Error) -> CredentialStoreUnavailable {
    CredentialStoreUnavailable::new(
        UnavailableCause::NoSession,
        format!("the {NAME} cannot be used in this session ({error})"),
        "log in at this computer itself, or use a passphrase",
    )
}

impl CredentialManager {
    fn entry(&self, account: &str) -> Result<Entry, CredentialStoreError> {
        check_account(account)?;
        // The target is the only text that the Credential Manager shows in its list.
        let target = format!("{LABEL} ({account})");
        // "Local": not copied to the other computers of a domain user.
        let modifiers = HashMap::from([("target", target.as_str()), ("persistence", "Local")]);
        self.store
            .build("uam", account, Some(&modifiers))
            .map_err(|error| refused("name the key", &error))
    }
}

/// Only the error's own words: some variants carry the secret, but none prints it.
fn refused(doing: &'static str, error: &Error) -> CredentialStoreError {
    match error {
        Error::NoStorageAccess(_) => no_session(error).into(),
        _ => CredentialStoreError::Refused {
            store: NAME,
            doing,
            why: error.to_string(),
        },
    }
}

impl CredentialStore for CredentialManager {
    fn name(&self) -> &str {
        NAME
    }

    fn get(&self, account: &str) -> Result<Option<Zeroizing<Vec<u8>>>, CredentialStoreError> {
        match self.entry(account)?.get_secret() {
            Ok(secret) => check_answer(NAME, secret).map(Some),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(refused("read the key", &error)),
        }
    }

    fn set(&self, account: &str, secret: &[u8]) -> Result<(), CredentialStoreError> {
        check_secret(secret)?;
        self.entry(account)?
            .set_secret(secret)
            .map_err(|error| refused("save the key", &error))?;
        match self.get(account)? {
            Some(kept) if kept.as_slice() == secret => Ok(()),
            _ => Err(CredentialStoreError::Damaged {
                store: NAME,
                why: "another one than was saved".into(),
            }),
        }
    }

    fn remove(&self, account: &str) -> Result<bool, CredentialStoreError> {
        match self.entry(account)?.delete_credential() {
            Ok(()) => Ok(true),
            Err(Error::NoEntry) => Ok(false),
            Err(error) => Err(refused("delete the key", &error)),
        }
    }
}

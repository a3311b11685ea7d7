//! A store in the memory of this process.

use super::interface::{CredentialStore, CredentialStoreError, check_account, check_secret};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// A store that holds nothing beyond this process. Its clones are the same store.
///
/// For tests, and for everything that must not touch the store of the person who runs it. A key that lies only here is
/// lost when the process ends.
#[derive(Clone, Default)]
pub struct MemoryCredentialStore {
    secrets: Arc<Mutex<Secrets>>,
}

type Secrets = BTreeMap<String, Zeroizing<Vec<u8>>>;

impl MemoryCredentialStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A panic cannot spoil the map: it is changed in single steps.
    fn lock_secrets(&self) -> MutexGuard<'_, Secrets> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Without the secrets.
impl std::fmt::Debug for MemoryCredentialStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let secrets = self.lock_secrets();
        let accounts: Vec<&String> = secrets.keys().collect();
        f.debug_struct("MemoryCredentialStore")
            .field("accounts", &accounts)
            .finish()
    }
}

impl CredentialStore for MemoryCredentialStore {
    fn name(&self) -> &str {
        "memory of this process"
    }

    fn get(&self, account: &str) -> Result<Option<Zeroizing<Vec<u8>>>, CredentialStoreError> {
        check_account(account)?;
        Ok(self.lock_secrets().get(account).cloned())
    }

    fn set(&self, account: &str, secret: &[u8]) -> Result<(), CredentialStoreError> {
        check_account(account)?;
        check_secret(secret)?;
        let secret = Zeroizing::new(secret.to_vec());
        self.lock_secrets().insert(account.to_owned(), secret);
        Ok(())
    }

    fn remove(&self, account: &str) -> Result<bool, CredentialStoreError> {
        check_account(account)?;
        Ok(self.lock_secrets().remove(account).is_some())
    }
}

//! Linux: the Secret Service of the desktop (gnome-keyring, KWallet, KeePassXC), over the session bus.
//!
//! <https://specifications.freedesktop.org/secret-service-spec/latest/>
//!
//! * Each call is a connection of its own. Calls are rare, and a service that was restarted in between is then no case
//!   at all.
//! * The session is a "plain" one. The bus is a socket of this user on this computer (another address is refused), and a
//!   program that may listen there may ask for the secret too; an encrypted session would keep nobody out.
//! * Nothing here can wipe the buffers of the bus after itself: copies of the secret lie in the memory of the bus and of
//!   the service anyway. Copies of this crate are wiped.

mod connection;
mod errors;
mod timeout;

use super::interface::{
    CredentialStore, CredentialStoreError, CredentialStoreUnavailable, UnavailableCause,
    check_account, check_secret,
};
use connection::{CallFault, SecretServiceConnection};
use errors::{NAME, keyring_locked, no_keyring};
use std::cmp::Reverse;
use std::time::Duration;
use timeout::with_timeout;
use zbus::OwnedObjectPath;
use zeroize::Zeroizing;

/// The store of the session that this process belongs to.
///
/// # Errors
/// Why it cannot be used.
pub(super) fn open() -> Result<Box<dyn CredentialStore>, CredentialStoreUnavailable> {
    let service = SecretService::of_session();
    service.check()?;
    Ok(Box::new(service))
}

/// The Secret Service on a bus.
#[derive(Clone, Debug)]
pub struct SecretService {
    /// The address of the bus; `None`: the session bus that the environment names.
    bus: Option<String>,
    may_ask: bool,
    patience: Duration,
    patience_with_people: Duration,
}

impl SecretService {
    /// The service on the session bus. It may ask the user where the environment names a display.
    #[must_use]
    pub fn of_session() -> Self {
        let has = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        Self {
            bus: None,
            may_ask: has("DISPLAY") || has("WAYLAND_DISPLAY"),
            patience: Duration::from_secs(10),
            patience_with_people: Duration::from_secs(60),
        }
    }

    /// The service on the bus at `address` (D-Bus's own form, `unix:path=/…`). It may not ask the user.
    #[must_use]
    pub fn at(address: impl Into<String>) -> Self {
        Self {
            bus: Some(address.into()),
            may_ask: false,
            ..Self::of_session()
        }
    }

    /// Whether the service may ask the user for the keyring's password.
    #[must_use]
    pub fn may_ask(self, may_ask: bool) -> Self {
        Self { may_ask, ..self }
    }

    /// How long each step may take (10 s unless told otherwise), and how long a person (60 s).
    #[must_use]
    pub fn patience(self, with_programs: Duration, with_people: Duration) -> Self {
        Self {
            patience: with_programs,
            patience_with_people: with_people,
            ..self
        }
    }

    /// Whether the service can be used, found out without asking the user anything.
    ///
    /// # Errors
    /// Why not. A locked keyring is no error where the user may be asked for its password when it is needed.
    pub fn check(&self) -> Result<(), CredentialStoreUnavailable> {
        let result = zbus::block_on(async {
            let service = self.open_connection().await?;
            let Some(collection) = self.with_patience(service.default_collection()).await? else {
                return Err(no_keyring().into());
            };
            if self.may_ask || !self.with_patience(service.is_locked(&collection)).await? {
                return Ok(());
            }
            // Some open without a question.
            self.unlock_items(&service, std::slice::from_ref(&collection))
                .await?;
            match self.with_patience(service.is_locked(&collection)).await? {
                false => Ok(()),
                true => Err(keyring_locked().into()),
            }
        });
        result.map_err(|error: CredentialStoreError| match error {
            CredentialStoreError::Unavailable(why) => why,
            other => CredentialStoreUnavailable::new(
                UnavailableCause::NoService,
                format!("the Secret Service that runs cannot be used: {other}"),
                "use another one, or a passphrase",
            ),
        })
    }

    async fn open_connection(&self) -> Result<SecretServiceConnection, CredentialStoreError> {
        self.with_patience(SecretServiceConnection::open(self.bus.as_deref()))
            .await
    }

    /// A step in which no person takes part.
    async fn with_patience<T, E: From<CredentialStoreError>>(
        &self,
        step: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        with_timeout(self.patience, step).await
    }

    async fn unlock_items(
        &self,
        service: &SecretServiceConnection,
        paths: &[OwnedObjectPath],
    ) -> Result<(), CredentialStoreError> {
        match self.with_patience(service.unlock_items(paths)).await? {
            Some(prompt) => self.ask_user(service, &prompt).await.map(drop),
            None => Ok(()),
        }
    }

    /// Lets the user answer a prompt; the object that the answer names, if it names one.
    async fn ask_user(
        &self,
        service: &SecretServiceConnection,
        prompt: &OwnedObjectPath,
    ) -> Result<Option<OwnedObjectPath>, CredentialStoreError> {
        let result = match self.may_ask {
            true => with_timeout(self.patience_with_people, service.run_prompt(prompt)).await,
            false => Err(keyring_locked().into()),
        };
        match result {
            Ok(result) => Ok(OwnedObjectPath::try_from(result).ok()),
            Err(error) => {
                // A prompt that nobody waits for must not stay open; if it cannot be dismissed, the first error counts.
                let _ = self.with_patience(service.dismiss_prompt(prompt)).await;
                Err(error)
            }
        }
    }

    /// The items of `account` that can be read. Only when there may be one behind a lock is something unlocked: `all`
    /// wants every item, else one is enough.
    async fn readable_items(
        &self,
        service: &SecretServiceConnection,
        account: &str,
        all: bool,
    ) -> Result<Vec<OwnedObjectPath>, CredentialStoreError> {
        let found = self.with_patience(service.search_items(account)).await?;
        if !found.unlocked.is_empty() && (!all || found.locked.is_empty()) {
            return Ok(found.unlocked);
        }
        let mut shut = found.locked;
        if shut.is_empty() {
            // Not every service searches behind a lock, so nothing found does not mean that there is nothing.
            match self.with_patience(service.default_collection()).await? {
                Some(collection) if self.with_patience(service.is_locked(&collection)).await? => {
                    shut.push(collection);
                }
                _ => return Ok(Vec::new()),
            }
        }
        self.unlock_items(service, &shut).await?;
        let found = self.with_patience(service.search_items(account)).await?;
        if found.unlocked.is_empty() && !found.locked.is_empty() {
            return Err(keyring_locked().into());
        }
        Ok(found.unlocked)
    }

    async fn read_secret(
        &self,
        account: &str,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, CredentialStoreError> {
        let service = self.open_connection().await?;
        let mut items = Vec::new();
        for item in self.readable_items(&service, account, false).await? {
            items.push((
                self.with_patience(service.modified_seconds(&item)).await?,
                item,
            ));
        }
        // Two items of one account: somebody restored a backup, or two services were merged. The newest counts.
        items.sort_by_key(|(modified, _)| Reverse(*modified));
        for (_, item) in items {
            match self.with_patience(service.read_secret(&item)).await {
                Ok(secret) => return Ok(Some(secret)),
                // Deleted since it was found.
                Err(CallFault::Missing) => {}
                Err(fault) => return Err(fault.into()),
            }
        }
        Ok(None)
    }

    async fn write_secret(&self, account: &str, secret: &[u8]) -> Result<(), CredentialStoreError> {
        let service = self.open_connection().await?;
        let Some(collection) = self.with_patience(service.default_collection()).await? else {
            return Err(no_keyring().into());
        };
        if self.with_patience(service.is_locked(&collection)).await? {
            self.unlock_items(&service, std::slice::from_ref(&collection))
                .await?;
        }
        let (item, prompt) = self
            .with_patience(service.create_item(&collection, account, secret))
            .await?;
        let item = match prompt {
            Some(prompt) => self.ask_user(&service, &prompt).await?,
            None => item,
        };
        let kept = match &item {
            Some(item) => Some(self.with_patience(service.read_secret(item)).await?),
            None => None,
        };
        if kept.is_none_or(|kept| kept.as_slice() != secret) {
            return Err(CredentialStoreError::Damaged {
                store: NAME,
                why: "another one than was saved".into(),
            });
        }
        // Older items of this account, in other collections too. The new one is the newest, so one that cannot be
        // deleted does no harm.
        let found = self.with_patience(service.search_items(account)).await?;
        for old in found.unlocked {
            if Some(&old) != item.as_ref() {
                let _ = self.delete_item(&service, &old).await;
            }
        }
        Ok(())
    }

    /// Deletes an item; whether it was there.
    async fn delete_item(
        &self,
        service: &SecretServiceConnection,
        item: &OwnedObjectPath,
    ) -> Result<bool, CredentialStoreError> {
        match self.with_patience(service.delete_item(item)).await {
            Ok(Some(prompt)) => self.ask_user(service, &prompt).await.map(|_| true),
            Ok(None) => Ok(true),
            Err(CallFault::Missing) => Ok(false),
            Err(fault) => Err(fault.into()),
        }
    }

    async fn delete_all(&self, account: &str) -> Result<bool, CredentialStoreError> {
        let service = self.open_connection().await?;
        let mut was_there = false;
        for item in self.readable_items(&service, account, true).await? {
            was_there |= self.delete_item(&service, &item).await?;
        }
        Ok(was_there)
    }
}

impl CredentialStore for SecretService {
    fn name(&self) -> &str {
        NAME
    }

    fn get(&self, account: &str) -> Result<Option<Zeroizing<Vec<u8>>>, CredentialStoreError> {
        check_account(account)?;
        zbus::block_on(self.read_secret(account))
    }

    fn set(&self, account: &str, secret: &[u8]) -> Result<(), CredentialStoreError> {
        check_account(account)?;
        check_secret(secret)?;
        zbus::block_on(self.write_secret(account, secret))
    }

    fn remove(&self, account: &str) -> Result<bool, CredentialStoreError> {
        check_account(account)?;
        zbus::block_on(self.delete_all(account))
    }
}

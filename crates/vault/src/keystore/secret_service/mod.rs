//! Linux: the Secret Service of the desktop (gnome-keyring, KWallet, KeePassXC), over the session bus.
//!
//! <https://specifications.freedesktop.org/secret-service-spec/latest/>
//!
//! * Each call is a connection of its own. Calls are rare, and a service that was restarted in between is then no case
//!   at all.
//! * The session is a "plain" one. The bus is a socket of this user on this computer (another address is refused), and
//!   whoever may listen there may ask for the secret too; an encrypted session would keep nobody out.
//! * Nothing here can wipe the buffers of the bus after itself: copies of the secret lie in the memory of the bus and of
//!   the service anyway. Copies of this crate are wiped.

mod bus;
mod limit;

use super::{
    CredentialStore, CredentialStoreError, CredentialStoreUnavailable, UnavailableCause,
    check_account, check_secret,
};
use bus::{CallFault, SecretServiceConnection};
use limit::with_timeout;
use std::cmp::Reverse;
use std::time::Duration;
use zbus::OwnedObjectPath;
use zeroize::Zeroizing;

const NAME: &str = "Secret Service";

/// The attribute of an item that holds the account; beside it stands `application` = `uam`.
const ATTRIBUTE: &str = "device";

/// How many items of one account are looked at; there should be one.
const FIRST_ITEMS: usize = 16;

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
            let service = self.reach().await?;
            let Some(collection) = self.quick(service.collection()).await? else {
                return Err(no_keyring().into());
            };
            if self.may_ask || !self.quick(service.is_locked(&collection)).await? {
                return Ok(());
            }
            // Some open without a question.
            self.unlock(&service, std::slice::from_ref(&collection))
                .await?;
            match self.quick(service.is_locked(&collection)).await? {
                false => Ok(()),
                true => Err(locked().into()),
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

    async fn reach(&self) -> Result<SecretServiceConnection, CredentialStoreError> {
        self.quick(SecretServiceConnection::open(self.bus.as_deref()))
            .await
    }

    /// A step in which no person takes part.
    async fn quick<T, E: From<CredentialStoreError>>(
        &self,
        step: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        with_timeout(self.patience, step).await
    }

    async fn unlock(
        &self,
        service: &SecretServiceConnection,
        paths: &[OwnedObjectPath],
    ) -> Result<(), CredentialStoreError> {
        match self.quick(service.unlock(paths)).await? {
            Some(prompt) => self.ask(service, &prompt).await.map(drop),
            None => Ok(()),
        }
    }

    /// Has a question answered; what the answer brought is an object of the service, if it is one.
    async fn ask(
        &self,
        service: &SecretServiceConnection,
        prompt: &OwnedObjectPath,
    ) -> Result<Option<OwnedObjectPath>, CredentialStoreError> {
        let result = match self.may_ask {
            true => with_timeout(self.patience_with_people, service.ask(prompt)).await,
            false => Err(locked().into()),
        };
        match result {
            Ok(result) => Ok(OwnedObjectPath::try_from(result).ok()),
            Err(error) => {
                // A window that nobody waits for must not stay; if it cannot be taken away, the first error counts.
                let _ = self.quick(service.dismiss(prompt)).await;
                Err(error)
            }
        }
    }

    /// The items of `account` that can be read. Only when there may be one behind a lock is something unlocked: `all`
    /// wants every item, else one is enough.
    async fn items(
        &self,
        service: &SecretServiceConnection,
        account: &str,
        all: bool,
    ) -> Result<Vec<OwnedObjectPath>, CredentialStoreError> {
        let found = self.quick(service.search(account)).await?;
        if !found.unlocked.is_empty() && (!all || found.locked.is_empty()) {
            return Ok(found.unlocked);
        }
        let mut shut = found.locked;
        if shut.is_empty() {
            // Not every service searches behind a lock, so nothing found does not mean that there is nothing.
            match self.quick(service.collection()).await? {
                Some(collection) if self.quick(service.is_locked(&collection)).await? => {
                    shut.push(collection);
                }
                _ => return Ok(Vec::new()),
            }
        }
        self.unlock(service, &shut).await?;
        let found = self.quick(service.search(account)).await?;
        if found.unlocked.is_empty() && !found.locked.is_empty() {
            return Err(locked().into());
        }
        Ok(found.unlocked)
    }

    async fn read(
        &self,
        account: &str,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, CredentialStoreError> {
        let service = self.reach().await?;
        let mut items = Vec::new();
        for item in self.items(&service, account, false).await? {
            items.push((self.quick(service.modified(&item)).await?, item));
        }
        // Two items of one account: somebody restored a backup, or two services were merged. The newest counts.
        items.sort_by_key(|(modified, _)| Reverse(*modified));
        for (_, item) in items {
            match self.quick(service.secret(&item)).await {
                Ok(secret) => return Ok(Some(secret)),
                // Deleted since it was found.
                Err(CallFault::Missing) => {}
                Err(fault) => return Err(fault.into()),
            }
        }
        Ok(None)
    }

    async fn write(&self, account: &str, secret: &[u8]) -> Result<(), CredentialStoreError> {
        let service = self.reach().await?;
        let Some(collection) = self.quick(service.collection()).await? else {
            return Err(no_keyring().into());
        };
        if self.quick(service.is_locked(&collection)).await? {
            self.unlock(&service, std::slice::from_ref(&collection))
                .await?;
        }
        let (item, prompt) = self
            .quick(service.create(&collection, account, secret))
            .await?;
        let item = match prompt {
            Some(prompt) => self.ask(&service, &prompt).await?,
            None => item,
        };
        let kept = match &item {
            Some(item) => Some(self.quick(service.secret(item)).await?),
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
        let found = self.quick(service.search(account)).await?;
        for old in found.unlocked {
            if Some(&old) != item.as_ref() {
                let _ = self.delete(&service, &old).await;
            }
        }
        Ok(())
    }

    /// Deletes an item; whether it was there.
    async fn delete(
        &self,
        service: &SecretServiceConnection,
        item: &OwnedObjectPath,
    ) -> Result<bool, CredentialStoreError> {
        match self.quick(service.delete(item)).await {
            Ok(Some(prompt)) => self.ask(service, &prompt).await.map(|_| true),
            Ok(None) => Ok(true),
            Err(CallFault::Missing) => Ok(false),
            Err(fault) => Err(fault.into()),
        }
    }

    async fn clear(&self, account: &str) -> Result<bool, CredentialStoreError> {
        let service = self.reach().await?;
        let mut was_there = false;
        for item in self.items(&service, account, true).await? {
            was_there |= self.delete(&service, &item).await?;
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
        zbus::block_on(self.read(account))
    }

    fn set(&self, account: &str, secret: &[u8]) -> Result<(), CredentialStoreError> {
        check_account(account)?;
        check_secret(secret)?;
        zbus::block_on(self.write(account, secret))
    }

    fn remove(&self, account: &str) -> Result<bool, CredentialStoreError> {
        check_account(account)?;
        zbus::block_on(self.clear(account))
    }
}

fn no_bus(why: &str) -> CredentialStoreUnavailable {
    CredentialStoreUnavailable::new(
        UnavailableCause::NoSession,
        format!("no session bus ({why})"),
        "log in at the desktop of this computer, or use a passphrase",
    )
}

fn no_service() -> CredentialStoreUnavailable {
    CredentialStoreUnavailable::new(
        UnavailableCause::NoService,
        "no Secret Service is running",
        "install gnome-keyring or KWallet, or use a passphrase",
    )
}

fn no_keyring() -> CredentialStoreUnavailable {
    CredentialStoreUnavailable::new(
        UnavailableCause::NoKeyring,
        "the Secret Service has no keyring yet",
        "make one in the desktop's password manager (Passwords and Keys, KWalletManager), or use a passphrase",
    )
}

fn locked() -> CredentialStoreUnavailable {
    CredentialStoreUnavailable::new(
        UnavailableCause::Locked,
        "the login keyring is locked and cannot be asked to open here",
        "unlock it at the desktop of this computer, or use a passphrase",
    )
}

fn declined() -> CredentialStoreUnavailable {
    CredentialStoreUnavailable::new(
        UnavailableCause::Declined,
        "the keyring stayed locked, because its question was dismissed",
        "try again and give the keyring's password, or use a passphrase",
    )
}

fn gone() -> CredentialStoreUnavailable {
    CredentialStoreUnavailable::new(
        UnavailableCause::Gone,
        "the Secret Service went away while it was asked",
        "try again, or use a passphrase",
    )
}

fn silent(patience: Duration) -> CredentialStoreUnavailable {
    CredentialStoreUnavailable::new(
        UnavailableCause::Silent,
        format!("timed out: the Secret Service gave no answer within {patience:?}"),
        "try again, or use a passphrase",
    )
}

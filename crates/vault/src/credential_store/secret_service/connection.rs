//! The protocol: one connection to the bus, one session with one Secret Service, one method for each that is called.
//!
//! After the first call everything goes to the unique name that answered it. A service that takes the place of another
//! knows nothing of this session, and nothing is sent to it.

use super::errors::{NAME, keyring_locked, no_bus, no_service, prompt_declined, service_gone};
use crate::credential_store::interface::{CredentialStoreError, LABEL, check_answer};
use futures::StreamExt;
use std::collections::HashMap;
use zbus::address::transport::Transport;
use zbus::connection::Builder;
use zbus::message::Type;
use zbus::wire::{DynamicDeserialize, OwnedVariant};
use zbus::{Address, Connection, Message, MessageStream, OwnedObjectPath, Variant, fdo};
use zeroize::Zeroizing;

/// The attribute of an item that holds the account; beside it stands `application` = `uam`.
const ATTRIBUTE: &str = "device";

/// How many items of one account are looked at; there should be one.
const FIRST_ITEMS: usize = 16;

const SECRETS: &str = "org.freedesktop.secrets";
const SECRETS_PATH: &str = "/org/freedesktop/secrets";
const SERVICE: &str = "org.freedesktop.Secret.Service";
const COLLECTION: &str = "org.freedesktop.Secret.Collection";
const ITEM: &str = "org.freedesktop.Secret.Item";
const PROMPT: &str = "org.freedesktop.Secret.Prompt";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const DBUS: &str = "org.freedesktop.DBus";
const DBUS_PATH: &str = "/org/freedesktop/DBus";

/// Lives as long as the session with the desktop and no longer: no place for a key.
const FLEETING: &str = "/org/freedesktop/secrets/collection/session";

/// The path that stands for "none" in this protocol.
const NONE: &str = "/";

/// The service's own words are cut after this many characters.
const MAX_WORDS: usize = 200;

/// Why a call gave no answer.
pub(super) enum CallFault {
    /// The object it was for does not exist (any more).
    Missing,
    /// Everything else.
    Store(CredentialStoreError),
}

impl From<CredentialStoreError> for CallFault {
    fn from(error: CredentialStoreError) -> Self {
        Self::Store(error)
    }
}

impl From<CallFault> for CredentialStoreError {
    fn from(fault: CallFault) -> Self {
        match fault {
            CallFault::Missing => damaged_answer("what it named does not exist"),
            CallFault::Store(error) => error,
        }
    }
}

/// A secret on the wire: session, parameters (none with a plain session), the bytes, their kind.
type SecretStruct = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

/// Items that a search found.
pub(super) struct ItemSearch {
    pub(super) unlocked: Vec<OwnedObjectPath>,
    pub(super) locked: Vec<OwnedObjectPath>,
}

/// A session with a Secret Service. It ends with the connection.
pub(super) struct SecretServiceConnection {
    conn: Connection,
    /// The unique name of the service that answered.
    peer: String,
    session: OwnedObjectPath,
}

impl SecretServiceConnection {
    /// Goes to the bus and opens a session there.
    pub(super) async fn open(bus: Option<&str>) -> Result<Self, CredentialStoreError> {
        let address = match bus {
            Some(address) => address.parse::<Address>(),
            None => Address::session(),
        };
        let address = address.map_err(|error| no_bus(&shorten_text(&error.to_string())))?;
        // The secret crosses the bus as it is, so the bus must be on this computer.
        if !matches!(address.transport(), Transport::Unix(_)) {
            return Err(no_bus("the address of the session bus is not on this computer").into());
        }
        let conn = Builder::address(address)
            .build()
            .await
            .map_err(|error| no_bus(&shorten_text(&error.to_string())))?;
        let method = "OpenSession";
        let body = ("plain", Variant::from(""));
        let reply = conn
            .call_method(Some(SECRETS), SECRETS_PATH, Some(SERVICE), method, &body)
            .await
            .map_err(|error| match error {
                zbus::Error::FDO(error) if means_no_service(&error) => no_service().into(),
                other => CredentialStoreError::from(classify_fault("be opened", other)),
            })?;
        let (_, session): (OwnedVariant, OwnedObjectPath) = read_body(&reply)?;
        let peer = reply.header().sender().map(|name| name.as_str().to_owned());
        let peer = peer.ok_or_else(|| damaged_answer("it has no name on the bus"))?;
        Ok(Self {
            conn,
            peer,
            session,
        })
    }

    async fn call_service<B, R>(
        &self,
        doing: &'static str,
        path: &str,
        interface: &str,
        method: &str,
        body: &B,
    ) -> Result<R, CallFault>
    where
        B: serde::Serialize + zbus::DynamicType,
        R: for<'d> DynamicDeserialize<'d>,
    {
        let peer = Some(self.peer.as_str());
        let reply = self
            .conn
            .call_method(peer, path, Some(interface), method, body)
            .await
            .map_err(|error| classify_fault(doing, error))?;
        Ok(read_body(&reply)?)
    }

    async fn read_property<T>(
        &self,
        path: &str,
        interface: &str,
        name: &str,
    ) -> Result<T, CallFault>
    where
        T: TryFrom<OwnedVariant>,
    {
        let value: OwnedVariant = self
            .call_service("be asked", path, PROPERTIES, "Get", &(interface, name))
            .await?;
        T::try_from(value).map_err(|_| damaged_answer("a property has the wrong type").into())
    }

    /// The collection where new items go: the default one, else the login keyring, else the first that stays.
    pub(super) async fn default_collection(
        &self,
    ) -> Result<Option<OwnedObjectPath>, CredentialStoreError> {
        for alias in ["default", "login"] {
            let path: OwnedObjectPath = self
                .call_service("be asked", SECRETS_PATH, SERVICE, "ReadAlias", &alias)
                .await?;
            if is_permanent(&path) {
                return Ok(Some(path));
            }
        }
        let all: Vec<OwnedObjectPath> = self
            .read_property(SECRETS_PATH, SERVICE, "Collections")
            .await?;
        Ok(all.into_iter().find(is_permanent))
    }

    pub(super) async fn is_locked(
        &self,
        collection: &OwnedObjectPath,
    ) -> Result<bool, CredentialStoreError> {
        Ok(self
            .read_property(collection.as_str(), COLLECTION, "Locked")
            .await?)
    }

    /// The first items with the attributes of `account`, at most [`FIRST_ITEMS`] of each kind.
    pub(super) async fn search_items(
        &self,
        account: &str,
    ) -> Result<ItemSearch, CredentialStoreError> {
        let (mut unlocked, mut locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) = self
            .call_service(
                "search for the key",
                SECRETS_PATH,
                SERVICE,
                "SearchItems",
                &item_attributes(account),
            )
            .await?;
        unlocked.truncate(FIRST_ITEMS);
        locked.truncate(FIRST_ITEMS);
        Ok(ItemSearch { unlocked, locked })
    }

    /// Unlocks the items that need no prompt; the prompt for the rest.
    pub(super) async fn unlock_items(
        &self,
        paths: &[OwnedObjectPath],
    ) -> Result<Option<OwnedObjectPath>, CredentialStoreError> {
        let (_, prompt): (Vec<OwnedObjectPath>, OwnedObjectPath) = self
            .call_service("be unlocked", SECRETS_PATH, SERVICE, "Unlock", &paths)
            .await?;
        Ok(some_path(prompt))
    }

    /// When the item was last changed, in seconds since 1970; 0 where the service does not say.
    pub(super) async fn modified_seconds(
        &self,
        item: &OwnedObjectPath,
    ) -> Result<u64, CredentialStoreError> {
        match self.read_property(item.as_str(), ITEM, "Modified").await {
            Ok(seconds) => Ok(seconds),
            Err(CallFault::Missing | CallFault::Store(CredentialStoreError::Damaged { .. })) => {
                Ok(0)
            }
            Err(CallFault::Store(error)) => Err(error),
        }
    }

    pub(super) async fn read_secret(
        &self,
        item: &OwnedObjectPath,
    ) -> Result<Zeroizing<Vec<u8>>, CallFault> {
        let ((_, _, secret, _),): (SecretStruct,) = self
            .call_service(
                "read the key",
                item.as_str(),
                ITEM,
                "GetSecret",
                &self.session,
            )
            .await?;
        Ok(check_answer(NAME, secret)?)
    }

    /// Makes or replaces the item of `account`: its path, and the question to be asked first.
    pub(super) async fn create_item(
        &self,
        collection: &OwnedObjectPath,
        account: &str,
        secret: &[u8],
    ) -> Result<(Option<OwnedObjectPath>, Option<OwnedObjectPath>), CredentialStoreError> {
        let properties = HashMap::from([
            ("org.freedesktop.Secret.Item.Label", Variant::from(LABEL)),
            (
                "org.freedesktop.Secret.Item.Attributes",
                Variant::from(item_attributes(account)),
            ),
        ]);
        let none: &[u8] = &[];
        let secret = (&self.session, none, secret, "application/octet-stream");
        let (item, prompt): (OwnedObjectPath, OwnedObjectPath) = self
            .call_service(
                "save the key",
                collection.as_str(),
                COLLECTION,
                "CreateItem",
                &(properties, secret, true),
            )
            .await?;
        Ok((some_path(item), some_path(prompt)))
    }

    /// Deletes an item; the question to be asked first.
    pub(super) async fn delete_item(
        &self,
        item: &OwnedObjectPath,
    ) -> Result<Option<OwnedObjectPath>, CallFault> {
        let prompt: OwnedObjectPath = self
            .call_service("delete the key", item.as_str(), ITEM, "Delete", &())
            .await?;
        Ok(some_path(prompt))
    }

    /// Lets the service show its prompt, and waits for the user's answer.
    pub(super) async fn run_prompt(
        &self,
        prompt: &OwnedObjectPath,
    ) -> Result<OwnedVariant, CredentialStoreError> {
        let mut messages = MessageStream::from(&self.conn);
        let peer = &self.peer;
        for rule in [
            format!("type='signal',sender='{peer}',path='{prompt}',interface='{PROMPT}'"),
            format!(
                "type='signal',sender='{DBUS}',interface='{DBUS}',member='NameOwnerChanged',arg0='{peer}'"
            ),
        ] {
            self.conn
                .call_method(Some(DBUS), DBUS_PATH, Some(DBUS), "AddMatch", &rule)
                .await
                .map_err(|error| CredentialStoreError::from(classify_fault("be asked", error)))?;
        }
        // The empty text: the question belongs to no window.
        let () = self
            .call_service("be asked", prompt.as_str(), PROMPT, "Prompt", &"")
            .await?;
        while let Some(Ok(message)) = messages.next().await {
            match self.prompt_result(&message, prompt)? {
                Some((true, _)) => return Err(prompt_declined().into()),
                Some((false, result)) => return Ok(result),
                None => {}
            }
        }
        Err(service_gone().into())
    }

    /// Closes the prompt.
    pub(super) async fn dismiss_prompt(
        &self,
        prompt: &OwnedObjectPath,
    ) -> Result<(), CredentialStoreError> {
        Ok(self
            .call_service("be asked", prompt.as_str(), PROMPT, "Dismiss", &())
            .await?)
    }

    /// The answer to `prompt`, if `message` is it: whether it was dismissed, and its result.
    fn prompt_result(
        &self,
        message: &Message,
        prompt: &OwnedObjectPath,
    ) -> Result<Option<(bool, OwnedVariant)>, CredentialStoreError> {
        if message.message_type() != Type::Signal {
            return Ok(None);
        }
        let header = message.header();
        let from = header.sender().map(|name| name.as_str());
        match header.member().map(|member| member.as_str()) {
            Some("NameOwnerChanged") if from == Some(DBUS) => {
                let (name, _, new): (String, String, String) = read_body(message)?;
                if name == self.peer && new.is_empty() {
                    return Err(service_gone().into());
                }
                Ok(None)
            }
            Some("Completed")
                if from == Some(self.peer.as_str())
                    && header.path().map(|path| path.as_str()) == Some(prompt.as_str()) =>
            {
                read_body(message).map(Some)
            }
            _ => Ok(None),
        }
    }
}

fn item_attributes(account: &str) -> HashMap<&'static str, &str> {
    HashMap::from([("application", "uam"), (ATTRIBUTE, account)])
}

fn some_path(path: OwnedObjectPath) -> Option<OwnedObjectPath> {
    (path.as_str() != NONE).then_some(path)
}

fn is_permanent(collection: &OwnedObjectPath) -> bool {
    ![NONE, FLEETING].contains(&collection.as_str())
}

/// The body of a message.
fn read_body<R: for<'d> DynamicDeserialize<'d>>(
    message: &Message,
) -> Result<R, CredentialStoreError> {
    // The reason would repeat the content of the message.
    message
        .body()
        .deserialize()
        .map_err(|_| damaged_answer("it does not speak org.freedesktop.secrets"))
}

fn damaged_answer(why: &str) -> CredentialStoreError {
    CredentialStoreError::Damaged {
        store: NAME,
        why: why.to_owned(),
    }
}

/// The bus says that nobody has the name, or that its owner did not start.
fn means_no_service(error: &fdo::Error) -> bool {
    matches!(
        error,
        fdo::Error::ServiceUnknown(_)
            | fdo::Error::NameHasNoOwner(_)
            | fdo::Error::SpawnExecFailed(_)
            | fdo::Error::SpawnForkFailed(_)
            | fdo::Error::SpawnChildExited(_)
            | fdo::Error::SpawnChildSignaled(_)
            | fdo::Error::SpawnFailed(_)
            | fdo::Error::SpawnFailedToSetup(_)
            | fdo::Error::SpawnConfigInvalid(_)
            | fdo::Error::SpawnServiceNotValid(_)
            | fdo::Error::SpawnServiceNotFound(_)
            | fdo::Error::SpawnPermissionsInvalid(_)
            | fdo::Error::SpawnFileInvalid(_)
            | fdo::Error::SpawnNoMemory(_)
    )
}

fn classify_fault(doing: &'static str, error: zbus::Error) -> CallFault {
    let refused = |why: String| {
        CallFault::Store(CredentialStoreError::Refused {
            store: NAME,
            doing,
            why: shorten_text(&why),
        })
    };
    match error {
        zbus::Error::InputOutput(_) => CallFault::Store(service_gone().into()),
        zbus::Error::MethodError(name, text, _) => match name.as_str() {
            "org.freedesktop.Secret.Error.IsLocked" => CallFault::Store(keyring_locked().into()),
            "org.freedesktop.Secret.Error.NoSuchObject" => CallFault::Missing,
            // The session ended with the service that knew it.
            "org.freedesktop.Secret.Error.NoSession" => CallFault::Store(service_gone().into()),
            name => refused(text.unwrap_or_else(|| name.to_owned())),
        },
        zbus::Error::FDO(error) => match *error {
            fdo::Error::UnknownObject(_)
            | fdo::Error::UnknownMethod(_)
            | fdo::Error::UnknownInterface(_) => CallFault::Missing,
            fdo::Error::ServiceUnknown(_)
            | fdo::Error::NameHasNoOwner(_)
            | fdo::Error::NoReply(_)
            | fdo::Error::Disconnected(_) => CallFault::Store(service_gone().into()),
            other => refused(other.to_string()),
        },
        other => refused(other.to_string()),
    }
}

/// Another program's words, cut to one line for a person.
fn shorten_text(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(MAX_WORDS).collect()
}

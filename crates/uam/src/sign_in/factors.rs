//! The secret that opens the vault every day: kept by the operating system's credential store, or, without one, a
//! passphrase.

use crate::output;
use agent::unlock_slot_from_store;
use anyhow::Context;
use console::Prompt;
use model::{ErrorKind, UserError};
use std::io::{BufRead, Write};
use vault::{CredentialStore, Factor, KeySlotKind, UnlockedSlot, Vault, VaultError};
use zeroize::Zeroizing;

/// How often a passphrase is asked for.
const TRIES: u32 = 3;

/// A secret with the kind of slot it opens.
pub(crate) enum VaultSecret {
    /// From the credential store.
    Store(Zeroizing<Vec<u8>>),
    /// Typed.
    Passphrase(Zeroizing<String>),
}

impl VaultSecret {
    /// The secret as the vault takes it.
    pub(crate) fn as_factor(&self) -> Factor<'_> {
        match self {
            Self::Store(secret) => Factor::OsStore(secret),
            Self::Passphrase(words) => Factor::Passphrase(words),
        }
    }
}

/// Unlocks a slot with the credential store, without a question, or else with the passphrase.
pub(crate) fn unlock_slot<R: BufRead, W: Write>(
    vault: &Vault,
    ask: &mut Prompt<R, W>,
) -> anyhow::Result<UnlockedSlot> {
    let mut stored = None;
    if vault.has_slot(KeySlotKind::OsStore) {
        match unlock_slot_from_store(vault) {
            Ok(slot) => return Ok(slot),
            Err(why) => stored = Some(why),
        }
    }
    if vault.has_slot(KeySlotKind::Passphrase) {
        if let Some(why) = &stored {
            ask.print_line(&format!(
                "(The credential store cannot unlock the vault: {why:#})"
            ))?;
        }
        return unlock_slot_with_passphrase(vault, ask);
    }
    let why = stored.unwrap_or_else(|| anyhow::anyhow!("the vault has neither"));
    Err(UserError::new(ErrorKind::Denied, "the vault does not open: no credential store or passphrase has its key", "Sign in to the desktop so that the credential store opens, or use a recovery code: uam recover.").caused_by(why).into())
}

fn unlock_slot_with_passphrase<R: BufRead, W: Write>(
    vault: &Vault,
    ask: &mut Prompt<R, W>,
) -> anyhow::Result<UnlockedSlot> {
    for _ in 0..TRIES {
        let Some(words) = ask
            .ask_secret("Passphrase")
            .context("cannot ask for the passphrase")?
        else {
            break;
        };
        match vault.unlock_slot(&Factor::Passphrase(&words)) {
            Err(VaultError::WrongFactor { .. }) => ask.print_line("That is not the passphrase.")?,
            slot => return Ok(slot?),
        }
    }
    Err(UserError::new(
        ErrorKind::Denied,
        "the passphrase was not given",
        "Start again. If it is forgotten, a recovery code helps: uam recover.",
    )
    .into())
}

/// Creates the secret of a new vault: in the credential store if there is one, else a passphrase chosen now.
pub(crate) fn create_vault_secret(device: &str) -> anyhow::Result<VaultSecret> {
    match vault::open_os_store()
        .map_err(anyhow::Error::from)
        .and_then(|store| store_new_secret(&*store, device))
    {
        Ok(secret) => Ok(secret),
        Err(why) => {
            output::print_line(&format!(
                "This computer's credential store cannot keep the key of your record: {why:#}"
            ));
            Ok(VaultSecret::Passphrase(ask_new_passphrase()?))
        }
    }
}

/// Creates a secret and stores it in `store`, read back once.
pub(crate) fn store_new_secret(
    store: &dyn CredentialStore,
    device: &str,
) -> anyhow::Result<VaultSecret> {
    let mut secret = Zeroizing::new(vec![0; 32]);
    getrandom::fill(&mut secret).context("the operating system gave no random bytes")?;
    store.set(device, &secret)?;
    let kept = store.get(device)?;
    anyhow::ensure!(
        kept.is_some_and(|k| *k == *secret),
        "the {} did not return the secret that was stored",
        store.name()
    );
    output::print_line(&format!(
        "The key of your record is kept by the {}.",
        store.name()
    ));
    Ok(VaultSecret::Store(secret))
}

/// Asks for a new passphrase, twice.
pub(crate) fn ask_new_passphrase() -> anyhow::Result<Zeroizing<String>> {
    let mut ask = Prompt::on_stdio();
    ask.print_line("Choose a passphrase. Only it, or a recovery code, opens the record.")?;
    for _ in 0..TRIES {
        let Some(words) = ask.ask_secret("New passphrase")? else {
            break;
        };
        if words.chars().count() < vault::MIN_PASSPHRASE {
            ask.print_line(
                "That is too short: use at least 8 characters, better four random words.",
            )?;
            continue;
        }
        match ask.ask_secret("New passphrase once more")? {
            Some(again) if again == words => return Ok(words),
            Some(_) => ask.print_line("The two are not the same.")?,
            None => break,
        }
    }
    Err(UserError::new(
        ErrorKind::Denied,
        "no passphrase was chosen",
        "Start uam again to choose one.",
    )
    .into())
}

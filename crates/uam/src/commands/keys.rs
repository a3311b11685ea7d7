//! `uam keys`: who can open the record, and with what. Every change asks for both factors and is itself recorded.

use super::Home;
use crate::access::{self, Entry};
use crate::cli::KeysAction;
use crate::output;
use crate::start::{self, Secret};
use anyhow::Context;
use console::Prompt;
use model::{ErrorKind, NoticeCode, UserError};
use platform::clock::{current_time_us, unix_time};
use platform::timezone::current_zone_name;
use std::path::Path;
use std::process::ExitCode;
use vault::{
    CodeVerdict, DeviceKey, Factor, GateToken, KeySlotKind, Organisation, UnlockedSlot, Vault,
};

/// How often the first code of a new phone is asked for.
const TRIES: u32 = 5;

pub(super) fn run(home: &Home, action: Option<KeysAction>) -> anyhow::Result<ExitCode> {
    let action = match action.unwrap_or(KeysAction::List) {
        KeysAction::List => {
            list(&Vault::open(&home.paths.vault_dir())?);
            signs(home)?;
            return Ok(ExitCode::SUCCESS);
        }
        action => action,
    };
    let mut entry = access::enter(home)?;
    let text = change(&mut entry, action)?;
    // After a rotation it is another identity, and another door.
    let identity = entry.vault.viewer_identity(&entry.door, &entry.pass)?;
    let keys = super::keys(&entry.vault, entry.vault.viewer_opener(&identity), None)?;
    let mut notices = entry.notices;
    notices.push((NoticeCode::Keys, text.clone()));
    access::note(home, &keys, notices)?;
    output::line(&text);
    Ok(ExitCode::SUCCESS)
}

fn list(vault: &Vault) {
    output::line("Opens the vault:");
    let day = |us| report::local_date(us, &current_zone_name());
    let daily = vault.slots().filter(|s| s.kind != KeySlotKind::Recovery);
    for slot in daily {
        output::line(&format!(
            "  {:>3}  {}, since {}",
            slot.id,
            slot.kind,
            day(slot.created_us)
        ));
    }
    let mut codes = vault.slots().filter(|s| s.kind == KeySlotKind::Recovery);
    match codes.next() {
        None => output::line("       no recovery codes: `uam keys recovery` makes ten"),
        Some(first) => output::line(&format!(
            "       {} recovery codes of {}",
            1 + codes.count(),
            day(first.created_us)
        )),
    }
    output::line("Reads what is recorded:");
    match vault.viewer() {
        Some(key) => output::line(&format!("  you, on this computer  {key}")),
        None => output::line("  nobody on this computer"),
    }
    for o in vault.organisations() {
        output::line(&format!(
            "  {}  {}",
            model::to_printable(&o.name, 60),
            o.key
        ));
    }
    let gate = vault.gate();
    if gate.failures > 0 {
        output::line(&format!(
            "Codes refused since the last right one: {}",
            gate.failures
        ));
    }
}

/// Which key signs what is sent; it opens nothing.
fn signs(home: &Home) -> anyhow::Result<()> {
    output::line("Signs the lists of what is sent (`uam verify --key` takes it):");
    match DeviceKey::load(&home.paths.vault_dir())? {
        Some(key) => output::line(&format!(
            "  {}  {}",
            key.public().fingerprint(),
            key.public()
        )),
        None => output::line("  no key yet; the first upload makes it"),
    }
    Ok(())
}

/// What opens the vault and who can read, one line each, for `uam doctor`.
pub(super) fn summary(vault: Option<&Vault>) -> Vec<String> {
    let store = match vault::open_os_store() {
        Ok(store) => format!("credential store here: {}", store.name()),
        Err(why) => format!("credential store here: none ({why})"),
    };
    let Some(vault) = vault else {
        return vec!["no vault yet (the first `uam` makes it)".to_owned(), store];
    };
    let count = |kind| vault.slots().filter(|s| s.kind == kind).count();
    let mut daily = Vec::new();
    for kind in [KeySlotKind::OsStore, KeySlotKind::Passphrase] {
        if count(kind) > 0 {
            daily.push(kind.to_string());
        }
    }
    let mut lines = vec![
        format!("the vault opens with: {}", daily.join(" or ")),
        format!("recovery codes left: {}", count(KeySlotKind::Recovery)),
        store,
    ];
    if vault.viewer().is_none() {
        lines.push("nobody on this computer can read the record".to_owned());
    }
    for o in vault.organisations() {
        lines.push(format!(
            "{} can read it too",
            model::to_printable(&o.name, 60)
        ));
    }
    lines
}

/// Makes the change; the sentence that tells of it.
fn change(entry: &mut Entry, action: KeysAction) -> anyhow::Result<String> {
    let Entry {
        vault, door, pass, ..
    } = entry;
    let now_us = current_time_us();
    Ok(match action {
        KeysAction::List => String::new(),
        KeysAction::AddPassphrase => {
            let words = start::new_passphrase()?;
            let id = vault.add_slot(door, pass, &Factor::Passphrase(&words), now_us)?;
            format!("A passphrase opens the vault too (slot {id}).")
        }
        KeysAction::AddStore => {
            let secret = start::into_store(&*vault::open_os_store()?, vault.device())?;
            let id = vault.add_slot(door, pass, &secret.factor(), now_us)?;
            // The store keeps one secret for this vault: an older slot of it does not open any more.
            let old: Vec<u32> = vault
                .slots()
                .filter(|s| s.kind == KeySlotKind::OsStore && s.id != id)
                .map(|s| s.id)
                .collect();
            for old in old {
                vault.remove_slot(door, pass, old)?;
            }
            format!("The credential store opens the vault too (slot {id}).")
        }
        KeysAction::Remove { slot } => {
            let kind = vault.slots().find(|s| s.id == slot).map(|s| s.kind);
            vault.remove_slot(door, pass, slot)?;
            if kind == Some(KeySlotKind::OsStore)
                && let Ok(store) = vault::open_os_store()
            {
                // What it keeps opens nothing any more; that it stays there would do no harm.
                let _ = store.remove(vault.device());
            }
            format!("Key slot {slot} was removed.")
        }
        KeysAction::Recovery { file } => {
            start::hand_over_kit(vault, door, pass, file.as_deref(), now_us)?;
            "Ten new recovery codes were made; the old ones are void.".to_owned()
        }
        KeysAction::Phone { import } => {
            phone(vault, door, pass, import.as_deref())?;
            "Another secret for the codes was set up.".to_owned()
        }
        KeysAction::AddOrganisation { name, key } => {
            let organisation = Organisation::new(&name, &key).map_err(|e| {
                UserError::usage(e.to_string(), "See uam help keys add-organisation.")
            })?;
            let told = format!(
                "{} can read what is recorded from the next start on.",
                model::to_printable(&organisation.name, 60)
            );
            vault.add_organisation(door, pass, organisation)?;
            told
        }
        KeysAction::RemoveOrganisation { name } => {
            vault.remove_organisation(door, pass, &name)?;
            format!(
                "{} reads nothing new from the next start on.",
                model::to_printable(&name, 60)
            )
        }
        KeysAction::Rotate {
            passphrase,
            recovery_kit,
        } => {
            let secret = match passphrase {
                true => Secret::Passphrase(start::new_passphrase()?),
                false => start::fresh_secret(vault.device())?,
            };
            let (new_door, kit) = vault.rotate(door, pass, &secret.factor(), now_us)?;
            *door = new_door;
            start::keep_kit(vault, &kit, recovery_kit.as_deref(), now_us)?;
            "Every key was replaced; new recovery codes were made, the old ones are void."
                .to_owned()
        }
    })
}

/// Another secret for the codes: shown (or imported), then confirmed by a code of it.
pub(super) fn phone(
    vault: &mut Vault,
    door: &UnlockedSlot,
    pass: &GateToken,
    import: Option<&Path>,
) -> anyhow::Result<()> {
    let given = import.map(start::imported_secret).transpose()?;
    let known = given.is_some();
    let proposal = vault.propose_secret(given)?;
    let picture = std::env::current_dir()
        .context("cannot tell the present folder")?
        .join("mfa_qr.png");
    if !known {
        start::show_secret(&proposal.enrolment(&start::account())?, &picture);
    }
    let mut ask = Prompt::on_stdio();
    for _ in 0..TRIES {
        let Some(code) = ask.ask_line("Code from the new entry")? else {
            break;
        };
        match vault.confirm_secret(door, pass, &proposal, &code, unix_time().as_secs())? {
            CodeVerdict::Accepted => {
                if !known {
                    start::forget_secret(&picture);
                }
                return Ok(());
            }
            verdict => ask.print_line(&verdict.to_string())?,
        }
    }
    let _ = vault::remove_qr_png(&picture);
    Err(UserError::new(
        ErrorKind::Denied,
        "the new secret was not confirmed; the old one stays",
        "Start again with `uam keys phone`.",
    )
    .into())
}

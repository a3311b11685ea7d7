//! `uam keys`: the key slots and the readers. Every change asks for both factors and is itself recorded.

use crate::cli::KeysAction;
use crate::output;
use crate::sign_in::read_access::{VerifiedFactors, ask_factors};
use crate::sign_in::{self, VaultSecret};
use agent::{AppContext, journal_keys};
use anyhow::Context;
use console::Prompt;
use model::{ErrorKind, NoticeCode, UserError};
use platform::clock::{current_time, unix_time};
use platform::timezone::current_zone_name;
use std::path::Path;
use std::process::ExitCode;
use vault::{
    CodeVerdict, DeviceKey, Factor, GateToken, KeySlotKind, Organisation, UnlockedSlot, Vault,
};

/// How often the first code of a new phone is asked for.
const TRIES: u32 = 5;

pub(super) fn run(context: &AppContext, action: Option<KeysAction>) -> anyhow::Result<ExitCode> {
    let action = match action.unwrap_or(KeysAction::List) {
        KeysAction::List => {
            print_slots(&Vault::open(&context.paths.vault_dir())?);
            print_signing_key(context)?;
            return Ok(ExitCode::SUCCESS);
        }
        action => action,
    };
    let mut factors = ask_factors(context)?;
    let text = apply_action(&mut factors, action)?;
    // After a rotation identity and slot are new ones.
    let identity = factors
        .vault
        .viewer_identity(&factors.slot, &factors.token)?;
    let keys = journal_keys(&factors.vault, factors.vault.viewer_opener(&identity), None)?;
    let mut notices = factors.notices;
    notices.push((NoticeCode::Keys, text.clone()));
    agent::record_notices(context, &keys, notices)?;
    output::print_line(&text);
    Ok(ExitCode::SUCCESS)
}

fn print_slots(vault: &Vault) {
    output::print_line("The vault opens with:");
    let day = |at| report::local_date(at, &current_zone_name());
    let daily = vault.slots().filter(|s| s.kind != KeySlotKind::Recovery);
    for slot in daily {
        output::print_line(&format!(
            "  {:>3}  {}, since {}",
            slot.id,
            slot.kind,
            day(slot.created)
        ));
    }
    let mut codes = vault.slots().filter(|s| s.kind == KeySlotKind::Recovery);
    match codes.next() {
        None => output::print_line("       no recovery codes; `uam keys recovery` makes ten"),
        Some(first) => output::print_line(&format!(
            "       {} recovery codes of {}",
            1 + codes.count(),
            day(first.created)
        )),
    }
    output::print_line("These can read the record:");
    match vault.viewer() {
        Some(key) => output::print_line(&format!("  you, on this computer  {key}")),
        None => output::print_line("  nobody on this computer"),
    }
    for o in vault.organisations() {
        output::print_line(&format!(
            "  {}  {}",
            model::to_printable(&o.name, 60),
            o.key
        ));
    }
    let gate = vault.gate();
    if gate.failures > 0 {
        output::print_line(&format!(
            "Codes refused since the last correct one: {}",
            gate.failures
        ));
    }
}

/// The key that signs uploads; it opens nothing.
fn print_signing_key(context: &AppContext) -> anyhow::Result<()> {
    output::print_line("Key that signs the manifests of uploads (for `uam verify --key`):");
    match DeviceKey::load(&context.paths.vault_dir())? {
        Some(key) => output::print_line(&format!(
            "  {}  {}",
            key.public().fingerprint(),
            key.public()
        )),
        None => output::print_line("  no key yet; the first upload creates it"),
    }
    Ok(())
}

/// The slots that open the vault and the readers, one line each, for `uam doctor`.
pub(super) fn summarise_keys(vault: Option<&Vault>) -> Vec<String> {
    let store = match vault::open_os_store() {
        Ok(store) => format!("credential store here: {}", store.name()),
        Err(why) => format!("credential store here: none ({why})"),
    };
    let Some(vault) = vault else {
        return vec!["no vault yet; the first start creates it".to_owned(), store];
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
fn apply_action(factors: &mut VerifiedFactors, action: KeysAction) -> anyhow::Result<String> {
    let VerifiedFactors {
        vault, slot, token, ..
    } = factors;
    let now = current_time();
    Ok(match action {
        KeysAction::List => String::new(),
        KeysAction::AddPassphrase => {
            let words = sign_in::ask_new_passphrase()?;
            let id = vault.add_slot(slot, token, &Factor::Passphrase(&words), now)?;
            format!("A passphrase opens the vault too (slot {id}).")
        }
        KeysAction::AddStore => {
            let secret = sign_in::store_new_secret(&*vault::open_os_store()?, vault.device())?;
            let id = vault.add_slot(slot, token, &secret.as_factor(), now)?;
            // The store keeps one secret for this vault: an older slot of it does not open any more.
            let old: Vec<u32> = vault
                .slots()
                .filter(|s| s.kind == KeySlotKind::OsStore && s.id != id)
                .map(|s| s.id)
                .collect();
            for old in old {
                vault.remove_slot(slot, token, old)?;
            }
            format!("The credential store opens the vault too (slot {id}).")
        }
        KeysAction::Remove { slot: id } => {
            let kind = vault.slots().find(|s| s.id == id).map(|s| s.kind);
            vault.remove_slot(slot, token, id)?;
            if kind == Some(KeySlotKind::OsStore)
                && let Ok(store) = vault::open_os_store()
            {
                // The secret kept there opens nothing any more; leaving it would do no harm.
                let _ = store.remove(vault.device());
            }
            format!("Key slot {id} was removed.")
        }
        KeysAction::Recovery { file } => {
            sign_in::issue_recovery_codes(vault, slot, token, file.as_deref(), now)?;
            "Ten new recovery codes were made; the old ones are void.".to_owned()
        }
        KeysAction::Phone { import } => {
            set_up_phone(vault, slot, token, import.as_deref())?;
            "A new secret for the authenticator app was set up.".to_owned()
        }
        KeysAction::AddOrganisation { name, key } => {
            let organisation = Organisation::new(&name, &key).map_err(|e| {
                UserError::usage(e.to_string(), "See uam help keys add-organisation.")
            })?;
            let told = format!(
                "{} can read what is recorded from the next start on.",
                model::to_printable(&organisation.name, 60)
            );
            vault.add_organisation(slot, token, organisation)?;
            told
        }
        KeysAction::RemoveOrganisation { name } => {
            vault.remove_organisation(slot, token, &name)?;
            format!(
                "{} can read nothing that is recorded from the next start on.",
                model::to_printable(&name, 60)
            )
        }
        KeysAction::Rotate {
            passphrase,
            recovery_kit,
        } => {
            let secret = match passphrase {
                true => VaultSecret::Passphrase(sign_in::ask_new_passphrase()?),
                false => sign_in::create_vault_secret(vault.device())?,
            };
            let (new_slot, kit) = vault.rotate(slot, token, &secret.as_factor(), now)?;
            *slot = new_slot;
            sign_in::deliver_recovery_codes(vault, &kit, recovery_kit.as_deref(), now)?;
            "Every key was replaced; new recovery codes were made, the old ones are void."
                .to_owned()
        }
    })
}

/// Another secret for the codes: shown (or imported), then confirmed by a code of it.
pub(super) fn set_up_phone(
    vault: &mut Vault,
    slot: &UnlockedSlot,
    token: &GateToken,
    import: Option<&Path>,
) -> anyhow::Result<()> {
    let given = import.map(sign_in::read_totp_secret).transpose()?;
    let known = given.is_some();
    let proposal = vault.propose_secret(given)?;
    let picture = std::env::current_dir()
        .context("cannot find the current folder")?
        .join("mfa_qr.png");
    if !known {
        sign_in::show_totp_secret(&proposal.enrolment(&sign_in::account_label())?, &picture);
    }
    let mut ask = Prompt::on_stdio();
    for _ in 0..TRIES {
        let Some(code) = ask.ask_line("Code from the new entry")? else {
            break;
        };
        match vault.confirm_secret(slot, token, &proposal, &code, unix_time().as_secs())? {
            CodeVerdict::Accepted => {
                if !known {
                    sign_in::remove_totp_secret(&picture);
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

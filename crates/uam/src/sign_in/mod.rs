//! The order of a start: the instance lock, the agreement, the key, the code, the questions.

mod code;
mod consent;
mod factors;
mod new_vault;
mod questions;
pub(crate) mod read_access;
mod recovery_codes;
mod totp_setup;

pub(crate) use factors::{
    VaultSecret, ask_new_passphrase, create_vault_secret, store_new_secret, unlock_slot,
};
pub(crate) use new_vault::read_totp_secret;
pub(crate) use recovery_codes::{deliver_recovery_codes, issue_recovery_codes};
pub(crate) use totp_setup::{account_label, remove_totp_secret, show_totp_secret};

use crate::cli::RunArgs;
use code::ask_gate_code;
use consent::Agreement;
use console::Prompt;
use model::{ErrorKind, NoticeCode, UserError};
use platform::clock::current_time;
use platform::instance_lock::InstanceLock;
use settings::{AppPaths, ConsentNotice, Policy, Readers, Settings};
use upload::Destination;
use vault::{KeySlotKind, Opener, Vault, VaultError};

/// Acquires the instance lock; the error names the process that holds it.
pub(crate) fn claim_instance_lock(paths: &AppPaths) -> anyhow::Result<InstanceLock> {
    InstanceLock::acquire(&paths.instance_lock_file())?.map_err(|holder| {
        let pid = holder
            .pid
            .map_or_else(String::new, |p| format!(" (process {p})"));
        UserError::new(
            ErrorKind::Instance,
            format!(
                "uam is already running{pid}; its data is in {}",
                paths.data.display()
            ),
            "Show its state: uam status. Stop it: uam stop.",
        )
        .into()
    })
}

/// The outcome of a sign-in.
pub(crate) struct SignInResult {
    pub(crate) vault: Vault,
    pub(crate) policy: Policy,
    /// Notices of the sign-in, for the journal.
    pub(crate) notices: Vec<(NoticeCode, String)>,
    /// Opens the records of this computer: for the totals of today so far, then dropped.
    pub(crate) opener: Option<Opener>,
}

/// Asks for everything a start needs: the agreement, the key, the code, and the questions.
pub(crate) fn sign_in(
    args: &RunArgs,
    paths: &AppPaths,
    config: Settings,
    destination: &Destination,
) -> anyhow::Result<SignInResult> {
    let now = current_time();
    let mut notices = Vec::new();
    let dir = paths.vault_dir();
    let mut vault = match Vault::exists(&dir)? {
        true => Some(Vault::open(&dir)?),
        false => None,
    };
    let agreement = {
        let policy = resolve_policy(&config, destination.clone(), paths, vault.as_ref())?;
        let before = vault.as_ref().and_then(Vault::consent);
        let notice = ConsentNotice::of(&policy);
        let mut prompt = Prompt::on_stdio();
        consent::ask_agreement(&notice, before, args.agree, now, &mut prompt)?
    };
    let (mut vault, slot, imported) = match vault.take() {
        Some(vault) => {
            let slot = unlock_slot(&vault, &mut Prompt::on_stdio())?;
            (vault, slot, false)
        }
        None => new_vault::create_vault(&dir, args, now)?,
    };
    if let Agreement::Given(consent) = agreement {
        let text = format!(
            "The notice (version {}, SHA-256 {}) was agreed to.",
            consent.version, consent.text_sha256
        );
        notices.push((NoticeCode::Consent, text));
        vault.set_consent(&slot, consent)?;
    }
    let token = ask_gate_code(paths, &mut vault, &slot, imported, &mut notices)?;
    if !vault.has_slot(KeySlotKind::Recovery) {
        issue_recovery_codes(&mut vault, &slot, &token, args.recovery_kit.as_deref(), now)?;
    }
    let sealed_before = config.upload.is_sealed();
    let shots_before = config.shots.clone();
    let config = questions::ask_questions(args, paths, config)?;
    let policy = resolve_policy(&config, destination.clone(), paths, Some(&vault))?;
    if config.shots != shots_before {
        let text = format!(
            "Screenshots from now on: {}.",
            policy.describe_screenshots()
        );
        notices.push((NoticeCode::Settings, text));
    }
    if config.upload.is_sealed() != sealed_before {
        // The person changed it a moment ago and need not see it once more.
        let consent = consent::to_consent(&ConsentNotice::of(&policy), now);
        let text = policy.describe_readers();
        notices.push((NoticeCode::Settings, text));
        vault.set_consent(&slot, consent)?;
    }
    let opener = match vault.viewer_identity(&slot, &token) {
        Ok(identity) => Some(vault.viewer_opener(&identity)),
        Err(VaultError::NoViewer) => None,
        Err(e) => return Err(e.into()),
    };
    Ok(SignInResult {
        vault,
        policy,
        notices,
        opener,
    })
}

/// The policy of a start, with the readers that the vault names; before there is one, the person on this computer.
pub(crate) fn resolve_policy(
    settings: &Settings,
    destination: Destination,
    paths: &AppPaths,
    vault: Option<&Vault>,
) -> anyhow::Result<Policy> {
    let readers = vault.map_or_else(Readers::of_new_vault, |vault| {
        let organisations = vault.organisations().iter();
        let keys = organisations.map(|o| (o.name.as_str(), o.key.as_str()));
        Readers::new(vault.viewer(), keys)
    });
    Policy::resolve(settings, destination, paths, readers)
}

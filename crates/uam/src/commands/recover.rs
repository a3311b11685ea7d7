//! `uam recover`: regains access with a recovery code.

use crate::{output, sign_in};
use agent::{AppContext, journal_keys};
use anyhow::Context;
use console::Prompt;
use model::{ErrorKind, NoticeCode, UserError};
use platform::clock::{current_time, unix_time};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use vault::{KeySlotKind, RecoveryCode, Vault};

/// How often a code is asked for: it is long, and typed from paper.
const TRIES: u32 = 5;

pub(super) fn run(
    context: &AppContext,
    from: Option<&Path>,
    identity: Option<&Path>,
) -> anyhow::Result<ExitCode> {
    match from {
        Some(file) => print_key_from_copy(file, identity),
        None => recover_here(context),
    }
}

/// On another computer: the key, for any `age` program.
fn print_key_from_copy(file: &Path, to: Option<&Path>) -> anyhow::Result<ExitCode> {
    let recovered = vault::open_vault_copy(file, &ask_recovery_code()?)?;
    let mut text = String::from("# Opens the records: age -d -i THIS-FILE OBJECT\n");
    for key in std::iter::once(&recovered.identity).chain(&recovered.earlier) {
        text.push_str(&key.reveal());
        text.push('\n');
    }
    let text = zeroize::Zeroizing::new(text);
    match to {
        None => output::print_text(&text),
        Some(to) => {
            let written = platform::files::create_private_file(to)
                .and_then(|mut out| out.write_all(text.as_bytes()).and_then(|()| out.sync_all()));
            written.with_context(|| format!("cannot write the key to {}", to.display()))?;
            output::print_line(&format!(
                "The key is in {}. `age -d -i {} OBJECT` opens an uploaded object.",
                to.display(),
                to.display()
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// On the vault's own computer: a new secret for the phone, and a new place for the key.
fn recover_here(context: &AppContext) -> anyhow::Result<ExitCode> {
    let mut vault = Vault::open(&context.paths.vault_dir())?;
    let code = ask_recovery_code()?;
    let now = current_time();
    let (door, pass) = vault.unlock_with_recovery_code(&code, unix_time().as_secs())?;
    let left = vault
        .slots()
        .filter(|s| s.kind == KeySlotKind::Recovery)
        .count();
    output::print_line(&format!(
        "The code is correct and now used up; {left} are left."
    ));
    let identity = vault.viewer_identity(&door, &pass)?;
    let keys = journal_keys(&vault, vault.viewer_opener(&identity), None)?;
    let text = "A recovery code was used to regain access.".to_owned();
    agent::record_notices(context, &keys, vec![(NoticeCode::Keys, text)])?;
    // Standard input is opened for each question: the functions called in between ask questions, too.
    if Prompt::on_stdio().ask_yes_no(
        "Set up a new phone (a new secret for the authenticator app)?",
        true,
    )? {
        super::keys::set_up_phone(&mut vault, &door, &pass, None)?;
    }
    if Prompt::on_stdio().ask_yes_no(
        "Keep the key in a new place (credential store or passphrase)?",
        true,
    )? {
        let old: Vec<u32> = vault
            .slots()
            .filter(|s| s.kind != KeySlotKind::Recovery)
            .map(|s| s.id)
            .collect();
        let secret = sign_in::create_vault_secret(vault.device())?;
        vault.add_slot(&door, &pass, &secret.as_factor(), now)?;
        for id in old {
            vault.remove_slot(&door, &pass, id)?;
        }
    }
    output::print_line("Done. Start uam as usual.");
    Ok(ExitCode::SUCCESS)
}

fn ask_recovery_code() -> anyhow::Result<RecoveryCode> {
    let mut ask = Prompt::on_stdio();
    for _ in 0..TRIES {
        let Some(typed) = ask.ask_secret("Recovery code")? else {
            break;
        };
        match RecoveryCode::parse(&typed) {
            Ok(code) => return Ok(code),
            Err(e) => ask.print_line(&e.to_string())?,
        }
    }
    Err(UserError::new(
        ErrorKind::Denied,
        "no recovery code was given",
        "It looks like 5XK2C-… with five blocks of five characters, from the page you kept.",
    )
    .into())
}

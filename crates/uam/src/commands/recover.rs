//! `uam recover`: in again with a recovery code.

use super::Home;
use crate::{output, start};
use anyhow::Context;
use console::Prompt;
use model::{ErrorKind, NoticeCode, UserError};
use platform::clock::{current_time_us, unix_time};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use vault::{KeySlotKind, RecoveryCode, Vault};

/// How often a code is asked for: it is long, and typed from paper.
const TRIES: u32 = 5;

pub(super) fn run(
    home: &Home,
    from: Option<&Path>,
    identity: Option<&Path>,
) -> anyhow::Result<ExitCode> {
    match from {
        Some(file) => elsewhere(file, identity),
        None => here(home),
    }
}

/// On another computer: the key, for any `age` program.
fn elsewhere(file: &Path, to: Option<&Path>) -> anyhow::Result<ExitCode> {
    let recovered = vault::open_vault_copy(file, &code()?)?;
    let mut text = String::from("# Opens what was recorded: age -d -i THIS-FILE OBJECT\n");
    for key in std::iter::once(&recovered.identity).chain(&recovered.earlier) {
        text.push_str(&key.reveal());
        text.push('\n');
    }
    let text = zeroize::Zeroizing::new(text);
    match to {
        None => output::out(&text),
        Some(to) => {
            let written = platform::files::create_private_file(to)
                .and_then(|mut out| out.write_all(text.as_bytes()).and_then(|()| out.sync_all()));
            written.with_context(|| format!("cannot write the key to {}", to.display()))?;
            output::line(&format!(
                "The key is in {}. `age -d -i {} OBJECT` opens what was recorded.",
                to.display(),
                to.display()
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// On the vault's own computer: a new secret for the phone, and a new place for the key.
fn here(home: &Home) -> anyhow::Result<ExitCode> {
    let mut vault = Vault::open(&home.paths.vault_dir())?;
    let code = code()?;
    let now = unix_time();
    let now_us = current_time_us();
    let (door, pass) = vault.unlock_with_recovery_code(&code, now.as_secs())?;
    let left = vault
        .slots()
        .filter(|s| s.kind == KeySlotKind::Recovery)
        .count();
    output::line(&format!(
        "The code was right and is used up; {left} are left."
    ));
    let identity = vault.viewer_identity(&door, &pass)?;
    let keys = agent::journal_keys(&vault, vault.viewer_opener(&identity), None)?;
    let text = "A recovery code was used to get in.".to_owned();
    agent::record_notices(home, &keys, vec![(NoticeCode::Keys, text)])?;
    // Standard input is taken anew for each question: what is called in between asks for itself.
    if Prompt::on_stdio().ask_yes_no(
        "Set up a new phone (a new secret for the authenticator app)?",
        true,
    )? {
        super::keys::phone(&mut vault, &door, &pass, None)?;
    }
    if Prompt::on_stdio().ask_yes_no(
        "Give the key a new place (credential store or passphrase)?",
        true,
    )? {
        let old: Vec<u32> = vault
            .slots()
            .filter(|s| s.kind != KeySlotKind::Recovery)
            .map(|s| s.id)
            .collect();
        let secret = start::fresh_secret(vault.device())?;
        vault.add_slot(&door, &pass, &secret.factor(), now_us)?;
        for id in old {
            vault.remove_slot(&door, &pass, id)?;
        }
    }
    output::line("Done. Start uam as usual.");
    Ok(ExitCode::SUCCESS)
}

fn code() -> anyhow::Result<RecoveryCode> {
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

//! `uam consent`: the notice, and when it was agreed to.

use crate::{output, sign_in};
use agent::AppContext;
use platform::timezone::current_zone_name;
use settings::{ConsentNotice, EnvVars, Settings};
use std::process::ExitCode;
use vault::Vault;

pub(super) fn run(context: &AppContext) -> anyhow::Result<ExitCode> {
    let config = Settings::load(&context.paths)?;
    let environment = EnvVars::load(&context.paths)?;
    let destination = settings::resolve_destination(&config, &environment, &context.paths)?;
    let vault = match Vault::open(&context.paths.vault_dir()) {
        Err(vault::VaultError::Missing { .. }) => None,
        opened => Some(opened?),
    };
    let policy = sign_in::resolve_policy(&config, destination, &context.paths, vault.as_ref())?;
    output::print_line(&ConsentNotice::of(&policy).text);
    output::print_line(&match vault.as_ref().and_then(Vault::consent) {
        None => "Not agreed to yet; the first start asks.".to_owned(),
        Some(consent) => format!(
            "Agreed to on {} (version {}, SHA-256 of the text {}).",
            report::local_date(consent.at, &current_zone_name()),
            consent.version,
            consent.text_sha256
        ),
    });
    Ok(ExitCode::SUCCESS)
}

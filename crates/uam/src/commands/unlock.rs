//! `uam unlock`, `uam lock`, `uam consent`.

use super::Home;
use crate::access::{self, keyholder};
use crate::{output, start};
use model::{NoticeCode, UserError};
use platform::timezone::current_zone_name;
use settings::{ConsentNotice, EnvVars, Settings};
use std::process::ExitCode;
use std::time::Duration;
use vault::Vault;

/// How long an unlock may last after the last look.
const RANGE: std::ops::RangeInclusive<u64> = 60..=3600;

pub(super) fn unlock(home: &Home, idle: Duration) -> anyhow::Result<ExitCode> {
    if !RANGE.contains(&idle.as_secs()) {
        return Err(UserError::usage(
            "an unlock lasts 1 minute to 1 hour after the last look",
            "For example: uam unlock --for 30m",
        )
        .into());
    }
    let minutes = idle.as_secs().div_ceil(60);
    let text =
        format!("The record was unlocked for reading, for {minutes} min after the last look.");
    let access = access::fresh(home, NoticeCode::Access, &text)?;
    keyholder::start(home, &access.identity, idle)?;
    output::line(&format!(
        "Unlocked until {minutes} min after the last look; `uam lock` ends it at once."
    ));
    Ok(ExitCode::SUCCESS)
}

pub(super) fn lock(home: &Home) -> anyhow::Result<ExitCode> {
    output::line(match keyholder::lock(&home.paths)? {
        true => "Locked.",
        false => "It was not unlocked.",
    });
    Ok(ExitCode::SUCCESS)
}

pub(super) fn consent(home: &Home) -> anyhow::Result<ExitCode> {
    let config = Settings::load(&home.paths)?;
    let environment = EnvVars::load(&home.paths)?;
    let destination = settings::resolve_destination(&config, &environment, &home.paths)?;
    let vault = match Vault::open(&home.paths.vault_dir()) {
        Err(vault::VaultError::Missing { .. }) => None,
        opened => Some(opened?),
    };
    let policy = start::resolve_policy(&config, destination, &home.paths, vault.as_ref())?;
    output::line(&ConsentNotice::of(&policy).text);
    output::line(&match vault.as_ref().and_then(Vault::consent) {
        None => "It was not agreed to yet; the first `uam` asks.".to_owned(),
        Some(consent) => format!(
            "Agreed to on {} (version {}, SHA-256 of the text {}).",
            report::local_date(consent.at_us, &current_zone_name()),
            consent.version,
            consent.text_sha256
        ),
    });
    Ok(ExitCode::SUCCESS)
}

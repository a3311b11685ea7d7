//! `uam unlock`, `uam lock`.

use crate::output;
use crate::sign_in::read_access::open_with_fresh_factors;
use agent::{AppContext, keyholder};
use model::{NoticeCode, UserError};
use std::process::ExitCode;
use std::time::Duration;

/// How long an unlock may last after the last access, in seconds.
const RANGE: std::ops::RangeInclusive<u64> = 60..=3600;

pub(super) fn run_unlock(context: &AppContext, idle: Duration) -> anyhow::Result<ExitCode> {
    if !RANGE.contains(&idle.as_secs()) {
        return Err(UserError::usage(
            "an unlock lasts 1 minute to 1 hour after the last access",
            "For example: uam unlock --for 30m",
        )
        .into());
    }
    let minutes = idle.as_secs().div_ceil(60);
    let text =
        format!("The record was unlocked for reading, for {minutes} min after the last access.");
    let access = open_with_fresh_factors(context, NoticeCode::Access, &text)?;
    keyholder::start_keyholder(context, &access.identity, idle)?;
    output::print_line(&format!(
        "Unlocked until {minutes} min after the last access; `uam lock` ends it at once."
    ));
    Ok(ExitCode::SUCCESS)
}

pub(super) fn run_lock(context: &AppContext) -> anyhow::Result<ExitCode> {
    output::print_line(match keyholder::end_unlock(&context.paths)? {
        true => "Locked.",
        false => "It was not unlocked.",
    });
    Ok(ExitCode::SUCCESS)
}

pub(super) fn run_keyholder(context: &AppContext) -> anyhow::Result<ExitCode> {
    keyholder::run_keyholder(context, || output::print_line(keyholder::READY_LINE))?;
    Ok(ExitCode::SUCCESS)
}

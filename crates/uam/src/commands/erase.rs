//! `uam erase`: whole days go for good.

use super::{Home, delete};
use crate::cli::EraseArgs;
use crate::{access, output, time};
use agent::redaction;
use console::Prompt;
use model::{NoticeCode, UserError};
use platform::clock::current_time_us;
use platform::timezone::current_zone_name;
use protocol::RedactionScope;
use std::process::ExitCode;

/// The word that is typed.
const WORD: &str = "ERASE";

pub(super) fn run(home: &Home, args: &EraseArgs) -> anyhow::Result<ExitCode> {
    super::recorded(home)?;
    let day = |text: &str| {
        time::parse_utc_day(text).map_err(|e| {
            UserError::usage(
                e,
                "For example: uam erase --from 2026-11-01 --to 2026-11-07",
            )
        })
    };
    let (first, last) = (day(&args.from)?, day(&args.to)?);
    if first > last {
        return Err(UserError::usage(
            "--to must not be before --from",
            "For example: uam erase --from 2026-11-01 --to 2026-11-07",
        )
        .into());
    }
    let scope = RedactionScope::Days {
        first: first.0,
        last: last.0,
    };
    // Whatever was unlocked before: this cannot be undone.
    let access = access::fresh(
        home,
        NoticeCode::Access,
        "The record was opened to erase days of it.",
    )?;
    let carry = |dry_run| match redaction::is_agent_running(home)? {
        true => redaction::redact_through_agent(home, &scope, dry_run, Some(&access)),
        false => redaction::redact_directly(home, &scope, dry_run, &access),
    };
    let summary = carry(true)?;
    let about = redaction::describe_scope(&scope, current_time_us(), &current_zone_name());
    if summary.is_empty() {
        output::line(&format!("{about}: nothing is recorded there."));
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&format!(
        "{about} (they begin and end at midnight UTC): {} go for good, with their keys and their sums. That they were \
         erased stays in the record.",
        redaction::describe_amount(&scope, &summary)
    ));
    delete::foretell(&summary);
    if args.dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    if !args.yes {
        let word = Prompt::on_stderr().ask_line(&format!("Type {WORD} to erase"))?;
        if word.as_deref() != Some(WORD) {
            output::line("Nothing was changed.");
            return Ok(ExitCode::SUCCESS);
        }
    }
    let summary = carry(false)?;
    output::line(&format!(
        "Erased: {}.",
        redaction::describe_amount(&scope, &summary)
    ));
    delete::clean_up(home, NoticeCode::Erased, &summary, Some(&access))?;
    Ok(ExitCode::SUCCESS)
}

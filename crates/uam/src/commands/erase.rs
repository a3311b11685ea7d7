//! `uam erase`: erases whole UTC days for good.

use super::delete;
use super::reading::require_journal;
use crate::cli::EraseArgs;
use crate::cli::values;
use crate::output;
use crate::sign_in::read_access::open_with_fresh_factors;
use agent::{AppContext, redaction};
use console::Prompt;
use model::{NoticeCode, UserError};
use platform::clock::current_time;
use platform::timezone::current_zone_name;
use protocol::RedactionScope;
use std::process::ExitCode;

/// The word to type.
const WORD: &str = "ERASE";

pub(super) fn run(context: &AppContext, args: &EraseArgs) -> anyhow::Result<ExitCode> {
    require_journal(context)?;
    let day = |text: &str| {
        values::parse_utc_day(text).map_err(|e| {
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
    // Even during an unlock: this cannot be undone.
    let access = open_with_fresh_factors(
        context,
        NoticeCode::Access,
        "The record was opened to erase days of it.",
    )?;
    let redact_scope = |dry_run| match redaction::is_agent_running(context)? {
        true => redaction::redact_through_agent(context, &scope, dry_run, Some(&access)),
        false => redaction::redact_directly(context, &scope, dry_run, &access),
    };
    let summary = redact_scope(true)?;
    let about = redaction::describe_scope(&scope, current_time(), &current_zone_name());
    if summary.is_empty() {
        output::print_line(&format!("{about}: nothing is recorded there."));
        return Ok(ExitCode::SUCCESS);
    }
    output::print_line(&format!(
        "{about} (they begin and end at midnight UTC): {} will be erased for good, with their keys and their sums. That they were \
         erased stays in the record.",
        redaction::describe_amount(&scope, &summary)
    ));
    delete::print_affected_copies(&summary);
    if args.dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    if !args.yes {
        let word = Prompt::on_stderr().ask_line(&format!("Type {WORD} to erase"))?;
        if word.as_deref() != Some(WORD) {
            output::print_line("Nothing was changed.");
            return Ok(ExitCode::SUCCESS);
        }
    }
    let summary = redact_scope(false)?;
    output::print_line(&format!(
        "Erased: {}.",
        redaction::describe_amount(&scope, &summary)
    ));
    delete::delete_copies_and_report(context, NoticeCode::Erased, &summary, Some(&access))?;
    Ok(ExitCode::SUCCESS)
}

//! `uam delete`: deletes a time range or a screenshot from the record; the time and its state stay.

use super::reading::require_journal;
use crate::cli::DeleteArgs;
use crate::cli::values;
use crate::output;
use crate::sign_in::read_access::open_with_notice;
use agent::{AppContext, ReadAccess, redaction};
use anyhow::Context;
use console::Prompt;
use model::{NoticeCode, Timestamp, UserError};
use platform::clock::current_time;
use platform::timezone::current_zone_name;
use protocol::{RedactionScope, RedactionSummary};
use std::process::ExitCode;

/// Text of the notice when the record is opened with the viewer's key.
const OPENED: &str = "The record was opened to delete something.";

pub(super) fn run(context: &AppContext, args: &DeleteArgs) -> anyhow::Result<ExitCode> {
    require_journal(context)?;
    let scope = parse_scope(args, current_time())?;
    let running = redaction::is_agent_running(context)?;
    let mut access = match running {
        true => None,
        false => Some(open_with_notice(context, NoticeCode::Access, OPENED)?),
    };
    let mut summary = redact_scope(context, &scope, true, running, access.as_ref())?;
    if summary.needs_key && access.is_none() {
        access = Some(open_with_notice(context, NoticeCode::Access, OPENED)?);
        summary = redact_scope(context, &scope, true, running, access.as_ref())?;
    }
    let zone = current_zone_name();
    let about = redaction::describe_scope(&scope, current_time(), &zone);
    if summary.unreadable > 0 {
        output::print_line(&format!(
            "{} of these days cannot be opened with the keys of this computer (damaged, or sealed for others); they are not changed.",
            report::format::format_count(summary.unreadable, "row", "rows")
        ));
    }
    if summary.is_empty() {
        output::print_line(&format!("{about}: there is nothing to delete."));
        return Ok(ExitCode::SUCCESS);
    }
    output::print_line(&format!(
        "{about}: {} to delete, with window names, titles, counts and screenshots; the time and its state stay.",
        redaction::describe_amount(&scope, &summary)
    ));
    print_affected_copies(&summary);
    if args.dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    let agreed = args.yes
        || Prompt::on_stderr()
            .ask_yes_no_explicit("Delete it?")
            .context("cannot ask")?;
    if !agreed {
        output::print_line("Nothing was changed.");
        return Ok(ExitCode::SUCCESS);
    }
    let summary = redact_scope(context, &scope, false, running, access.as_ref())?;
    output::print_line(&format!(
        "Deleted: {}.",
        redaction::describe_amount(&scope, &summary)
    ));
    delete_copies_and_report(context, NoticeCode::Removed, &summary, access.as_ref())?;
    Ok(ExitCode::SUCCESS)
}

fn parse_scope(args: &DeleteArgs, now: Timestamp) -> anyhow::Result<RedactionScope> {
    let usage = |e: String| {
        anyhow::Error::from(UserError::usage(
            e,
            "For example: uam delete --from \"2026-11-25 14:00\" --to \"2026-11-25 14:30\"",
        ))
    };
    if let Some(seq) = args.shot {
        return Ok(RedactionScope::Screenshot { seq });
    }
    if let Some(last) = args.last {
        return Ok(RedactionScope::Since { from: now - last });
    }
    let moment = |text: &Option<String>| {
        values::parse_local_time(text.as_deref().unwrap_or_default())
            .map(Timestamp::from_micros)
            .map_err(usage)
    };
    let (from, to) = (moment(&args.from)?, moment(&args.to)?);
    if from >= to {
        return Err(usage("--to must be later than --from".to_owned()));
    }
    // The future is not recorded yet, and will be.
    if to >= now {
        return Ok(RedactionScope::Since { from });
    }
    Ok(RedactionScope::Range { from, to })
}

fn redact_scope(
    context: &AppContext,
    scope: &RedactionScope,
    dry_run: bool,
    running: bool,
    access: Option<&ReadAccess>,
) -> anyhow::Result<RedactionSummary> {
    match (running, access) {
        (false, Some(access)) => redaction::redact_directly(context, scope, dry_run, access),
        _ => redaction::redact_through_agent(context, scope, dry_run, access),
    }
}

/// Prints which uploaded copies will be deleted, and which will stay.
pub(super) fn print_affected_copies(summary: &RedactionSummary) {
    let (whole, shared): (Vec<_>, Vec<_>) = summary.objects.iter().partition(|o| o.is_exclusive);
    if !whole.is_empty() {
        output::print_line(&format!(
            "{} with nothing else in them were uploaded, or may have been; they are deleted at the destination if that is allowed:",
            report::format::format_count(whole.len() as u64, "object", "objects")
        ));
    }
    for object in whole {
        output::print_line(&format!("  {}", object.name));
    }
    if !shared.is_empty() {
        output::print_line(&format!(
            "{} with other records, too, were uploaded, or may have been; they stay at the destination, because deleting them would lose those records:",
            report::format::format_count(shared.len() as u64, "object", "objects")
        ));
    }
    for object in shared {
        output::print_line(&format!("  {}", object.name));
    }
}

/// Deletes the uploaded copies, as far as that is allowed; prints and records which ones stay.
pub(super) fn delete_copies_and_report(
    context: &AppContext,
    code: NoticeCode,
    summary: &RedactionSummary,
    access: Option<&ReadAccess>,
) -> anyhow::Result<()> {
    let copies = redaction::delete_uploaded_copies(&context.paths, &summary.objects);
    for name in &copies.deleted {
        output::print_line(&format!("Deleted at the destination: {name}"));
    }
    for (name, why) in &copies.left {
        output::print_line(&format!("STILL at the destination: {name} ({why})"));
    }
    if !copies.left.is_empty() {
        output::print_line("The owner of the storage can delete these objects.");
    }
    if summary.checkpoint_pending {
        output::print_line(
            "Another program is reading the record; the last traces are deleted when it is done.",
        );
    }
    for file in &summary.set_aside_files {
        output::print_line(&format!(
            "Not changed: {}. This journal was set aside earlier and may hold the same data.",
            file.display()
        ));
    }
    let left: Vec<String> = copies.left.into_iter().map(|(name, _)| name).collect();
    redaction::record_through(
        context,
        access,
        redaction::copy_notices(code, copies.deleted.len(), &left),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::time::Duration;

    const AT: Timestamp = Timestamp::from_seconds(1_790_000_000);

    fn args() -> DeleteArgs {
        DeleteArgs {
            last: None,
            shot: None,
            from: None,
            to: None,
            dry_run: false,
            yes: false,
        }
    }

    #[test]
    fn a_scope_is_parsed_from_the_command_line() {
        let last = DeleteArgs {
            last: Some(Duration::from_secs(600)),
            ..args()
        };
        assert_eq!(
            parse_scope(&last, AT).unwrap(),
            RedactionScope::Since {
                from: AT - Duration::from_secs(600)
            }
        );
        let between = |from: &str, to: &str| DeleteArgs {
            from: Some(from.into()),
            to: Some(to.into()),
            ..args()
        };
        assert!(parse_scope(&between("2026-09-21 10:00", "2026-09-21 10:00"), AT).is_err());
        assert!(matches!(
            parse_scope(&between("2026-09-20 10:00", "2026-09-20 10:30"), AT).unwrap(),
            RedactionScope::Range { from, to } if to.duration_since(from).as_secs() == 1_800
        ));
        // An end to come means: until now.
        assert!(matches!(
            parse_scope(&between("2026-09-20 10:00", "2099-01-01 00:00"), AT).unwrap(),
            RedactionScope::Since { .. }
        ));
    }
}

//! `uam delete`: takes something out of the record; the time and its state stay.

use super::Home;
use crate::access;
use crate::cli::DeleteArgs;
use crate::{output, time};
use agent::ReadAccess;
use agent::redaction;
use anyhow::Context;
use console::Prompt;
use model::{NoticeCode, UserError};
use platform::clock::current_time_us;
use platform::timezone::current_zone_name;
use protocol::{RedactionScope, RedactionSummary};
use std::process::ExitCode;

/// What the notice says of a look into what only the viewer's key opens.
const OPENED: &str = "The record was opened to take something out.";

pub(super) fn run(home: &Home, args: &DeleteArgs) -> anyhow::Result<ExitCode> {
    super::recorded(home)?;
    let scope = parse_scope(args, current_time_us())?;
    let running = redaction::is_agent_running(home)?;
    let mut access = match running {
        true => None,
        false => Some(access::open_as(home, NoticeCode::Access, OPENED)?),
    };
    let mut summary = carry(home, &scope, true, running, access.as_ref())?;
    if summary.needs_key && access.is_none() {
        access = Some(access::open_as(home, NoticeCode::Access, OPENED)?);
        summary = carry(home, &scope, true, running, access.as_ref())?;
    }
    let zone = current_zone_name();
    let about = redaction::describe_scope(&scope, current_time_us(), &zone);
    if summary.unreadable > 0 {
        output::line(&format!(
            "{} of these days open with no key at hand (they are damaged, or were sealed for others) and stay.",
            report::text::format_count(summary.unreadable, "row", "rows")
        ));
    }
    if summary.is_empty() {
        output::line(&format!("{about}: there is nothing to take out."));
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&format!(
        "{about}: {} to take out. Window names, titles, counts and pictures go; the time and its state stay.",
        redaction::describe_amount(&scope, &summary)
    ));
    foretell(&summary);
    if args.dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    let agreed = args.yes
        || Prompt::on_stderr()
            .ask_yes_no_explicit("Take it out?")
            .context("cannot ask")?;
    if !agreed {
        output::line("Nothing was changed.");
        return Ok(ExitCode::SUCCESS);
    }
    let summary = carry(home, &scope, false, running, access.as_ref())?;
    output::line(&format!(
        "Taken out: {}.",
        redaction::describe_amount(&scope, &summary)
    ));
    clean_up(home, NoticeCode::Removed, &summary, access.as_ref())?;
    Ok(ExitCode::SUCCESS)
}

fn parse_scope(args: &DeleteArgs, now_us: i64) -> anyhow::Result<RedactionScope> {
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
        let us = i64::try_from(last.as_micros()).unwrap_or(i64::MAX);
        return Ok(RedactionScope::Since {
            from: now_us.saturating_sub(us),
        });
    }
    let moment = |text: &Option<String>| {
        time::parse_moment(text.as_deref().unwrap_or_default()).map_err(usage)
    };
    let (from, to) = (moment(&args.from)?, moment(&args.to)?);
    if from >= to {
        return Err(usage("--to must be later than --from".to_owned()));
    }
    // What is to come is not recorded yet, and nothing keeps it from being so.
    if to >= now_us {
        return Ok(RedactionScope::Since { from });
    }
    Ok(RedactionScope::Range { from, to })
}

fn carry(
    home: &Home,
    scope: &RedactionScope,
    dry_run: bool,
    running: bool,
    access: Option<&ReadAccess>,
) -> anyhow::Result<RedactionSummary> {
    match (running, access) {
        (false, Some(access)) => redaction::redact_directly(home, scope, dry_run, access),
        _ => redaction::redact_through_agent(home, scope, dry_run, access),
    }
}

/// What will happen to the copies.
pub(super) fn foretell(summary: &RedactionSummary) {
    let (whole, shared): (Vec<_>, Vec<_>) = summary.objects.iter().partition(|o| o.is_exclusive);
    if !whole.is_empty() {
        output::line(&format!(
            "{} with nothing else in them were sent, or may have been; they are deleted there if that is allowed:",
            report::text::format_count(whole.len() as u64, "object", "objects")
        ));
    }
    for object in whole {
        output::line(&format!("  {}", object.name));
    }
    if !shared.is_empty() {
        output::line(&format!(
            "{} with other records besides were sent, or may have been; they stay there, for deleting them would lose those:",
            report::text::format_count(shared.len() as u64, "object", "objects")
        ));
    }
    for object in shared {
        output::line(&format!("  {}", object.name));
    }
}

/// Deletes the copies where they were sent, as far as that may be done; says and notes what stays.
pub(super) fn clean_up(
    home: &Home,
    code: NoticeCode,
    summary: &RedactionSummary,
    access: Option<&ReadAccess>,
) -> anyhow::Result<()> {
    let copies = redaction::delete_uploaded_copies(&home.paths, &summary.objects);
    for name in &copies.deleted {
        output::line(&format!("Deleted where it was sent: {name}"));
    }
    for (name, why) in &copies.left {
        output::line(&format!("STILL where it was sent: {name} ({why})"));
    }
    if !copies.left.is_empty() {
        output::line("Whoever owns that place can delete them by these names.");
    }
    if summary.checkpoint_pending {
        output::line("Another program was reading the record; the last traces go when it is done.");
    }
    for file in &summary.set_aside_files {
        output::line(&format!(
            "Set aside earlier and not touched; it may hold the same: {}",
            file.display()
        ));
    }
    let left: Vec<String> = copies.left.into_iter().map(|(name, _)| name).collect();
    redaction::record_through(
        home,
        access,
        redaction::copy_notices(code, copies.deleted.len(), &left),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const AT: i64 = 1_790_000_000_000_000;

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
    fn a_wish_is_read_from_the_command_line() {
        let last = DeleteArgs {
            last: Some(std::time::Duration::from_secs(600)),
            ..args()
        };
        assert_eq!(
            parse_scope(&last, AT).unwrap(),
            RedactionScope::Since {
                from: AT - 600_000_000
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
            RedactionScope::Range { from, to } if to - from == 1_800_000_000
        ));
        // An end to come means: until now.
        assert!(matches!(
            parse_scope(&between("2026-09-20 10:00", "2099-01-01 00:00"), AT).unwrap(),
            RedactionScope::Since { .. }
        ));
    }
}

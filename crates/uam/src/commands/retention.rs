//! `uam retention`: the old screenshots that the settings delete or archive, in numbers; with `--apply`, does it now.

use super::reading::require_journal;
use crate::output;
use agent::retention::{self, RetentionPlan};
use agent::{AppContext, journal_keys};
use anyhow::Context;
use journal::Outbox;
use journal::retention::{NOTICE_PERIOD, RetentionAction, RetentionNotice, ScreenshotTotals};
use model::{ErrorKind, NoticeCode, Timestamp, UserError};
use platform::clock::current_time;
use platform::instance_lock::InstanceLock;
use platform::timezone::current_zone_name;
use report::format;
use report::load_zone;
use serde_json::{Value, json};
use settings::Settings;
use std::process::ExitCode;
use vault::{Opener, Vault};

pub(super) fn run(context: &AppContext, apply: bool, json: bool) -> anyhow::Result<ExitCode> {
    require_journal(context)?;
    let config = Settings::load(&context.paths)?;
    let policy = settings::resolve_retention(&config, &context.paths);
    let mut outbox = Outbox::open(&context.paths.journal_dir())?;
    let now = current_time();
    if apply {
        // The uploader applies the rule, too.
        let lock = context.paths.upload_lock_file();
        let Ok(_alone) = InstanceLock::acquire(&lock)? else {
            return Err(UserError::new(
                ErrorKind::Failed,
                "an upload is running, which applies the rule itself",
                "Try again in a moment.",
            )
            .into());
        };
        let look = retention::plan_retention(&outbox, policy, now)?;
        return apply_now(context, &mut outbox, &look, now);
    }
    let look = retention::plan_retention(&outbox, policy, now)?;
    if json {
        output::print_line(&serde_json::to_string(&to_json(context, &look, now))?);
        return Ok(ExitCode::SUCCESS);
    }
    for line in format_lines(context, &look, now) {
        output::print_line(&line);
    }
    Ok(ExitCode::SUCCESS)
}

/// The screenshots that the settings in force delete or archive, if any.
pub(super) fn preview_retention(context: &AppContext) -> anyhow::Result<Option<String>> {
    if !context.paths.has_journal() {
        return Ok(None);
    }
    let policy = settings::resolve_retention(&Settings::load(&context.paths)?, &context.paths);
    let outbox = Outbox::open(&context.paths.journal_dir())?;
    let look = retention::plan_retention(&outbox, policy, current_time())?;
    Ok((!look.steps.is_empty()).then(|| {
        format!(
            "By this rule {} {}, a day after the next upload announces it. `uam retention` shows more.",
            retention::describe_action(&look.policy.action),
            retention::describe_totals(&look.outlook.leave)
        )
    }))
}

fn apply_now(
    context: &AppContext,
    outbox: &mut Outbox,
    look: &RetentionPlan,
    now: Timestamp,
) -> anyhow::Result<ExitCode> {
    if look.steps.is_empty() {
        output::print_line(&format!(
            "There is nothing to delete or archive. {}",
            retention::describe_kept(&look.outlook)
        ));
        return Ok(ExitCode::SUCCESS);
    }
    output::print_line(&format!(
        "Now {} {}.",
        retention::describe_action(&look.policy.action),
        retention::describe_totals(&look.outlook.leave)
    ));
    retention::record_announcement(&context.paths, &look.policy, now)?;
    let (_, said) = retention::apply_plan(outbox, look)?;
    let vault = Vault::open(&context.paths.vault_dir())?;
    let keys = journal_keys(&vault, Opener::new([]), None)?;
    agent::record_notices(
        context,
        &keys,
        vec![(NoticeCode::Retention, format!("On request: {said}"))],
    )
    .context(
        "the screenshots were deleted or archived, but the notice of it could not be recorded",
    )?;
    output::print_line(&said);
    Ok(ExitCode::SUCCESS)
}

/// When the rule applies by itself, in microseconds since the Unix epoch (UTC); none before it is announced.
fn applies_from(context: &AppContext, look: &RetentionPlan, now: Timestamp) -> Option<Timestamp> {
    let told = retention::announced_at(&context.paths, &look.policy);
    match journal::retention::notice_due(told, now) {
        RetentionNotice::Announce => None,
        RetentionNotice::Wait | RetentionNotice::Execute => {
            told.map(|at| (at + NOTICE_PERIOD).max(now))
        }
    }
}

fn format_lines(context: &AppContext, look: &RetentionPlan, now: Timestamp) -> Vec<String> {
    let policy = &look.policy;
    let then = match &policy.action {
        RetentionAction::Delete => "then deleted here".to_owned(),
        RetentionAction::Archive(dir) => format!("then moved to {}", dir.display()),
    };
    let mut lines = vec![
        format!(
            "The rule    uploaded screenshots are kept {} and up to {}, {then}; times and counts stay.",
            format::format_count(policy.max_age_days.into(), "day", "days"),
            format::format_bytes(policy.max_bytes),
        ),
        format!(
            "Leaving     {}",
            retention::describe_totals(&look.outlook.leave)
        ),
        format!(
            "Staying     {}",
            retention::describe_totals(&look.outlook.stay)
        ),
    ];
    if look.outlook.unsent.pictures > 0 {
        lines.push(format!(
            "Waiting     {}: they stay until they are uploaded",
            retention::describe_totals(&look.outlook.unsent)
        ));
    }
    if look.steps.is_empty() {
        return lines;
    }
    let zone = load_zone(&current_zone_name());
    lines.push(match applies_from(context, look, now) {
        None => "When        a day after the next upload announces it; `uam retention --apply` does it now.".to_owned(),
        Some(at) if at <= now => "When        with the next upload; `uam retention --apply` does it now.".to_owned(),
        Some(at) => format!(
            "When        from {} on; `uam retention --apply` does it now.",
            format::format_relative_time(
                at,
                now,
                &zone
            )
        ),
    });
    lines
}

fn to_json(context: &AppContext, look: &RetentionPlan, now: Timestamp) -> Value {
    let numbers = |of: &ScreenshotTotals| {
        json!({
            "pictures": of.pictures,
            "bytes": of.bytes,
            "oldest_day": of.days.map(|(first, _)| first.to_string()),
            "newest_day": of.days.map(|(_, last)| last.to_string()),
        })
    };
    json!({
        "keep_days": look.policy.max_age_days,
        "keep_bytes": look.policy.max_bytes,
        "archive": match &look.policy.action {
            RetentionAction::Archive(dir) => Some(dir.display().to_string()),
            RetentionAction::Delete => None,
        },
        "leave": numbers(&look.outlook.leave),
        "stay": numbers(&look.outlook.stay),
        "unsent": numbers(&look.outlook.unsent),
        "from_us": applies_from(context, look, now),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use journal::UtcDay;
    use journal::retention::{RetentionForecast, RetentionRule};

    const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

    #[test]
    fn the_plan_keeps_its_json() {
        let dir = tempfile::tempdir().unwrap();
        let context = AppContext::locate(Some(dir.path().to_owned())).unwrap();
        context.paths.create_dirs().unwrap();
        let plan = |action| RetentionPlan {
            policy: RetentionRule {
                max_age_days: 30,
                max_bytes: 2_048_000_000,
                action,
            },
            steps: Vec::new(),
            outlook: RetentionForecast {
                leave: ScreenshotTotals {
                    pictures: 47,
                    bytes: 2_350_000,
                    days: Some((UtcDay(20_000), UtcDay(20_010))),
                },
                ..RetentionForecast::default()
            },
        };
        let delete = plan(RetentionAction::Delete);
        let archive = plan(RetentionAction::Archive("/mnt/archive".into()));
        retention::record_announcement(&context.paths, &archive.policy, NOW).unwrap();
        let lines = [delete, archive].map(|plan| format!("{}\n", to_json(&context, &plan, NOW)));
        assert_eq!(
            lines.concat(),
            include_str!("../../tests/json/retention.jsonl")
        );
    }
}

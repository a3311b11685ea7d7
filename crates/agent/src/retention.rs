//! The rule for old screenshots: planned in numbers, announced, then applied.
//!
//! Always true: nothing is deleted under a rule that was not announced a day before. A small file keeps the announcement;
//! without it, the rule is announced again.

use anyhow::Context;
use journal::Outbox;
use journal::retention::{
    self, NOTICE_PERIOD, RetentionAction, RetentionForecast, RetentionNotice, RetentionReport,
    RetentionRule, RetentionStep, ScreenshotTotals,
};
use model::Timestamp;
use platform::timezone::current_zone_name;
use report::format;
use report::load_zone;
use serde::{Deserialize, Serialize};
use settings::{AppPaths, Settings, resolve_retention};
use std::fs;
use std::path::PathBuf;

/// The rule that was announced last, and when.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnnouncedRule {
    keep_days: u32,
    keep_bytes: u64,
    archive: Option<PathBuf>,
    #[serde(rename = "at_us")]
    at: Timestamp,
}

/// A plan and its numbers.
pub struct RetentionPlan {
    /// The rule.
    pub policy: RetentionRule,
    /// Each screenshot that leaves.
    pub steps: Vec<RetentionStep>,
    /// The numbers.
    pub outlook: RetentionForecast,
}

/// Plans which screenshots leave now.
///
/// # Errors
/// When the journal cannot be read.
pub fn plan_retention(
    outbox: &Outbox,
    policy: RetentionRule,
    now: Timestamp,
) -> anyhow::Result<RetentionPlan> {
    let items = outbox.list_local_screenshots()?;
    let steps = retention::plan_retention(&items, now, &policy);
    let outlook = retention::outlook(&items, &steps);
    Ok(RetentionPlan {
        policy,
        steps,
        outlook,
    })
}

/// Does the part that is due by itself: announces a rule, or puts away old screenshots under an announced one. With the
/// sentence about it, if anything was done.
pub(crate) fn run_retention(
    paths: &AppPaths,
    config: &Settings,
    outbox: &mut Outbox,
    now: Timestamp,
) -> anyhow::Result<(RetentionReport, Option<String>)> {
    let plan = plan_retention(outbox, resolve_retention(config, paths), now)?;
    if plan.steps.is_empty() {
        return Ok((RetentionReport::default(), None));
    }
    match retention::notice_due(announced_at(paths, &plan.policy), now) {
        RetentionNotice::Announce => {
            record_announcement(paths, &plan.policy, now)?;
            let from = now + NOTICE_PERIOD;
            let when = format::format_relative_time(from, now, &load_zone(&current_zone_name()));
            let text = format!(
                "From {when} on, {} {}. `uam retention` shows the numbers, `uam config set shots.keep_days` changes the rule.",
                describe_action(&plan.policy.action),
                describe_totals(&plan.outlook.leave),
            );
            Ok((RetentionReport::default(), Some(text)))
        }
        RetentionNotice::Wait => Ok((RetentionReport::default(), None)),
        RetentionNotice::Execute => {
            apply_plan(outbox, &plan).map(|(done, text)| (done, Some(text)))
        }
    }
}

/// Applies a plan; the numbers and the sentence about it.
///
/// # Errors
/// When the screenshots cannot be put away.
pub fn apply_plan(
    outbox: &mut Outbox,
    plan: &RetentionPlan,
) -> anyhow::Result<(RetentionReport, String)> {
    let done = outbox
        .apply_retention(&plan.steps)
        .context("old screenshots could not be deleted or archived")?;
    let text = describe_result(&done, &plan.outlook);
    Ok((done, text))
}

/// When this rule was announced.
pub fn announced_at(paths: &AppPaths, policy: &RetentionRule) -> Option<Timestamp> {
    let announced: AnnouncedRule =
        serde_json::from_slice(&fs::read(paths.retention_file()).ok()?).ok()?;
    (announced == to_announcement(policy, announced.at)).then_some(announced.at)
}

/// Keeps that this rule was announced.
///
/// # Errors
/// When the file cannot be written.
pub fn record_announcement(
    paths: &AppPaths,
    policy: &RetentionRule,
    now: Timestamp,
) -> anyhow::Result<()> {
    let bytes = serde_json::to_vec(&to_announcement(policy, now))?;
    platform::files::write_file_durably(&paths.retention_file(), &bytes)
        .with_context(|| format!("cannot write {}", paths.retention_file().display()))
}

fn to_announcement(policy: &RetentionRule, at: Timestamp) -> AnnouncedRule {
    AnnouncedRule {
        keep_days: policy.max_age_days,
        keep_bytes: policy.max_bytes,
        archive: match &policy.action {
            RetentionAction::Archive(dir) => Some(dir.clone()),
            RetentionAction::Delete => None,
        },
        at,
    }
}

/// `47 screenshots (12.3 MB, 2026-08-01 to 2026-08-14)`.
pub fn describe_totals(of: &ScreenshotTotals) -> String {
    let pictures = format::format_count(of.pictures, "screenshot", "screenshots");
    match of.days {
        None => pictures,
        Some((first, last)) if first == last => {
            format!("{pictures} ({}, {first})", format::format_bytes(of.bytes))
        }
        Some((first, last)) => {
            format!(
                "{pictures} ({}, {first} to {last})",
                format::format_bytes(of.bytes)
            )
        }
    }
}

/// The action in words, before the numbers.
pub fn describe_action(action: &RetentionAction) -> &'static str {
    match action {
        RetentionAction::Delete => "these are deleted here (they are uploaded):",
        RetentionAction::Archive(_) => "these are moved to the archive:",
    }
}

/// What was done: `47 screenshots (…) were deleted; 300 screenshots (…) stay, 12 of them not sent yet.`
pub(crate) fn describe_result(done: &RetentionReport, outlook: &RetentionForecast) -> String {
    let did = match done.archived {
        0 => "deleted here; they are uploaded",
        _ => "moved to the archive",
    };
    let skipped = match done.skipped {
        0 => String::new(),
        n => format!(" ({n} of them were gone already)"),
    };
    format!(
        "{} were {did}{skipped}. {}",
        describe_totals(&outlook.leave),
        describe_kept(outlook)
    )
}

/// The screenshots that stay.
pub fn describe_kept(outlook: &RetentionForecast) -> String {
    let unsent = match outlook.unsent.pictures {
        0 => String::new(),
        n => format!(", {n} of them because they are not uploaded yet"),
    };
    format!(
        "{} {}{unsent}.",
        describe_totals(&outlook.stay),
        if outlook.stay.pictures == 1 {
            "stays"
        } else {
            "stay"
        }
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use journal::UtcDay;
    use settings::OldScreenshotAction;

    fn paths(dir: &std::path::Path) -> AppPaths {
        let paths = AppPaths::under(dir);
        paths.create_dirs().unwrap();
        paths
    }

    #[test]
    fn another_rule_is_told_anew() {
        let dir = tempfile::tempdir().unwrap();
        let paths = paths(dir.path());
        let mut config = Settings::default();
        let rule = |config: &Settings| resolve_retention(config, &paths);
        assert_eq!(announced_at(&paths, &rule(&config)), None);
        record_announcement(&paths, &rule(&config), Timestamp::from_seconds(77)).unwrap();
        assert_eq!(
            announced_at(&paths, &rule(&config)),
            Some(Timestamp::from_seconds(77))
        );
        config.shots.keep_days = 7;
        assert_eq!(announced_at(&paths, &rule(&config)), None, "fewer days");
        record_announcement(&paths, &rule(&config), Timestamp::from_seconds(88)).unwrap();
        config.shots.when_old = OldScreenshotAction::Archive;
        assert_eq!(announced_at(&paths, &rule(&config)), None, "somewhere else");
        fs::write(paths.retention_file(), "{").unwrap();
        config.shots.when_old = OldScreenshotAction::Delete;
        assert_eq!(
            announced_at(&paths, &rule(&config)),
            None,
            "a file nobody can read"
        );
    }

    #[test]
    fn the_announcement_keeps_its_words() {
        let dir = tempfile::tempdir().unwrap();
        let paths = paths(dir.path());
        let rule = |action| RetentionRule {
            max_age_days: 30,
            max_bytes: 2_048_000_000,
            action,
        };
        let rules = [
            rule(RetentionAction::Delete),
            rule(RetentionAction::Archive("/mnt/archive".into())),
        ];
        let samples = include_str!("../tests/wire/retention.jsonl").lines();
        for (sample, rule) in samples.zip(rules) {
            record_announcement(&paths, &rule, Timestamp::from_seconds(1_790_000_000)).unwrap();
            let written = fs::read_to_string(paths.retention_file()).unwrap();
            assert_eq!(written, sample);
            assert_eq!(
                announced_at(&paths, &rule),
                Some(Timestamp::from_seconds(1_790_000_000))
            );
        }
    }

    #[test]
    fn the_numbers_are_said() {
        let numbers = |pictures, days: Option<(i32, i32)>| ScreenshotTotals {
            pictures,
            bytes: pictures * 50_000,
            days: days.map(|(first, last)| (UtcDay(first), UtcDay(last))),
        };
        let outlook = RetentionForecast {
            leave: numbers(47, Some((20_000, 20_010))),
            stay: numbers(300, Some((20_005, 20_030))),
            unsent: numbers(12, Some((20_005, 20_030))),
        };
        let done = RetentionReport {
            deleted: 47,
            ..RetentionReport::default()
        };
        assert_eq!(
            describe_result(&done, &outlook),
            "47 screenshots (2.3 MB, 2024-10-04 to 2024-10-14) were deleted here; they are uploaded. 300 screenshots (15.0 MB, \
             2024-10-09 to 2024-11-03) stay, 12 of them because they are not uploaded yet."
        );
    }
}

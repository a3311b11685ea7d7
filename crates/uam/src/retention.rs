//! Old pictures: what the settings ask for, in numbers, before anything goes.
//!
//! Always true: by itself nothing leaves under a rule that was not told a day before. What was told last lies in a small
//! file; without it, the rule is told again.

use anyhow::Context;
use journal::Outbox;
use journal::retention::{
    self, NOTICE_US, RetentionAction, RetentionForecast, RetentionNotice, RetentionReport,
    RetentionRule, RetentionStep, ScreenshotTotals,
};
use platform::timezone::current_zone_name;
use report::text;
use serde::{Deserialize, Serialize};
use settings::{AppPaths, Settings, resolve_retention};
use std::fs;
use std::path::PathBuf;

/// The rule that was told last, and when.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    keep_days: u32,
    keep_bytes: u64,
    archive: Option<PathBuf>,
    /// Microseconds since the Unix epoch (UTC).
    at_us: i64,
}

/// A plan and what it comes to.
pub(crate) struct Look {
    pub(crate) policy: RetentionRule,
    pub(crate) steps: Vec<RetentionStep>,
    pub(crate) outlook: RetentionForecast,
}

/// What would leave now.
pub(crate) fn look(outbox: &Outbox, policy: RetentionRule, now_us: i64) -> anyhow::Result<Look> {
    let items = outbox.list_local_screenshots()?;
    let steps = retention::plan_retention(&items, now_us, &policy);
    let outlook = retention::outlook(&items, &steps);
    Ok(Look {
        policy,
        steps,
        outlook,
    })
}

/// Does what is due by itself: tells a rule, or puts away old pictures whose rule was told. The sentence about it, if
/// anything was done.
pub(crate) fn automatic(
    paths: &AppPaths,
    config: &Settings,
    outbox: &mut Outbox,
    now_us: i64,
) -> anyhow::Result<(RetentionReport, Option<String>)> {
    let look = look(outbox, resolve_retention(config, paths), now_us)?;
    if look.steps.is_empty() {
        return Ok((RetentionReport::default(), None));
    }
    match retention::notice_due(told(paths, &look.policy), now_us) {
        RetentionNotice::Announce => {
            tell(paths, &look.policy, now_us)?;
            let from = now_us.saturating_add(NOTICE_US);
            let when =
                text::format_relative_time(from, now_us, &text::load_zone(&current_zone_name()));
            let text = format!(
                "From {when} on, {} {}. `uam retention` shows the numbers, `uam config set shots.keep_days` changes the rule.",
                will(&look.policy.action),
                numbers(&look.outlook.leave),
            );
            Ok((RetentionReport::default(), Some(text)))
        }
        RetentionNotice::Wait => Ok((RetentionReport::default(), None)),
        RetentionNotice::Execute => carry_out(outbox, &look).map(|(done, text)| (done, Some(text))),
    }
}

/// Carries a plan out; what was done, and the sentence about it.
pub(crate) fn carry_out(
    outbox: &mut Outbox,
    look: &Look,
) -> anyhow::Result<(RetentionReport, String)> {
    let done = outbox
        .apply_retention(&look.steps)
        .context("old pictures could not be put away")?;
    let text = done_text(&done, &look.outlook);
    Ok((done, text))
}

/// When this rule was told, in microseconds since the Unix epoch (UTC).
pub(crate) fn told(paths: &AppPaths, policy: &RetentionRule) -> Option<i64> {
    let told: Told = serde_json::from_slice(&fs::read(paths.retention_file()).ok()?).ok()?;
    (told == of(policy, told.at_us)).then_some(told.at_us)
}

/// Keeps that this rule was told.
pub(crate) fn tell(paths: &AppPaths, policy: &RetentionRule, now_us: i64) -> anyhow::Result<()> {
    let bytes = serde_json::to_vec(&of(policy, now_us))?;
    platform::files::write_file_durably(&paths.retention_file(), &bytes)
        .with_context(|| format!("cannot write {}", paths.retention_file().display()))
}

fn of(policy: &RetentionRule, at_us: i64) -> Told {
    Told {
        keep_days: policy.max_age_days,
        keep_bytes: policy.max_bytes,
        archive: match &policy.action {
            RetentionAction::Archive(dir) => Some(dir.clone()),
            RetentionAction::Delete => None,
        },
        at_us,
    }
}

/// `47 pictures (12.3 MB, 2026-08-01 to 2026-08-14)`.
pub(crate) fn numbers(of: &ScreenshotTotals) -> String {
    let pictures = text::format_count(of.pictures, "picture", "pictures");
    match of.days {
        None => pictures,
        Some((first, last)) if first == last => {
            format!("{pictures} ({}, {first})", text::format_bytes(of.bytes))
        }
        Some((first, last)) => {
            format!(
                "{pictures} ({}, {first} to {last})",
                text::format_bytes(of.bytes)
            )
        }
    }
}

/// What is going to happen, before the numbers.
pub(crate) fn will(action: &RetentionAction) -> &'static str {
    match action {
        RetentionAction::Delete => "these are deleted here (the sink has them):",
        RetentionAction::Archive(_) => "these are moved to the archive:",
    }
}

/// What was done: `47 pictures (…) were deleted; 300 pictures (…) stay, 12 of them not sent yet.`
pub(crate) fn done_text(done: &RetentionReport, outlook: &RetentionForecast) -> String {
    let did = match done.archived {
        0 => "deleted here; the sink has them",
        _ => "moved to the archive",
    };
    let skipped = match done.skipped {
        0 => String::new(),
        n => format!(" ({n} of them were gone already)"),
    };
    format!(
        "{} were {did}{skipped}. {}",
        numbers(&outlook.leave),
        stays(outlook)
    )
}

/// What stays.
pub(crate) fn stays(outlook: &RetentionForecast) -> String {
    let unsent = match outlook.unsent.pictures {
        0 => String::new(),
        n => format!(", {n} of them because they are not sent yet"),
    };
    format!(
        "{} {}{unsent}.",
        numbers(&outlook.stay),
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
        assert_eq!(told(&paths, &rule(&config)), None);
        tell(&paths, &rule(&config), 77).unwrap();
        assert_eq!(told(&paths, &rule(&config)), Some(77));
        config.shots.keep_days = 7;
        assert_eq!(told(&paths, &rule(&config)), None, "fewer days");
        tell(&paths, &rule(&config), 88).unwrap();
        config.shots.when_old = OldScreenshotAction::Archive;
        assert_eq!(told(&paths, &rule(&config)), None, "somewhere else");
        fs::write(paths.retention_file(), "{").unwrap();
        config.shots.when_old = OldScreenshotAction::Delete;
        assert_eq!(told(&paths, &rule(&config)), None, "a file nobody can read");
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
            done_text(&done, &outlook),
            "47 pictures (2.3 MB, 2024-10-04 to 2024-10-14) were deleted here; the sink has them. 300 pictures (15.0 MB, \
             2024-10-09 to 2024-11-03) stay, 12 of them because they are not sent yet."
        );
    }
}

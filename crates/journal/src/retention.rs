//! Which screenshots leave, and when: a pure plan, made from facts and the time.
//!
//! Always true:
//! * Only screenshots the sink has acknowledged are in a plan.
//! * Oldest first: by day, then by number.
//! * After the plan the limits hold, unless unacknowledged screenshots alone break them.

use crate::utc_day::UtcDay;
use model::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

/// One screenshot that lies in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredScreenshot {
    /// Its screenshot's number.
    pub seq: u64,
    /// The UTC day of the screenshot.
    pub day: UtcDay,
    /// Bytes its file takes.
    pub bytes: u64,
    /// True when the sink acknowledged it.
    pub acked: bool,
}

/// The action for screenshots that leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetentionAction {
    /// Move them, sealed as they are, into this directory.
    Archive(PathBuf),
    /// Delete them.
    Delete,
}

/// The rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionRule {
    /// Screenshots stay for this many whole UTC days after their own; 0 keeps only today's.
    pub max_age_days: u32,
    /// All screenshots together take at most this many bytes.
    pub max_bytes: u64,
    /// What happens to the others.
    pub action: RetentionAction,
}

/// One screenshot that leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetentionStep {
    /// Its screenshot's number.
    pub seq: u64,
    /// Bytes its file takes.
    pub bytes: u64,
    /// What happens to it.
    pub action: RetentionAction,
}

/// What executing a plan did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetentionReport {
    /// Screenshots moved.
    pub archived: u64,
    /// Screenshots deleted.
    pub deleted: u64,
    /// Bytes freed.
    pub bytes: u64,
    /// Steps that no longer applied: not acknowledged, or gone already.
    pub skipped: u64,
}

/// The screenshots that have to leave now.
#[must_use]
pub fn plan_retention(
    items: &[StoredScreenshot],
    now: Timestamp,
    policy: &RetentionRule,
) -> Vec<RetentionStep> {
    let today = UtcDay::of(now);
    let oldest_kept = i64::from(today.0) - i64::from(policy.max_age_days);
    let mut total = items
        .iter()
        .fold(0u64, |sum, i| sum.saturating_add(i.bytes));
    let mut acked: Vec<&StoredScreenshot> = items.iter().filter(|i| i.acked).collect();
    acked.sort_by_key(|i| (i.day, i.seq));
    let mut steps = Vec::new();
    for item in acked {
        if i64::from(item.day.0) >= oldest_kept && total <= policy.max_bytes {
            break;
        }
        total = total.saturating_sub(item.bytes);
        steps.push(RetentionStep {
            seq: item.seq,
            bytes: item.bytes,
            action: policy.action.clone(),
        });
    }
    steps
}

/// The oldest acknowledged screenshots that together give `bytes` bytes, or all there are: what leaves when the disk is full.
#[must_use]
pub fn plan_space(
    items: &[StoredScreenshot],
    bytes: u64,
    action: &RetentionAction,
) -> Vec<RetentionStep> {
    let mut acked: Vec<&StoredScreenshot> = items.iter().filter(|i| i.acked).collect();
    acked.sort_by_key(|i| (i.day, i.seq));
    let mut given = 0u64;
    let steps = acked.into_iter().map_while(|item| {
        let more = given < bytes;
        given = given.saturating_add(item.bytes);
        more.then(|| RetentionStep {
            seq: item.seq,
            bytes: item.bytes,
            action: action.clone(),
        })
    });
    steps.collect()
}

/// Screenshots in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScreenshotTotals {
    /// How many.
    pub pictures: u64,
    /// Bytes their files take.
    pub bytes: u64,
    /// The UTC days of the oldest and the newest; none without screenshots.
    pub days: Option<(UtcDay, UtcDay)>,
}

impl ScreenshotTotals {
    fn add(&mut self, item: &StoredScreenshot) {
        self.pictures += 1;
        self.bytes = self.bytes.saturating_add(item.bytes);
        let (first, last) = self.days.unwrap_or((item.day, item.day));
        self.days = Some((first.min(item.day), last.max(item.day)));
    }
}

/// What a plan comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetentionForecast {
    /// What leaves.
    pub leave: ScreenshotTotals,
    /// What stays.
    pub stay: ScreenshotTotals,
    /// What of it stays in any case, because the sink has not acknowledged it.
    pub unsent: ScreenshotTotals,
}

/// What `steps`, a plan made of `items`, comes to.
#[must_use]
pub fn outlook(items: &[StoredScreenshot], steps: &[RetentionStep]) -> RetentionForecast {
    let leaving: HashSet<u64> = steps.iter().map(|step| step.seq).collect();
    let mut out = RetentionForecast::default();
    for item in items {
        if leaving.contains(&item.seq) {
            out.leave.add(item);
            continue;
        }
        out.stay.add(item);
        if !item.acked {
            out.unsent.add(item);
        }
    }
    out
}

/// How long a rule is announced before any screenshot leaves by it.
pub const NOTICE_PERIOD: Duration = Duration::from_secs(86_400);

/// What is to be done about a plan that is not empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetentionNotice {
    /// Announce which screenshots will leave, and do nothing else.
    Announce,
    /// It was announced; wait.
    Wait,
    /// Execute it.
    Execute,
}

/// When a plan may be executed whose rule was announced first at `told`, or not at all. A rule that was announced in the future, as after the clock was set back, is announced again.
#[must_use]
pub fn notice_due(told: Option<Timestamp>, now: Timestamp) -> RetentionNotice {
    match told {
        Some(told) if told <= now => match now.duration_since(told) < NOTICE_PERIOD {
            true => RetentionNotice::Wait,
            false => RetentionNotice::Execute,
        },
        _ => RetentionNotice::Announce,
    }
}

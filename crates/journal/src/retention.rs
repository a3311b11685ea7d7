//! Which pictures leave, and when: a pure plan, made from facts and the time.
//!
//! Always true:
//! * Only pictures the sink has acknowledged are in a plan.
//! * Oldest first: by day, then by number.
//! * After the plan the limits hold, unless unacknowledged pictures alone break them.

use crate::Day;
use std::path::PathBuf;

/// One picture that lies in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobItem {
    /// Its shot's number.
    pub seq: u64,
    /// The UTC day of the shot.
    pub day: Day,
    /// Bytes its file takes.
    pub bytes: u64,
    /// True when the sink has it.
    pub acked: bool,
}

/// What to do with pictures that leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Move them, sealed as they are, into this directory.
    Archive(PathBuf),
    /// Delete them.
    Delete,
}

/// The rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Pictures stay for this many whole UTC days after their own; 0 keeps only today's.
    pub max_age_days: u32,
    /// All pictures together take at most this many bytes.
    pub max_bytes: u64,
    /// What happens to the others.
    pub action: Action,
}

/// One picture that leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its shot's number.
    pub seq: u64,
    /// Bytes its file takes.
    pub bytes: u64,
    /// What happens to it.
    pub action: Action,
}

/// What carrying out a plan did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Pictures moved.
    pub archived: u64,
    /// Pictures deleted.
    pub deleted: u64,
    /// Bytes freed.
    pub bytes: u64,
    /// Steps that no longer applied: not acknowledged, or gone already.
    pub skipped: u64,
}

/// The pictures that have to leave now. `now_us`: microseconds since the Unix epoch (UTC).
#[must_use]
pub fn plan(items: &[BlobItem], now_us: i64, policy: &Policy) -> Vec<Step> {
    let today = Day::of_us(now_us);
    let oldest_kept = i64::from(today.0) - i64::from(policy.max_age_days);
    let mut total = items
        .iter()
        .fold(0u64, |sum, i| sum.saturating_add(i.bytes));
    let mut acked: Vec<&BlobItem> = items.iter().filter(|i| i.acked).collect();
    acked.sort_by_key(|i| (i.day, i.seq));
    let mut steps = Vec::new();
    for item in acked {
        if i64::from(item.day.0) >= oldest_kept && total <= policy.max_bytes {
            break;
        }
        total = total.saturating_sub(item.bytes);
        steps.push(Step {
            seq: item.seq,
            bytes: item.bytes,
            action: policy.action.clone(),
        });
    }
    steps
}

//! Dry run and application of a redaction on a journal.

use journal::{FreezeOptions, Journal, JournalError, RedactionTarget, UploadedObject, UtcDay};
use model::Timestamp;
use protocol::{AffectedObject, RedactionScope, RedactionSummary};
use std::ops::RangeInclusive;
use upload::object_keys;

/// Most objects that one redaction may touch: their names must fit into one response.
const MAX_AFFECTED_OBJECTS: usize = 50_000;

/// The operation of the journal that a scope stands for.
enum RedactionOp {
    Remove(RedactionTarget),
    EraseDays(RangeInclusive<UtcDay>),
}

fn to_operation(scope: &RedactionScope, now: Timestamp) -> RedactionOp {
    match *scope {
        RedactionScope::Screenshot { seq } => RedactionOp::Remove(RedactionTarget::Shot(seq)),
        RedactionScope::Days { first, last } => {
            RedactionOp::EraseDays(UtcDay(first)..=UtcDay(last))
        }
        RedactionScope::Since { .. } | RedactionScope::Range { .. } => {
            let range = scope.time_range(now).unwrap_or(now..now);
            RedactionOp::Remove(RedactionTarget::Time(range))
        }
    }
}

/// Counts the records that a redaction would delete. Nothing is changed.
pub(crate) fn dry_run(
    scope: &RedactionScope,
    journal: &Journal,
    now: Timestamp,
) -> Result<RedactionSummary, JournalError> {
    match to_operation(scope, now) {
        RedactionOp::Remove(removal) => {
            report_of_removal(journal, journal.redact_dry_run(&removal)?)
        }
        RedactionOp::EraseDays(days) => {
            let erased = journal.erase_dry_run(days.clone())?;
            report_of_erasure(journal, &days, erased)
        }
    }
}

/// Applies a redaction, then freezes the records again that waited for upload in the same segments: the journal may
/// open more now than later.
pub(crate) fn apply(
    scope: &RedactionScope,
    journal: &mut Journal,
    rules: &FreezeOptions,
    now: Timestamp,
) -> Result<RedactionSummary, JournalError> {
    let summary = match to_operation(scope, now) {
        RedactionOp::Remove(removal) => {
            let done = journal.redact(&removal, now)?;
            report_of_removal(journal, done)?
        }
        RedactionOp::EraseDays(days) => {
            let done = journal.erase(days.clone(), now)?;
            report_of_erasure(journal, &days, done)?
        }
    };
    journal.freeze(now, rules)?;
    Ok(summary)
}

fn report_of_removal(
    journal: &Journal,
    report: journal::RedactionReport,
) -> Result<RedactionSummary, JournalError> {
    Ok(RedactionSummary {
        spans: report.spans,
        screenshots: report.shots,
        unreadable: report.closed,
        objects: affected_objects(journal, &report.sent, None)?,
        checkpoint_pending: !report.folded,
        set_aside_files: report.aside,
        first_at: report.first,
        redacted_counts: report.counted,
        ..RedactionSummary::default()
    })
}

fn report_of_erasure(
    journal: &Journal,
    days: &RangeInclusive<UtcDay>,
    erased: journal::EraseReport,
) -> Result<RedactionSummary, JournalError> {
    Ok(RedactionSummary {
        screenshots: erased.shots,
        records: erased.records,
        objects: affected_objects(journal, &erased.sent, Some(days))?,
        checkpoint_pending: !erased.folded,
        set_aside_files: erased.aside,
        ..RedactionSummary::default()
    })
}

fn affected_objects(
    journal: &Journal,
    sent: &[UploadedObject],
    days: Option<&RangeInclusive<UtcDay>>,
) -> Result<Vec<AffectedObject>, JournalError> {
    sent.iter()
        .map(|object| {
            let is_screenshot = object.media.is_some();
            let is_exclusive = match days {
                _ if is_screenshot => true,
                None => false,
                Some(days) => !journal
                    .segment_has_other_days((object.first_seq, object.last_seq), days.clone())?,
            };
            Ok(AffectedObject {
                name: object_keys::uploaded_key(journal.device(), journal.epoch(), object),
                is_exclusive,
                is_screenshot,
            })
        })
        .collect()
}

/// True when a redaction touches more objects than one response can name.
pub(crate) fn exceeds_object_limit(summary: &RedactionSummary) -> bool {
    summary.objects.len() > MAX_AFFECTED_OBJECTS
}

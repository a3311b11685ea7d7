//! Sentences about a redaction, for its owner and for the record: when and how much, never what.

use journal::UtcDay;
use model::{NoticeCode, Timestamp};
use protocol::{RedactionScope, RedactionSummary};
use report::format::{format_count, format_date_time};

/// Names in one notice; more go into further ones.
const NAMES: usize = 20;

/// The scope of a redaction: "2026-11-25 12:03:00 to 2026-11-25 12:13:00 (Europe/Berlin)".
pub fn describe_scope(scope: &RedactionScope, now: Timestamp, zone: &str) -> String {
    match scope {
        RedactionScope::Screenshot { seq } => format!("screenshot {seq}"),
        RedactionScope::Days { first, last } if first == last => {
            format!("the UTC day {}", UtcDay(*first))
        }
        RedactionScope::Days { first, last } => {
            format!("the UTC days {} to {}", UtcDay(*first), UtcDay(*last))
        }
        RedactionScope::Since { .. } | RedactionScope::Range { .. } => {
            let range = scope.time_range(now).unwrap_or(now..now);
            format!(
                "{} to {} ({zone})",
                format_date_time(range.start, zone),
                format_date_time(range.end, zone)
            )
        }
    }
}

/// How much: "14 spans and 1 screenshot".
pub fn describe_amount(scope: &RedactionScope, summary: &RedactionSummary) -> String {
    let shots = format_count(summary.screenshots, "screenshot", "screenshots");
    match scope {
        RedactionScope::Screenshot { .. } => shots,
        RedactionScope::Days { .. } => format!(
            "{}, {shots} among them",
            format_count(summary.records, "record", "records")
        ),
        RedactionScope::Since { .. } | RedactionScope::Range { .. } => {
            format!(
                "{} and {shots}",
                format_count(summary.spans, "span", "spans")
            )
        }
    }
}

/// The notice that stays in the record.
pub(crate) fn redaction_notice(
    scope: &RedactionScope,
    summary: &RedactionSummary,
    now: Timestamp,
    zone: &str,
) -> (NoticeCode, String) {
    let (code, did) = match scope {
        RedactionScope::Days { .. } => (NoticeCode::Erased, "Erased for good"),
        _ => (NoticeCode::Removed, "Deleted"),
    };
    let mut text = format!(
        "{did}: {}: {}.",
        describe_scope(scope, now, zone),
        describe_amount(scope, summary)
    );
    if !summary.objects.is_empty() {
        text.push_str(&format!(
            " {} with some of it had been uploaded before.",
            format_count(summary.objects.len() as u64, "object", "objects")
        ));
    }
    (code, text)
}

/// The outcome of a deletion at the destination, as notices.
pub fn copy_notices(
    code: NoticeCode,
    deleted: usize,
    left: &[String],
) -> Vec<(NoticeCode, String)> {
    let mut notices = Vec::new();
    if deleted > 0 {
        let text = format!(
            "At the destination {} of it {} deleted.",
            format_count(deleted as u64, "object", "objects"),
            if deleted == 1 { "was" } else { "were" }
        );
        notices.push((code, text));
    }
    for names in left.chunks(NAMES) {
        let text = format!(
            "At the destination some of it is still in: {}",
            names.join(", ")
        );
        notices.push((code, text));
    }
    notices
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::AffectedObject;
    use std::time::Duration;

    const AT: Timestamp = Timestamp::from_seconds(1_790_000_000); // 2026-09-21T14:13:20Z

    #[test]
    fn a_notice_tells_when_and_how_much() {
        let scope = RedactionScope::Since { from: AT };
        let summary = RedactionSummary {
            spans: 14,
            screenshots: 1,
            objects: vec![AffectedObject {
                name: "x".into(),
                is_exclusive: true,
                is_screenshot: true,
            }],
            ..RedactionSummary::default()
        };
        assert_eq!(
            redaction_notice(&scope, &summary, AT + Duration::from_secs(600), "Europe/Berlin"),
            (
                NoticeCode::Removed,
                "Deleted: 2026-09-21 16:13:20 to 2026-09-21 16:23:20 (Europe/Berlin): 14 spans and 1 screenshot. 1 object with some of it had been uploaded before."
                    .to_owned()
            )
        );
        let days = RedactionScope::Days { first: 0, last: 1 };
        let summary = RedactionSummary {
            records: 3,
            ..RedactionSummary::default()
        };
        assert_eq!(
            redaction_notice(&days, &summary, AT, "UTC").1,
            "Erased for good: the UTC days 1970-01-01 to 1970-01-02: 3 records, 0 screenshots among them."
        );
    }

    #[test]
    fn every_object_that_is_left_is_named_once() {
        let left: Vec<String> = (0..45).map(|n| format!("name-{n};")).collect();
        let notices = copy_notices(NoticeCode::Erased, 2, &left);
        assert_eq!(notices.len(), 4);
        let all: String = notices.iter().map(|(_, text)| text.as_str()).collect();
        for name in &left {
            assert_eq!(all.matches(name.as_str()).count(), 1, "{name}");
        }
        assert!(copy_notices(NoticeCode::Erased, 0, &[]).is_empty());
    }
}

//! Rows of the tables in the ZIP file.

use model::{MICROS_PER_SECOND, Record, RecordLine};
use report::csv::escape_formula;

pub(super) const SPANS_HEADER: &str = "seq,start_utc,end_utc,zone,seconds,state,protected,removed,app,exe,title,keys,left,middle,\
                            right,other,scroll,input_seconds,injected_keys,injected_clicks,injected_scroll";

pub(super) const NOTICES_HEADER: &str = "seq,at_utc,zone,code,text";

fn format_utc(at_us: i64) -> String {
    jiff::Timestamp::from_microsecond(at_us).map_or_else(|_| at_us.to_string(), |t| t.to_string())
}

/// A cell that is harmless in a terminal and in a spreadsheet.
fn safe_cell(text: &str) -> String {
    escape_formula(&model::to_printable(text, model::MAX_TITLE_BYTES))
}

pub(super) fn span_row(line: &RecordLine) -> Option<String> {
    let Record::Span(span) = &line.record else {
        return None;
    };
    let (app, exe, title) = match &span.window {
        Some(w) => (safe_cell(&w.app), safe_cell(&w.exe), safe_cell(&w.title)),
        None => Default::default(),
    };
    let (own, injected) = (span.counts.hardware, span.counts.injected);
    let cells = [
        line.seq.to_string(),
        format_utc(span.start.as_micros()),
        format_utc(span.end().as_micros()),
        safe_cell(&span.zone),
        format!(
            "{}.{:06}",
            model::micros::to_micros(span.duration) / MICROS_PER_SECOND,
            model::micros::to_micros(span.duration) % MICROS_PER_SECOND
        ),
        span.state.wire_name().to_owned(),
        yes_cell(span.protected).to_owned(),
        yes_cell(span.removed).to_owned(),
        app,
        exe,
        title,
        own.keys.to_string(),
        own.left.to_string(),
        own.middle.to_string(),
        own.right.to_string(),
        own.other.to_string(),
        own.scroll.to_string(),
        own.seconds.to_string(),
        injected.keys.to_string(),
        injected.clicks().to_string(),
        injected.scroll.to_string(),
    ];
    Some(format!("{}\r\n", cells.join(",")))
}

pub(super) fn notice_row(line: &RecordLine) -> Option<String> {
    let Record::Notice(notice) = &line.record else {
        return None;
    };
    let cells = [
        line.seq.to_string(),
        format_utc(notice.at.as_micros()),
        safe_cell(&notice.zone),
        notice.code.to_string(),
        escape_formula(&model::to_printable(&notice.text, 16_384)),
    ];
    Some(format!("{}\r\n", cells.join(",")))
}

fn yes_cell(flag: bool) -> &'static str {
    if flag { "yes" } else { "" }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use model::{Counts, Coverage, DeviceId, Notice, NoticeCode, Span, WindowInfo};
    use std::sync::Arc;

    fn line(record: Record) -> RecordLine {
        RecordLine {
            schema: 1,
            device_id: DeviceId::from_bytes([1; 16]),
            seq: 7,
            record,
        }
    }

    #[test]
    fn every_row_has_every_column_and_no_formula() {
        let span = line(Record::Span(Span {
            start: model::Timestamp::from_micros(1_790_000_000_000_000),
            duration: std::time::Duration::from_micros(1_500_000),
            zone: "UTC".into(),
            state: Coverage::Active,
            protected: false,
            removed: false,
            window: Some(Arc::new(WindowInfo {
                app: "Editor".into(),
                exe: "/bin/e".into(),
                title: "=HYPERLINK()".into(),
            })),
            counts: Counts::default(),
        }));
        let row = span_row(&span).unwrap();
        let cells: Vec<&str> = row.trim_end().split(',').collect();
        assert_eq!(cells.len(), SPANS_HEADER.split(',').count());
        assert_eq!(cells[10], "'=HYPERLINK()");
        assert_eq!(cells[1], "2026-09-21T14:13:20Z");
        assert_eq!(cells[4], "1.500000");
        let notice = line(Record::Notice(Notice {
            at: model::Timestamp::from_micros(0),
            zone: "UTC".into(),
            code: NoticeCode::Removed,
            text: "a, b".into(),
        }));
        assert_eq!(
            notice_row(&notice).unwrap(),
            "7,1970-01-01T00:00:00Z,UTC,removed,\"a, b\"\r\n"
        );
        assert!(span_row(&notice).is_none() && notice_row(&span).is_none());
    }
}

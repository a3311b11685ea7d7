//! Rows of the tables in the ZIP file.

use model::{Counts, MAX_TITLE_BYTES, Record, RecordLine, Timestamp};
use report::Usage;
use report::columns::{Unit, csv_columns};
use report::csv::safe_cell;

const SPAN_CELLS: [&str; 11] = [
    "seq",
    "start_utc",
    "end_utc",
    "zone",
    "seconds",
    "state",
    "protected",
    "removed",
    "app",
    "exe",
    "title",
];

pub(super) const NOTICES_HEADER: [&str; 5] = ["seq", "at_utc", "zone", "code", "text"];

/// The longest text of a notice in its cell.
const MAX_NOTICE_BYTES: usize = 16_384;

/// The names of the cells of [`span_row`].
pub(super) fn spans_header() -> Vec<&'static str> {
    let counts = count_cells(Counts::default()).map(|(heading, _)| heading);
    SPAN_CELLS.into_iter().chain(counts).collect()
}

fn count_cells(counts: Counts) -> impl Iterator<Item = (&'static str, String)> {
    let columns = csv_columns().filter(|(column, _)| column.unit != Unit::Time);
    columns.map(move |(column, heading)| (heading, column.format_csv(&Usage::from(counts))))
}

fn format_utc(at: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.as_micros())
        .map_or_else(|_| at.to_string(), |t| t.to_string())
}

fn name_cell(text: &str) -> String {
    safe_cell(text, MAX_TITLE_BYTES)
}

pub(super) fn span_row(line: &RecordLine) -> Option<Vec<String>> {
    let Record::Span(span) = &line.record else {
        return None;
    };
    let window = span.window.as_deref().cloned().unwrap_or_default();
    let fixed: [String; SPAN_CELLS.len()] = [
        line.seq.to_string(),
        format_utc(span.start),
        format_utc(span.end()),
        name_cell(&span.zone),
        format!(
            "{}.{:06}",
            span.duration.as_secs(),
            span.duration.subsec_micros()
        ),
        span.state.wire_name().to_owned(),
        yes_cell(span.protected).to_owned(),
        yes_cell(span.redacted).to_owned(),
        name_cell(&window.app),
        name_cell(&window.exe),
        name_cell(&window.title),
    ];
    let counts = count_cells(span.counts).map(|(_, cell)| cell);
    Some(fixed.into_iter().chain(counts).collect())
}

pub(super) fn notice_row(line: &RecordLine) -> Option<Vec<String>> {
    let Record::Notice(notice) = &line.record else {
        return None;
    };
    Some(vec![
        line.seq.to_string(),
        format_utc(notice.at),
        name_cell(&notice.zone),
        notice.code.to_string(),
        safe_cell(&notice.text, MAX_NOTICE_BYTES),
    ])
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
    use std::time::Duration;

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
            start: Timestamp::from_seconds(1_790_000_000),
            duration: Duration::from_micros(1_500_000),
            zone: "UTC".into(),
            state: Coverage::Active,
            protected: false,
            redacted: false,
            window: Some(Arc::new(WindowInfo {
                app: "Editor".into(),
                exe: "/bin/e".into(),
                title: "=HYPERLINK()".into(),
            })),
            counts: Counts::default(),
        }));
        let cells = span_row(&span).unwrap();
        assert_eq!(cells.len(), spans_header().len());
        let header = "seq,start_utc,end_utc,zone,seconds,state,protected,removed,app,exe,title,keys,left,middle,right,other,\
                      scroll,input_seconds,injected_keys,injected_clicks,injected_scroll";
        assert!(spans_header().join(",").starts_with(header));
        assert_eq!(cells[10], "'=HYPERLINK()");
        assert_eq!(cells[1], "2026-09-21T14:13:20Z");
        assert_eq!(cells[4], "1.500000");
        let notice = line(Record::Notice(Notice {
            at: Timestamp::UNIX_EPOCH,
            zone: "UTC".into(),
            code: NoticeCode::Removed,
            text: "a, b".into(),
        }));
        let mut written = report::csv::csv_writer(Vec::new());
        written.write_record(notice_row(&notice).unwrap()).unwrap();
        assert_eq!(
            written.into_inner().unwrap(),
            b"7,1970-01-01T00:00:00Z,UTC,removed,\"a, b\"\r\n"
        );
        assert!(span_row(&notice).is_none() && notice_row(&span).is_none());
    }
}

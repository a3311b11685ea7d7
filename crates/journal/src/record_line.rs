//! Records as lines: the bytes that are sealed here and, opened again, lie in the bucket.

use crate::error::JournalError;
use model::{
    Counts, Coverage, DeviceId, RECORD_SCHEMA, Record, RecordLine, RecordLineRef, Span, Timestamp,
    WindowInfo,
};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// A row that cannot be read; the others can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DamagedRow {
    /// Its number.
    pub seq: u64,
    /// Why, for people.
    pub why: String,
}

/// The lines that were read, and the rows that could not be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordLines {
    /// The records, by rising `seq`.
    pub lines: Vec<RecordLine>,
    /// The rows that could not be read.
    pub damaged: Vec<DamagedRow>,
}

impl RecordLines {
    pub(crate) fn add(&mut self, line: Result<RecordLine, DamagedRow>) {
        match line {
            Ok(line) => self.lines.push(line),
            Err(damaged) => self.damaged.push(damaged),
        }
    }
}

/// The bytes of a record's line, without the line feed.
pub(crate) fn encode_line(
    device: &DeviceId,
    seq: u64,
    record: &Record,
) -> Result<Vec<u8>, JournalError> {
    serde_json::to_vec(&RecordLineRef {
        schema: RECORD_SCHEMA,
        device_id: device,
        seq,
        record,
    })
    .map_err(JournalError::Encode)
}

/// The line of a row whose plain content is `plain`: the line itself, or the span of a promoted row (`open_id`).
pub(crate) fn content_to_line(
    device: &DeviceId,
    seq: u64,
    open_id: Option<u64>,
    plain: Vec<u8>,
) -> Result<Vec<u8>, JournalError> {
    if open_id.is_none() {
        return Ok(plain);
    }
    let span: Span = serde_json::from_slice(&plain).map_err(|e| not_a_record(seq, &e))?;
    encode_line(device, seq, &Record::Span(span))
}

pub(crate) fn not_a_record(seq: u64, error: &serde_json::Error) -> JournalError {
    // The message names the position, not the text around it, which is personal.
    JournalError::NotARecord {
        seq,
        why: format!("{:?} at column {}", error.classify(), error.column()),
    }
}

/// A line parsed; one of a newer format is refused.
pub(crate) fn parse_line(seq: u64, line: &[u8]) -> Result<RecordLine, DamagedRow> {
    let damaged = |why: String| DamagedRow { seq, why };
    let line = match parse_span_line(line) {
        Some(line) => line,
        None => {
            serde_json::from_slice(line).map_err(|e| damaged(not_a_record(seq, &e).to_string()))?
        }
    };
    if line.schema > RECORD_SCHEMA {
        return Err(damaged(format!(
            "its format {} is newer than this program's {RECORD_SCHEMA}; update uam",
            line.schema
        )));
    }
    Ok(line)
}

/// The line of a span, which nearly every line is, read at once. [`RecordLine`] itself is read in two steps, for its kind has to
/// be known first, and that takes three times as long. `None`: it is another, or not to be read.
fn parse_span_line(line: &[u8]) -> Option<RecordLine> {
    #[derive(Deserialize)]
    struct FlatSpanLine {
        schema: u32,
        device_id: DeviceId,
        seq: u64,
        kind: SpanTag,
        start: i64,
        dur_us: u64,
        zone: Arc<str>,
        state: Coverage,
        #[serde(default)]
        protected: bool,
        #[serde(default)]
        window: Option<Arc<WindowInfo>>,
        #[serde(default)]
        counts: Counts,
        #[serde(default, rename = "removed")]
        redacted: bool,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum SpanTag {
        Span,
    }

    find_after_kind(line)?;
    let flat: FlatSpanLine = serde_json::from_slice(line).ok()?;
    let SpanTag::Span = flat.kind;
    Some(RecordLine {
        schema: flat.schema,
        device_id: flat.device_id,
        seq: flat.seq,
        record: Record::Span(Span {
            start: Timestamp::from_micros(flat.start),
            duration: Duration::from_micros(flat.dur_us),
            zone: flat.zone,
            state: flat.state,
            protected: flat.protected,
            window: flat.window,
            counts: flat.counts,
            redacted: flat.redacted,
        }),
    })
}

/// The part of a span's line behind its kind. As [`RecordLineRef`] writes it, the kind stands within the first hundred bytes; a
/// title comes later.
fn find_after_kind(line: &[u8]) -> Option<&[u8]> {
    const KIND: &[u8] = b"\"kind\":\"span\"";
    let head = line.get(..128.min(line.len()))?;
    let place = head.windows(KIND.len()).position(|part| part == KIND)?;
    line.get(place + KIND.len()..)
}

/// When and where a span was: the head of its line, without the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanHead<'a> {
    /// Its number.
    pub seq: u64,
    /// Its start.
    pub start: Timestamp,
    /// Its end; exclusive.
    pub end: Timestamp,
    /// IANA name of the time zone in force.
    pub zone: &'a str,
}

/// The head of a span's line; `None` where it is no span, or not written as this program writes it.
pub(crate) fn parse_span_head(seq: u64, line: &[u8]) -> Option<SpanHead<'_>> {
    let rest = find_after_kind(line)?;
    let rest = std::str::from_utf8(
        rest.get(..200.min(rest.len()))?
            .split(|b| *b > 0x7e)
            .next()?,
    )
    .ok()?;
    let (start, rest) = rest.strip_prefix(",\"start\":")?.split_once(',')?;
    let (dur, rest) = rest.strip_prefix("\"dur_us\":")?.split_once(',')?;
    let (zone, _) = rest.strip_prefix("\"zone\":\"")?.split_once('"')?;
    let start = Timestamp::from_micros(start.parse().ok()?);
    Some(SpanHead {
        seq,
        start,
        end: start + Duration::from_micros(dur.parse().ok()?),
        zone: Some(zone).filter(|zone| !zone.contains('\\'))?,
    })
}

/// Whether a span is wanted, told by its head.
pub(crate) type SpanFilter<'a> = &'a mut dyn FnMut(SpanHead<'_>) -> bool;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use model::{InputCounts, Notice, NoticeCode};

    fn span() -> Span {
        Span {
            start: Timestamp::from_micros(1_790_000_000_000_000),
            duration: Duration::from_micros(60_000_000),
            zone: "Europe/Berlin".into(),
            state: Coverage::LowBattery,
            protected: false,
            window: Some(Arc::new(WindowInfo {
                app: "Editor".into(),
                exe: "/usr/bin/editor".into(),
                title: "\"kind\":\"shot\" \u{1b} ä".into(),
            })),
            counts: Counts {
                hardware: InputCounts {
                    keys: 7,
                    ..InputCounts::default()
                },
                ..Counts::default()
            },
            redacted: false,
        }
    }

    #[test]
    fn a_span_is_read_at_once_as_it_is_read_in_two_steps() {
        let device = DeviceId::from_bytes([7; 16]);
        let bare = Span {
            window: None,
            protected: true,
            redacted: true,
            counts: Counts::default(),
            ..span()
        };
        for span in [span(), bare] {
            let line = encode_line(&device, u64::MAX, &Record::Span(span.clone())).unwrap();
            let slow: RecordLine = serde_json::from_slice(&line).unwrap();
            let head = SpanHead {
                seq: 9,
                start: span.start,
                end: span.end(),
                zone: "Europe/Berlin",
            };
            assert_eq!(parse_span_head(9, &line), Some(head));
            assert_eq!(parse_span_line(&line), Some(slow.clone()));
            assert_eq!(parse_line(1, &line), Ok(slow));
        }
        let notice = Record::Notice(Notice {
            at: Timestamp::from_micros(1),
            zone: "UTC".into(),
            code: NoticeCode::Started,
            text: "\"kind\":\"span\"".into(),
        });
        let line = encode_line(&device, 1, &notice).unwrap();
        assert_eq!(parse_span_line(&line), None);
        assert_eq!(parse_line(1, &line).unwrap().record, notice);
        assert_eq!(parse_span_head(1, &line), None);
        assert_eq!(parse_span_line(b"{}"), None);
        assert_eq!(parse_span_head(1, b"{}"), None);
        assert!(parse_line(1, br#"{"schema":1,"kind":"span"}"#).is_err());
    }
}

//! The JSON line of a record, the same bytes in the journal and in the bucket.

use crate::device_id::DeviceId;
use crate::record::Record;
use serde::{Deserialize, Serialize};

/// Version of the record format; a reader refuses a higher one politely.
pub const RECORD_SCHEMA: u32 = 1;

/// One line of a segment, owned (for reading).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordLine {
    /// Format version, [`RECORD_SCHEMA`].
    pub schema: u32,
    /// Which installation.
    pub device_id: DeviceId,
    /// The journal's own counter: 1, 2, 3, … without gaps.
    pub seq: u64,
    /// The record.
    #[serde(flatten)]
    pub record: Record,
}

/// One line of a segment, borrowed (for writing); the same JSON as [`RecordLine`].
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RecordLineRef<'a> {
    /// Format version, [`RECORD_SCHEMA`].
    pub schema: u32,
    /// Which installation.
    pub device_id: &'a DeviceId,
    /// The journal's own counter.
    pub seq: u64,
    /// The record.
    #[serde(flatten)]
    pub record: &'a Record,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::counts::Counts;
    use crate::coverage::Coverage;
    use crate::record::Span;
    use crate::window::WindowInfo;
    use std::sync::Arc;

    #[test]
    fn a_line_reads_back_as_written() {
        let device = DeviceId::from_bytes([7; 16]);
        let record = Record::Span(Span {
            start: crate::Timestamp::from_micros(1_790_000_000_000_000),
            duration: std::time::Duration::from_micros(60_000_000),
            zone: "Europe/Berlin".into(),
            state: Coverage::Active,
            protected: false,
            window: Some(Arc::new(WindowInfo {
                app: "Editor".into(),
                exe: String::new(),
                title: "a\u{202e}b\n".into(),
            })),
            counts: Counts::default(),
            redacted: false,
        });
        let json = serde_json::to_string(&RecordLineRef {
            schema: RECORD_SCHEMA,
            device_id: &device,
            seq: 3,
            record: &record,
        })
        .unwrap();
        assert!(!json.contains('\n'), "one record is one line: {json}");
        let line: RecordLine = serde_json::from_str(&json).unwrap();
        assert_eq!(
            line,
            RecordLine {
                schema: RECORD_SCHEMA,
                device_id: device,
                seq: 3,
                record
            }
        );
    }
}

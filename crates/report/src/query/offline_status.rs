//! The state of the journal while no instance runs.

use crate::format::{format_age, since};
use crate::status::{LABEL_WIDTH, OutboxSummary};
use journal::{JournalError, Reader};
use model::Coverage;
use serde::{Deserialize, Serialize};

/// The status from the journal, while no instance runs. As JSON the field names are stable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfflineStatus {
    /// Always `off`: nothing is recorded.
    pub state: Coverage,
    /// When something last reached the disk, in microseconds since the Unix epoch (UTC).
    pub last_durable_us: Option<i64>,
    /// Objects that the sink has not yet acknowledged.
    pub outbox: OutboxSummary,
    /// When the sink last acknowledged something, in microseconds since the Unix epoch (UTC).
    pub last_ack_us: Option<i64>,
    /// Where the journal lies.
    pub data_dir: String,
}

/// Reads the status from the journal while no instance runs.
///
/// # Errors
/// See [`JournalError`].
pub fn read_offline_status(reader: &Reader, data_dir: &str) -> Result<OfflineStatus, JournalError> {
    Ok(OfflineStatus {
        state: Coverage::Off,
        last_durable_us: reader.last_durable()?.map(model::Timestamp::as_micros),
        outbox: read_outbox_summary(reader)?,
        last_ack_us: reader.last_ack()?.map(model::Timestamp::as_micros),
        data_dir: data_dir.to_owned(),
    })
}

/// Reads which objects wait for the sink.
///
/// # Errors
/// See [`JournalError`].
pub fn read_outbox_summary(reader: &Reader) -> Result<OutboxSummary, JournalError> {
    let depth = reader.depth()?;
    Ok(OutboxSummary {
        records: depth.records,
        shots: depth.shots,
        bytes: depth.bytes,
    })
}

impl OfflineStatus {
    /// Plain lines for `uam status`; harmless to print.
    #[must_use]
    pub fn lines(&self, now_us: i64) -> Vec<String> {
        let ago = |at: Option<i64>| match at {
            Some(at) => format!("{} ago", format_age(since(at, now_us))),
            None => "never".to_owned(),
        };
        let row = |label: &str, text: &str| format!("  {label:<LABEL_WIDTH$}{text}");
        [
            "not recording · uam does not run".to_owned(),
            row("last saved", &ago(self.last_durable_us)),
            row("outbox", &self.outbox.text()),
            row("last upload", &ago(self.last_ack_us)),
            row("journal", &self.data_dir),
        ]
        .into_iter()
        .map(|line| model::to_printable(&line, 400))
        .collect()
    }
}

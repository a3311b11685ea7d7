//! The state of the journal while no instance runs.

use crate::format::format_age;
use crate::status::{LABEL_WIDTH, OutboxSummary};
use journal::{JournalError, Reader};
use model::{Coverage, Timestamp};
use serde::{Deserialize, Serialize};

/// The status from the journal, while no instance runs. As JSON the field names are stable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfflineStatus {
    /// Always `off`: nothing is recorded.
    pub state: Coverage,
    /// When something last reached the disk, in microseconds since the Unix epoch (UTC).
    #[serde(rename = "last_durable_us")]
    pub last_durable: Option<Timestamp>,
    /// Objects that the sink has not yet acknowledged.
    pub outbox: OutboxSummary,
    /// When the sink last acknowledged something, in microseconds since the Unix epoch (UTC).
    #[serde(rename = "last_ack_us")]
    pub last_ack: Option<Timestamp>,
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
        last_durable: reader.last_durable()?,
        outbox: read_outbox_summary(reader)?,
        last_ack: reader.last_ack()?,
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
    pub fn lines(&self, now: Timestamp) -> Vec<String> {
        let ago = |at: Option<Timestamp>| match at {
            Some(at) => format!("{} ago", format_age(now.duration_since(at))),
            None => "never".to_owned(),
        };
        let row = |label: &str, text: &str| format!("  {label:<LABEL_WIDTH$}{text}");
        [
            "not recording · uam does not run".to_owned(),
            row("last saved", &ago(self.last_durable)),
            row("outbox", &self.outbox.text()),
            row("last upload", &ago(self.last_ack)),
            row("journal", &self.data_dir),
        ]
        .into_iter()
        .map(|line| model::to_printable(&line, 400))
        .collect()
    }
}

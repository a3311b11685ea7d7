//! The outcome of one upload, as `uam upload --json` prints it and the worker reads it.

use model::Timestamp;
use platform::timezone::current_zone_name;
use serde::{Deserialize, Serialize};

/// The outcome of an upload; the one line that `uam upload --json` prints.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadSummary {
    /// Records acknowledged by the sink.
    pub records: u64,
    /// Screenshots acknowledged by the sink.
    pub shots: u64,
    /// Bytes of both.
    pub bytes: u64,
    /// Old screenshots moved to the archive.
    pub archived: u64,
    /// Old screenshots deleted.
    pub deleted: u64,
    /// A sentence about old screenshots: put away, or announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<String>,
    /// Until when something is held back.
    #[serde(
        rename = "held_until_us",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub held_until: Option<Timestamp>,
    /// Abilities that the sink lacks, as far as it showed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// The problem that ended it, if any.
    pub error: Option<UploadProblem>,
}

/// The problem that ended an upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadProblem {
    /// Must somebody mend it first?
    pub permanent: bool,
    /// The problem as a sentence.
    pub text: String,
    /// A way to solve it.
    pub hint: String,
    /// How long the sink asked to wait, in seconds.
    pub retry_after_s: Option<u64>,
    /// Is it the journal that is damaged?
    #[serde(default)]
    pub damaged: bool,
}

impl UploadProblem {
    /// One that ends by itself, without a hint.
    pub(super) fn passing(text: impl Into<String>) -> Self {
        Self {
            permanent: false,
            text: text.into(),
            hint: String::new(),
            retry_after_s: None,
            damaged: false,
        }
    }
}

impl From<UploadProblem> for UploadSummary {
    fn from(problem: UploadProblem) -> Self {
        Self {
            error: Some(problem),
            ..Self::default()
        }
    }
}

impl UploadSummary {
    /// As the status and the log show it.
    pub fn to_status(&self, at: Timestamp, destination: &str) -> report::UploadAttempt {
        let sent = match (self.records, self.shots) {
            (0, 0) => "nothing new to upload".to_owned(),
            (records, shots) => format!(
                "{} and {} ({}) uploaded to {destination}",
                report::format::format_count(records, "record", "records"),
                report::format::format_count(shots, "screenshot", "screenshots"),
                report::format::format_bytes(self.bytes)
            ),
        };
        let text = match &self.error {
            None => sent,
            Some(t) => {
                let after = if self.records + self.shots > 0 {
                    format!(" ({sent} before)")
                } else {
                    String::new()
                };
                format!("{} {}{after}", with_full_stop(&t.text), t.hint)
                    .trim()
                    .to_owned()
            }
        };
        report::UploadAttempt {
            at,
            text,
            ok: self.error.is_none(),
        }
    }

    /// A sentence about the records still held back, if any.
    pub fn describe_hold(&self) -> Option<String> {
        let zone = report::load_zone(&current_zone_name());
        self.held_until.map(|until| {
            format!(
                "The newest records are held back until {}; `uam upload --now` uploads them at once.",
                report::format::format_clock_time(until, &zone)
            )
        })
    }
}

fn with_full_stop(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn summaries_keep_their_json() {
        for line in include_str!("../../tests/wire/uploads.jsonl").lines() {
            let read: UploadSummary = serde_json::from_str(line).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), line);
        }
    }
}

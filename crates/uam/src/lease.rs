//! What a start hands to the process that records.
//!
//! A start gives a *lease*: a key pair that lives in the memory of the supervisor and its worker, and in no file. With it
//! the worker opens what it wrote itself, also after a crash, and nothing else. It goes through the worker's standard
//! input, which stays open: its end tells the worker that the supervisor is gone.

use model::NoticeCode;
use report::TodayTotals;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, Read};
use std::time::Duration;
use vault::Identity;
use zeroize::Zeroize;
use zeroize::Zeroizing;

/// How long a start lasts; then it takes a new code.
pub(crate) const LONGEST: Duration = Duration::from_secs(16 * 3600);

/// Longest line on the pipe, in bytes; what today holds has a bound far below it ([`report::glance`]).
const MAX_LINE: u64 = 1024 * 1024;

/// The first line.
#[derive(Serialize, Deserialize)]
pub(crate) struct Handover {
    key: String,
    /// What today holds already, by earlier runs.
    pub(crate) today: Option<TodayTotals>,
    /// What the record must say about the start.
    pub(crate) notices: Vec<(NoticeCode, String)>,
    /// Is this the first worker of the start, or one after a crash?
    pub(crate) first: bool,
}

impl Drop for Handover {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

impl Handover {
    pub(crate) fn new(
        lease: &Identity,
        today: Option<TodayTotals>,
        notices: Vec<(NoticeCode, String)>,
        first: bool,
    ) -> Self {
        Self {
            key: lease.reveal().to_string(),
            today,
            notices,
            first,
        }
    }

    /// As one line for the pipe.
    pub(crate) fn line(&self) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        let mut line = Zeroizing::new(serde_json::to_vec(self)?);
        line.push(b'\n');
        Ok(line)
    }

    /// From the pipe.
    pub(crate) fn read(from: &mut impl BufRead) -> anyhow::Result<Self> {
        let mut line = Zeroizing::new(String::new());
        from.take(MAX_LINE).read_line(&mut line)?;
        Ok(serde_json::from_str(&line)?)
    }

    /// The lease.
    pub(crate) fn lease(&self) -> anyhow::Result<Identity> {
        Ok(self.key.parse()?)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const LINES: &str = include_str!("../tests/wire/handover.jsonl");

    #[test]
    fn a_handover_keeps_its_words() {
        let handover = |today: Option<TodayTotals>, first| Handover {
            key: "AGE-SECRET-KEY-1".to_owned(),
            today,
            notices: vec![(NoticeCode::CodeAccepted, "A code was given.".to_owned())],
            first,
        };
        let today = serde_json::from_value(serde_json::json!({
            "day": "2026-09-21", "states": [1, 2, 3, 4, 5, 6, 7, 8], "counts": model::Counts::default(),
            "glance": {
                "from_us": 1_789_941_600_000_000_i64, "slots": [],
                "apps": [{ "app": "Editor", "title": "", "us": 5 }], "windows": [],
            },
        }))
        .unwrap();
        let values = [handover(None, true), handover(Some(today), false)];
        assert_eq!(LINES.lines().count(), values.len());
        for (value, line) in values.iter().zip(LINES.lines()) {
            assert_eq!(*value.line().unwrap(), format!("{line}\n").as_bytes());
            let read = Handover::read(&mut line.as_bytes()).unwrap();
            assert_eq!(*read.line().unwrap(), format!("{line}\n").as_bytes());
        }
    }
}

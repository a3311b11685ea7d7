//! The handover: one line from a start to the process that records.
//!
//! A start gives a *lease*: a key pair that lives in the memory of the supervisor and its worker, and in no file. With it
//! the worker opens what it wrote itself, also after a crash, and nothing else. It goes through the worker's standard
//! input, which stays open: its end tells the worker that the supervisor is gone.

use model::NoticeCode;
use platform::shutdown::ShutdownCause;
use report::TodayTotals;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, Read};
use std::time::Duration;
use vault::Identity;
use zeroize::Zeroize;
use zeroize::Zeroizing;

/// How long a start lasts; then it takes a new code.
pub const LEASE_DURATION: Duration = Duration::from_secs(16 * 3600);

/// Longest line on the pipe, in bytes; what today holds has a bound far below it ([`report::day_summary`]).
const MAX_LINE: u64 = 1024 * 1024;

/// The first line.
#[derive(Serialize, Deserialize)]
pub struct Handover {
    key: String,
    /// The day so far, by earlier runs.
    pub today: Option<TodayTotals>,
    /// Notices about the start, for the record.
    pub notices: Vec<(NoticeCode, String)>,
    /// Is this the first worker of the start, or one after a crash?
    pub first: bool,
}

impl Drop for Handover {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

impl Handover {
    /// For a worker of the start that `lease` belongs to.
    pub fn new(
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
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub fn encode_line(&self) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        let mut line = Zeroizing::new(serde_json::to_vec(self)?);
        line.push(b'\n');
        Ok(line)
    }

    /// From the pipe.
    ///
    /// # Errors
    /// When no handover comes.
    pub fn read_from(from: &mut impl BufRead) -> anyhow::Result<Self> {
        let mut line = Zeroizing::new(String::new());
        from.take(MAX_LINE).read_line(&mut line)?;
        Ok(serde_json::from_str(&line)?)
    }

    /// The lease.
    ///
    /// # Errors
    /// When it is no key.
    pub fn lease_identity(&self) -> anyhow::Result<Identity> {
        Ok(self.key.parse()?)
    }
}

/// An order from the supervisor to end, as a word on the worker's pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShutdownOrder {
    /// The system asked the supervisor to end.
    Cause(ShutdownCause),
    /// The lease is over.
    LeaseEnd,
}

impl ShutdownOrder {
    const ALL: [Self; 5] = [
        Self::Cause(ShutdownCause::Interrupt),
        Self::Cause(ShutdownCause::Terminate),
        Self::Cause(ShutdownCause::TerminalClosed),
        Self::Cause(ShutdownCause::SessionEnd),
        Self::LeaseEnd,
    ];

    /// Its word on the pipe.
    pub(crate) fn encode(self) -> &'static str {
        match self {
            Self::Cause(ShutdownCause::Interrupt) => "interrupt",
            Self::Cause(ShutdownCause::Terminate) => "request",
            Self::Cause(ShutdownCause::TerminalClosed) => "terminal",
            Self::Cause(ShutdownCause::SessionEnd) => "session",
            Self::LeaseEnd => "lease",
        }
    }

    /// The cause that a word on the pipe stands for, for people; `None` for an unknown word.
    pub(crate) fn describe_word(word: &str) -> Option<&'static str> {
        let order = Self::ALL.into_iter().find(|o| o.encode() == word)?;
        Some(match order {
            Self::Cause(cause) => cause.describe(),
            Self::LeaseEnd => "the end of the 16 hours that a start lasts",
        })
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
            assert_eq!(
                *value.encode_line().unwrap(),
                format!("{line}\n").as_bytes()
            );
            let read = Handover::read_from(&mut line.as_bytes()).unwrap();
            assert_eq!(*read.encode_line().unwrap(), format!("{line}\n").as_bytes());
        }
    }

    #[test]
    fn orders_keep_their_words() {
        let words = ShutdownOrder::ALL.map(ShutdownOrder::encode);
        assert_eq!(
            words,
            ["interrupt", "request", "terminal", "session", "lease"]
        );
        for word in words {
            assert!(ShutdownOrder::describe_word(word).is_some(), "{word}");
        }
        assert_eq!(ShutdownOrder::describe_word("stop"), None);
    }
}

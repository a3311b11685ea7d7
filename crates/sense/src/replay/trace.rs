//! The trace's text form.

use model::TimedEvent;
use std::io::{self, BufRead, Read, Write};

/// Longest line of a trace in bytes; a title of [`model::MAX_TITLE_BYTES`] fits in it however it is escaped.
pub const MAX_LINE_BYTES: usize = 64 * 1024;

/// Why a trace cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The file cannot be read.
    #[error("line {line} of the trace cannot be read: {source}")]
    Read {
        /// Line number, from 1.
        line: usize,
        /// The system's reason.
        source: io::Error,
    },
    /// A line is longer than [`MAX_LINE_BYTES`].
    #[error(
        "line {line} of the trace is longer than {MAX_LINE_BYTES} bytes; is this a trace at all?"
    )]
    TooLong {
        /// Line number, from 1.
        line: usize,
    },
    /// A line is not an event.
    #[error("line {line} of the trace is not an event: {source}")]
    Parse {
        /// Line number, from 1.
        line: usize,
        /// The fault.
        source: serde_json::Error,
    },
}

/// Reads a whole trace.
///
/// # Errors
/// [`TraceError`] for the first line that is not an event.
pub fn read_trace(mut trace: impl BufRead) -> Result<Vec<TimedEvent>, TraceError> {
    let mut events = Vec::new();
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        let limit = u64::try_from(MAX_LINE_BYTES + 1).unwrap_or(u64::MAX);
        let got = (&mut trace)
            .take(limit)
            .read_until(b'\n', &mut bytes)
            .map_err(|source| TraceError::Read { line, source })?;
        if got == 0 {
            break;
        }
        if bytes.len() > MAX_LINE_BYTES {
            return Err(TraceError::TooLong { line });
        }
        let text = bytes.trim_ascii();
        if text.is_empty() || text.starts_with(b"#") {
            continue;
        }
        let item =
            serde_json::from_slice(text).map_err(|source| TraceError::Parse { line, source })?;
        events.push(item);
    }
    Ok(events)
}

/// Writes a trace, one event per line.
pub struct TraceWriter<W: Write> {
    to: W,
}

impl<W: Write> TraceWriter<W> {
    /// A trace that goes to `to`; give it a buffered writer.
    pub fn new(to: W) -> Self {
        Self { to }
    }

    /// Appends one event.
    ///
    /// # Errors
    /// Whatever the underlying writer reports.
    pub fn record(&mut self, item: &TimedEvent) -> io::Result<()> {
        serde_json::to_writer(&mut self.to, item)?;
        self.to.write_all(b"\n")
    }

    /// Flushes and gives the writer back.
    ///
    /// # Errors
    /// Whatever the underlying writer reports.
    pub fn finish(mut self) -> io::Result<W> {
        self.to.flush()?;
        Ok(self.to)
    }
}

//! Lines for a pipe, a file or a terminal that should stay quiet.

use model::to_printable;
use report::LogLine;
use std::io::{self, Write};

/// Writes log lines without any escape code, each flushed at once so that a reader sees it.
#[derive(Debug)]
pub struct PlainView<W> {
    out: W,
    width: usize,
}

impl<W: Write> PlainView<W> {
    /// Columns of a line when the output has no width.
    pub const WIDTH: usize = 120;

    /// Writes to `out` with lines of [`Self::WIDTH`] columns.
    pub fn new(out: W) -> Self {
        Self {
            out,
            width: Self::WIDTH,
        }
    }

    /// Sets the width of a line in columns.
    #[must_use]
    pub fn with_width(mut self, width: usize) -> Self {
        self.width = width;
        self
    }

    /// Writes one log line.
    ///
    /// # Errors
    /// When writing fails, as on a pipe whose reader is gone; recording should go on.
    pub fn print_line(&mut self, line: &LogLine) -> io::Result<()> {
        writeln!(self.out, "{}", line.to_plain_text(self.width))?;
        self.out.flush()
    }

    /// Writes any other text as one line, through [`to_printable`].
    ///
    /// # Errors
    /// As [`Self::print_line`].
    pub fn print_text(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", to_printable(text, 4096))?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use model::Coverage;
    use model::Timestamp;
    use report::LogSubject;
    use std::time::Duration;

    #[test]
    fn no_escape_code_comes_through() {
        let mut out = Vec::new();
        let mut plain = PlainView::new(&mut out);
        plain
            .print_line(&LogLine {
                at: Timestamp::UNIX_EPOCH,
                zone: "UTC".into(),
                word: LogSubject::State(Coverage::Active),
                text: "Editor — \u{1b}[31mred\n".into(),
                detail: "42 keys".into(),
                duration: Some(Duration::from_secs(35)),
            })
            .unwrap();
        plain.print_text("two\nlines\u{1b}[2J").unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.starts_with("00:00:00  active        Editor — ·[31mred·"),
            "{text}"
        );
        assert!(
            text.ends_with("42 keys     0:35\ntwo·lines·[2J\n"),
            "{text}"
        );
        assert!(!text.contains('\u{1b}'));
    }
}

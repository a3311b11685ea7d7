//! The only place that writes to the terminal outside the live console. A closed pipe is not an error: whoever
//! listened has heard enough.

use std::io::Write;

/// Writes to standard output and flushes.
pub(crate) fn out(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
}

/// Writes a line to standard output and flushes.
pub(crate) fn line(text: &str) {
    out(&format!("{text}\n"));
}

/// Writes to standard error.
pub(crate) fn err(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

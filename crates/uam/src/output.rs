//! The only place that writes to the terminal outside the live view. A closed pipe is not an error: the reader wants no
//! more.

use std::io::Write;

/// Writes to standard output and flushes.
pub(crate) fn print_text(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
}

/// Writes a line to standard output and flushes.
pub fn print_line(text: &str) {
    print_text(&format!("{text}\n"));
}

/// Writes to standard error.
pub(crate) fn print_error_text(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

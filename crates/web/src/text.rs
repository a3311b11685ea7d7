//! Recorded text for the page: without control and direction marks, and of a bounded length.

/// Longest title shown, in characters.
pub(crate) const MAX_TITLE: usize = 240;

/// Longest application name shown, in characters.
pub(crate) const MAX_APP: usize = 80;

/// Longest sentence shown, in characters: a notice or an error.
pub(crate) const MAX_SENTENCE: usize = 400;

/// The text, printable and at most `max_chars` characters long.
pub(crate) fn printable_text(raw: &str, max_chars: usize) -> String {
    model::to_printable(raw, max_chars)
}

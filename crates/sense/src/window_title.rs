//! Titles have a longest length; hostile pages set longer ones.

use model::MAX_TITLE_BYTES;

/// Cuts `text` to [`MAX_TITLE_BYTES`] at a character boundary.
pub(crate) fn truncate_title(text: &mut String) {
    text.truncate(text.floor_char_boundary(MAX_TITLE_BYTES));
}

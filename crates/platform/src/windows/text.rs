//! UTF-16 as the Windows API takes it.

/// `text` as UTF-16, terminated by 0.
#[must_use]
pub fn to_utf16(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// Writes `text` into a fixed field of an API structure. Text that does not fit is cut between two characters; the rest of
/// the field, at least its last unit, is 0.
pub fn write_utf16_field(field: &mut [u16], text: &str) {
    field.fill(0);
    let mut end = 0;
    for c in text.chars() {
        let mut units = [0; 2];
        let units = c.encode_utf16(&mut units);
        // The last unit is the terminating 0.
        if end + units.len() >= field.len() {
            return;
        }
        field[end..end + units.len()].copy_from_slice(units);
        end += units.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_between_characters() {
        let mut field = [7; 4];
        write_utf16_field(&mut field, "ab");
        assert_eq!(field, [97, 98, 0, 0]);
        // The second half of the emoji would take the place of the terminating 0.
        write_utf16_field(&mut field, "ab\u{1f600}");
        assert_eq!(field, [97, 98, 0, 0]);
        write_utf16_field(&mut field, "a\u{1f600}c");
        assert_eq!(field, [97, 0xd83d, 0xde00, 0]);
    }
}

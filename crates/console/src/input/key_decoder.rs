//! Turns the bytes from a terminal into the keys that the view knows.

use super::events::KeyInput;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum DecoderState {
    #[default]
    Ground,
    Escape,
    /// In `ESC [ … final`.
    Control,
    /// In a string (`ESC _`, `ESC ]`, `ESC P` …) that ends in BEL or `ESC \`, such as a late answer.
    Text,
    TextEscape,
    /// The one byte after `ESC O`.
    Single,
}

/// Decodes keys and skips whole escape sequences, so that a late answer of the terminal is not mistaken for typing.
#[derive(Debug, Default)]
pub(crate) struct KeyDecoder {
    state: DecoderState,
}

impl KeyDecoder {
    pub(crate) fn decode_bytes(&mut self, bytes: &[u8]) -> Vec<KeyInput> {
        let mut keys: Vec<KeyInput> = bytes.iter().filter_map(|b| self.decode_byte(*b)).collect();
        // The Escape key alone is the last byte of a read.
        if self.state == DecoderState::Escape {
            self.state = DecoderState::Ground;
            keys.push(KeyInput::Other);
        }
        keys
    }

    fn decode_byte(&mut self, byte: u8) -> Option<KeyInput> {
        let (next, key) = match (self.state, byte) {
            (DecoderState::Ground, 0x1b) => (DecoderState::Escape, None),
            (DecoderState::Ground, 0x03) => (DecoderState::Ground, Some(KeyInput::Interrupt)),
            (DecoderState::Ground, 0x0c) => (DecoderState::Ground, Some(KeyInput::Redraw)),
            (DecoderState::Ground, 0x08 | 0x7f) => (DecoderState::Ground, Some(KeyInput::Erase)),
            (DecoderState::Ground, 0x20..=0x7e) => (
                DecoderState::Ground,
                Some(KeyInput::Char(char::from(byte.to_ascii_lowercase()))),
            ),
            // The further bytes of a character outside ASCII are part of its first one.
            (DecoderState::Ground, 0x80..=0xbf) => (DecoderState::Ground, None),
            (DecoderState::Ground, _) => (DecoderState::Ground, Some(KeyInput::Other)),
            (DecoderState::Escape, b'[') => (DecoderState::Control, None),
            (DecoderState::Escape, b'O') => (DecoderState::Single, None),
            (DecoderState::Escape, b'_' | b']' | b'P' | b'^' | b'X') => (DecoderState::Text, None),
            // Terminals send `ESC O D` or `ESC [ D` for the left arrow, depending on the mode of the cursor keys (VT100).
            (DecoderState::Single | DecoderState::Control, b'D') => {
                (DecoderState::Ground, Some(KeyInput::Left))
            }
            (DecoderState::Single | DecoderState::Control, b'C') => {
                (DecoderState::Ground, Some(KeyInput::Right))
            }
            (DecoderState::Escape | DecoderState::Single, _) => {
                (DecoderState::Ground, Some(KeyInput::Other))
            }
            (DecoderState::Control, 0x40..=0x7e) => (DecoderState::Ground, Some(KeyInput::Other)),
            (DecoderState::Control, _) => (DecoderState::Control, None),
            (DecoderState::Text, 0x07) => (DecoderState::Ground, None),
            (DecoderState::Text, 0x1b) => (DecoderState::TextEscape, None),
            (DecoderState::Text, _) => (DecoderState::Text, None),
            (DecoderState::TextEscape, b'\\') => (DecoderState::Ground, None),
            (DecoderState::TextEscape, _) => (DecoderState::Text, None),
        };
        self.state = next;
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_distinguished_from_sequences() {
        let mut keys = KeyDecoder::default();
        assert_eq!(
            keys.decode_bytes(b"Qp\x03"),
            [
                KeyInput::Char('q'),
                KeyInput::Char('p'),
                KeyInput::Interrupt
            ]
        );
        assert_eq!(
            keys.decode_bytes(b"\x1b[A\x1bOPs"),
            [KeyInput::Other, KeyInput::Other, KeyInput::Char('s')]
        );
        assert_eq!(
            keys.decode_bytes(b"\x1b[D\x1bOD\x1b[C\x1bOC\x7f\x08"),
            [
                KeyInput::Left,
                KeyInput::Left,
                KeyInput::Right,
                KeyInput::Right,
                KeyInput::Erase,
                KeyInput::Erase
            ]
        );
        assert_eq!(keys.decode_bytes("ä".as_bytes()), [KeyInput::Other]);
        assert_eq!(keys.decode_bytes(b"\x1b"), [KeyInput::Other]);
    }

    #[test]
    fn a_late_answer_is_not_typing() {
        let mut keys = KeyDecoder::default();
        assert_eq!(keys.decode_bytes(b"\x1b_Gi=31;qq"), []);
        assert_eq!(keys.decode_bytes(b"pp\x1b\\\x1b[?62;4c"), [KeyInput::Other]);
        assert_eq!(keys.decode_bytes(b"q"), [KeyInput::Char('q')]);
    }
}

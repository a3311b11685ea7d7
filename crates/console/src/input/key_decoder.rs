//! Bytes from a terminal made into the few keys the view knows.

use super::Key;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    Escape,
    /// Within `ESC [ … final`.
    Control,
    /// Within a string (`ESC _`, `ESC ]`, `ESC P` …) that ends in BEL or `ESC \`, such as a late answer.
    Text,
    TextEscape,
    /// The one byte after `ESC O`.
    Single,
}

/// Reads keys and skips escape sequences whole, so that a late answer of the terminal is not taken for typing.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    state: State,
}

impl Keys {
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<Key> {
        let mut keys: Vec<Key> = bytes.iter().filter_map(|b| self.byte(*b)).collect();
        // A lone Escape key comes as the last byte of what can be read.
        if self.state == State::Escape {
            self.state = State::Ground;
            keys.push(Key::Other);
        }
        keys
    }

    fn byte(&mut self, byte: u8) -> Option<Key> {
        let (next, key) = match (self.state, byte) {
            (State::Ground, 0x1b) => (State::Escape, None),
            (State::Ground, 0x03) => (State::Ground, Some(Key::Interrupt)),
            (State::Ground, 0x0c) => (State::Ground, Some(Key::Redraw)),
            (State::Ground, 0x08 | 0x7f) => (State::Ground, Some(Key::Erase)),
            (State::Ground, 0x20..=0x7e) => (
                State::Ground,
                Some(Key::Char(char::from(byte.to_ascii_lowercase()))),
            ),
            // The further bytes of a character outside ASCII are part of its first one.
            (State::Ground, 0x80..=0xbf) => (State::Ground, None),
            (State::Ground, _) => (State::Ground, Some(Key::Other)),
            (State::Escape, b'[') => (State::Control, None),
            (State::Escape, b'O') => (State::Single, None),
            (State::Escape, b'_' | b']' | b'P' | b'^' | b'X') => (State::Text, None),
            // Terminals say `ESC O D` or `ESC [ D` for the left arrow, as their cursor keys are set (VT100).
            (State::Single | State::Control, b'D') => (State::Ground, Some(Key::Left)),
            (State::Single | State::Control, b'C') => (State::Ground, Some(Key::Right)),
            (State::Escape | State::Single, _) => (State::Ground, Some(Key::Other)),
            (State::Control, 0x40..=0x7e) => (State::Ground, Some(Key::Other)),
            (State::Control, _) => (State::Control, None),
            (State::Text, 0x07) => (State::Ground, None),
            (State::Text, 0x1b) => (State::TextEscape, None),
            (State::Text, _) => (State::Text, None),
            (State::TextEscape, b'\\') => (State::Ground, None),
            (State::TextEscape, _) => (State::Text, None),
        };
        self.state = next;
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_from_sequences() {
        let mut keys = Keys::default();
        assert_eq!(
            keys.push(b"Qp\x03"),
            [Key::Char('q'), Key::Char('p'), Key::Interrupt]
        );
        assert_eq!(
            keys.push(b"\x1b[A\x1bOPs"),
            [Key::Other, Key::Other, Key::Char('s')]
        );
        assert_eq!(
            keys.push(b"\x1b[D\x1bOD\x1b[C\x1bOC\x7f\x08"),
            [
                Key::Left,
                Key::Left,
                Key::Right,
                Key::Right,
                Key::Erase,
                Key::Erase
            ]
        );
        assert_eq!(keys.push("ä".as_bytes()), [Key::Other]);
        assert_eq!(keys.push(b"\x1b"), [Key::Other]);
    }

    #[test]
    fn a_late_answer_is_not_typing() {
        let mut keys = Keys::default();
        assert_eq!(keys.push(b"\x1b_Gi=31;qq"), []);
        assert_eq!(keys.push(b"pp\x1b\\\x1b[?62;4c"), [Key::Other]);
        assert_eq!(keys.push(b"q"), [Key::Char('q')]);
    }
}

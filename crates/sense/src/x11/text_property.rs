//! Text properties: UTF-8, Latin-1 and compound text, cut to a bound.

use crate::window_title::truncate_title;

/// How a text property is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextEncoding {
    Utf8,
    Latin1,
    Compound,
}

/// The text in `bytes`, without trailing NULs, at most [`model::MAX_TITLE_BYTES`] long. What cannot be read becomes `U+FFFD`.
pub(super) fn decode_text(bytes: &[u8], encoding: TextEncoding) -> String {
    let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |n| n + 1);
    let bytes = bytes.get(..end).unwrap_or_default();
    let mut text = match encoding {
        TextEncoding::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
        TextEncoding::Latin1 => decode_latin1(bytes),
        TextEncoding::Compound => decode_compound(bytes),
    };
    truncate_title(&mut text);
    text
}

fn decode_latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|b| char::from(*b)).collect()
}

/// Compound text (X Consortium standard "Compound Text Encoding"): ISO 2022 with Latin-1 to begin with. UTF-8 parts
/// (`ESC % G` … `ESC % @`) and Latin-1 are read; characters of other sets become one `U+FFFD` per run.
fn decode_compound(bytes: &[u8]) -> String {
    let mut text = String::new();
    let mut rest = bytes;
    // What the upper half (0xA0..=0xFF) and the lower half mean at present.
    let (mut lower_ascii, mut upper_latin1) = (true, true);
    let mut unknown_run = false;
    while let Some((&byte, tail)) = rest.split_first() {
        if byte == 0x1b {
            if let Some(utf8) = tail.strip_prefix(b"%G") {
                let end = find_bytes(utf8, b"\x1b%@").unwrap_or(utf8.len());
                let (inside, after) = utf8.split_at(end);
                text.push_str(&String::from_utf8_lossy(inside));
                rest = after.strip_prefix(b"\x1b%@").unwrap_or(after);
                unknown_run = false;
                continue;
            }
            // Intermediate bytes 0x20..=0x2f, then one final byte.
            let length = tail
                .iter()
                .position(|b| !(0x20..=0x2f).contains(b))
                .map_or(tail.len(), |n| n + 1);
            let (sequence, after) = tail.split_at(length);
            match sequence {
                [b'(', set] => lower_ascii = matches!(set, b'B' | b'J'),
                [b'-', set] => upper_latin1 = *set == b'A',
                [b'$', b'(', _] => lower_ascii = false,
                [b'$', b')', _] | [b')', _] => upper_latin1 = false,
                _ => {}
            }
            rest = after;
            continue;
        }
        let known = match byte {
            0x00..=0x20 | 0x7f => true,
            0x21..=0x7e => lower_ascii,
            _ => upper_latin1,
        };
        if known {
            text.push(char::from(byte));
        } else if !unknown_run {
            text.push(char::REPLACEMENT_CHARACTER);
        }
        unknown_run = !known;
        rest = tail;
    }
    text
}

fn find_bytes(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle)
}

/// The instance and the class in a `WM_CLASS` property: two strings, each ended by NUL.
pub(super) fn split_class(bytes: &[u8]) -> (String, String) {
    let mut parts = bytes.split(|b| *b == 0).map(|part| {
        // The standard says Latin-1; toolkits write UTF-8.
        let mut text = match std::str::from_utf8(part) {
            Ok(text) => text.to_owned(),
            Err(_) => decode_latin1(part),
        };
        truncate_title(&mut text);
        text
    });
    let instance = parts.next().unwrap_or_default();
    let class = parts.next().unwrap_or_default();
    (instance, class)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::MAX_TITLE_BYTES;
    use proptest::prelude::*;

    #[test]
    fn encodings_are_read() {
        assert_eq!(decode_text("näh\0".as_bytes(), TextEncoding::Utf8), "näh");
        assert_eq!(decode_text(b"n\xe4h", TextEncoding::Latin1), "näh");
        assert_eq!(decode_text(b"n\xe4h", TextEncoding::Compound), "näh");
        assert_eq!(
            decode_text("a\u{1b}%G→\u{1b}%@b".as_bytes(), TextEncoding::Compound),
            "a→b"
        );
        // A run of JIS X 0208, then back to ASCII.
        assert_eq!(
            decode_text(b"x\x1b$(B\x46\x7c\x4b\x5c\x1b(By", TextEncoding::Compound),
            "x\u{fffd}y"
        );
    }

    #[test]
    fn long_titles_are_cut_between_characters() {
        let long = "€".repeat(MAX_TITLE_BYTES);
        let text = decode_text(long.as_bytes(), TextEncoding::Utf8);
        assert_eq!(text.len(), MAX_TITLE_BYTES / 3 * 3);
        assert!(text.chars().all(|c| c == '€'));
    }

    #[test]
    fn class_is_the_second_string() {
        assert_eq!(
            split_class(b"xterm\0XTerm\0"),
            ("xterm".into(), "XTerm".into())
        );
        assert_eq!(split_class(b"alone"), ("alone".into(), String::new()));
        assert_eq!(split_class(b""), (String::new(), String::new()));
    }

    proptest! {
        #[test]
        fn any_bytes_become_bounded_text(bytes in prop::collection::vec(any::<u8>(), 0..9000)) {
            for encoding in [TextEncoding::Utf8, TextEncoding::Latin1, TextEncoding::Compound] {
                prop_assert!(decode_text(&bytes, encoding).len() <= MAX_TITLE_BYTES);
            }
            split_class(&bytes);
        }
    }
}

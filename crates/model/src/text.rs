//! Titles are written by strangers: any web page sets one.

/// `text` made safe to show on one line of a terminal or log: control characters, line breaks and bidirectional
/// marks become `·`, and at most `max_chars` characters are kept (an ellipsis stands for the rest).
#[must_use]
pub fn to_printable(text: &str, max_chars: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max_chars * 4));
    for (n, c) in text.chars().enumerate() {
        if n + 1 >= max_chars && text.chars().nth(max_chars).is_some() {
            out.push('…');
            break;
        }
        out.push(if is_hostile(c) { '·' } else { c });
    }
    out
}

/// Control characters, line and paragraph separators, and the marks that reorder or hide text (Unicode UAX #9 and
/// the zero-width family).
fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{061c}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hostile_titles_become_harmless() {
        assert_eq!(
            to_printable("a\u{1b}[31mred\u{202e}gnp.exe\n", 80),
            "a·[31mred·gnp.exe·"
        );
    }

    #[test]
    fn long_titles_end_in_an_ellipsis() {
        assert_eq!(to_printable("abcdef", 4), "abc…");
        assert_eq!(to_printable("abcd", 4), "abcd");
    }

    proptest! {
        #[test]
        fn nothing_hostile_comes_through(text in "\\PC*|(.|\\p{Cf}|\\p{Cc})*", max in 1usize..50) {
            let shown = to_printable(&text, max);
            prop_assert!(shown.chars().count() <= max);
            prop_assert!(!shown.chars().any(is_hostile));
        }
    }
}

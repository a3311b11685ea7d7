//! Looking for a word in a text, in whatever script and case it is written.

/// A word to look for; each end is a word border unless it was written with a `*`.
#[derive(Clone, Debug)]
pub(super) struct WordPattern {
    needle: String,
    /// The bytes of `needle`.
    bytes: ByteSet,
    open_start: bool,
    open_end: bool,
}

impl WordPattern {
    /// Reads a pattern; `None` without a single letter or digit.
    pub(super) fn new(text: &str) -> Option<Self> {
        let lower = fold_text(text.trim());
        let open_start = lower.starts_with('*');
        let open_end = lower.ends_with('*');
        let needle = lower.trim_matches('*').to_owned();
        needle.chars().any(char::is_alphanumeric).then(|| Self {
            bytes: ByteSet::of(&needle),
            needle,
            open_start,
            open_end,
        })
    }

    /// Is the word in a text that holds `text_bytes`? Both come from [`fold_text`].
    pub(super) fn matches(&self, text: &str, text_bytes: ByteSet) -> bool {
        text_bytes.contains_all(self.bytes) && self.is_in(text)
    }

    fn is_in(&self, lower: &str) -> bool {
        lower.match_indices(&self.needle).any(|(at, found)| {
            let before = lower[..at].chars().next_back();
            let after = lower[at + found.len()..].chars().next();
            (self.open_start || is_border(before, found.chars().next()))
                && (self.open_end || is_border(after, found.chars().next_back()))
        })
    }
}

/// Which bytes a text holds. A word whose bytes are not all in a title is not in it either, which is known at once for most
/// of the hundreds of words; looking for each of them took ten times as long.
#[derive(Clone, Copy, Debug)]
pub(super) struct ByteSet([u64; 4]);

impl ByteSet {
    /// The bytes of this text.
    pub(super) fn of(text: &str) -> Self {
        let mut set = [0; 4];
        for byte in text.bytes() {
            set[usize::from(byte >> 6)] |= 1 << (byte & 63);
        }
        Self(set)
    }

    fn contains_all(self, others: Self) -> bool {
        self.0
            .iter()
            .zip(others.0)
            .all(|(own, other)| own & other == other)
    }
}

/// The text in the one shape in which patterns and windows are compared: lower case, white space of any kind as a
/// space, and without what is not seen or not always written (direction marks, joiners, Arabic vowel points).
pub(super) fn fold_text(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .filter(|c| !is_unseen(*c))
        .map(|c| match c {
            c if c.is_whitespace() => ' ',
            // Turkish writes both i's; capitals do not tell which one they were. Greek has a sigma for words' ends.
            'ı' => 'i',
            'ς' => 'σ',
            c => c,
        })
        .collect()
}

/// U+0307 remains of a capital İ in lower case.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{307}' | '\u{640}' | '\u{64b}'..='\u{652}' | '\u{670}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Is there a word border between an outer and an inner character? Scripts that write without spaces (CJK, kana,
/// hangul with particles, Thai, Lao, Burmese, Khmer) have none to look for, so there any place counts.
fn is_border(outer: Option<char>, inner: Option<char>) -> bool {
    let spaceless = |c: char| {
        matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
    };
    match (outer, inner) {
        (None, _) | (_, None) => true,
        (Some(o), Some(i)) => {
            !o.is_alphanumeric() || !i.is_alphanumeric() || spaceless(o) || spaceless(i)
        }
    }
}

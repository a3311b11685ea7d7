//! Finding the vocabulary's phrases in prose.

use super::vocabulary::{BannedWord, VOCABULARY};
use std::collections::HashMap;

/// A word of prose in small letters and the line it stands on.
///
/// `.` is the end of a sentence, a backtick stands for a piece of code or a name such as `a/b`; no phrase goes over them.
#[derive(Debug, PartialEq)]
pub(super) struct ProseWord {
    /// The word.
    pub(super) text: String,
    /// Its line, from 1.
    pub(super) line: usize,
}

impl ProseWord {
    /// Whether it is a word, and no end of a sentence or piece of code.
    pub(super) fn is_plain(&self) -> bool {
        self.text.starts_with(char::is_alphanumeric)
    }
}

/// A banned phrase in a text.
#[derive(Debug, PartialEq)]
pub(super) struct FoundPhrase {
    /// Its line, from 1.
    pub(super) line: usize,
    /// The phrase as it is banned.
    pub(super) phrase: &'static str,
    /// The words to write instead.
    pub(super) standard: &'static str,
}

/// Splits prose, whose first line is `first_line`, into words. Code between backticks, links and addresses are passed over.
pub(super) fn split_words(text: &str, first_line: usize) -> Vec<ProseWord> {
    let mut found = Vec::new();
    let mut line = first_line;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if first == '`' {
            push_word(&mut found, "`", line);
            code_length(rest)
        } else if first.is_whitespace() {
            first.len_utf8()
        } else if rest.starts_with("](") {
            rest.find(')').map_or(2, |end| end + 1)
        } else {
            let length = rest
                .find(|c: char| c.is_whitespace() || matches!(c, '`' | '(' | ')' | '[' | ']' | '—'))
                .unwrap_or(rest.len());
            read_chunk(&rest[..length], line, &mut found);
            length.max(first.len_utf8())
        };
        line += rest[..length].bytes().filter(|b| *b == b'\n').count();
        rest = &rest[length..];
    }
    found
}

/// The length of the text between backticks; of the backticks alone when nothing closes them.
fn code_length(rest: &str) -> usize {
    let ticks = rest.len() - rest.trim_start_matches('`').len();
    let mut at = ticks;
    while let Some(next) = rest[at..].find('`') {
        let start = at + next;
        let run = rest[start..].len() - rest[start..].trim_start_matches('`').len();
        at = start + run;
        if run == ticks {
            return at;
        }
    }
    ticks
}

/// Reads the text between two spaces.
fn read_chunk(chunk: &str, line: usize, found: &mut Vec<ProseWord>) {
    let is_edge = |c: char| !c.is_alphanumeric();
    let inside = chunk.trim_matches(is_edge);
    let before = &chunk[..chunk.len() - chunk.trim_start_matches(is_edge).len()];
    if is_name(inside) || before.ends_with(['-', '/', '.', '@', '=', '#', '$', '_', '<', '\\']) {
        push_word(found, "`", line);
    } else {
        let parts = inside.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’');
        for part in parts.filter(|part| !part.is_empty()) {
            push_word(found, &part.replace('’', "'").to_lowercase(), line);
        }
    }
    let after = &chunk[chunk.trim_end_matches(is_edge).len()..];
    if after.contains(['.', '!', '?', ':', ';']) || inside.is_empty() && chunk.contains('.') {
        push_word(found, ".", line);
    }
}

/// Whether this is the name of something in code or on a disk, such as `a/b`, `x.rs` or `kind=shot`.
fn is_name(inside: &str) -> bool {
    inside.contains(['/', '=', '_', '@', '\\', '<', '>', '{', '#'])
        || inside.contains("::")
        || inside
            .split_once('.')
            .is_some_and(|(_, after)| after.starts_with(char::is_alphanumeric))
}

fn push_word(found: &mut Vec<ProseWord>, text: &str, line: usize) {
    let text = text.to_owned();
    found.push(ProseWord { text, line });
}

/// The vocabulary, ready for searching.
pub(super) struct PhraseSearch {
    by_first: HashMap<&'static str, Vec<Phrase>>,
}

struct Phrase {
    text: &'static str,
    words: Vec<&'static str>,
    row: &'static BannedWord,
}

impl PhraseSearch {
    /// A search for every phrase of the vocabulary.
    pub(super) fn new() -> Self {
        let mut by_first = HashMap::<_, Vec<Phrase>>::new();
        for row in VOCABULARY.iter() {
            for text in &row.prose {
                let words: Vec<&str> = text.split(' ').collect();
                let phrases = by_first.entry(words[0]).or_default();
                phrases.push(Phrase { text, words, row });
            }
        }
        Self { by_first }
    }

    /// The banned phrases in `words`, in order.
    pub(super) fn find(&self, words: &[ProseWord]) -> Vec<FoundPhrase> {
        let mut found = Vec::new();
        for (at, word) in words.iter().enumerate() {
            for phrase in self.by_first.get(word.text.as_str()).into_iter().flatten() {
                if is_at(words, at, &phrase.words) && !is_excused(words, at, phrase) {
                    found.push(FoundPhrase {
                        line: word.line,
                        phrase: phrase.text,
                        standard: phrase.row.standard,
                    });
                }
            }
        }
        found
    }
}

fn is_at(words: &[ProseWord], at: usize, phrase: &[&str]) -> bool {
    words.get(at..at + phrase.len()).is_some_and(|here| {
        here.iter()
            .zip(phrase)
            .all(|(word, want)| word.text == *want)
    })
}

/// Whether one of the row's plain phrases covers a part of this one.
fn is_excused(words: &[ProseWord], at: usize, phrase: &Phrase) -> bool {
    phrase.row.unless.iter().any(|excuse| {
        let excuse: Vec<&str> = excuse.split(' ').collect();
        let first = (at + 1).saturating_sub(excuse.len());
        (first..at + phrase.words.len()).any(|start| is_at(words, start, &excuse))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&'static str> {
        let found = PhraseSearch::new().find(&split_words(text, 1));
        found.into_iter().map(|found| found.phrase).collect()
    }

    #[test]
    fn banned_words_are_found_in_any_case_and_over_lines() {
        assert_eq!(found("The Pictures of a day."), ["pictures"]);
        assert_eq!(found("what the plan carries\n out"), ["carries out"]);
        assert_eq!(
            found("The writer is told to and begins anew"),
            ["is told", "anew"]
        );
        assert_eq!(found("House rules"), ["house rules"]);
        assert_eq!(found("As there. More."), ["as there ."]);
        let found = PhraseSearch::new().find(&split_words("a\nb\nthe pulse", 7));
        assert_eq!((found[0].line, found[0].standard), (9, "heartbeat"));
    }

    #[test]
    fn plain_english_is_left_alone() {
        for text in [
            "An HTML form has two steps; a pause of a second between them.",
            "On the other hand, hold the key. Round down to whole pixels.",
            "As there is room left on the disk, things go on.",
            "A screenshot of the keyboard; the snapshot of a day at a glance.",
            "Somebody at the desk. They can be told apart. Carry. Out of memory.",
            "The recovery kit; whoever forgot a passphrase; when in doubt, ask.",
            "Letters and digits; tens of thousands of hours; the window's name is lost.",
            "Fold the totals of each day; case folding; threefold.",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn code_names_and_links_are_left_alone() {
        for text in [
            "`Iterator::fold` and `shot`, ``a `shot` too``, [`Picture`]",
            "journal/shots/DAY, kind=shot, shot.rs, --shot, picture_of, x::shot, \\shot",
            "[the manual](https://example.org/picture (old)) https://example.org/?q=shot",
            "```\nshot\n```",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
        assert_eq!(found("an unclosed ` shot"), ["shot"]);
        assert_eq!(found("(pictures)"), ["pictures"]);
        assert_eq!(found("picture-based"), ["picture"]);
    }
}

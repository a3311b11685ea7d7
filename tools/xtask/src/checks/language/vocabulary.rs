//! The words of this project that have a standard word instead: the table `vocabulary.txt`, which says how it is read.

use std::sync::LazyLock;

/// A word and its replacement.
#[derive(Debug, Default)]
pub(super) struct BannedWord {
    /// What to write instead.
    pub(super) standard: &'static str,
    /// Phrases banned in prose, in small letters.
    pub(super) prose: Vec<&'static str>,
    /// Phrases around a banned one that are plain English.
    pub(super) unless: Vec<&'static str>,
    /// Names no type may have as a whole.
    pub(super) types: Vec<&'static str>,
    /// Names no module may have as a whole; `FOLDER:name` for files below that folder alone.
    pub(super) modules: Vec<&'static str>,
}

/// The table, in its order.
pub(super) static VOCABULARY: LazyLock<Vec<BannedWord>> =
    LazyLock::new(|| read_table(include_str!("vocabulary.txt")));

fn read_table(text: &'static str) -> Vec<BannedWord> {
    let mut rows = Vec::<BannedWord>::new();
    let is_row = |line: &&str| !line.is_empty() && !line.trim_start().starts_with('#');
    for line in text.lines().filter(is_row) {
        let Some(list) = line.strip_prefix("    ") else {
            rows.push(BannedWord {
                standard: line,
                ..BannedWord::default()
            });
            continue;
        };
        let row = rows.last_mut();
        match (row, list.split_once(": ")) {
            (Some(row), Some(("prose", words))) => row.prose.extend(words.split(", ")),
            (Some(row), Some(("unless", words))) => row.unless.extend(words.split(", ")),
            (Some(row), Some(("types", words))) => row.types.extend(words.split(", ")),
            (Some(row), Some(("modules", words))) => row.modules.extend(words.split(", ")),
            _ => panic!("vocabulary.txt has a line that is no row: {line}"),
        }
    }
    rows
}

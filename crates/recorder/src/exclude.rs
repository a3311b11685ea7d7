//! Which windows are never named and never pictured.

mod built_in;

pub use built_in::{ExclusionGroup, built_in_rules};

use model::WindowInfo;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// A rule: every part that is given must match. Matching ignores case and looks for whole words, so `bank` matches
/// "My Bank – Log in" but not "Riverbank"; a `*` at either end of the pattern lifts that border (`keepass*`). Scripts that
/// write without spaces have no such borders: there a word is found anywhere. All white space counts as a space, and
/// characters that are not seen (direction marks, vowel points) do not count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExclusionRule {
    /// Pattern for the application's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// Pattern for the executable's path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exe: Option<String>,
    /// Pattern for the title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// A rule that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidExclusionRule {
    /// No part given: it would match every window.
    #[error("exclusion rule {0} is empty: give `app`, `exe` or `title`")]
    Empty(usize),
    /// A pattern without a letter: it would match every window.
    #[error(
        "exclusion rule {0} has a pattern without a single letter or digit: write the word to look for"
    )]
    Blank(usize),
}

/// Where a rule comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExclusionOrigin {
    /// The user's rule of that number, from 1.
    Own(usize),
    /// A built-in rule of that group.
    BuiltIn(ExclusionGroup),
}

/// A compiled set of rules: the user's own ones first, then the built-in ones, if they are wanted. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct ExclusionRules {
    rules: Arc<[CompiledExclusion]>,
}

#[derive(Clone, Debug)]
struct CompiledExclusion {
    origin: ExclusionOrigin,
    rule: ExclusionRule,
    app: Option<WordPattern>,
    exe: Option<WordPattern>,
    title: Option<WordPattern>,
}

#[derive(Clone, Debug)]
struct WordPattern {
    needle: String,
    /// The bytes of `needle`.
    bytes: ByteSet,
    open_start: bool,
    open_end: bool,
}

impl fmt::Display for ExclusionRule {
    /// `app "firefox" and title "payroll*"`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            ("app", &self.app),
            ("exe", &self.exe),
            ("title", &self.title),
        ];
        let mut and = "";
        for (part, pattern) in parts {
            let Some(pattern) = pattern else { continue };
            write!(f, "{and}{part} \"{pattern}\"")?;
            and = " and ";
        }
        Ok(())
    }
}

impl ExclusionRules {
    /// Compiles the user's rules, without the built-in ones.
    ///
    /// # Errors
    /// [`InvalidExclusionRule`] names the first rule (from 1) that would match every window.
    pub fn new(own: &[ExclusionRule]) -> Result<Self, InvalidExclusionRule> {
        Self::compiled(own, std::iter::empty())
    }

    /// Compiles the user's rules and the built-in ones.
    ///
    /// # Errors
    /// As [`Self::new`]; the built-in rules are sound.
    pub fn with_built_in(own: &[ExclusionRule]) -> Result<Self, InvalidExclusionRule> {
        Self::compiled(own, built_in_rules())
    }

    fn compiled(
        own: &[ExclusionRule],
        built_in: impl Iterator<Item = (ExclusionGroup, ExclusionRule)>,
    ) -> Result<Self, InvalidExclusionRule> {
        let own = (1..)
            .zip(own)
            .map(|(n, r)| (ExclusionOrigin::Own(n), r.clone()));
        let built_in = built_in.map(|(group, r)| (ExclusionOrigin::BuiltIn(group), r));
        let rules = (1..)
            .zip(own.chain(built_in))
            .map(|(n, (origin, rule))| CompiledExclusion::new(origin, n, rule))
            .collect::<Result<_, _>>()?;
        Ok(Self { rules })
    }

    /// The first rule that names this window, and where it comes from.
    #[must_use]
    pub fn matching_rule(&self, window: &WindowInfo) -> Option<(ExclusionOrigin, &ExclusionRule)> {
        let text = |text: &str| {
            let text = fold_text(text);
            (ByteSet::of(&text), text)
        };
        let (app, exe, title) = (text(&window.app), text(&window.exe), text(&window.title));
        let fits = |p: &Option<WordPattern>, (bytes, text): &(ByteSet, String)| {
            let found = |p: &WordPattern| bytes.hold(&p.bytes) && p.is_in(text);
            p.as_ref().is_none_or(found)
        };
        self.rules
            .iter()
            .find(|r| fits(&r.app, &app) && fits(&r.exe, &exe) && fits(&r.title, &title))
            .map(|r| (r.origin, &r.rule))
    }

    /// Must this window not be named?
    #[must_use]
    pub fn protects(&self, window: &WindowInfo) -> bool {
        self.matching_rule(window).is_some()
    }

    /// Every rule in force, in the order in which they are tried.
    pub fn rules(&self) -> impl Iterator<Item = (ExclusionOrigin, &ExclusionRule)> {
        self.rules.iter().map(|r| (r.origin, &r.rule))
    }
}

impl CompiledExclusion {
    /// Compiles a rule; `number` is the one an error names.
    fn new(
        origin: ExclusionOrigin,
        number: usize,
        rule: ExclusionRule,
    ) -> Result<Self, InvalidExclusionRule> {
        let compile = |text: &Option<String>| -> Result<Option<WordPattern>, InvalidExclusionRule> {
            text.as_deref()
                .map(|t| WordPattern::new(t).ok_or(InvalidExclusionRule::Blank(number)))
                .transpose()
        };
        let (app, exe, title) = (
            compile(&rule.app)?,
            compile(&rule.exe)?,
            compile(&rule.title)?,
        );
        if app.is_none() && exe.is_none() && title.is_none() {
            return Err(InvalidExclusionRule::Empty(number));
        }
        Ok(Self {
            origin,
            rule,
            app,
            exe,
            title,
        })
    }
}

impl WordPattern {
    fn new(text: &str) -> Option<Self> {
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
struct ByteSet([u64; 4]);

impl ByteSet {
    fn of(text: &str) -> Self {
        let mut set = [0; 4];
        for byte in text.bytes() {
            set[usize::from(byte >> 6)] |= 1 << (byte & 63);
        }
        Self(set)
    }

    fn hold(&self, others: &Self) -> bool {
        self.0
            .iter()
            .zip(others.0)
            .all(|(own, other)| own & other == other)
    }
}

/// The text in the one shape in which patterns and windows are compared: lower case, white space of any kind as a
/// space, and without what is not seen or not always written (direction marks, joiners, Arabic vowel points).
fn fold_text(text: &str) -> String {
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

/// U+0307 is what is left of a capital İ in lower case.
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

#[cfg(test)]
mod tests;

//! An exclusion rule as it is written, and the groups of the built-in ones.

use serde::{Deserialize, Serialize};
use std::fmt;

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

/// The subject of a built-in rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExclusionGroup {
    /// Password managers, authenticators and wallets.
    PasswordManagers,
    /// Lock screens, and prompts that ask for a secret.
    LockScreens,
    /// Private windows of browsers.
    PrivateBrowsing,
    /// Banking and money.
    Money,
    /// Health.
    Health,
    /// Words for passwords and the like.
    Secrets,
}

impl ExclusionGroup {
    /// Every group, in the order in which they are listed.
    pub const ALL: [Self; 6] = [
        Self::PasswordManagers,
        Self::LockScreens,
        Self::PrivateBrowsing,
        Self::Money,
        Self::Health,
        Self::Secrets,
    ];

    /// Its name for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::PasswordManagers => "password managers, authenticators, wallets",
            Self::LockScreens => "lock screens and prompts",
            Self::PrivateBrowsing => "private browsing",
            Self::Money => "banking and money",
            Self::Health => "health",
            Self::Secrets => "passwords and recovery codes",
        }
    }
}

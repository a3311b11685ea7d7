//! Classification rules: which category and which project a window belongs to, decided when a report is made.
//!
//! # Invariants
//! * The record is never touched. Change a rule, and every report of every day changes with it.
//! * The first rule that matches wins; a window has at most one category and one project.
//! * Protected and redacted time is shown to no rule; it has rows of its own.
//! * Every row has a name: a rule's, or one in parentheses ([`NONE`], [`crate::totals::PROTECTED`],
//!   [`crate::totals::REDACTED`], [`crate::totals::NO_WINDOW`]), which no rule can have. So the rows of a list sum to the whole.

mod built_in;

pub use built_in::BUILT_IN;

use crate::totals::NONE;
use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use std::fmt;
use strum::{Display, IntoStaticStr};

/// The most rules in one list.
pub const MOST_RULES: usize = 200;

/// The longest pattern and the longest name, in bytes.
pub const LONGEST_PATTERN: usize = 1_000;

const LONGEST_NAME: usize = 100;

/// The largest program a pattern may become, in bytes.
const LARGEST_PROGRAM: usize = 256 * 1024;

/// A rule: windows whose application and title match belong to `name`. A part that is not given matches anything.
/// Patterns are regular expressions (syntax of the `regex` crate) that may match anywhere, in capitals or not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClassificationRule {
    /// The category or project.
    pub name: String,
    /// The pattern that the application's name must match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// The pattern that the title must match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

impl fmt::Display for ClassificationRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |what, of: &Option<String>| of.as_ref().map(|p| format!("{what} /{p}/"));
        let parts: Vec<String> = [part("app", &self.app), part("title", &self.title)]
            .into_iter()
            .flatten()
            .collect();
        f.write_str(&parts.join(" and "))
    }
}

/// Which list a rule is in. Its words are those of the settings file.
#[derive(Clone, Copy, Debug, Display, PartialEq, Eq, Serialize, IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum RuleList {
    /// `[[category]]`
    Category,
    /// `[[project]]`
    Project,
}

/// A rule that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("[[{list}]] number {number}{}: {why}", told(name))]
pub struct InvalidClassificationRule {
    /// The list it is in.
    pub list: RuleList,
    /// Its place there, from 1.
    pub number: usize,
    /// Its name as far as it has one.
    pub name: String,
    /// The part that is wrong: `name`, `app` or `title`; none when the rule as a whole is.
    pub part: Option<&'static str>,
    /// The fault, as one sentence.
    pub why: String,
}

fn told(name: &str) -> String {
    match name {
        "" => String::new(),
        name => format!(" (\"{}\")", model::to_printable(name, 60)),
    }
}

/// A rule ready for use.
#[derive(Clone, Debug)]
struct CompiledClassification {
    rule: ClassificationRule,
    app: Option<Regex>,
    title: Option<Regex>,
    own: Option<usize>,
}

impl CompiledClassification {
    fn matches(&self, app: &str, title: &str) -> bool {
        let fits =
            |pattern: &Option<Regex>, text| pattern.as_ref().is_none_or(|p| p.is_match(text));
        fits(&self.app, app) && fits(&self.title, title)
    }
}

/// Where a rule comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleOrigin {
    /// The user's rule of that number, from 1.
    Own(usize),
    /// [`BUILT_IN`].
    BuiltIn,
}

/// The rules in force.
#[derive(Clone, Debug, Default)]
pub struct ClassificationRules {
    categories: Vec<CompiledClassification>,
    projects: Vec<CompiledClassification>,
}

impl ClassificationRules {
    /// `built_in`: put [`BUILT_IN`] after the user's categories?
    ///
    /// # Errors
    /// The first rule that cannot be used: without a name or a part, with a pattern that is none, too long or too large,
    /// or beyond [`MOST_RULES`].
    pub fn new(
        categories: &[ClassificationRule],
        built_in: bool,
        projects: &[ClassificationRule],
    ) -> Result<Self, InvalidClassificationRule> {
        let mut all = ready(RuleList::Category, categories)?;
        if built_in {
            let more: Vec<ClassificationRule> = built_in_rules().collect();
            let more = ready(RuleList::Category, &more)?.into_iter();
            all.extend(more.map(|rule| CompiledClassification { own: None, ..rule }));
        }
        Ok(Self {
            categories: all,
            projects: ready(RuleList::Project, projects)?,
        })
    }

    /// True when titles decide; then a year cannot be told from its roll-ups, which hold none.
    #[must_use]
    pub fn needs_titles(&self) -> bool {
        let mut all = self.categories.iter().chain(&self.projects);
        all.any(|rule| rule.title.is_some())
    }

    /// True when there is a rule for projects.
    #[must_use]
    pub fn has_projects(&self) -> bool {
        !self.projects.is_empty()
    }

    /// The rules of a list in their order, and where each comes from.
    pub fn rules(&self, list: RuleList) -> impl Iterator<Item = (RuleOrigin, &ClassificationRule)> {
        self.list(list).iter().map(|r| (origin(r), &r.rule))
    }

    /// The rule that a window belongs to.
    #[must_use]
    pub fn matching_rule(
        &self,
        list: RuleList,
        app: &str,
        title: &str,
    ) -> Option<(RuleOrigin, &ClassificationRule)> {
        let found = self.list(list).iter().find(|r| r.matches(app, title));
        found.map(|r| (origin(r), &r.rule))
    }

    /// The name of a window's category or project; [`NONE`] when it has none.
    #[must_use]
    pub fn name_of(&self, list: RuleList, app: &str, title: &str) -> &str {
        self.matching_rule(list, app, title)
            .map_or(NONE, |(_, rule)| rule.name.as_str())
    }

    /// The rules that windows of an application may belong to, in their order: names, and the patterns of titles.
    pub(crate) fn rules_for_app(&self, list: RuleList, app: &str) -> Vec<(&str, Option<&Regex>)> {
        let fits =
            |rule: &&CompiledClassification| rule.app.as_ref().is_none_or(|p| p.is_match(app));
        let mut rules = Vec::new();
        for rule in self.list(list).iter().filter(fits) {
            rules.push((rule.rule.name.as_str(), rule.title.as_ref()));
            if rule.title.is_none() {
                // Nothing comes to those behind it.
                break;
            }
        }
        rules
    }

    fn list(&self, list: RuleList) -> &[CompiledClassification] {
        match list {
            RuleList::Category => &self.categories,
            RuleList::Project => &self.projects,
        }
    }
}

fn origin(rule: &CompiledClassification) -> RuleOrigin {
    rule.own.map_or(RuleOrigin::BuiltIn, RuleOrigin::Own)
}

/// [`BUILT_IN`] as rules.
pub fn built_in_rules() -> impl Iterator<Item = ClassificationRule> {
    BUILT_IN.iter().map(|(name, app)| ClassificationRule {
        name: (*name).to_owned(),
        app: Some((*app).to_owned()),
        title: None,
    })
}

fn ready(
    list: RuleList,
    rules: &[ClassificationRule],
) -> Result<Vec<CompiledClassification>, InvalidClassificationRule> {
    let mut out = Vec::with_capacity(rules.len());
    for (number, rule) in (1..).zip(rules) {
        let bad = |part, why: String| InvalidClassificationRule {
            list,
            number,
            name: rule.name.clone(),
            part,
            why,
        };
        if number > MOST_RULES {
            return Err(bad(None, format!("more than {MOST_RULES} rules")));
        }
        let name = rule.name.trim();
        if name.is_empty() || name.len() > LONGEST_NAME || name.starts_with('(') {
            let why = format!(
                "it needs a name of 1 to {LONGEST_NAME} bytes that does not begin with a parenthesis"
            );
            return Err(bad(Some("name"), why));
        }
        if rule.app.is_none() && rule.title.is_none() {
            return Err(bad(None, "it needs app or title, or both".to_owned()));
        }
        let compile = |part, pattern: &Option<String>| match pattern {
            Some(pattern) => compiled(pattern)
                .map(Some)
                .map_err(|why| bad(Some(part), why)),
            None => Ok(None),
        };
        out.push(CompiledClassification {
            app: compile("app", &rule.app)?,
            title: compile("title", &rule.title)?,
            rule: rule.clone(),
            own: Some(number),
        });
    }
    Ok(out)
}

fn compiled(pattern: &str) -> Result<Regex, String> {
    if pattern.is_empty() || pattern.len() > LONGEST_PATTERN {
        return Err(format!("a pattern has 1 to {LONGEST_PATTERN} bytes"));
    }
    RegexBuilder::new(pattern)
        .case_insensitive(true)
        .size_limit(LARGEST_PROGRAM)
        .dfa_size_limit(LARGEST_PROGRAM)
        .nest_limit(50)
        .build()
        .map_err(|e| match e {
            regex::Error::CompiledTooBig(_) => {
                "the pattern repeats too much to be matched quickly".to_owned()
            }
            // The last line of the many names the fault.
            e => e
                .to_string()
                .lines()
                .last()
                .unwrap_or("no pattern")
                .trim_start_matches("error: ")
                .to_owned(),
        })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::totals::PROTECTED;
    use proptest::prelude::*;
    use std::time::Duration;

    pub(crate) fn rule(name: &str, app: Option<&str>, title: Option<&str>) -> ClassificationRule {
        ClassificationRule {
            name: name.to_owned(),
            app: app.map(str::to_owned),
            title: title.map(str::to_owned),
        }
    }

    #[test]
    fn the_first_rule_that_matches_wins() {
        let own = [
            rule("play", Some("firefox"), Some("video")),
            rule("reading", Some("^firefox$"), None),
        ];
        let projects = [rule("uam", None, Some(r"\buam\b"))];
        let meaning = ClassificationRules::new(&own, true, &projects).unwrap();
        let category = |app, title| meaning.name_of(RuleList::Category, app, title);
        assert_eq!(category("Firefox", "A VIDEO"), "play");
        assert_eq!(category("firefox", "news"), "reading");
        assert_eq!(category("firefox-esr", "news"), "browsing");
        assert_eq!(category("Code", ""), "development");
        assert_eq!(category("Alacritty", ""), "terminal");
        assert_eq!(category("Windows Terminal", ""), "terminal");
        assert_eq!(category("encoder", ""), NONE, "a word, not a part of one");
        assert_eq!(
            meaning.name_of(RuleList::Project, "Code", "main.rs - uam"),
            "uam"
        );
        assert_eq!(meaning.name_of(RuleList::Project, "Code", "guam"), NONE);
        let which = meaning.matching_rule(RuleList::Category, "firefox", "");
        assert_eq!(which.map(|(origin, _)| origin), Some(RuleOrigin::Own(2)));
        assert!(meaning.needs_titles() && meaning.has_projects());
        let plain = ClassificationRules::new(&[], true, &[]).unwrap();
        assert!(!plain.needs_titles() && !plain.has_projects());
        assert_eq!(plain.rules(RuleList::Category).count(), BUILT_IN.len());
    }

    #[test]
    fn a_bad_rule_is_named() {
        let bad = |rule: ClassificationRule| {
            let fine = self::rule("fine", Some("x"), None);
            let e = ClassificationRules::new(&[], true, &[fine, rule]).unwrap_err();
            (e.part, e.to_string())
        };
        let (part, text) = bad(rule("x", Some("a(b"), None));
        assert_eq!(part, Some("app"));
        assert_eq!(text, "[[project]] number 2 (\"x\"): unclosed group");
        assert_eq!(bad(rule("x", None, None)).0, None);
        assert_eq!(bad(rule("", Some("a"), None)).0, Some("name"));
        assert_eq!(bad(rule("(protected)", Some("a"), None)).0, Some("name"));
        assert_eq!(
            bad(rule("x", None, Some(&"a".repeat(1001)))).0,
            Some("title")
        );
        let (part, text) = bad(rule("x", None, Some(r"(\w{900}){900}")));
        assert_eq!(part, Some("title"));
        assert!(text.ends_with("too much to be matched quickly"), "{text}");
        let many = vec![rule("x", Some("a"), None); MOST_RULES + 1];
        assert_eq!(
            ClassificationRules::new(&many, false, &[])
                .unwrap_err()
                .number,
            201
        );
    }

    #[test]
    fn a_day_is_told_by_its_titles_and_adds_up() {
        let mut day = crate::export::terminal::tests::sample();
        let own = [rule("work", Some("editor"), Some("main"))];
        let projects = [rule("=cmd", None, Some("main"))];
        let rules = ClassificationRules::new(&own, false, &projects).unwrap();
        crate::Classifier::new(&rules).classify_day(&mut day);
        let names: Vec<&str> = day.categories.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["work", NONE, PROTECTED]);
        assert_eq!(day.projects[0].name, "=cmd");
        for rows in [&day.categories, &day.projects] {
            let sum: Duration = rows.iter().map(|c| c.usage.active).sum();
            let apps: Duration = day.apps.iter().map(|a| a.usage.active).sum();
            assert_eq!(sum, apps + day.protected.active);
        }
    }

    proptest! {
        /// Whatever somebody writes as a pattern: an answer, never a crash; and in bounded time, whatever the title.
        #[test]
        fn any_pattern_is_taken_or_refused(pattern in ".{0,40}|[a(b)*+?{}0-9\\[\\]|.^$]{0,30}", title in ".{0,200}") {
            if let Ok(meaning) = ClassificationRules::new(&[rule("x", None, Some(&pattern))], false, &[]) {
                let _ = meaning.name_of(RuleList::Category, "", &title);
            }
        }
    }
}

//! Which windows are never named and never captured: the compiled set of rules, the first match wins.

pub(crate) mod built_in;
mod pattern;
pub(crate) mod rule;

use built_in::built_in_rules;
use model::WindowInfo;
use pattern::{ByteSet, WordPattern, fold_text};
use rule::{ExclusionGroup, ExclusionOrigin, ExclusionRule, InvalidExclusionRule};
use std::sync::Arc;

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

impl ExclusionRules {
    /// Compiles the user's rules, without the built-in ones.
    ///
    /// # Errors
    /// [`InvalidExclusionRule`] names the first rule (from 1) that would match every window.
    pub fn new(own: &[ExclusionRule]) -> Result<Self, InvalidExclusionRule> {
        Self::compile(own, std::iter::empty())
    }

    /// Compiles the user's rules and the built-in ones.
    ///
    /// # Errors
    /// As [`Self::new`]; the built-in rules are sound.
    pub fn with_built_in(own: &[ExclusionRule]) -> Result<Self, InvalidExclusionRule> {
        Self::compile(own, built_in_rules())
    }

    fn compile(
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
            p.as_ref().is_none_or(|p| p.matches(text, *bytes))
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

#[cfg(test)]
mod tests;

//! `uam exclude`: windows that are never named and never captured.

use crate::cli::ExcludeArgs;
use crate::output;
use crate::sign_in::read_access::authorise_settings_change;
use agent::{AppContext, add_exclusion_rule, reload_after_change};
use anyhow::Context;
use model::{UserError, WindowInfo};
use recorder::{ExclusionGroup, ExclusionOrigin, ExclusionRule};
use report::format::display_width;
use serde::Serialize;
use settings::{self, Settings};
use std::process::ExitCode;

/// Columns of the list.
const WIDTH: usize = 100;

pub(super) fn run(context: &AppContext, args: &ExcludeArgs) -> anyhow::Result<ExitCode> {
    let new = ExclusionRule {
        app: args.add_app.clone(),
        exe: args.add_exe.clone(),
        title: args.add_title.clone(),
    };
    if new != ExclusionRule::default() {
        return add_own_rule(context, &new);
    }
    if let Some(number) = args.remove {
        return remove_own_rule(context, number);
    }
    let config = Settings::load(&context.paths)?;
    match &args.test {
        Some(title) => test_window(&config, args, title.clone()),
        None => print_rules(&config, args.json),
    }
}

/// The answer of `--test`, as JSON prints it.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct TestAnswerJson {
    protected: bool,
    /// The rule that names the window.
    rule: Option<ExclusionRule>,
    /// Its number, when it is the user's own.
    number: Option<usize>,
    /// Its group, when it is a built-in one.
    group: Option<ExclusionGroup>,
}

impl TestAnswerJson {
    fn new(found: Option<(ExclusionOrigin, &ExclusionRule)>) -> Self {
        let (number, group) = match found {
            Some((ExclusionOrigin::Own(number), _)) => (Some(number), None),
            Some((ExclusionOrigin::BuiltIn(group), _)) => (None, Some(group)),
            None => (None, None),
        };
        Self {
            protected: found.is_some(),
            rule: found.map(|(_, rule)| rule.clone()),
            number,
            group,
        }
    }
}

fn test_window(
    config: &Settings,
    args: &ExcludeArgs,
    title: Option<String>,
) -> anyhow::Result<ExitCode> {
    if title.is_some() && args.title.is_some() {
        return Err(UserError::usage(
            "the title was given twice",
            "Write it after --test or after --title.",
        )
        .into());
    }
    let window = WindowInfo {
        app: args.app.clone().unwrap_or_default(),
        exe: args.exe.clone().unwrap_or_default(),
        title: title.or(args.title.clone()).unwrap_or_default(),
    };
    if window == WindowInfo::default() {
        return Err(UserError::usage(
            "there is nothing to test",
            "For example: uam exclude --test \"My Bank - Log in\" --app firefox",
        )
        .into());
    }
    let exclusions = config.exclude.compile_rules()?;
    let which = exclusions.matching_rule(&window);
    if !args.json {
        output::print_line(&match which {
            None => "Not protected: no rule names it.".to_owned(),
            Some((ExclusionOrigin::Own(n), rule)) => format!("Protected by your rule {n}: {rule}."),
            Some((ExclusionOrigin::BuiltIn(group), rule)) => {
                format!("Protected by a built-in rule ({}): {rule}.", group.label())
            }
        });
        return Ok(ExitCode::SUCCESS);
    }
    output::print_text(
        &report::to_json(&TestAnswerJson::new(which)).context("cannot print the answer")?,
    );
    Ok(ExitCode::SUCCESS)
}

/// The rules in force, as JSON prints them.
#[derive(Debug, Serialize)]
struct RulesJson<'a> {
    own: &'a [ExclusionRule],
    built_in: Vec<BuiltInRuleJson>,
}

#[derive(Debug, Serialize)]
struct BuiltInRuleJson {
    group: ExclusionGroup,
    #[serde(flatten)]
    rule: ExclusionRule,
}

fn print_rules(config: &Settings, json: bool) -> anyhow::Result<ExitCode> {
    let built_in = || recorder::built_in_rules().filter(|_| config.exclude.defaults);
    if json {
        let rules = RulesJson {
            own: &config.exclude.rules,
            built_in: built_in()
                .map(|(group, rule)| BuiltInRuleJson { group, rule })
                .collect(),
        };
        output::print_text(&report::to_json(&rules).context("cannot print the rules")?);
        return Ok(ExitCode::SUCCESS);
    }
    output::print_line("Your own rules:");
    for (n, rule) in (1..).zip(&config.exclude.rules) {
        output::print_line(&format!("  {n:>3}  {rule}"));
    }
    if config.exclude.rules.is_empty() {
        output::print_line("  none (uam exclude --add-app NAME, uam exclude --add-title WORD)");
    }
    if !config.exclude.defaults {
        output::print_line("\nThe built-in rules are switched off (exclude.defaults = false).");
        return Ok(ExitCode::SUCCESS);
    }
    output::print_line("\nBuilt-in rules:");
    for group in ExclusionGroup::ALL {
        output::print_line(&format!("\n  {}", group.label()));
        let of_group = || {
            built_in()
                .filter(|(g, _)| *g == group)
                .map(|(_, rule)| rule)
        };
        for (part, words) in [
            ("app", of_group().filter_map(|r| r.app).collect::<Vec<_>>()),
            ("exe", of_group().filter_map(|r| r.exe).collect()),
            ("title", of_group().filter_map(|r| r.title).collect()),
        ] {
            for (n, line) in wrap_words(&words, WIDTH - 12).into_iter().enumerate() {
                let label = if n == 0 { part } else { "" };
                output::print_line(&format!("    {label:<6}{line}"));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Words with commas between them, in lines of at most `width` columns.
fn wrap_words(words: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if display_width(line) + display_width(word) + 2 <= width => {
                line.push_str(", ");
                line.push_str(word);
            }
            last => {
                if let Some(line) = last {
                    line.push(',');
                }
                lines.push(word.clone());
            }
        }
    }
    lines
}

fn add_own_rule(context: &AppContext, rule: &ExclusionRule) -> anyhow::Result<ExitCode> {
    for line in add_exclusion_rule(context, rule)? {
        output::print_line(&line);
    }
    Ok(ExitCode::SUCCESS)
}

fn remove_own_rule(context: &AppContext, number: usize) -> anyhow::Result<ExitCode> {
    let before = Settings::load(&context.paths)?;
    let rule = before.exclude.rules.get(number.wrapping_sub(1));
    let rule = rule.map_or_else(String::new, |r| format!(": {r}"));
    if !rule.is_empty() {
        // Adding protection needs no factors; removing it does, as any other change of settings.
        authorise_settings_change(
            context,
            &format!("Your exclusion rule {number} was removed."),
        )?;
    }
    settings::remove_rule(&context.paths, number)?;
    output::print_line(&format!("Removed your rule {number}{rule}."));
    output::print_line(&reload_after_change(context)?);
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn rules_and_answers_keep_their_json() {
        let own = |word: &str| ExclusionRule {
            title: Some(word.to_owned()),
            ..ExclusionRule::default()
        };
        let rule = ExclusionRule {
            app: Some("Editor".to_owned()),
            exe: Some("/opt/*".to_owned()),
            title: None,
        };
        let rules = RulesJson {
            own: &[own("payroll*"), rule.clone()],
            built_in: vec![BuiltInRuleJson {
                group: ExclusionGroup::PrivateBrowsing,
                rule: own("private browsing"),
            }],
        };
        let answers = [
            None,
            Some((ExclusionOrigin::Own(2), &rule)),
            Some((ExclusionOrigin::BuiltIn(ExclusionGroup::Money), &rule)),
        ];
        let mut json = report::to_json(&rules).unwrap();
        for answer in answers {
            json += &report::to_json(&TestAnswerJson::new(answer)).unwrap();
        }
        assert_eq!(json, include_str!("../../tests/json/exclude.json"));
    }

    #[test]
    fn words_are_wrapped_by_their_columns() {
        let words: Vec<String> = ["ab", "日本", "c", "defghij", "k"].map(String::from).into();
        assert_eq!(wrap_words(&words, 9), ["ab, 日本,", "c,", "defghij,", "k"]);
        assert_eq!(wrap_words(&[], 9), [""; 0]);
    }
}

//! `uam exclude`: which windows are never named and never pictured.

use super::Home;
use crate::{access, output};
use anyhow::Context;
use clap::Args;
use model::{UserError, WindowInfo};
use recorder::{ExclusionGroup, ExclusionOrigin, ExclusionRule};
use report::text::display_width;
use serde::Serialize;
use settings::{self, Settings};
use std::process::ExitCode;

/// Columns of the list.
const WIDTH: usize = 100;

/// What `uam exclude` can be told. Without anything it lists the rules in force.
#[derive(Debug, Args)]
pub(crate) struct ExcludeArgs {
    /// Say whether a window would be protected, and by which rule. Give its title here, or its parts with --app, --exe
    /// and --title. (The exit code says only whether it could be answered.)
    #[arg(long, value_name = "TITLE", num_args = 0..=1)]
    test: Option<Option<String>>,
    /// With --test: the application's name.
    #[arg(long, value_name = "NAME", requires = "test")]
    app: Option<String>,
    /// With --test: the executable's path.
    #[arg(long, value_name = "PATH", requires = "test")]
    exe: Option<String>,
    /// With --test: the title.
    #[arg(long, value_name = "TITLE", requires = "test")]
    title: Option<String>,
    /// Protect windows of applications whose name holds this word. Given together, the --add options make one rule, all of
    /// whose parts must match. A running uam takes it at once.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["test", "remove"])]
    add_app: Option<String>,
    /// Protect windows whose title holds this word; `*` at an end lifts the word's border there (payroll*).
    #[arg(long, value_name = "WORD", conflicts_with_all = ["test", "remove"])]
    add_title: Option<String>,
    /// Protect windows of executables whose path holds this word.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["test", "remove"])]
    add_exe: Option<String>,
    /// Remove your own rule of this number.
    #[arg(long, value_name = "NUMBER", conflicts_with = "test")]
    remove: Option<usize>,
    /// As JSON (the list, or the answer of --test).
    #[arg(long, conflicts_with_all = ["add_app", "add_title", "add_exe", "remove"])]
    json: bool,
}

pub(super) fn run(home: &Home, args: &ExcludeArgs) -> anyhow::Result<ExitCode> {
    let new = ExclusionRule {
        app: args.add_app.clone(),
        exe: args.add_exe.clone(),
        title: args.add_title.clone(),
    };
    if new != ExclusionRule::default() {
        return add(home, &new);
    }
    if let Some(number) = args.remove {
        return remove(home, number);
    }
    let config = Settings::load(&home.paths)?;
    match &args.test {
        Some(title) => test(&config, args, title.clone()),
        None => list(&config, args.json),
    }
}

/// The answer of `--test`, as JSON prints it.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Answer {
    protected: bool,
    /// The rule that names the window.
    rule: Option<ExclusionRule>,
    /// Its number, when it is the user's own.
    number: Option<usize>,
    /// Its group, when it is a built-in one.
    group: Option<ExclusionGroup>,
}

fn test(config: &Settings, args: &ExcludeArgs, title: Option<String>) -> anyhow::Result<ExitCode> {
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
        output::line(&match which {
            None => "Not protected: no rule names it.".to_owned(),
            Some((ExclusionOrigin::Own(n), rule)) => format!("Protected by your rule {n}: {rule}."),
            Some((ExclusionOrigin::BuiltIn(group), rule)) => {
                format!("Protected by a built-in rule ({}): {rule}.", group.words())
            }
        });
        return Ok(ExitCode::SUCCESS);
    }
    let origin = which.map(|(origin, _)| origin);
    let answer = Answer {
        protected: which.is_some(),
        rule: which.map(|(_, rule)| rule.clone()),
        number: origin.and_then(|o| match o {
            ExclusionOrigin::Own(n) => Some(n),
            ExclusionOrigin::BuiltIn(_) => None,
        }),
        group: origin.and_then(|o| match o {
            ExclusionOrigin::Own(_) => None,
            ExclusionOrigin::BuiltIn(group) => Some(group),
        }),
    };
    output::out(&report::to_json(&answer).context("cannot print the answer")?);
    Ok(ExitCode::SUCCESS)
}

/// The rules in force, as JSON prints them.
#[derive(Debug, Serialize)]
struct Rules<'a> {
    own: &'a [ExclusionRule],
    built_in: Vec<BuiltIn>,
}

#[derive(Debug, Serialize)]
struct BuiltIn {
    group: ExclusionGroup,
    #[serde(flatten)]
    rule: ExclusionRule,
}

fn list(config: &Settings, json: bool) -> anyhow::Result<ExitCode> {
    let built_in = || recorder::built_in_rules().filter(|_| config.exclude.defaults);
    if json {
        let rules = Rules {
            own: &config.exclude.rules,
            built_in: built_in()
                .map(|(group, rule)| BuiltIn { group, rule })
                .collect(),
        };
        output::out(&report::to_json(&rules).context("cannot print the rules")?);
        return Ok(ExitCode::SUCCESS);
    }
    output::line("Your own rules:");
    for (n, rule) in (1..).zip(&config.exclude.rules) {
        output::line(&format!("  {n:>3}  {rule}"));
    }
    if config.exclude.rules.is_empty() {
        output::line("  none (uam exclude --add-app NAME, uam exclude --add-title WORD)");
    }
    if !config.exclude.defaults {
        output::line("\nThe built-in rules are switched off (exclude.defaults = false).");
        return Ok(ExitCode::SUCCESS);
    }
    output::line("\nBuilt-in rules:");
    for group in ExclusionGroup::ALL {
        output::line(&format!("\n  {}", group.words()));
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
            for (n, line) in wrapped(&words, WIDTH - 12).into_iter().enumerate() {
                let label = if n == 0 { part } else { "" };
                output::line(&format!("    {label:<6}{line}"));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Words with commas between them, in lines of at most `width` columns.
fn wrapped(words: &[String], width: usize) -> Vec<String> {
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

fn add(home: &Home, rule: &ExclusionRule) -> anyhow::Result<ExitCode> {
    for line in agent::add_exclusion_rule(home, rule)? {
        output::line(&line);
    }
    Ok(ExitCode::SUCCESS)
}

fn remove(home: &Home, number: usize) -> anyhow::Result<ExitCode> {
    let before = Settings::load(&home.paths)?;
    let rule = before.exclude.rules.get(number.wrapping_sub(1));
    let rule = rule.map_or_else(String::new, |r| format!(": {r}"));
    if !rule.is_empty() {
        // To protect more asks for nothing; to protect less is a setting like any other.
        access::for_settings(home, &format!("Your exclusion rule {number} was removed."))?;
    }
    settings::remove_rule(&home.paths, number)?;
    output::line(&format!("Removed your rule {number}{rule}."));
    output::line(&agent::reload_after_change(home)?);
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_wrapped_by_their_columns() {
        let words: Vec<String> = ["ab", "日本", "c", "defghij", "k"].map(String::from).into();
        assert_eq!(wrapped(&words, 9), ["ab, 日本,", "c,", "defghij,", "k"]);
        assert_eq!(wrapped(&[], 9), [""; 0]);
    }
}

//! `uam categories`: the classification of windows in reports. Reads the settings only, never the record.

use crate::cli::CategoriesArgs;
use crate::output;
use agent::AppContext;
use anyhow::Context;
use report::rules::{ClassificationRule, ClassificationRules, RuleList, RuleOrigin};
use serde::Serialize;
use settings::Settings;
use std::process::ExitCode;

/// A rule as JSON prints it.
#[derive(Debug, Serialize)]
struct RuleJson<'a> {
    list: RuleList,
    /// Its number, when it is the user's own.
    number: Option<usize>,
    #[serde(flatten)]
    rule: &'a ClassificationRule,
}

impl<'a> RuleJson<'a> {
    fn new(list: RuleList, (origin, rule): (RuleOrigin, &'a ClassificationRule)) -> Self {
        let number = match origin {
            RuleOrigin::Own(number) => Some(number),
            RuleOrigin::BuiltIn => None,
        };
        Self { list, number, rule }
    }
}

const LISTS: [RuleList; 2] = [RuleList::Category, RuleList::Project];

pub(super) fn run(context: &AppContext, args: &CategoriesArgs) -> anyhow::Result<ExitCode> {
    let meaning = Settings::load(&context.paths)?.classification_rules()?;
    let told: Vec<RuleJson> = match args.test.as_deref() {
        Some([app, title]) => LISTS
            .iter()
            .filter_map(|list| {
                Some(RuleJson::new(
                    *list,
                    meaning.matching_rule(*list, app, title)?,
                ))
            })
            .collect(),
        _ => LISTS
            .iter()
            .flat_map(|list| meaning.rules(*list).map(|rule| RuleJson::new(*list, rule)))
            .collect(),
    };
    if args.json {
        output::print_text(&report::to_json(&told).context("cannot print the rules")?);
    } else if args.test.is_some() {
        for list in LISTS {
            let found = told.iter().find(|told| told.list == list);
            output::print_line(
                &found.map_or_else(|| format!("No {list}: no rule matches."), describe_match),
            );
        }
    } else {
        print_rules(&meaning, &told);
    }
    Ok(ExitCode::SUCCESS)
}

fn describe_match(told: &RuleJson) -> String {
    let by = match told.number {
        Some(number) => format!("your rule {number}"),
        None => "a built-in rule".to_owned(),
    };
    let word: &str = told.list.into();
    let word = format!("{}{}", word[..1].to_uppercase(), &word[1..]);
    // A rule is shown as it was written, except for characters that could harm a terminal.
    model::to_printable(
        &format!("{word} {}, by {by}: {}.", told.rule.name, told.rule),
        2_400,
    )
}

fn print_rules(meaning: &ClassificationRules, told: &[RuleJson]) {
    for list in LISTS {
        let of: Vec<&RuleJson> = told.iter().filter(|told| told.list == list).collect();
        let own = of.iter().filter(|told| told.number.is_some()).count();
        match list {
            RuleList::Category => {
                output::print_line("Categories; the first rule that matches wins:")
            }
            RuleList::Project => output::print_line("\nProjects:"),
        }
        if list == RuleList::Project && own == 0 {
            output::print_line(
                "  none (add [[project]] to the settings file, as for [[category]])",
            );
        }
        for told in of {
            let number = told
                .number
                .map_or_else(|| "built in".to_owned(), |n| n.to_string());
            let line = format!("  {number:>8}  {:<16} {}", told.rule.name, told.rule);
            output::print_line(&model::to_printable(&line, 2_400));
        }
    }
    output::print_line(if meaning.needs_titles() {
        "\nThese rules use titles. A year is computed from sums of quarter hours, which hold titles; time recorded by an older uam, from its records."
    } else {
        "\nThese rules use applications only. A year is computed from sums of quarter hours."
    });
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn rules_keep_their_json() {
        let rule = ClassificationRule {
            name: "Writing".to_owned(),
            app: Some("(?i)editor".to_owned()),
            title: None,
        };
        let project = ClassificationRule {
            title: Some("uam".to_owned()),
            ..rule.clone()
        };
        let rules = [
            RuleJson::new(RuleList::Category, (RuleOrigin::BuiltIn, &rule)),
            RuleJson::new(RuleList::Project, (RuleOrigin::Own(2), &project)),
        ];
        assert_eq!(
            report::to_json(&rules).unwrap(),
            include_str!("../../tests/json/categories.json")
        );
    }
}

//! `uam categories`: what windows stand for in reports. Settings only; nothing of the record is read.

use super::Home;
use crate::config::Config;
use crate::output;
use anyhow::Context;
use clap::Args;
use report::meaning::{ClassificationRule, ClassificationRules, RuleList, RuleOrigin};
use serde::Serialize;
use std::process::ExitCode;

/// What `uam categories` can be told. Without anything it lists the rules in force.
#[derive(Debug, Args)]
pub(crate) struct CategoriesArgs {
    /// Say which category and project a window would get, and by which rule.
    #[arg(long, num_args = 2, value_names = ["APP", "TITLE"])]
    test: Option<Vec<String>>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// A rule as JSON prints it.
#[derive(Debug, Serialize)]
struct Told<'a> {
    list: RuleList,
    /// Its number, when it is the user's own.
    number: Option<usize>,
    #[serde(flatten)]
    rule: &'a ClassificationRule,
}

impl<'a> Told<'a> {
    fn new(list: RuleList, (origin, rule): (RuleOrigin, &'a ClassificationRule)) -> Self {
        let number = match origin {
            RuleOrigin::Own(number) => Some(number),
            RuleOrigin::BuiltIn => None,
        };
        Self { list, number, rule }
    }
}

const LISTS: [RuleList; 2] = [RuleList::Category, RuleList::Project];

pub(super) fn run(home: &Home, args: &CategoriesArgs) -> anyhow::Result<ExitCode> {
    let meaning = Config::load(&home.paths)?.meaning()?;
    let told: Vec<Told> = match args.test.as_deref() {
        Some([app, title]) => LISTS
            .iter()
            .filter_map(|list| Some(Told::new(*list, meaning.which(*list, app, title)?)))
            .collect(),
        _ => LISTS
            .iter()
            .flat_map(|list| meaning.rules(*list).map(|rule| Told::new(*list, rule)))
            .collect(),
    };
    if args.json {
        output::out(&report::to_json(&told).context("cannot print the rules")?);
    } else if args.test.is_some() {
        for list in LISTS {
            let found = told.iter().find(|told| told.list == list);
            output::line(
                &found.map_or_else(|| format!("No {}: no rule matches.", list.word()), answer),
            );
        }
    } else {
        self::list(&meaning, &told);
    }
    Ok(ExitCode::SUCCESS)
}

fn answer(told: &Told) -> String {
    let by = match told.number {
        Some(number) => format!("your rule {number}"),
        None => "a built-in rule".to_owned(),
    };
    let word = told.list.word();
    let word = format!("{}{}", word[..1].to_uppercase(), &word[1..]);
    // What a rule says is shown as it was written, but for what could harm a terminal.
    model::to_printable(
        &format!("{word} {}, by {by}: {}.", told.rule.name, told.rule),
        2_400,
    )
}

fn list(meaning: &ClassificationRules, told: &[Told]) {
    for list in LISTS {
        let of: Vec<&Told> = told.iter().filter(|told| told.list == list).collect();
        let own = of.iter().filter(|told| told.number.is_some()).count();
        match list {
            RuleList::Category => output::line("Categories; the first rule that matches wins:"),
            RuleList::Project => output::line("\nProjects:"),
        }
        if list == RuleList::Project && own == 0 {
            output::line("  none ([[project]] in the settings file, as [[category]])");
        }
        for told in of {
            let number = told
                .number
                .map_or_else(|| "built in".to_owned(), |n| n.to_string());
            let line = format!("  {number:>8}  {:<16} {}", told.rule.name, told.rule);
            output::line(&model::to_printable(&line, 2_400));
        }
    }
    output::line(if meaning.needs_titles() {
        "\nTitles decide: a year is told from its sums by the quarter hour, which hold them; what an older uam recorded, from its records."
    } else {
        "\nApplications alone decide, so a year is told from its sums by the quarter hour."
    });
}

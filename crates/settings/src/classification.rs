//! The user's rules for categories and projects, and the options of every view of days.

use crate::sections::Settings;
use model::UserError;
use report::rules::{ClassificationRules, InvalidClassificationRule};
use report::{DayStart, ViewOptions};
use std::path::Path;
use toml_edit::{Document, Item, TableLike, Value};

impl Settings {
    /// The rules that name the category and the project of a window.
    ///
    /// # Errors
    /// The first rule that cannot be used.
    pub fn classification_rules(&self) -> Result<ClassificationRules, InvalidClassificationRule> {
        ClassificationRules::new(
            &self.category,
            self.report.default_categories,
            &self.project,
        )
    }

    /// The time of day at which a day begins in reports.
    ///
    /// # Errors
    /// The fault of `report.day_starts`.
    pub fn day_start(&self) -> Result<DayStart, String> {
        let text = &self.report.day_starts;
        DayStart::parse(text).ok_or_else(|| {
            format!(
                "is \"{}\", but must be a time of day from 00:00 to 12:00",
                model::to_printable(text, 40)
            )
        })
    }

    /// The options of reports: where days begin, and the length up to which spans of one window are merged.
    pub fn view_options(&self, merge: Option<std::time::Duration>) -> ViewOptions {
        ViewOptions {
            starts: self.day_start().unwrap_or_default(),
            merge: merge.unwrap_or_default(),
        }
    }
}

/// Refuses rules that cannot be used, with the line of the first one.
pub(crate) fn check_rules(settings: &Settings, text: &str, file: &Path) -> anyhow::Result<()> {
    settings.classification_rules().map(|_| ()).map_err(|bad| {
        let line = find_rule_line(text, &bad).map_or_else(String::new, |n| format!(", line {n}"));
        UserError::usage(
            format!("{}{line}: {bad}", file.display()),
            format!(
                "For example: [[{}]] name = \"reading\" app = \"firefox\" title = \"news|blog\". `uam categories --test` tries rules out.",
                bad.list
            ),
        ).into()
    })
}

/// The line, from 1, of the part that is wrong, else of its rule.
fn find_rule_line(text: &str, bad: &InvalidClassificationRule) -> Option<usize> {
    let doc: Document<&str> = Document::parse(text).ok()?;
    let index = bad.number.checked_sub(1)?;
    let part = |table: &dyn TableLike| table.get(bad.part?)?.span();
    let span = match doc.get(bad.list.into())? {
        Item::ArrayOfTables(tables) => {
            let table = tables.get(index)?;
            part(table).or_else(|| table.span())
        }
        Item::Value(Value::Array(values)) => {
            let value = values.get(index)?;
            let table = value.as_inline_table();
            table.and_then(|t| part(t)).or_else(|| value.span())
        }
        _ => None,
    }?;
    Some(
        text.get(..span.start)?.lines().count().max(1)
            + usize::from(text[..span.start].ends_with('\n')),
    )
}

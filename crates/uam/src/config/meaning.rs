//! The user's rules for categories and projects, and how reports look at days.

use super::Config;
use model::UserError;
use report::meaning::{ClassificationRules, InvalidClassificationRule};
use report::{DayStart, ViewOptions};
use std::path::Path;
use toml_edit::{Document, Item, TableLike, Value};

impl Config {
    /// The rules in force.
    pub(crate) fn meaning(&self) -> Result<ClassificationRules, InvalidClassificationRule> {
        ClassificationRules::new(
            &self.category,
            self.report.default_categories,
            &self.project,
        )
    }

    /// When days begin.
    pub(crate) fn day_starts(&self) -> Result<DayStart, String> {
        let text = &self.report.day_starts;
        DayStart::parse(text).ok_or_else(|| {
            format!(
                "is \"{}\", but must be a time of day from 00:00 to 12:00",
                model::to_printable(text, 40)
            )
        })
    }

    /// How reports look at days.
    pub(crate) fn view(&self, merge: Option<std::time::Duration>) -> ViewOptions {
        ViewOptions {
            starts: self.day_starts().unwrap_or_default(),
            merge_us: merge.map_or(0, |m| u64::try_from(m.as_micros()).unwrap_or(u64::MAX)),
        }
    }
}

/// Refuses rules that cannot be used, with the line of the one that is wrong.
pub(super) fn check(config: &Config, text: &str, file: &Path) -> anyhow::Result<()> {
    config.meaning().map(|_| ()).map_err(|bad| {
        let line = line_of(text, &bad).map_or_else(String::new, |n| format!(", line {n}"));
        UserError::usage(
            format!("{}{line}: {bad}", file.display()),
            format!(
                "For example: [[{}]] name = \"reading\" app = \"firefox\" title = \"news|blog\". `uam categories --test` tries rules out.",
                bad.list.word()
            ),
        ).into()
    })
}

/// The line of the part that is wrong, or of the rule, from 1.
fn line_of(text: &str, bad: &InvalidClassificationRule) -> Option<usize> {
    let doc: Document<&str> = Document::parse(text).ok()?;
    let place = bad.number.checked_sub(1)?;
    let part = |table: &dyn TableLike| table.get(bad.part?)?.span();
    let span = match doc.get(bad.list.word())? {
        Item::ArrayOfTables(tables) => {
            let table = tables.get(place)?;
            part(table).or_else(|| table.span())
        }
        Item::Value(Value::Array(values)) => {
            let value = values.get(place)?;
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

//! A day as CSV (RFC 4180): one table, one header, `\r\n` line ends.
//!
//! Columns, stable: `day, kind, state, app, exe, title, seconds, active_seconds, idle_seconds, keys, left, middle,
//! right, other, scroll, input_seconds, injected_keys, injected_clicks, injected_scroll, category, project`. `keys` to
//! `input_seconds` are from hardware only. `kind` is `window`, `protected`, `removed` (redacted by its owner), `unnamed`
//! (no window was active), `category`, `project` or `state`. The first four together are the whole; so are all rows of
//! `category`, all of `project`, and all of `state` each by themselves: sum one of them. Seconds are exact to the microsecond.
//!
//! Titles are written by strangers, so cells are defused: see [`safe_cell`].

use crate::columns::{Column, csv_columns};
use crate::day_report::DayReport;
use crate::day_totals::DaysReport;
use crate::totals::{NamedUsage, StateTotal, Usage};
use csv::{Terminator, Writer, WriterBuilder};
use model::{MAX_TITLE_BYTES, to_printable};
use std::io::Write;

/// The columns of [`crate::COLUMNS`] that stand before `category` and `project`. Further ones stand behind the two, so that
/// no column ever moves.
const BEFORE_RULES: usize = 13;

/// A writer of CSV with `\r\n` line ends, which quotes the cells that need it.
pub fn csv_writer<W: Write>(out: W) -> Writer<W> {
    WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(out)
}

/// Text of a stranger as a cell of at most `max_bytes`. Without control characters, for a file may be looked at in a
/// terminal, and defused: a spreadsheet runs a cell as a formula when it begins with `=`, `+`, `-`, `@`, a tab or a carriage
/// return (some skip blanks first, some know the full-width forms), so such a cell gets an apostrophe in front.
#[must_use]
pub fn safe_cell(text: &str, max_bytes: usize) -> String {
    escape_formula(&to_printable(text, max_bytes))
}

fn escape_formula(text: &str) -> String {
    match text.trim_start_matches(' ').chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') => {
            format!("'{text}")
        }
        _ => text.to_owned(),
    }
}

/// The whole day, header first.
#[must_use]
pub fn write_day_csv(report: &DayReport) -> String {
    let mut table = CsvTable::new();
    table.day = report.day.to_string();
    for app in &report.apps {
        for window in &app.windows {
            let names = [app.app.as_str(), &app.exe, &window.title];
            table.write_usage("window", names, &window.usage, ["", ""]);
        }
    }
    table.write_unnamed([&report.protected, &report.redacted, &report.unnamed]);
    table.write_named(&report.categories, &report.projects);
    table.write_states(&report.states);
    table.finish()
}

/// Many days, header first, in the same columns. `kind` is `app` where a day by itself has `window`: neither title nor
/// executable is listed. Days of which nothing is known have only their states.
#[must_use]
pub fn write_days_csv(report: &DaysReport) -> String {
    let mut table = CsvTable::new();
    for totals in &report.days {
        table.day = totals.day.to_string();
        for app in &totals.apps {
            table.write_usage("app", [&app.name, "", ""], &app.usage, ["", ""]);
        }
        table.write_unnamed([&totals.protected, &totals.redacted, &totals.unnamed]);
        table.write_named(&totals.categories, &totals.projects);
        table.write_states(&totals.states);
    }
    table.finish()
}

/// A table that is written into memory, which cannot fail: results are dropped throughout.
struct CsvTable {
    out: Writer<Vec<u8>>,
    /// The first cell of the rows.
    day: String,
}

impl CsvTable {
    fn new() -> Self {
        let mut table = Self {
            out: csv_writer(Vec::new()),
            day: "day".to_owned(),
        };
        let fixed = ["kind", "state", "app", "exe", "title"];
        table.write_row(
            fixed,
            |_, heading| heading.to_owned(),
            ["category", "project"],
        );
        table
    }

    fn finish(self) -> String {
        let bytes = self.out.into_inner().unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    }

    /// Writes a row; `number` gives the cell of each column of [`crate::COLUMNS`] and its heading.
    fn write_row(
        &mut self,
        fixed: [&str; 5],
        number: impl Fn(&Column, &str) -> String,
        rules: [&str; 2],
    ) {
        let fixed = fixed.map(|text| safe_cell(text, MAX_TITLE_BYTES));
        let rules = rules.map(|text| safe_cell(text, MAX_TITLE_BYTES));
        let numbers: Vec<String> = csv_columns()
            .map(|(c, heading)| number(c, heading))
            .collect();
        let (first, later) = numbers.split_at(BEFORE_RULES);
        let day = std::slice::from_ref(&self.day);
        let _ = self
            .out
            .write_record([day, &fixed, first, &rules, later].concat());
    }

    fn write_usage(
        &mut self,
        kind: &str,
        [app, exe, title]: [&str; 3],
        usage: &Usage,
        rules: [&str; 2],
    ) {
        let fixed = [kind, "", app, exe, title];
        self.write_row(fixed, |column, _| column.format_csv(usage), rules);
    }

    fn write_unnamed(&mut self, usages: [&Usage; 3]) {
        for (kind, usage) in ["protected", "removed", "unnamed"].into_iter().zip(usages) {
            if !usage.is_zero() {
                self.write_usage(kind, [""; 3], usage, [""; 2]);
            }
        }
    }

    fn write_named(&mut self, categories: &[NamedUsage], projects: &[NamedUsage]) {
        for row in categories {
            self.write_usage("category", [""; 3], &row.usage, [&row.name, ""]);
        }
        for row in projects {
            self.write_usage("project", [""; 3], &row.usage, ["", &row.name]);
        }
    }

    fn write_states(&mut self, states: &[StateTotal]) {
        for total in states {
            let fixed = ["state", total.state.wire_name(), "", "", ""];
            let usage = Usage {
                active: total.duration,
                ..Usage::default()
            };
            let number = |column: &Column, _: &str| match column.key {
                "total" => column.format_csv(&usage),
                _ => String::new(),
            };
            self.write_row(fixed, number, ["", ""]);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused() {
        for bad in [
            "=1+1",
            "+1",
            "-2",
            "@SUM(A1)",
            "\tx",
            "\r=1",
            "  =cmd|' /C calc'!A0",
            "＝1",
        ] {
            let cell = escape_formula(bad);
            assert!(
                cell.trim_start_matches('"').starts_with('\''),
                "{bad:?} became {cell:?}"
            );
        }
        let written = |text: &str| {
            let mut out = csv_writer(Vec::new());
            out.write_record([escape_formula(text), String::new()])
                .unwrap();
            String::from_utf8(out.into_inner().unwrap()).unwrap()
        };
        assert_eq!(
            written("=HYPERLINK(\"http://x\",\"y\")"),
            "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\",\r\n"
        );
        assert_eq!(written("main.rs - uam"), "main.rs - uam,\r\n");
        assert_eq!(written("a,b"), "\"a,b\",\r\n");
        assert_eq!(written("a\nb"), "\"a\nb\",\r\n");
    }

    #[test]
    fn every_row_has_every_column() {
        let mut report = crate::export::terminal::tests::sample();
        let project = crate::rules::ClassificationRule {
            name: "=cmd".to_owned(),
            app: Some("editor".to_owned()),
            title: None,
        };
        let meaning = crate::ClassificationRules::new(&[], true, &[project]).unwrap();
        crate::Classifier::new(&meaning).classify_day(&mut report);
        let text = write_day_csv(&report);
        // A reader that is not told otherwise refuses a row of another length.
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().unwrap().clone();
        assert_eq!(header.len(), 6 + csv_columns().count() + 2);
        // Old files and new ones have these columns at the same place.
        let stable = "day,kind,state,app,exe,title,seconds,active_seconds,idle_seconds,keys,left,middle,right,other,scroll,\
                      input_seconds,injected_keys,injected_clicks,injected_scroll,category,project";
        assert!(
            header.iter().zip(stable.split(',')).all(|(a, b)| a == b),
            "{header:?}"
        );
        assert!(reader.records().all(|row| row.is_ok()));
        insta::assert_snapshot!(text.replace("\r\n", "\n"));
    }

    #[test]
    fn many_days_have_the_columns_of_one_and_no_title() {
        let text = write_days_csv(&crate::export::terminal::tests::three_days());
        let lines: Vec<&str> = text.lines().collect();
        let columns = lines[0].split(',').count();
        assert!(lines.iter().all(|line| line.split(',').count() == columns));
        let of = |kind: &str| {
            lines
                .iter()
                .filter(|l| l.split(',').nth(1) == Some(kind))
                .count()
        };
        assert_eq!((of("app"), of("protected"), of("state")), (4, 2, 16));
        assert!(!text.contains("main.rs"), "{text}");
    }
}

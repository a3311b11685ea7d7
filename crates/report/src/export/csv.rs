//! A day as CSV (RFC 4180): one table, one header, `\r\n` line ends.
//!
//! Columns, stable: `day, kind, state, app, exe, title, seconds, active_seconds, idle_seconds, keys, left, middle,
//! right, other, scroll, input_seconds, injected_keys, injected_clicks, injected_scroll, category, project`. `keys` to
//! `input_seconds` are from hardware only. `kind` is `window`, `protected`, `removed` (redacted by its owner), `unnamed`
//! (no window was active), `category`, `project` or `state`. The first four together are the whole; so are all rows of
//! `category`, all of `project`, and all of `state` each by themselves: sum one of them. Seconds are exact to the microsecond.
//!
//! Titles are written by strangers, so cells are defused: see [`escape_formula`].

use crate::day_report::DayReport;

use crate::columns::{COLUMNS, Column, Unit};
use crate::totals::{NamedUsage, StateTotal, Usage};
use model::{MICROS_PER_SECOND, to_printable};
use std::fmt::Write;

/// The header line, without its line end.
pub const HEADER: &str = "day,kind,state,app,exe,title,seconds,active_seconds,idle_seconds,keys,left,middle,right,\
                          other,scroll,input_seconds,injected_keys,injected_clicks,injected_scroll,category,project";

/// One text cell. A spreadsheet runs a cell as a formula when it begins with `=`, `+`, `-`, `@`, a tab or a carriage
/// return (some skip blanks first, some know the full-width forms), so such a cell gets an apostrophe in front.
/// Cells with a comma, a quote or a line break are quoted, quotes doubled.
#[must_use]
pub fn escape_formula(text: &str) -> String {
    let first = text.trim_start_matches(' ').chars().next();
    let formula = matches!(
        first,
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠')
    );
    let quote = text.contains([',', '"', '\n', '\r']);
    match (formula, quote) {
        (false, false) => text.to_owned(),
        (true, false) => format!("'{text}"),
        (_, true) => format!(
            "\"{}{}\"",
            if formula { "'" } else { "" },
            text.replace('"', "\"\"")
        ),
    }
}

/// The whole day, header first.
#[must_use]
pub fn write_day_csv(report: &DayReport) -> String {
    let mut out = format!("{HEADER}\r\n");
    let day = report.day.to_string();
    for app in &report.apps {
        for window in &app.windows {
            let names = [&app.app, &app.exe, &window.title];
            usage(&mut out, &day, "window", names, &window.usage);
        }
    }
    let none = String::new();
    for (kind, of) in [
        ("protected", &report.protected),
        ("removed", &report.redacted),
        ("unnamed", &report.unnamed),
    ] {
        if !of.is_zero() {
            usage(&mut out, &day, kind, [&none, &none, &none], of);
        }
    }
    told(&mut out, &day, &report.categories, &report.projects);
    states(&mut out, &day, &report.states);
    out
}

/// Many days, header first, in the same columns. `kind` is `app` where a day by itself has `window`: neither title nor
/// executable is listed. Days of which nothing is known have only their states.
#[must_use]
pub fn write_days_csv(report: &crate::DaysReport) -> String {
    let mut out = format!("{HEADER}\r\n");
    let none = String::new();
    for totals in &report.days {
        let day = totals.day.to_string();
        for app in &totals.apps {
            usage(&mut out, &day, "app", [&app.app, &none, &none], &app.usage);
        }
        for (kind, of) in [
            ("protected", &totals.protected),
            ("removed", &totals.redacted),
            ("unnamed", &totals.unnamed),
        ] {
            if !of.is_zero() {
                usage(&mut out, &day, kind, [&none, &none, &none], of);
            }
        }
        told(&mut out, &day, &totals.categories, &totals.projects);
        states(&mut out, &day, &totals.states);
    }
    out
}

fn told(out: &mut String, day: &str, categories: &[NamedUsage], projects: &[NamedUsage]) {
    let none = String::new();
    for of in categories {
        let mut cells = counted(day, "category", [&none; 3], &of.usage);
        cells.extend([text(&of.name), String::new()]);
        row(out, &cells);
    }
    for of in projects {
        let mut cells = counted(day, "project", [&none; 3], &of.usage);
        cells.extend([String::new(), text(&of.name)]);
        row(out, &cells);
    }
}

fn states(out: &mut String, day: &str, states: &[StateTotal]) {
    for total in states {
        let mut cells = vec![String::new(); HEADER.split(',').count()];
        cells[0] = day.to_owned();
        cells[1] = "state".to_owned();
        cells[2] = total.state.wire_name().to_owned();
        cells[6] = seconds(total.us);
        row(out, &cells);
    }
}

fn usage(out: &mut String, day: &str, kind: &str, names: [&String; 3], of: &Usage) {
    let mut cells = counted(day, kind, names, of);
    cells.extend([String::new(), String::new()]);
    row(out, &cells);
}

/// A file may be looked at in a terminal, so control characters do not survive either.
fn text(name: &str) -> String {
    escape_formula(&to_printable(name, model::MAX_TITLE_BYTES))
}

/// All columns but the last two.
fn counted(day: &str, kind: &str, names: [&String; 3], of: &Usage) -> Vec<String> {
    let [app, exe, title] = names.map(|name| text(name));
    let mut cells = vec![
        day.to_owned(),
        kind.to_owned(),
        String::new(),
        app,
        exe,
        title,
    ];
    cells.extend(csv_columns().map(|column| {
        let value = (column.read)(of);
        match column.unit {
            Unit::Time => seconds(value),
            Unit::Count { .. } => value.to_string(),
        }
    }));
    cells
}

fn csv_columns() -> impl Iterator<Item = &'static Column> {
    COLUMNS.iter().filter(|column| column.csv.is_some())
}

fn row(out: &mut String, cells: &[String]) {
    // Writing into a String cannot fail.
    let _ = write!(out, "{}\r\n", cells.join(","));
}

fn seconds(us: u64) -> String {
    format!("{}.{:06}", us / MICROS_PER_SECOND, us % MICROS_PER_SECOND)
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
        assert_eq!(
            escape_formula("=HYPERLINK(\"http://x\",\"y\")"),
            "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""
        );
        assert_eq!(escape_formula("main.rs - uam"), "main.rs - uam");
        assert_eq!(escape_formula("a,b"), "\"a,b\"");
        assert_eq!(escape_formula("a\nb"), "\"a\nb\"");
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
        let columns = HEADER.split(',').count();
        let named = csv_columns().filter_map(|column| column.csv);
        let fixed = "day,kind,state,app,exe,title".split(',');
        let all: Vec<&str> = fixed.chain(named).chain(["category", "project"]).collect();
        assert_eq!(HEADER, all.join(","));
        // The sample's titles hold no comma or quote, so splitting is parsing.
        for line in text.split_terminator("\r\n") {
            assert_eq!(line.split(',').count(), columns, "{line}");
        }
        insta::assert_snapshot!(text.replace("\r\n", "\n"));
    }

    #[test]
    fn many_days_have_the_columns_of_one_and_no_title() {
        let text = write_days_csv(&crate::export::terminal::tests::three_days());
        let lines: Vec<&str> = text.lines().collect();
        let columns = HEADER.split(',').count();
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

//! The one list of what is counted and shown.
//!
//! Always true: every counted input is read by a row of [`COLUMNS`]; the order of the rows with a name in CSV is the order of
//! the cells there, and new ones come last.

use crate::format::{format_count, format_hms};
use crate::totals::Usage;
use ReportOutput::{
    ByRule, DayTable, DaysTable, LogLine, MadeByPrograms, PageNumbers, PageRow, Printable,
};
use model::micros::to_micros;
use model::{Counts, MICROS_PER_SECOND};
use std::time::Duration;

/// The unit of a column's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A length of time, in microseconds.
    Time,
    /// A count, and its noun for one and for many.
    Count {
        /// The noun for one.
        one: &'static str,
        /// The noun for none and for many.
        many: &'static str,
    },
}

impl Unit {
    const fn count(one: &'static str, many: &'static str) -> Self {
        Self::Count { one, many }
    }
}

/// A place that shows some of the columns. CSV is not among them: there a column has a name of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportOutput {
    /// The table of a day on a terminal.
    DayTable,
    /// The table of many days on a terminal.
    DaysTable,
    /// The tables by category and by project on a terminal.
    ByRule,
    /// Lines of the log, and the status.
    LogLine,
    /// The note on input that programs made, in the table of a day and in the status.
    MadeByPrograms,
    /// Rows of the page with named numbers.
    PageRow,
    /// Rows of the page whose numbers have a place: those of a period, and ten minutes.
    PageNumbers,
    /// The tables of a printable report.
    Printable,
}

/// One number of a [`Usage`].
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name, unique in [`COLUMNS`], and its heading in tables for people.
    pub key: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// Reads it.
    pub read: fn(&Usage) -> u64,
    /// Its heading in CSV, where it has one.
    pub csv: Option<&'static str>,
    /// Where else it is shown.
    pub shown: &'static [ReportOutput],
}

impl Column {
    const fn new(key: &'static str, unit: Unit, read: fn(&Usage) -> u64) -> Self {
        Self {
            key,
            unit,
            read,
            csv: None,
            shown: &[],
        }
    }

    const fn in_csv(self, heading: &'static str) -> Self {
        Self {
            csv: Some(heading),
            ..self
        }
    }

    const fn shown_in(self, shown: &'static [ReportOutput]) -> Self {
        Self { shown, ..self }
    }

    /// Its cell in a table for people: `h:mm:ss`, or digits.
    #[must_use]
    pub fn format_cell(&self, usage: &Usage) -> String {
        let value = (self.read)(usage);
        match self.unit {
            Unit::Time => format_hms(Duration::from_micros(value)),
            Unit::Count { .. } => value.to_string(),
        }
    }

    /// Its cell in CSV: seconds to the microsecond, or digits.
    #[must_use]
    pub fn format_csv(&self, usage: &Usage) -> String {
        let whole = self.read_whole(usage);
        match self.unit {
            Unit::Time => format!("{whole}.{:06}", (self.read)(usage) % MICROS_PER_SECOND),
            Unit::Count { .. } => whole.to_string(),
        }
    }

    /// Its number with its noun: `42 keys`; a time as `h:mm:ss`.
    #[must_use]
    pub fn format_phrase(&self, usage: &Usage) -> String {
        match self.unit {
            Unit::Time => self.format_cell(usage),
            Unit::Count { one, many } => format_count((self.read)(usage), one, many),
        }
    }

    /// Whole seconds, or the count.
    #[must_use]
    pub fn read_whole(&self, usage: &Usage) -> u64 {
        let value = (self.read)(usage);
        match self.unit {
            Unit::Time => value / MICROS_PER_SECOND,
            Unit::Count { .. } => value,
        }
    }

    /// Columns that it takes in a table on a terminal.
    pub(crate) fn width(&self) -> usize {
        match self.unit {
            Unit::Time => 10,
            Unit::Count { .. } => 8,
        }
    }
}

/// The columns of an output, in their order.
pub fn columns_of(output: ReportOutput) -> impl Iterator<Item = &'static Column> {
    COLUMNS.iter().filter(move |c| c.shown.contains(&output))
}

/// The columns of CSV, each with its heading.
pub fn csv_columns() -> impl Iterator<Item = (&'static Column, &'static str)> {
    COLUMNS
        .iter()
        .filter_map(|column| Some((column, column.csv?)))
}

/// The counts of an output as phrases, `42 keys` and `0 clicks`.
pub(crate) fn count_phrases(output: ReportOutput, counts: Counts) -> Vec<String> {
    let usage = Usage::from(counts);
    columns_of(output)
        .map(|column| column.format_phrase(&usage))
        .collect()
}

const KEYS: Unit = Unit::count("key", "keys");
const CLICKS: Unit = Unit::count("click", "clicks");
const STEPS: Unit = Unit::count("scroll step", "scroll steps");
const SECONDS: Unit = Unit::count("second", "seconds");

const TIMES: &[ReportOutput] = &[DayTable, DaysTable, ByRule, PageRow, PageNumbers, Printable];
const PRESSES: &[ReportOutput] = &[DayTable, DaysTable, LogLine, PageRow, PageNumbers];

/// Every number of a usage.
pub const COLUMNS: &[Column] = &[
    Column::new("total", Unit::Time, |u| to_micros(u.total()))
        .in_csv("seconds")
        .shown_in(&[Printable]),
    Column::new("active", Unit::Time, |u| to_micros(u.active))
        .in_csv("active_seconds")
        .shown_in(TIMES),
    Column::new("idle", Unit::Time, |u| to_micros(u.idle))
        .in_csv("idle_seconds")
        .shown_in(TIMES),
    Column::new("keys", KEYS, |u| u.counts.keys()).shown_in(PRESSES),
    Column::new("clicks", CLICKS, |u| u.counts.clicks()).shown_in(PRESSES),
    Column::new("scroll", STEPS, |u| u.counts.scroll()).shown_in(&[DayTable, LogLine, PageRow]),
    Column::new("hardware_keys", KEYS, |u| u.counts.hardware.keys).in_csv("keys"),
    Column::new("hardware_left", CLICKS, |u| u.counts.hardware.left).in_csv("left"),
    Column::new("hardware_middle", CLICKS, |u| u.counts.hardware.middle).in_csv("middle"),
    Column::new("hardware_right", CLICKS, |u| u.counts.hardware.right).in_csv("right"),
    Column::new("hardware_other", CLICKS, |u| u.counts.hardware.other).in_csv("other"),
    Column::new("hardware_scroll", STEPS, |u| u.counts.hardware.scroll).in_csv("scroll"),
    Column::new("input_seconds", SECONDS, |u| u.counts.hardware.seconds).in_csv("input_seconds"),
    Column::new("injected_keys", KEYS, |u| u.counts.injected.keys)
        .in_csv("injected_keys")
        .shown_in(&[MadeByPrograms]),
    Column::new("injected_clicks", CLICKS, |u| u.counts.injected.clicks())
        .in_csv("injected_clicks")
        .shown_in(&[MadeByPrograms]),
    Column::new("injected_scroll", STEPS, |u| u.counts.injected.scroll)
        .in_csv("injected_scroll")
        .shown_in(&[MadeByPrograms]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use model::InputCounts;

    /// A new counted input without a row of its own in [`COLUMNS`] shows here.
    #[test]
    fn every_counted_input_is_read_by_a_column() {
        for (place, (field, read)) in InputCounts::FIELDS.iter().enumerate() {
            let mut numbers = [0; InputCounts::LEN];
            numbers[place] = 7;
            let hardware = InputCounts::from_array(numbers);
            assert_eq!(read(&hardware), 7, "{field}");
            let usage = Usage::from(Counts {
                hardware,
                ..Counts::default()
            });
            let columns = csv_columns().filter(|(column, _)| (column.read)(&usage) == 7);
            assert_eq!(columns.count(), 1, "{field}");
        }
    }

    #[test]
    fn keys_are_unique() {
        let mut keys: Vec<&str> = COLUMNS.iter().map(|column| column.key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), COLUMNS.len());
    }
}

//! The one list of the counts and how they are shown.
//!
//! Always true: every counted input is read by a row of [`COLUMNS`]; the order of the rows with a name in CSV is the order of
//! the cells there, and new ones come last.

use crate::format::{format_count, format_hms};
use crate::totals::Usage;

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

/// One number of a [`Usage`].
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name, unique in [`COLUMNS`].
    pub key: &'static str,
    /// Its heading in a table for people.
    pub heading: &'static str,
    /// The events it counts.
    pub unit: Unit,
    /// Reads it.
    pub read: fn(&Usage) -> u64,
    /// Its heading in CSV, where it has one.
    pub csv: Option<&'static str>,
    /// Is it in the table of a day for a terminal? Its width there.
    pub terminal: Option<usize>,
}

impl Column {
    const fn time(key: &'static str, read: fn(&Usage) -> u64, csv: &'static str) -> Self {
        Self {
            key,
            heading: key,
            unit: Unit::Time,
            read,
            csv: Some(csv),
            terminal: None,
        }
    }

    const fn count(
        key: &'static str,
        (one, many): (&'static str, &'static str),
        read: fn(&Usage) -> u64,
    ) -> Self {
        Self {
            key,
            heading: key,
            unit: Unit::Count { one, many },
            read,
            csv: None,
            terminal: None,
        }
    }

    const fn in_csv(self, name: &'static str) -> Self {
        Self {
            csv: Some(name),
            ..self
        }
    }

    const fn on_terminal(self, width: usize) -> Self {
        Self {
            terminal: Some(width),
            ..self
        }
    }

    /// Its cell in a table for people: `h:mm:ss`, or digits.
    #[must_use]
    pub fn format_cell(&self, usage: &Usage) -> String {
        let value = (self.read)(usage);
        match self.unit {
            Unit::Time => format_hms(value),
            Unit::Count { .. } => value.to_string(),
        }
    }

    /// Its number with its noun: `42 keys`; a time as `h:mm:ss`.
    #[must_use]
    pub fn format_phrase(&self, usage: &Usage) -> String {
        let value = (self.read)(usage);
        match self.unit {
            Unit::Time => format_hms(value),
            Unit::Count { one, many } => format_count(value, one, many),
        }
    }
}

const KEYS: (&str, &str) = ("key", "keys");
const CLICKS: (&str, &str) = ("click", "clicks");
const STEPS: (&str, &str) = ("scroll step", "scroll steps");
const SECONDS: (&str, &str) = ("second", "seconds");

/// Every number of a usage.
pub const COLUMNS: &[Column] = &[
    Column::time("total", Usage::total_us, "seconds"),
    Column::time("active", |u| u.active_us, "active_seconds").on_terminal(10),
    Column::time("idle", |u| u.idle_us, "idle_seconds").on_terminal(10),
    Column::count("keys", KEYS, |u| u.counts.keys()).on_terminal(8),
    Column::count("clicks", CLICKS, |u| u.counts.clicks()).on_terminal(8),
    Column::count("scroll", STEPS, |u| u.counts.scroll()).on_terminal(8),
    Column::count("hardware_keys", KEYS, |u| u.counts.hardware.keys).in_csv("keys"),
    Column::count("hardware_left", CLICKS, |u| u.counts.hardware.left).in_csv("left"),
    Column::count("hardware_middle", CLICKS, |u| u.counts.hardware.middle).in_csv("middle"),
    Column::count("hardware_right", CLICKS, |u| u.counts.hardware.right).in_csv("right"),
    Column::count("hardware_other", CLICKS, |u| u.counts.hardware.other).in_csv("other"),
    Column::count("hardware_scroll", STEPS, |u| u.counts.hardware.scroll).in_csv("scroll"),
    Column::count("input_seconds", SECONDS, |u| u.counts.hardware.seconds).in_csv("input_seconds"),
    Column::count("injected_keys", KEYS, |u| u.counts.injected.keys).in_csv("injected_keys"),
    Column::count("injected_clicks", CLICKS, |u| u.counts.injected.clicks())
        .in_csv("injected_clicks"),
    Column::count("injected_scroll", STEPS, |u| u.counts.injected.scroll).in_csv("injected_scroll"),
];

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A new counted input without a row of its own in [`COLUMNS`] shows here.
    #[test]
    fn every_counted_input_is_read_by_a_column() {
        let fields = serde_json::to_value(model::InputCounts::default()).unwrap();
        for field in fields.as_object().unwrap().keys() {
            let counts = serde_json::json!({ "hardware": { field: 7 } });
            let usage = Usage {
                counts: serde_json::from_value(counts).unwrap(),
                ..Usage::default()
            };
            let read = |column: &&Column| column.csv.is_some() && (column.read)(&usage) == 7;
            assert_eq!(COLUMNS.iter().filter(read).count(), 1, "{field}");
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

//! The shape of a report of many days: the JSON of `uam report --json` for them, and the sums over all of them.
//!
//! Field names are stable, as in [`crate::DayReport`].

use crate::totals::{NamedUsage, StateTotal, Totals, Usage, pseudo_rows, sum_by_name};
use jiff::civil::Date;
use model::{Counts, Coverage};
use serde::{Deserialize, Serialize};

/// Several days, each by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaysReport {
    /// Every day asked for, in order.
    pub days: Vec<DayTotals>,
    /// Numbers of the journal's rows in this time that cannot be read any more; their time shows as `off`.
    pub damaged: Vec<u64>,
}

/// The totals of one day. Field names are stable, as in [`crate::DayReport`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayTotals {
    /// The date, `YYYY-MM-DD`.
    pub day: Date,
    /// How much of the day is counted, in microseconds; the sum of `states`.
    pub length_us: u64,
    /// Time in each state: all eight, in the order of [`Coverage::ALL`].
    pub states: Vec<StateTotal>,
    /// Everything counted on the day.
    pub counts: Counts,
    /// Per application, longest first.
    pub apps: Vec<AppUsage>,
    /// Windows that an exclusion rule withheld.
    pub protected: Usage,
    /// Redacted records.
    #[serde(rename = "removed")]
    pub redacted: Usage,
    /// Time and counts while no window was active.
    pub unnamed: Usage,
    /// Per category, longest first; empty where no rules were asked. See [`crate::rules`].
    #[serde(default)]
    pub categories: Vec<NamedUsage>,
    /// Per project, longest first.
    #[serde(default)]
    pub projects: Vec<NamedUsage>,
}

/// One application on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppUsage {
    /// Its name.
    pub app: String,
    /// Its time and counts.
    #[serde(flatten)]
    pub usage: Usage,
}

impl DayTotals {
    pub(crate) fn new(day: Date, totals: Totals<String>) -> Self {
        let (length_us, states) = (totals.length_us(), totals.state_totals());
        let counts = totals.counts();
        let apps = totals.rows.into_iter();
        let mut apps: Vec<AppUsage> = apps.map(|(app, usage)| AppUsage { app, usage }).collect();
        // Longest first; equal ones stay in the order of their names.
        apps.sort_by_key(|a| std::cmp::Reverse(a.usage.total_us()));
        Self {
            day,
            length_us,
            states,
            counts,
            apps,
            protected: totals.protected,
            redacted: totals.redacted,
            unnamed: totals.no_window,
            categories: Vec::new(),
            projects: Vec::new(),
        }
    }

    /// The rows in parentheses.
    pub(crate) fn pseudo_rows(&self) -> impl Iterator<Item = (&str, &Usage)> {
        pseudo_rows(&self.protected, &self.redacted, &self.unnamed)
    }

    /// True when there is more to say than that nothing ran.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.length_us > self.state_us(Coverage::Off) || !self.counts.is_zero()
    }

    /// Time in one state, in microseconds.
    #[must_use]
    pub fn state_us(&self, state: Coverage) -> u64 {
        let of = self.states.iter().filter(|t| t.state == state);
        of.map(|t| t.us).sum()
    }
}

/// The sums over many days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeriodTotals {
    /// How much time is counted, in microseconds; the sum of `states`.
    pub length_us: u64,
    /// Time in each state, in the order of [`Coverage::ALL`].
    pub states: Vec<StateTotal>,
    /// Everything counted.
    pub counts: Counts,
    /// Per category, longest first; each of the three lists sums to active and idle time.
    pub categories: Vec<NamedUsage>,
    /// Per project, longest first.
    pub projects: Vec<NamedUsage>,
    /// Per application, longest first.
    pub apps: Vec<NamedUsage>,
}

impl PeriodTotals {
    /// The sums of some days.
    #[must_use]
    pub fn of<'a>(days: impl Iterator<Item = &'a DayTotals>) -> Self {
        let days: Vec<&DayTotals> = days.collect();
        let mut whole = Self::default();
        let mut states = [0; Coverage::ALL.len()];
        for day in &days {
            whole.length_us += day.length_us;
            whole.counts += day.counts;
            for total in &day.states {
                states[total.state as usize] += total.us;
            }
        }
        let states = Coverage::ALL.into_iter().zip(states);
        whole.states = states.map(|(state, us)| StateTotal { state, us }).collect();
        let named = |rows: fn(&DayTotals) -> &[NamedUsage]| {
            let rows = days.iter().flat_map(|day| rows(day));
            sum_by_name(rows.map(|row| (row.name.as_str(), &row.usage)))
        };
        whole.categories = named(|day| &day.categories);
        whole.projects = named(|day| &day.projects);
        whole.apps = sum_by_name(days.iter().flat_map(|day| {
            let apps = day.apps.iter().map(|of| (of.app.as_str(), &of.usage));
            apps.chain(day.pseudo_rows())
        }));
        whole
    }

    /// Time in one state, in microseconds.
    #[must_use]
    pub fn state_us(&self, state: Coverage) -> u64 {
        let of = self.states.iter().filter(|t| t.state == state);
        of.map(|t| t.us).sum()
    }
}

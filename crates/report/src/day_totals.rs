//! The shape of a report of many days: the JSON of `uam report --json` for them, and the sums over all of them.
//!
//! Field names are stable, as in [`crate::DayReport`].

use crate::totals::{
    NamedUsage, StateTimes, StateTotal, Totals, Usage, pseudo_rows, sum_by_name, time_in,
};
use jiff::civil::Date;
use model::{Counts, Coverage};
use serde::{Deserialize, Serialize};
use std::time::Duration;

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
    /// How much of the day is counted; the sum of `states`.
    #[serde(rename = "length_us", with = "model::micros")]
    pub length: Duration,
    /// Time in each state: all eight, in the order of [`Coverage::ALL`].
    pub states: Vec<StateTotal>,
    /// Everything counted on the day.
    pub counts: Counts,
    /// Per application, longest first.
    #[serde(with = "app_rows")]
    pub apps: Vec<NamedUsage>,
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

/// In the JSON, an application's name is called `app`.
mod app_rows {
    use crate::totals::{NamedUsage, Usage};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct AppRow {
        app: String,
        #[serde(flatten)]
        usage: Usage,
    }

    pub(super) fn serialize<S: Serializer>(rows: &[NamedUsage], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(rows.iter().cloned().map(|row| AppRow {
            app: row.name,
            usage: row.usage,
        }))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<NamedUsage>, D::Error> {
        let rows = Vec::<AppRow>::deserialize(from)?.into_iter();
        Ok(rows
            .map(|row| NamedUsage {
                name: row.app,
                usage: row.usage,
            })
            .collect())
    }
}

impl DayTotals {
    pub(crate) fn new(day: Date, totals: &Totals<String>) -> Self {
        Self {
            day,
            length: totals.states.total(),
            states: totals.states.to_list(),
            counts: totals.counts(),
            apps: sum_by_name(totals.rows.iter().map(|(app, of)| (app.as_str(), of))),
            protected: totals.protected,
            redacted: totals.redacted,
            unnamed: totals.no_window,
            categories: Vec::new(),
            projects: Vec::new(),
        }
    }

    /// The rows in parentheses.
    pub(crate) fn pseudo_rows(&self) -> impl Iterator<Item = (&str, &Usage)> + Clone {
        pseudo_rows(&self.protected, &self.redacted, &self.unnamed)
    }

    /// True when there is more to say than that nothing ran.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.length > self.time_in(Coverage::Off) || !self.counts.is_zero()
    }

    /// Time in one state.
    #[must_use]
    pub fn time_in(&self, state: Coverage) -> Duration {
        time_in(&self.states, state)
    }
}

/// The sums over many days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeriodTotals {
    /// How much time is counted; the sum of `states`.
    pub length: Duration,
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
        let mut states = StateTimes::default();
        for day in &days {
            whole.length += day.length;
            whole.counts += day.counts;
            for total in &day.states {
                states[total.state] += total.duration;
            }
        }
        whole.states = states.to_list();
        let named = |rows: fn(&DayTotals) -> &[NamedUsage]| {
            sum_by_name(
                days.iter()
                    .flat_map(|day| rows(day))
                    .map(NamedUsage::as_row),
            )
        };
        whole.categories = named(|day| &day.categories);
        whole.projects = named(|day| &day.projects);
        whole.apps = sum_by_name(days.iter().flat_map(|day| {
            day.apps
                .iter()
                .map(NamedUsage::as_row)
                .chain(day.pseudo_rows())
        }));
        whole
    }

    /// Time in one state.
    #[must_use]
    pub fn time_in(&self, state: Coverage) -> Duration {
        time_in(&self.states, state)
    }
}

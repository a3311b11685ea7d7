//! Time and counts, added up: the one accumulator of every report.

use model::{Counts, Coverage, Span, WindowInfo};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// No rule matches.
pub const NONE: &str = "(none)";

/// An exclusion rule held back what the window was.
pub const PROTECTED: &str = "(protected)";

/// Its owner had it taken out.
pub const REMOVED: &str = "(removed)";

/// No window was active.
pub const NO_WINDOW: &str = "(no window)";

/// Time and counts of one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Time in state `active`, in microseconds.
    pub active_us: u64,
    /// Time in state `idle`, in microseconds.
    pub idle_us: u64,
    /// What was counted, hardware and injected apart.
    pub counts: Counts,
}

impl Usage {
    /// Active and idle time together, in microseconds.
    #[must_use]
    pub fn total_us(&self) -> u64 {
        self.active_us + self.idle_us
    }

    /// True when there is nothing to show.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

/// Time in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateTotal {
    /// The state.
    pub state: Coverage,
    /// How long, in microseconds.
    pub us: u64,
}

/// One category, project or application with its time and counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedUsage {
    /// Its name; in parentheses where no rule gave it.
    pub name: String,
    /// Its time and counts.
    #[serde(flatten)]
    pub usage: Usage,
}

/// Usages summed up by name.
#[derive(Clone, Debug, Default)]
pub struct NamedSums(BTreeMap<String, Usage>);

impl NamedSums {
    /// Adds to a name's sum; nothing is no row.
    pub fn add(&mut self, name: &str, usage: &Usage) {
        if usage.is_zero() {
            return;
        }
        match self.0.get_mut(name) {
            Some(sum) => add(sum, usage),
            None => {
                self.0.insert(name.to_owned(), *usage);
            }
        }
    }

    /// Adds many rows.
    pub fn extend(&mut self, rows: &[NamedUsage]) {
        rows.iter().for_each(|row| self.add(&row.name, &row.usage));
    }

    /// The rows, longest first; equal ones in the order of their names.
    #[must_use]
    pub fn rows(self) -> Vec<NamedUsage> {
        let rows = self.0.into_iter();
        let mut rows: Vec<NamedUsage> = rows
            .map(|(name, usage)| NamedUsage { name, usage })
            .collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.usage.total_us()));
        rows
    }
}

/// What a span's time and counts belong to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RowKey {
    Protected,
    Removed,
    Unnamed,
    App(String),
}

impl RowKey {
    pub(crate) fn of(span: &Span) -> Self {
        match &span.window {
            _ if span.protected => Self::Protected,
            _ if span.removed => Self::Removed,
            Some(window) => Self::App(window.app.clone()),
            None => Self::Unnamed,
        }
    }
}

/// Time and counts of some time, per state and per application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RollupTotals {
    /// In microseconds, in the order of [`Coverage::ALL`].
    pub(crate) states: [u64; Coverage::ALL.len()],
    pub(crate) apps: BTreeMap<String, Usage>,
    pub(crate) protected: Usage,
    /// What its owner had taken out.
    pub(crate) removed: Usage,
    pub(crate) unnamed: Usage,
}

impl RollupTotals {
    /// The row that a span's time and counts belong to.
    fn row(&mut self, span: &Span) -> &mut Usage {
        match &span.window {
            _ if span.protected => &mut self.protected,
            _ if span.removed => &mut self.removed,
            Some(window) => self.app(&window.app),
            None => &mut self.unnamed,
        }
    }

    pub(crate) fn app(&mut self, name: &str) -> &mut Usage {
        if !self.apps.contains_key(name) {
            self.apps.insert(name.to_owned(), Usage::default());
        }
        self.apps.entry(name.to_owned()).or_default()
    }

    pub(crate) fn time(&mut self, us: u64, span: &Span) {
        self.states[span.state as usize] += us;
        match span.state {
            Coverage::Active => self.row(span).active_us += us,
            Coverage::Idle => self.row(span).idle_us += us,
            _ => {}
        }
    }

    pub(crate) fn counts(&mut self, span: &Span) {
        if !span.counts.is_zero() {
            self.row(span).counts += span.counts;
        }
    }

    /// Adds what another time held.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (sum, us) in self.states.iter_mut().zip(other.states) {
            *sum += us;
        }
        add(&mut self.protected, &other.protected);
        add(&mut self.removed, &other.removed);
        add(&mut self.unnamed, &other.unnamed);
        for (name, usage) in &other.apps {
            match self.apps.get_mut(name) {
                Some(sum) => add(sum, usage),
                None => {
                    self.apps.insert(name.clone(), *usage);
                }
            }
        }
    }
}

pub(crate) fn add(sum: &mut Usage, more: &Usage) {
    sum.active_us += more.active_us;
    sum.idle_us += more.idle_us;
    sum.counts += more.counts;
}

/// The window that a span may be known by.
pub(crate) fn window_of(span: &Span) -> Option<&WindowInfo> {
    let window = span.window.as_deref();
    window.filter(|_| !span.protected && !span.removed)
}

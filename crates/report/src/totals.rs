//! Time and counts, added up: the one accumulator of every report.

use model::{Counts, Coverage, Span, WindowInfo};
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::sync::Arc;

/// No rule matches.
pub const NONE: &str = "(none)";

/// An exclusion rule withheld the window's name.
pub const PROTECTED: &str = "(protected)";

/// Redacted by its owner.
pub const REDACTED: &str = "(removed)";

/// No window was active.
pub const NO_WINDOW: &str = "(no window)";

/// Time and counts of one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Time in state `active`, in microseconds.
    pub active_us: u64,
    /// Time in state `idle`, in microseconds.
    pub idle_us: u64,
    /// The counts, hardware and injected apart.
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

    /// Adds time, in microseconds, if the state is active or idle.
    pub(crate) fn add_time(&mut self, state: Coverage, us: u64) {
        match state {
            Coverage::Active => self.active_us += us,
            Coverage::Idle => self.idle_us += us,
            _ => {}
        }
    }
}

impl From<Counts> for Usage {
    fn from(counts: Counts) -> Self {
        Self {
            counts,
            ..Self::default()
        }
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

impl NamedUsage {
    pub(crate) fn as_row(&self) -> (&str, &Usage) {
        (&self.name, &self.usage)
    }
}

impl AddAssign<&Usage> for Usage {
    fn add_assign(&mut self, more: &Usage) {
        self.active_us += more.active_us;
        self.idle_us += more.idle_us;
        self.counts += more.counts;
    }
}

/// The row that time and counts belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum RowKey<W> {
    /// A window, an application, or whatever else stands for one.
    Window(W),
    /// Held back by an exclusion rule.
    Protected,
    /// Redacted by its owner later.
    Redacted,
    /// No window was active.
    NoWindow,
}

impl<'a> RowKey<&'a Arc<WindowInfo>> {
    /// The row of a span: the one place that decides it.
    pub(crate) fn of(span: &'a Span) -> Self {
        match &span.window {
            _ if span.protected => Self::Protected,
            _ if span.redacted => Self::Redacted,
            Some(window) => Self::Window(window),
            None => Self::NoWindow,
        }
    }
}

impl<W> RowKey<W> {
    pub(crate) fn map<K>(self, key: impl FnOnce(W) -> K) -> RowKey<K> {
        match self {
            Self::Window(window) => RowKey::Window(key(window)),
            Self::Protected => RowKey::Protected,
            Self::Redacted => RowKey::Redacted,
            Self::NoWindow => RowKey::NoWindow,
        }
    }

    pub(crate) fn as_ref(&self) -> RowKey<&W> {
        match self {
            Self::Window(window) => RowKey::Window(window),
            Self::Protected => RowKey::Protected,
            Self::Redacted => RowKey::Redacted,
            Self::NoWindow => RowKey::NoWindow,
        }
    }
}

/// A window as a row: ordered by application, then title; its executable tells no two apart.
#[derive(Clone, Default)]
pub(crate) struct WindowKey(pub(crate) Arc<WindowInfo>);

impl WindowKey {
    /// The row of a span.
    pub(crate) fn of(span: &Span) -> RowKey<Self> {
        RowKey::of(span).map(|window| Self(Arc::clone(window)))
    }

    fn names(&self) -> (&str, &str) {
        (&self.0.app, &self.0.title)
    }
}

impl Ord for WindowKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.names().cmp(&other.names())
    }
}

impl PartialOrd for WindowKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for WindowKey {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for WindowKey {}

/// Time and counts of some time: per state, and per row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals<W: Ord> {
    /// In microseconds, in the order of [`Coverage::ALL`].
    pub(crate) states: [u64; Coverage::ALL.len()],
    pub(crate) rows: BTreeMap<W, Usage>,
    pub(crate) protected: Usage,
    pub(crate) redacted: Usage,
    pub(crate) no_window: Usage,
}

impl<W: Ord> Totals<W> {
    /// Adds time in one state, in microseconds; a row gets active and idle time only.
    pub(crate) fn add_time<Q>(&mut self, key: RowKey<&Q>, state: Coverage, us: u64)
    where
        W: Borrow<Q>,
        Q: Ord + ToOwned<Owned = W> + ?Sized,
    {
        self.states[state as usize] += us;
        if state.is_recording() {
            self.row(key).add_time(state, us);
        }
    }

    /// The row of a key, made if there is none; nothing is copied for one that is known. The states stay.
    pub(crate) fn row<Q>(&mut self, key: RowKey<&Q>) -> &mut Usage
    where
        W: Borrow<Q>,
        Q: Ord + ToOwned<Owned = W> + ?Sized,
    {
        match key {
            RowKey::Protected => &mut self.protected,
            RowKey::Redacted => &mut self.redacted,
            RowKey::NoWindow => &mut self.no_window,
            RowKey::Window(window) => {
                if !self.rows.contains_key(window) {
                    self.rows.insert(window.to_owned(), Usage::default());
                }
                // The row is there by now.
                self.rows.get_mut(window).unwrap_or(&mut self.no_window)
            }
        }
    }

    /// Adds a roll-up, or another day.
    pub(crate) fn merge(&mut self, other: &Self)
    where
        W: Clone,
    {
        for (sum, us) in self.states.iter_mut().zip(other.states) {
            *sum += us;
        }
        self.protected += &other.protected;
        self.redacted += &other.redacted;
        self.no_window += &other.no_window;
        for (window, usage) in &other.rows {
            *self.row(RowKey::Window(window)) += usage;
        }
    }

    /// The same totals with coarser rows: from window to application, category or project.
    pub(crate) fn regroup<K: Ord>(&self, mut key: impl FnMut(&W) -> K) -> Totals<K> {
        let mut rows: BTreeMap<K, Usage> = BTreeMap::new();
        for (window, usage) in &self.rows {
            *rows.entry(key(window)).or_default() += usage;
        }
        Totals {
            states: self.states,
            rows,
            protected: self.protected,
            redacted: self.redacted,
            no_window: self.no_window,
        }
    }

    /// All time, in microseconds.
    pub(crate) fn length_us(&self) -> u64 {
        self.states.iter().sum()
    }

    /// All counts.
    pub(crate) fn counts(&self) -> Counts {
        let mut sum = self.protected;
        sum += &self.redacted;
        sum += &self.no_window;
        self.rows.values().for_each(|usage| sum += usage);
        sum.counts
    }

    /// The states in the order of [`Coverage::ALL`].
    pub(crate) fn state_totals(&self) -> Vec<StateTotal> {
        state_totals(self.states)
    }

    /// All rows by name, longest first; those in parentheses are among them, empty ones are not.
    pub(crate) fn named_rows(&self) -> Vec<NamedUsage>
    where
        W: AsRef<str>,
    {
        let rows = self.rows.iter().map(|(name, of)| (name.as_ref(), of));
        sum_by_name(rows.chain(pseudo_rows(
            &self.protected,
            &self.redacted,
            &self.no_window,
        )))
    }
}

/// Time in microseconds in the order of [`Coverage::ALL`], with the states.
pub(crate) fn state_totals(states: [u64; Coverage::ALL.len()]) -> Vec<StateTotal> {
    let states = Coverage::ALL.into_iter().zip(states);
    states.map(|(state, us)| StateTotal { state, us }).collect()
}

/// Time in one state, in microseconds.
pub(crate) fn time_in(states: &[StateTotal], state: Coverage) -> u64 {
    let of = states.iter().filter(|total| total.state == state);
    of.map(|total| total.us).sum()
}

/// The rows that no rule names.
pub(crate) fn pseudo_rows<'a>(
    protected: &'a Usage,
    redacted: &'a Usage,
    no_window: &'a Usage,
) -> impl Iterator<Item = (&'a str, &'a Usage)> + Clone {
    [
        (PROTECTED, protected),
        (REDACTED, redacted),
        (NO_WINDOW, no_window),
    ]
    .into_iter()
}

/// Usages summed up by name, longest first, equal ones in the order of their names; empty ones make no row.
pub(crate) fn sum_by_name<'a>(rows: impl Iterator<Item = (&'a str, &'a Usage)>) -> Vec<NamedUsage> {
    let mut sums: BTreeMap<&str, Usage> = BTreeMap::new();
    for (name, usage) in rows.filter(|(_, usage)| !usage.is_zero()) {
        *sums.entry(name).or_default() += usage;
    }
    let rows = sums.into_iter().map(|(name, usage)| NamedUsage {
        name: name.to_owned(),
        usage,
    });
    let mut rows: Vec<NamedUsage> = rows.collect();
    rows.sort_by_key(|row| Reverse(row.usage.total_us()));
    rows
}

/// The window that a span may be known by.
pub(crate) fn window_of(span: &Span) -> Option<&WindowInfo> {
    let window = span.window.as_deref();
    window.filter(|_| !span.protected && !span.redacted)
}

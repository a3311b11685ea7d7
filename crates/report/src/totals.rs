//! Time and counts, added up: the one accumulator of every report.

use model::{Counts, Coverage, Span, WindowInfo, micros};
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;
use std::ops::{AddAssign, Index, IndexMut};
use std::sync::Arc;
use std::time::Duration;

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
    /// Time in state `active`.
    #[serde(rename = "active_us", with = "micros")]
    pub active: Duration,
    /// Time in state `idle`.
    #[serde(rename = "idle_us", with = "micros")]
    pub idle: Duration,
    /// The counts, hardware and injected apart.
    pub counts: Counts,
}

impl Usage {
    /// Active and idle time together.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.active + self.idle
    }

    /// True when there is nothing to show.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// Adds time, if the state is active or idle.
    pub(crate) fn add_time(&mut self, state: Coverage, length: Duration) {
        match state {
            Coverage::Active => self.active += length,
            Coverage::Idle => self.idle += length,
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
    /// How long.
    #[serde(rename = "us", with = "micros")]
    pub duration: Duration,
}

/// Time in each state. In the JSON, whole microseconds in the order of [`Coverage::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StateMicros", into = "StateMicros")]
pub struct StateTimes([Duration; Coverage::ALL.len()]);

pub(crate) type StateMicros = [u64; Coverage::ALL.len()];

impl StateTimes {
    /// The states, all eight in the order of [`Coverage::ALL`].
    #[must_use]
    pub fn to_list(&self) -> Vec<StateTotal> {
        let states = Coverage::ALL.into_iter().zip(self.0);
        states
            .map(|(state, duration)| StateTotal { state, duration })
            .collect()
    }

    /// The same without time in state `off`.
    pub(crate) fn without_off(mut self) -> Self {
        self[Coverage::Off] = Duration::ZERO;
        self
    }

    /// Time in all states.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.0.iter().sum()
    }
}

impl From<StateMicros> for StateTimes {
    fn from(times: StateMicros) -> Self {
        Self(times.map(Duration::from_micros))
    }
}

impl From<StateTimes> for StateMicros {
    fn from(times: StateTimes) -> Self {
        times.0.map(micros::to_micros)
    }
}

impl Index<Coverage> for StateTimes {
    type Output = Duration;

    fn index(&self, state: Coverage) -> &Duration {
        &self.0[state as usize]
    }
}

impl IndexMut<Coverage> for StateTimes {
    fn index_mut(&mut self, state: Coverage) -> &mut Duration {
        &mut self.0[state as usize]
    }
}

impl AddAssign for StateTimes {
    fn add_assign(&mut self, more: Self) {
        for (sum, length) in self.0.iter_mut().zip(more.0) {
            *sum += length;
        }
    }
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
        self.active += more.active;
        self.idle += more.idle;
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
    pub(crate) states: StateTimes,
    pub(crate) rows: BTreeMap<W, Usage>,
    pub(crate) protected: Usage,
    pub(crate) redacted: Usage,
    pub(crate) no_window: Usage,
}

impl<W: Ord> Totals<W> {
    /// Adds time in one state; a row gets active and idle time only.
    pub(crate) fn add_time<Q>(&mut self, key: RowKey<&Q>, state: Coverage, length: Duration)
    where
        W: Borrow<Q>,
        Q: Ord + ToOwned<Owned = W> + ?Sized,
    {
        self.states[state] += length;
        if state.is_recording() {
            self.row(key).add_time(state, length);
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
        self.states += other.states;
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

    /// All counts.
    pub(crate) fn counts(&self) -> Counts {
        let mut sum = self.protected;
        sum += &self.redacted;
        sum += &self.no_window;
        self.rows.values().for_each(|usage| sum += usage);
        sum.counts
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

/// Time in one state.
pub(crate) fn time_in(states: &[StateTotal], state: Coverage) -> Duration {
    let of = states.iter().filter(|total| total.state == state);
    of.map(|total| total.duration).sum()
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
    rows.sort_by_key(|row| Reverse(row.usage.total()));
    rows
}

/// The window that a span may be known by.
pub(crate) fn window_of(span: &Span) -> Option<&WindowInfo> {
    let window = span.window.as_deref();
    window.filter(|_| !span.protected && !span.redacted)
}

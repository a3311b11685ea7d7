//! Roll-ups: the totals of a quarter hour of UTC, so that a year is summed up without opening a year of records.
//!
//! # Invariants
//! * A [`Rollup`] accounts for **every** span that touches its slot: the time clipped to the slot, and the counts of
//!   the spans that start in it. It is made once no more time can come to the slot: its spans are final, and a later
//!   one reaches the slot's end, or the recording ended.
//! * A slot has one roll-up or none; there are no parts. It has none where another run wrote into the same slot (also
//!   because the clock was set), where spans overlap, where the zone changed, and after a crash. Then the records tell.
//!   A run that begins or ends in the middle of a slot nobody else touched knows all of it.
//! * Which slots a run may sum up ([`journal::Journal::first_free_quarter_hour`]), and that a roll-up is gone once anything
//!   else is written into its slot, is the journal's part of the bargain; see there.
//! * A line of JSON tells the sums; the windows with their titles stand behind it, and are not taken apart unless somebody
//!   asks for titles ([`windows`]). Executables are not in it. Like the records it was made of, it is sealed, and gone
//!   once they are redacted or erased.

pub(crate) mod builder;
mod packed;
mod windows;

pub(crate) use windows::RollupWindow;

use crate::totals::{RowKey, StateMicros, Totals, Usage, window_of};
use journal::QuarterHour;
use model::micros::to_micros;
use model::{Coverage, InputCounts, Span, Timestamp};
use packed::{FIRST_FIELDS, drop_trailing_zeros, pack, unpack};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// The form written: a line of JSON, and the windows behind it. The one before had no windows; a roll-up of another form
/// is passed over, and the records are read.
const VERSION: u32 = 2;

/// The counted inputs of each source as they are written now.
const FIELDS: u8 = InputCounts::LEN as u8;

/// The totals of one quarter hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollup {
    /// Which one.
    pub slot: QuarterHour,
    /// IANA name of the zone in force.
    pub zone: Arc<str>,
    /// From where its first span begins to where its last one ends, clipped to the slot; empty when no time is covered.
    pub covered: Range<Timestamp>,
    /// The slot in which the span began that reaches beyond the end of this one.
    pub carried_from: Option<QuarterHour>,
    pub(crate) totals: Totals<String>,
    /// While it is made; one that was read has none.
    windows: windows::RollupWindows,
    /// Counted inputs of each source in it.
    fields: u8,
}

/// The form on disk. Names are short, for there are 35,040 of these in a year.
#[derive(Serialize, Deserialize)]
struct RollupLine {
    v: u32,
    /// Counted inputs of each source, which are stored by position; none where they are the first ones there were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    n: Option<u8>,
    /// Zone.
    z: Arc<str>,
    /// The covered time, in microseconds from the slot's start.
    t: (u32, u32),
    /// Time per state, trailing zeros left out.
    s: Vec<u64>,
    /// Applications.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    a: Vec<(String, Vec<u64>)>,
    /// Protected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    p: Vec<u64>,
    /// Redacted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    r: Vec<u64>,
    /// Without a window.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    u: Vec<u64>,
    /// How many slots ago the span began that reaches beyond the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    o: Option<u32>,
}

impl Rollup {
    pub(crate) fn new(slot: QuarterHour, zone: Arc<str>) -> Self {
        let start = slot.start();
        Self {
            slot,
            zone,
            covered: start..start,
            carried_from: None,
            totals: Totals::default(),
            windows: windows::RollupWindows::default(),
            fields: FIELDS,
        }
    }

    /// Adds a span that touches the slot and begins no earlier than the one before it ended.
    pub(crate) fn add(&mut self, span: &Span) {
        let (slot_start, slot_end) = (self.slot.start(), self.slot.end());
        let (from, to) = (span.start.max(slot_start), span.end().min(slot_end));
        let began = QuarterHour::of(span.start);
        let mut usage = Usage::default();
        if from < to {
            if self.covered.is_empty() {
                self.covered.start = from;
            }
            self.covered.end = to;
            usage.add_time(span.state, to.duration_since(from));
            self.totals.states[span.state] += to.duration_since(from);
        }
        if began == self.slot {
            usage.counts = span.counts;
        }
        if !usage.is_zero() {
            let row = RowKey::of(span).map(|window| window.app.as_str());
            *self.totals.row(row) += &usage;
        }
        if span.end() > slot_end {
            self.carried_from = Some(began);
        }
        if let Some(window) = window_of(span) {
            let seen = [from, to.max(from)].map(|at| to_micros(at.duration_since(slot_start)));
            let (app, title) = (&window.app, &window.title);
            self.windows.add(app, title, seen.into(), &usage);
        }
    }

    /// As it is sealed.
    ///
    /// # Errors
    /// Never for this type; the signature is serde's.
    pub fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
        let start = self.slot.start();
        let offset = |at: Timestamp| {
            let offset = to_micros(at.duration_since(start));
            u32::try_from(offset).unwrap_or(0)
        };
        let usages = self.totals.rows.iter();
        let mut content = serde_json::to_vec(&RollupLine {
            v: VERSION,
            n: (FIELDS != FIRST_FIELDS).then_some(FIELDS),
            z: Arc::clone(&self.zone),
            t: (offset(self.covered.start), offset(self.covered.end)),
            s: drop_trailing_zeros(StateMicros::from(self.totals.states).to_vec()),
            a: usages.map(|(name, of)| (name.clone(), pack(of))).collect(),
            p: pack(&self.totals.protected),
            r: pack(&self.totals.redacted),
            u: pack(&self.totals.no_window),
            o: self
                .carried_from
                .and_then(|from| u32::try_from(self.slot.0 - from.0).ok()),
        })?;
        self.windows.encode(&mut content);
        Ok(content)
    }

    /// The sums that were sealed for `slot`; `None` when it is of another form.
    #[must_use]
    pub fn decode(slot: QuarterHour, content: &[u8]) -> Option<Self> {
        let (sums, _) = split_content(content);
        let form: RollupLine = serde_json::from_slice(sums).ok()?;
        let known = (1..=VERSION).contains(&form.v)
            && form.s.len() <= Coverage::ALL.len()
            && form.t.0 <= form.t.1
            && Duration::from_micros(form.t.1.into()) <= QuarterHour::LENGTH;
        if !known {
            return None;
        }
        let mut rollup = Self::new(slot, form.z);
        let at = |offset: u32| rollup.covered.start + Duration::from_micros(offset.into());
        rollup.covered = at(form.t.0)..at(form.t.1);
        rollup.carried_from = form.o.map(|ago| slot - i64::from(ago));
        let mut states = StateMicros::default();
        states[..form.s.len()].copy_from_slice(&form.s);
        rollup.totals.states = states.into();
        rollup.fields = form.n.unwrap_or(FIRST_FIELDS);
        let usage = |numbers: &[u64]| unpack(numbers, rollup.fields);
        rollup.totals.protected = usage(&form.p);
        rollup.totals.redacted = usage(&form.r);
        rollup.totals.no_window = usage(&form.u);
        let apps = form.a.into_iter();
        rollup.totals.rows = apps.map(|(name, of)| (name, usage(&of))).collect();
        Some(rollup)
    }

    /// Gives each window of the content that this was read from; `None` when they were not kept, or some of them cannot
    /// be read.
    pub(crate) fn for_each_window<'a>(
        &self,
        content: &'a [u8],
        visit: &mut dyn FnMut(RollupWindow<'a>),
    ) -> Option<()> {
        let windows = split_content(content).1?;
        windows::for_each_in((self.slot, self.fields), windows, visit)
    }
}

/// The line of sums, and the windows behind it, if they were kept. JSON has no line feed of its own.
pub(crate) fn split_content(content: &[u8]) -> (&[u8], Option<&[u8]>) {
    match content.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&content[..end], content.get(end + 1..)),
        None => (content, None),
    }
}

#[cfg(test)]
mod tests;

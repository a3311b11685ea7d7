//! What a person may do with their own record: have something taken out of it, erase days of it, see what was sent.
//!
//! Always true: numbers come before deeds; the journal is changed before anything is deleted where it was sent; what
//! could not be deleted there is named, here and in the record.

pub(crate) mod hand;
pub(crate) mod sink;
mod wish;
pub(crate) mod words;

pub(crate) use wish::{Lent, Object, Told, Wish};

use journal::{
    FreezeOptions, Journal, JournalError, RedactionTarget, SegmentLimits, UploadedObject, UtcDay,
};
use std::ops::{Range, RangeInclusive};
use upload::keys;

/// Most objects that one wish may touch: their names must be told, and fit into one answer.
const MAX_OBJECTS: usize = 50_000;

impl Told {
    /// True when there is nothing to do.
    pub(crate) fn is_nothing(&self) -> bool {
        self.spans == 0 && self.shots == 0 && self.records == 0
    }
}

impl Wish {
    /// The time meant; `None` for one picture and for days.
    pub(crate) fn range(&self, now_us: i64) -> Option<Range<i64>> {
        match *self {
            Self::Since { from_us } => Some(from_us..now_us),
            Self::Time { from_us, to_us } => Some(from_us..to_us),
            Self::Shot { .. } | Self::Erase { .. } => None,
        }
    }

    /// What it comes to. Nothing is changed.
    pub(crate) fn rehearse(&self, journal: &Journal, now_us: i64) -> Result<Told, JournalError> {
        match self.thing(now_us) {
            Thing::Removal(removal) => removed(journal, journal.would_remove(&removal)?),
            Thing::Days(days) => {
                let erased = journal.would_erase(days.clone())?;
                erased_of(journal, &days, erased)
            }
        }
    }

    /// Does it, and packs again what was waiting to be sent together with it: the journal may open more now than later.
    pub(crate) fn carry_out(
        &self,
        journal: &mut Journal,
        rules: &FreezeOptions,
        now_us: i64,
    ) -> Result<Told, JournalError> {
        let told = match self.thing(now_us) {
            Thing::Removal(removal) => {
                let done = journal.remove(&removal, now_us)?;
                removed(journal, done)?
            }
            Thing::Days(days) => {
                let done = journal.erase(days.clone(), now_us)?;
                erased_of(journal, &days, done)?
            }
        };
        journal.freeze(now_us, rules)?;
        Ok(told)
    }

    fn thing(&self, now_us: i64) -> Thing {
        match *self {
            Self::Shot { seq } => Thing::Removal(RedactionTarget::Shot(seq)),
            Self::Erase { first, last } => Thing::Days(UtcDay(first)..=UtcDay(last)),
            Self::Since { .. } | Self::Time { .. } => Thing::Removal(RedactionTarget::Time(
                self.range(now_us).unwrap_or_default(),
            )),
        }
    }
}

enum Thing {
    Removal(RedactionTarget),
    Days(RangeInclusive<UtcDay>),
}

fn removed(journal: &Journal, removed: journal::RedactionReport) -> Result<Told, JournalError> {
    Ok(Told {
        spans: removed.spans,
        shots: removed.shots,
        closed: removed.closed,
        objects: objects(journal, &removed.sent, None)?,
        unfolded: !removed.folded,
        aside: removed.aside,
        first_us: removed.first_us,
        counted: removed.counted,
        ..Told::default()
    })
}

fn erased_of(
    journal: &Journal,
    days: &RangeInclusive<UtcDay>,
    erased: journal::EraseReport,
) -> Result<Told, JournalError> {
    Ok(Told {
        shots: erased.shots,
        records: erased.records,
        objects: objects(journal, &erased.sent, Some(days))?,
        unfolded: !erased.folded,
        aside: erased.aside,
        ..Told::default()
    })
}

fn objects(
    journal: &Journal,
    sent: &[UploadedObject],
    days: Option<&RangeInclusive<UtcDay>>,
) -> Result<Vec<Object>, JournalError> {
    sent.iter()
        .map(|object| {
            let picture = object.media.is_some();
            let whole = match days {
                _ if picture => true,
                None => false,
                Some(days) => {
                    !journal.holds_others((object.first_seq, object.last_seq), days.clone())?
                }
            };
            Ok(Object {
                name: keys::sent(journal.device(), journal.epoch(), object),
                whole,
                picture,
            })
        })
        .collect()
}

/// True when more is touched than one answer can name.
pub(crate) fn is_too_much(told: &Told) -> bool {
    told.objects.len() > MAX_OBJECTS
}

/// How records are packed for sending; `last`: at the end of a run, or of an errand.
pub(crate) fn freeze_rules(config: &crate::config::Config, last: bool) -> FreezeOptions {
    FreezeOptions {
        limits: SegmentLimits::default(),
        hold_us: config.upload.hold_seconds * model::MICROS_PER_SECOND,
        last,
        readable: !config.upload.sealed(),
    }
}

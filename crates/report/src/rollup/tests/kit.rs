//! A journal with a recording in it, for the tests of roll-ups.

use crate::rollup::builder::RollupBuilder;
use crate::rules::{ClassificationRules, RuleList};
use crate::totals::sum_by_name;
use crate::{DaysReport, query};
use jiff::civil::Date;
use journal::{Commit, Journal, JournalKeys, QuarterHour, Reader};
use model::{Counts, Coverage, DeviceId, InputCounts, Record, Span, Timestamp, WindowInfo};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use vault::{Identity, Opener, Sealer};

pub(super) fn at(text: &str) -> Timestamp {
    Timestamp::from_micros(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
}

pub(super) fn span(
    start: Timestamp,
    duration: Duration,
    zone: &str,
    state: Coverage,
    app: u8,
) -> Span {
    let recording = state.is_recording();
    Span {
        start,
        duration,
        zone: zone.into(),
        state,
        protected: recording && app == 4,
        redacted: false,
        window: (recording && app < 4).then(|| {
            Arc::new(WindowInfo {
                app: format!("App {app}"),
                exe: String::new(),
                title: format!("canary title {app}"),
            })
        }),
        counts: Counts {
            hardware: InputCounts {
                keys: u64::from(app) * u64::from(recording),
                seconds: u64::from(recording),
                ..InputCounts::default()
            },
            injected: InputCounts {
                left: u64::from(recording && app == 2),
                ..InputCounts::default()
            },
        },
    }
}

/// Titles decide here.
pub(super) static TITLES: LazyLock<crate::ClassificationRules> = LazyLock::new(|| {
    let rule = |name: &str, title: &str| crate::rules::ClassificationRule {
        name: name.to_owned(),
        app: None,
        title: Some(title.to_owned()),
    };
    crate::ClassificationRules::new(
        &[rule("odd", "title [13]")],
        true,
        &[rule("three", "3"), rule("rest", "canary")],
    )
    .unwrap()
});

/// A journal, its reader's key, and the program that writes it.
pub(super) struct Desk {
    pub(super) dir: tempfile::TempDir,
    pub(super) viewer: Identity,
}

pub(super) static MEANING: LazyLock<crate::ClassificationRules> = LazyLock::new(|| {
    let rule = |name: &str, app: &str| crate::rules::ClassificationRule {
        name: name.to_owned(),
        app: Some(app.to_owned()),
        title: None,
    };
    crate::ClassificationRules::new(
        &[rule("one", "1|2"), rule("two", ".")],
        false,
        &[rule("three", "3")],
    )
    .unwrap()
});

/// One run as the program does it, with the real journal and the real maker of roll-ups.
pub(super) struct Run {
    pub(super) journal: Journal,
    pub(super) rollups: RollupBuilder,
    /// Closed spans that may change still, and the number of the first.
    pub(super) waiting: Vec<Span>,
    pub(super) first_id: u64,
    pub(super) now: Timestamp,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            viewer: Identity::generate(),
        }
    }

    pub(super) fn start(&self, lease: &Identity, now: Timestamp) -> Run {
        let keys = JournalKeys {
            device: DeviceId::from_bytes([7; 16]),
            sealer: Sealer::new([self.viewer.recipient(), lease.recipient()]).unwrap(),
            opener: Opener::new([lease.clone()]),
        };
        let (mut journal, found) = Journal::open(self.dir.path(), keys, now).unwrap();
        let mended: Vec<Record> = found.pending.into_iter().map(Record::Span).collect();
        journal.commit_recovered(&mended, now).unwrap();
        let rollups = RollupBuilder::new(journal.first_free_quarter_hour().unwrap());
        Run {
            journal,
            rollups,
            waiting: Vec::new(),
            first_id: 1,
            now,
        }
    }

    pub(super) fn reader(&self) -> Reader {
        Reader::open(self.dir.path(), Opener::new([self.viewer.clone()])).unwrap()
    }

    /// Every day by itself, all at once, and all from their records with their categories; days begin at midnight, at a
    /// quarter hour or within one.
    pub(super) fn compare(&self, days: std::ops::RangeInclusive<Date>, now: Timestamp) {
        let reader = self.reader();
        let starts =
            ["00:00", "04:00", "03:07"][usize::try_from(now.as_micros().rem_euclid(3)).unwrap()];
        let starts = crate::DayStart::parse(starts).unwrap();
        let view = crate::ViewOptions {
            starts,
            ..crate::ViewOptions::default()
        };
        let asked = |rules| query::DaysQuery {
            days: days.clone(),
            view,
            rules,
            now,
            zone: "Europe/Berlin",
        };
        let from_rollups = |rules| query::read_days(&reader, &asked(rules), &mut |_| {}).unwrap();
        let from_records = |rules| {
            let overview = query::read_overview(&reader, &asked(rules), &mut |_| {});
            overview.unwrap().totals()
        };
        let mut many = from_rollups(None);
        assert_eq!(from_records(None), many);
        name_days(&MEANING, &mut many);
        assert_eq!(from_records(Some(&*MEANING)), many);
        for rules in [&*MEANING, &*TITLES] {
            assert_eq!(from_rollups(Some(rules)), from_records(Some(rules)));
        }
        assert_eq!(many.damaged, [0; 0]);
        let mut day = *days.start();
        for totals in &many.days {
            let one = query::read_day(&reader, view, day, now, "Europe/Berlin").unwrap();
            assert_eq!(totals.day, day);
            assert_eq!(totals.states, one.states, "{day}");
            assert_eq!(totals.length, one.length, "{day}");
            assert_eq!(totals.counts, one.counts, "{day}");
            assert_eq!(totals.protected, one.protected, "{day}");
            assert_eq!(totals.redacted, one.redacted, "{day}");
            assert_eq!(totals.unnamed, one.unnamed, "{day}");
            let apps: Vec<_> = totals.apps.iter().map(|a| (&a.name, a.usage)).collect();
            let expected: Vec<_> = one.apps.iter().map(|a| (&a.app, a.usage)).collect();
            assert_eq!(apps, expected, "{day}");
            day = day.tomorrow().unwrap();
        }
        assert_eq!(day.yesterday().unwrap(), *days.end());
    }

    /// How many slots have a roll-up, and how many only a mark.
    pub(super) fn slots(&self) -> (usize, usize) {
        let rows = self
            .reader()
            .read_rollups(QuarterHour(0)..QuarterHour(i64::MAX))
            .unwrap();
        let rolled = rows.iter().filter(|row| row.content.is_some()).count();
        (rolled, rows.len() - rolled)
    }
}

impl Run {
    pub(super) fn span(&mut self, duration: Duration, zone: &str, state: Coverage, app: u8) {
        self.waiting
            .push(span(self.now, duration, zone, state, app));
        self.now += duration;
    }

    /// Writes the spans so far; `keep` spans may still change. Without `rolled` the step is one that fails.
    pub(super) fn commit(&mut self, keep: usize) {
        let settled = self.waiting.len().saturating_sub(keep);
        let records: Vec<Record> = self.waiting.drain(..settled).map(Record::Span).collect();
        for record in &records {
            if let Record::Span(span) = record {
                self.rollups.add(span);
            }
        }
        self.first_id += settled as u64;
        let pending: Vec<(u64, Span)> = (self.first_id..)
            .zip(self.waiting.iter().cloned())
            .collect();
        self.journal
            .commit(Commit {
                records: &records,
                provisional_put: &pending,
                provisional_drop_below: self.first_id,
                rollups: &self.rollups.pending_rollups(),
                at: self.now,
            })
            .unwrap();
        self.rollups.mark_written();
    }

    pub(super) fn stop(mut self) {
        self.commit(0);
        self.rollups.finish_current();
        self.commit(0);
        self.journal.close(self.now).unwrap();
    }
}

/// Fills in the categories and projects of many days from their applications alone; right as long as no rule needs titles.
fn name_days(rules: &ClassificationRules, days: &mut DaysReport) {
    for day in &mut days.days {
        let sum = |list: RuleList| {
            let apps = day.apps.iter();
            let apps = apps.map(|of| (rules.name_of(list, &of.name, ""), &of.usage));
            sum_by_name(apps.chain(day.pseudo_rows()))
        };
        (day.categories, day.projects) = (sum(RuleList::Category), sum(RuleList::Project));
    }
}

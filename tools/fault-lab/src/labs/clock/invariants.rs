//! Invariants after a scenario, whatever the clocks did.

use super::machine::{IN_2106, MINUTE, S, TICK};
use crate::rng::SeededRng;
use anyhow::{Context, Result, bail, ensure};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use journal::{Commit, FreezeOptions, Journal, JournalKeys, Outbox, Reader};
use model::{
    Coverage, DeviceId, Moment, NoticeCode, RECORD_SCHEMA, Record, RecordLine, Span, Timestamp,
};
use recorder::RecorderBatch;
use report::{Extent, ViewOptions, build_day_report, local_date};
use std::time::Duration;
use vault::{GateState, Identity, Opener, Sealer};

pub(super) fn spans_of(records: &[Record]) -> impl Iterator<Item = &Span> {
    records.iter().filter_map(|record| match record {
        Record::Span(span) => Some(span),
        _ => None,
    })
}

/// Durations are those of the boot clock, every second is in one state, sleep is no work, and stamps break only where a
/// notice says that the clock was set. Returns how often it was.
pub(super) fn check_spans(
    records: &[Record],
    begun: Moment,
    now: Moment,
    slept_us: u64,
    sleeps: u64,
) -> Result<u64> {
    let all: Vec<&Span> = spans_of(records).collect();
    let whole: u64 = all
        .iter()
        .map(|s| model::micros::to_micros(s.duration))
        .sum();
    ensure!(
        whole == model::micros::to_micros(now.boot) - model::micros::to_micros(begun.boot),
        "{whole} us are recorded of {} us",
        model::micros::to_micros(now.boot) - model::micros::to_micros(begun.boot)
    );
    ensure!(
        all.iter()
            .all(|s| (1..=MINUTE).contains(&model::micros::to_micros(s.duration))),
        "a span is empty or longer than a minute"
    );
    let of = |state| -> u64 {
        all.iter()
            .filter(|s| s.state == state)
            .map(|s| model::micros::to_micros(s.duration))
            .sum()
    };
    let work = of(Coverage::Active) + of(Coverage::Idle);
    let awake = model::micros::to_micros(now.awake) - model::micros::to_micros(begun.awake);
    // A sleep that was not announced is known to within one tick.
    ensure!(
        work <= awake + sleeps * TICK,
        "{} s of work in {} s awake",
        work / S,
        awake / S
    );
    let asleep = of(Coverage::Asleep);
    ensure!(
        asleep <= slept_us + sleeps * (MINUTE + TICK)
            && asleep + sleeps * TICK >= slept_us.saturating_sub(sleeps * S),
        "{} s asleep of {} s",
        asleep / S,
        slept_us / S
    );
    let jumps = records
        .iter()
        .filter(|r| matches!(r, Record::Notice(n) if n.code == NoticeCode::ClockJump))
        .count() as u64;
    let breaks = all
        .windows(2)
        .filter(|pair| pair[0].end().as_micros() != pair[1].start.as_micros())
        .count() as u64;
    ensure!(
        breaks <= jumps,
        "{breaks} breaks and {jumps} notices of them"
    );
    if let Some(last) = all.last() {
        let off = last.end().as_micros().abs_diff(now.utc.as_micros());
        ensure!(
            off < 2 * S,
            "the last span ends {off} us from the wall clock"
        );
    }
    Ok(jumps)
}

/// The parts of each day sum to it; where no clock was moved, whole days are as long as the calendar says. Returns how
/// many days were checked.
pub(super) fn check_days(records: &[Record], now: Moment, zone: &str, still: bool) -> Result<u64> {
    let device = DeviceId::from_bytes([7; 16]);
    let lines: Vec<RecordLine> = (1u64..)
        .zip(records)
        .map(|(seq, record)| RecordLine {
            schema: RECORD_SCHEMA,
            device_id: device.clone(),
            seq,
            record: record.clone(),
        })
        .collect();
    let mut dates: Vec<Date> = Vec::new();
    for span in spans_of(records) {
        let date = local_date(span.start, &span.zone);
        if !dates.contains(&date) && dates.len() < 8 {
            dates.push(date);
        }
    }
    let began = spans_of(records).map(|span| span.start).min();
    let ended = spans_of(records).map(|span| span.end()).max();
    let extent = Extent {
        began: began.unwrap_or(now.utc),
        now: ended.unwrap_or(now.utc),
    };
    let mut all = Duration::ZERO;
    for date in &dates {
        let report = build_day_report(&lines, &[], (ViewOptions::default(), *date), extent, zone);
        let parts: Duration = report.states.iter().map(|s| s.duration).sum();
        ensure!(
            parts == report.length,
            "{date}: the parts sum to {parts:?} of {:?}",
            report.length
        );
        all += report.length;
        let tz = TimeZone::get(zone)?;
        let start = |date: Date| -> Result<Timestamp> {
            let start = tz.to_timestamp(date.at(0, 0, 0, 0))?;
            Ok(Timestamp::from_micros(start.as_microsecond()))
        };
        let (from, to) = (start(*date)?, start(date.checked_add(1.day())?)?);
        if still && extent.began <= from && to <= extent.now {
            ensure!(
                report.length == to.duration_since(from),
                "{date} in {zone} is {} h long, not {} h",
                report.length.as_secs() / 3600,
                to.duration_since(from).as_secs() / 3600
            );
        }
    }
    if still {
        // Nothing moved, so these days are all there are.
        ensure!(
            dates.len() == 8 || all == extent.now.duration_since(extent.began),
            "the days sum to {all:?} of {:?}",
            extent.now.duration_since(extent.began)
        );
    }
    Ok(dates.len() as u64)
}

/// A real journal keeps the order, and everything it holds back is uploaded in the end, whatever the clock did before.
pub(super) fn check_journal(
    outcomes: &[(Moment, RecorderBatch)],
    last: RecorderBatch,
    records: &[Record],
    now: Moment,
) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let lease = Identity::generate();
    let keys = JournalKeys {
        device: DeviceId::from_bytes([7; 16]),
        sealer: Sealer::new([lease.recipient()])?,
        opener: Opener::new([lease.clone()]),
    };
    let first_us = outcomes
        .first()
        .map_or(now.utc.as_micros(), |(at, _)| at.utc.as_micros());
    let (mut journal, _) =
        Journal::open(dir.path(), keys.clone(), Timestamp::from_micros(first_us))?;
    let hold = FreezeOptions {
        hold: Duration::from_micros(600 * S),
        ..FreezeOptions::default()
    };
    let mut seq = 0;
    // A commit of many ticks, as a busy disk would make: the order is what matters here.
    for some in outcomes.chunks(100).chain([[(now, last)].as_slice()]) {
        let batch: Vec<Record> = some.iter().flat_map(|(_, o)| o.records.clone()).collect();
        let at_us = some
            .last()
            .map_or(now.utc.as_micros(), |(at, _)| at.utc.as_micros());
        let step = Commit {
            records: &batch,
            at: Timestamp::from_micros(at_us),
            ..Commit::default()
        };
        for given in journal.commit(step)? {
            seq += 1;
            ensure!(given == seq, "number {given} was given, not {seq}");
        }
        journal.freeze(Timestamp::from_micros(at_us), &hold)?;
    }
    let reader = Reader::open(dir.path(), keys.opener.clone())?;
    let found = reader.read_after(0, usize::MAX >> 1)?;
    ensure!(
        found.lines.iter().map(|l| &l.record).eq(records),
        "the journal holds something else than was recorded"
    );
    // From here on the clock is right: within two holding times everything is packed and handed out.
    let mut outbox_now = now.utc.as_micros();
    for _ in 0..4 {
        outbox_now += 600 * S.cast_signed() / 2 + 1;
        journal.freeze(Timestamp::from_micros(outbox_now), &hold)?;
    }
    let mut outbox =
        Outbox::open(dir.path())?.hold_back_until_due(Timestamp::from_micros(outbox_now));
    let mut acked = 0;
    while let Some(segment) = outbox.next_segment()? {
        let (first, last) = (segment.first_seq, segment.last_seq);
        ensure!(first == acked + 1, "segment {first} comes after {acked}");
        ensure!(
            outbox.begin_segment_put(&segment, segment.encoding)?,
            "not begun"
        );
        outbox.acknowledge_segment(
            first,
            last,
            segment.encoding,
            Timestamp::from_micros(outbox_now),
        )?;
        acked = last;
    }
    if acked != seq {
        bail!("{} of {seq} records are held back for ever", seq - acked);
    }
    Ok(())
}

/// However wrong the clock was, a gate that waits waits an hour at most, and a recovery code opens it at the present time.
pub(super) fn check_gate(rng: &mut SeededRng) -> Result<()> {
    let now = [1_790_000_000, 0, IN_2106.unsigned_abs() / S][rng.below(3) as usize];
    let state = GateState {
        enrolled: true,
        last_step: rng.below(now / 30 + 1),
        failures: rng.below(100) as u32,
        not_before: [0, now + 3600, u64::MAX, rng.below(1 << 33)][rng.below(4) as usize],
        clock_max: [0, now, IN_2106.unsigned_abs() / S, u64::MAX][rng.below(4) as usize],
    };
    ensure!(
        state.remaining_wait(now) <= 3600,
        "{state:?} waits for ever at {now}"
    );
    let open = state
        .reopened(now)
        .with_context(|| format!("{state:?} cannot be opened again at {now}"))?;
    ensure!(
        open.remaining_wait(now) == 0 && open.clock_max == now,
        "{open:?} is not open at {now}"
    );
    Ok(())
}

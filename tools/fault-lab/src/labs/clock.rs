//! Clocks that are set, stop in sleep, change their zone and their hour, all while somebody works.
//!
//! A simulated machine has the three clocks of a real one. A recorder lives through a random day on it; what must hold
//! afterwards follows from the boot clock, which nothing moves.

mod invariants;
mod machine;

use crate::lab::{LabVerdict, ProgressBar, RunLength};
use crate::rng::SeededRng;
use anyhow::{Context, Result};
use invariants::{check_days, check_gate, check_journal, check_spans, spans_of};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use machine::{HOUR, IN_2106, MINUTE, S, ScenarioStep, SimulatedMachine};

const DAY: i64 = 86_400_000_000;

/// One scenario in so many also goes through a real journal, which syncs to the disk.
const JOURNALED: u64 = 200;

/// Where somebody works, and a local midnight shortly before the edge of summer time, if there is one.
const PLACES: &[(&str, &str)] = &[
    ("Europe/Berlin", "2026-03-28"),
    ("Europe/Berlin", "2026-10-24"),
    ("America/New_York", "2026-03-07"),
    ("America/New_York", "2026-10-31"),
    ("Australia/Lord_Howe", "2026-04-04"),
    ("Asia/Kathmandu", "2026-03-28"),
    ("UTC", "2026-10-24"),
];

fn draw_step(rng: &mut SeededRng) -> ScenarioStep {
    let signed = |us: i64, rng: &mut SeededRng| if rng.below(2) == 0 { us } else { -us };
    match rng.below(16) {
        0..5 => ScenarioStep::Work(MINUTE + rng.below(6 * MINUTE)),
        5 | 6 => ScenarioStep::Away(MINUTE + rng.below(10 * MINUTE)),
        7 => ScenarioStep::Set(signed(3_600_000_000, rng)),
        8 => ScenarioStep::Set(signed(DAY, rng)),
        9 => ScenarioStep::Set(signed(rng.below(100_000 * S).cast_signed(), rng)),
        10 => ScenarioStep::SetTo([0, IN_2106][rng.below(2) as usize]),
        11 => ScenarioStep::Travel(PLACES[rng.below(PLACES.len() as u64) as usize].0),
        12 => ScenarioStep::Stall(31 * S + rng.below(10 * MINUTE)),
        _ => ScenarioStep::Sleep {
            us: [8 * HOUR, 2 * S + rng.below(14 * HOUR)][rng.below(2) as usize],
            said: rng.below(2) == 0,
            set: match rng.below(3) {
                0 => signed(rng.below(3 * DAY as u64).cast_signed(), rng),
                _ => 0,
            },
        },
    }
}

/// A run of steps, and whether nothing in it moves the wall clock or the zone.
fn make_scenario(rng: &mut SeededRng) -> (Vec<ScenarioStep>, bool) {
    let mut steps = vec![ScenarioStep::Work(MINUTE)];
    if rng.below(4) == 0 {
        // Two nights and the day between them, with the edge of summer time in it.
        for _ in 0..2 {
            steps.push(ScenarioStep::Work(2 * MINUTE + rng.below(5 * MINUTE)));
            steps.push(ScenarioStep::Sleep {
                us: 20 * HOUR + rng.below(10 * HOUR),
                said: rng.below(2) == 0,
                set: 0,
            });
        }
        steps.push(ScenarioStep::Work(MINUTE));
        return (steps, true);
    }
    for _ in 0..2 + rng.below(7) {
        steps.push(draw_step(rng));
    }
    steps.push(ScenarioStep::Work(MINUTE));
    let still = steps.iter().all(|step| match step {
        ScenarioStep::Set(_) | ScenarioStep::SetTo(_) | ScenarioStep::Travel(_) => false,
        ScenarioStep::Sleep { set, .. } => *set == 0,
        _ => true,
    });
    (steps, still)
}

#[derive(Debug, Default)]
struct ScenarioTotals {
    spans: u64,
    hours: u64,
    days: u64,
    jumps: u64,
    journaled: u64,
}

/// Runs one scenario and checks the invariants.
fn run_scenario(number: u64, totals: &mut ScenarioTotals) -> Result<()> {
    let mut rng = SeededRng::new(number);
    let (zone, midnight) = PLACES[rng.below(PLACES.len() as u64) as usize];
    let midnight: Date = midnight.parse()?;
    let evening = TimeZone::get(zone)?
        .to_timestamp(midnight.at(0, 0, 0, 0))?
        .as_microsecond()
        .saturating_add_unsigned(rng.below(24 * HOUR));
    let (steps, still) = make_scenario(&mut rng);
    let mut machine = SimulatedMachine::new(zone, evening);
    let begun = machine.now;
    for step in &steps {
        machine.do_step(*step);
    }
    let now = machine.now;
    let (slept_us, sleeps, outcomes) = (machine.slept_us, machine.sleeps, machine.outcomes);
    let last = machine.recorder.stop(now, "the end");
    let mut records = machine.out;
    records.extend(last.records.iter().cloned());
    let scenario = || format!("scenario {number}: {steps:?} in {zone}");
    totals.jumps += check_spans(&records, begun, now, slept_us, sleeps).with_context(scenario)?;
    totals.days += check_days(&records, now, zone, still).with_context(scenario)?;
    if number.is_multiple_of(JOURNALED) {
        check_journal(&outcomes, last, &records, now).with_context(scenario)?;
        totals.journaled += 1;
    }
    totals.spans += spans_of(&records).count() as u64;
    totals.hours +=
        (model::micros::to_micros(now.boot) - model::micros::to_micros(begun.boot)) / HOUR;
    Ok(())
}

pub(crate) fn run(length: RunLength) -> Result<LabVerdict> {
    let whole = length.pick(2_000, 100_000);
    let mut bar = ProgressBar::new(whole, length);
    let mut totals = ScenarioTotals::default();
    let mut rng = SeededRng::new(42);
    for number in 1..=whole {
        run_scenario(number, &mut totals)?;
        check_gate(&mut rng)?;
        bar.at(number);
    }
    let until = Timestamp::from_microsecond(IN_2106)?
        .strftime("%Y")
        .to_string();
    Ok(LabVerdict::Passed(format!(
        "{whole} random days, {} h on the boot clock: {} spans, each second in one state; {} clocks set (1970 to {until}); \
         {} days sum to their 23, 24 or 25 h; {} through a real journal, in order, nothing held back for ever",
        totals.hours, totals.spans, totals.jumps, totals.days, totals.journaled
    )))
}

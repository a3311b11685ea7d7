//! Clocks that do what clocks do: they are set, sleep, change their zone and their hour, all while somebody works.
//!
//! A made-up machine has the three clocks of a real one. A recorder lives through a random day on it; what must hold
//! afterwards follows from the boot clock, which nothing moves.

use crate::form::{Bar, Form, Verdict};
use anyhow::{Context, Result, bail, ensure};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use journal::{Commit, FreezeOptions, Journal, JournalKeys, Outbox, Reader};
use model::{
    ActiveWindow, Counts, Coverage, DeviceId, InputCounts, Moment, NoticeCode, RECORD_SCHEMA,
    Record, RecordLine, SensorEvent, Span, WindowHandle, WindowInfo,
};
use recorder::{ExclusionRules, Recorder, RecorderBatch, RecorderInput};
use report::day::{Extent, date_of, summarise};
use std::sync::Arc;
use vault::{GateState, Identity, KeyMaker, Opener};

const S: u64 = 1_000_000;
const MINUTE: u64 = 60 * S;
const HOUR: u64 = 60 * MINUTE;
const DAY: i64 = 86_400_000_000;

/// The main loop ticks at least this often.
const TICK: u64 = 5 * S;

/// 2106-02-07, where 32 bits of seconds end.
const IN_2106: i64 = 4_294_967_296_000_000;

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

/// xorshift64*: the same scenarios everywhere.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n.max(1)
    }
}

/// What happens in a scenario.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Somebody works.
    Work(u64),
    /// Nobody is there; the alarm comes after the limit.
    Away(u64),
    /// The wall clock is set by so much.
    Set(i64),
    /// The wall clock is set to this.
    SetTo(i64),
    /// The machine sleeps; it is announced or not, and the wall clock is set meanwhile or not.
    Sleep { us: u64, said: bool, set: i64 },
    /// Another zone.
    Travel(&'static str),
    /// The program stands still.
    Stall(u64),
}

struct Desk {
    now: Moment,
    recorder: Recorder,
    out: Vec<Record>,
    /// What was handed to the journal, step by step.
    outcomes: Vec<(Moment, RecorderBatch)>,
    slept_us: u64,
    sleeps: u64,
    window: u64,
}

const LIMIT: u64 = 300 * S;

fn settings(zone: &str) -> recorder::RecorderSettings {
    recorder::RecorderSettings {
        idle_limit_us: LIMIT,
        idle_sensor: true,
        low_percent: 20,
        resume_percent: 25,
        exclusions: ExclusionRules::new(&[]).unwrap_or_default(),
        zone: zone.into(),
        unsupported: Vec::new(),
    }
}

impl Desk {
    fn new(zone: &str, utc_us: i64) -> Self {
        let now = Moment {
            utc_us,
            boot_us: 1000 * S,
            awake_us: 900 * S,
        };
        Self {
            now,
            recorder: Recorder::start(settings(zone), now),
            out: Vec::new(),
            outcomes: Vec::new(),
            slept_us: 0,
            sleeps: 0,
            window: 0,
        }
    }

    fn event(&mut self, event: SensorEvent) {
        self.recorder.step(self.now, RecorderInput::Event(event));
    }

    fn tick(&mut self) {
        let outcome = self.recorder.checkpoint(self.now);
        self.out.extend(outcome.records.iter().cloned());
        self.outcomes.push((self.now, outcome));
    }

    fn pass(&mut self, us: u64) {
        self.now = self.now.plus_us(us);
    }

    /// No system shows a time before 1970.
    fn set(&mut self, utc_us: i64) {
        self.now.utc_us = utc_us.max(0);
    }

    fn do_step(&mut self, step: Step) {
        match step {
            Step::Work(us) => {
                let end = self.now.boot_us + us;
                while self.now.boot_us < end {
                    self.pass(TICK.min(end - self.now.boot_us));
                    self.window += 1;
                    let window = Arc::new(WindowInfo {
                        app: "Editor".into(),
                        exe: String::new(),
                        title: format!("{}", self.window / 7),
                    });
                    let handle = WindowHandle(1);
                    self.event(SensorEvent::Window {
                        active: Some(ActiveWindow { handle, window }),
                    });
                    let keys = InputCounts {
                        keys: 3,
                        ..InputCounts::default()
                    };
                    self.event(SensorEvent::Input {
                        counts: Counts {
                            hardware: keys,
                            ..Counts::default()
                        },
                    });
                    self.tick();
                }
            }
            Step::Away(us) => {
                let begun = self.now.boot_us;
                let mut idle = false;
                while self.now.boot_us - begun < us {
                    self.pass(TICK);
                    let silent = self.now.boot_us - begun;
                    if silent >= LIMIT && !idle {
                        idle = true;
                        self.event(SensorEvent::Idle { idle_us: silent });
                    }
                    self.tick();
                }
                if idle {
                    self.event(SensorEvent::Present);
                }
            }
            Step::Set(us) => {
                self.set(self.now.utc_us.saturating_add(us));
                self.tick();
            }
            Step::SetTo(utc_us) => {
                self.set(utc_us);
                self.tick();
            }
            Step::Sleep { us, said, set } => {
                if said {
                    self.event(SensorEvent::Sleep { asleep: true });
                    self.tick();
                }
                self.now.boot_us += us;
                let woken = self.now.utc_us.saturating_add_unsigned(us);
                self.set(woken.saturating_add(set));
                self.slept_us += us;
                self.sleeps += 1;
                if said {
                    self.event(SensorEvent::Sleep { asleep: false });
                }
                self.tick();
            }
            Step::Travel(zone) => self
                .recorder
                .step(self.now, RecorderInput::Zone(zone.into())),
            Step::Stall(us) => {
                self.pass(us);
                self.tick();
            }
        }
    }
}

fn random_step(chance: &mut Chance) -> Step {
    let signed = |us: i64, chance: &mut Chance| if chance.below(2) == 0 { us } else { -us };
    match chance.below(16) {
        0..5 => Step::Work(MINUTE + chance.below(6 * MINUTE)),
        5 | 6 => Step::Away(MINUTE + chance.below(10 * MINUTE)),
        7 => Step::Set(signed(3_600_000_000, chance)),
        8 => Step::Set(signed(DAY, chance)),
        9 => Step::Set(signed(chance.below(100_000 * S).cast_signed(), chance)),
        10 => Step::SetTo([0, IN_2106][chance.below(2) as usize]),
        11 => Step::Travel(PLACES[chance.below(PLACES.len() as u64) as usize].0),
        12 => Step::Stall(31 * S + chance.below(10 * MINUTE)),
        _ => Step::Sleep {
            us: [8 * HOUR, 2 * S + chance.below(14 * HOUR)][chance.below(2) as usize],
            said: chance.below(2) == 0,
            set: match chance.below(3) {
                0 => signed(chance.below(3 * DAY as u64).cast_signed(), chance),
                _ => 0,
            },
        },
    }
}

/// A run of steps, and whether nothing in it moves the wall clock or the zone.
fn scenario(chance: &mut Chance) -> (Vec<Step>, bool) {
    let mut steps = vec![Step::Work(MINUTE)];
    if chance.below(4) == 0 {
        // Two nights and the day between them, with the edge of summer time in it.
        for _ in 0..2 {
            steps.push(Step::Work(2 * MINUTE + chance.below(5 * MINUTE)));
            steps.push(Step::Sleep {
                us: 20 * HOUR + chance.below(10 * HOUR),
                said: chance.below(2) == 0,
                set: 0,
            });
        }
        steps.push(Step::Work(MINUTE));
        return (steps, true);
    }
    for _ in 0..2 + chance.below(7) {
        steps.push(random_step(chance));
    }
    steps.push(Step::Work(MINUTE));
    let still = steps.iter().all(|step| match step {
        Step::Set(_) | Step::SetTo(_) | Step::Travel(_) => false,
        Step::Sleep { set, .. } => *set == 0,
        _ => true,
    });
    (steps, still)
}

#[derive(Debug, Default)]
struct Sums {
    spans: u64,
    hours: u64,
    days: u64,
    jumps: u64,
    journaled: u64,
}

/// Lives through one scenario and checks what must hold.
fn live(number: u64, sums: &mut Sums) -> Result<()> {
    let mut chance = Chance(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let (zone, midnight) = PLACES[chance.below(PLACES.len() as u64) as usize];
    let midnight: Date = midnight.parse()?;
    let evening = TimeZone::get(zone)?
        .to_timestamp(midnight.at(0, 0, 0, 0))?
        .as_microsecond()
        .saturating_add_unsigned(chance.below(24 * HOUR));
    let (steps, still) = scenario(&mut chance);
    let mut desk = Desk::new(zone, evening);
    let begun = desk.now;
    for step in &steps {
        desk.do_step(*step);
    }
    let now = desk.now;
    let (slept_us, sleeps, outcomes) = (desk.slept_us, desk.sleeps, desk.outcomes);
    let last = desk.recorder.stop(now, "the end");
    let mut records = desk.out;
    records.extend(last.records.iter().cloned());
    let scenario = || format!("scenario {number}: {steps:?} in {zone}");
    sums.jumps += spans_hold(&records, begun, now, slept_us, sleeps).with_context(scenario)?;
    sums.days += days_sum(&records, now, zone, still).with_context(scenario)?;
    if number.is_multiple_of(JOURNALED) {
        journal_holds(&outcomes, last, &records, now).with_context(scenario)?;
        sums.journaled += 1;
    }
    sums.spans += spans(&records).count() as u64;
    sums.hours += (now.boot_us - begun.boot_us) / HOUR;
    Ok(())
}

fn spans(records: &[Record]) -> impl Iterator<Item = &Span> {
    records.iter().filter_map(|record| match record {
        Record::Span(span) => Some(span),
        _ => None,
    })
}

/// Durations are those of the boot clock, every second is in one state, sleep is no work, and stamps break only where a
/// notice says that the clock was set. Returns how often it was.
fn spans_hold(
    records: &[Record],
    begun: Moment,
    now: Moment,
    slept_us: u64,
    sleeps: u64,
) -> Result<u64> {
    let all: Vec<&Span> = spans(records).collect();
    let whole: u64 = all.iter().map(|s| s.dur_us).sum();
    ensure!(
        whole == now.boot_us - begun.boot_us,
        "{whole} us are recorded of {} us",
        now.boot_us - begun.boot_us
    );
    ensure!(
        all.iter().all(|s| (1..=MINUTE).contains(&s.dur_us)),
        "a span is empty or longer than a minute"
    );
    let of = |state| -> u64 {
        all.iter()
            .filter(|s| s.state == state)
            .map(|s| s.dur_us)
            .sum()
    };
    let work = of(Coverage::Active) + of(Coverage::Idle);
    let awake = now.awake_us - begun.awake_us;
    // A sleep nobody announced is known to a tick.
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
        .filter(|pair| pair[0].end_us() != pair[1].start_us)
        .count() as u64;
    ensure!(
        breaks <= jumps,
        "{breaks} breaks and {jumps} notices of them"
    );
    if let Some(last) = all.last() {
        let off = last.end_us().abs_diff(now.utc_us);
        ensure!(
            off < 2 * S,
            "the last span ends {off} us from the wall clock"
        );
    }
    Ok(jumps)
}

/// The parts of each day sum to it; where no clock was moved, whole days are as long as the calendar says. Returns how
/// many days were looked at.
fn days_sum(records: &[Record], now: Moment, zone: &str, still: bool) -> Result<u64> {
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
    for span in spans(records) {
        let date = date_of(span.start_us, &span.zone);
        if !dates.contains(&date) && dates.len() < 8 {
            dates.push(date);
        }
    }
    let began_us = spans(records)
        .map(|s| s.start_us)
        .min()
        .unwrap_or(now.utc_us);
    let ended_us = spans(records).map(Span::end_us).max().unwrap_or(now.utc_us);
    let extent = Extent {
        began_us,
        now_us: ended_us,
    };
    let mut all = 0;
    for date in &dates {
        let report = summarise(&lines, &[], *date, extent, zone);
        let parts: u64 = report.states.iter().map(|s| s.us).sum();
        ensure!(
            parts == report.length_us,
            "{date}: the parts sum to {parts} us of {} us",
            report.length_us
        );
        all += report.length_us;
        let tz = TimeZone::get(zone)?;
        let start = |date: Date| -> Result<i64> {
            Ok(tz.to_timestamp(date.at(0, 0, 0, 0))?.as_microsecond())
        };
        let (from, to) = (start(*date)?, start(date.checked_add(1.day())?)?);
        if still && began_us <= from && to <= ended_us {
            ensure!(
                report.length_us == to.abs_diff(from),
                "{date} in {zone} is {} h long, not {} h",
                report.length_us / HOUR,
                to.abs_diff(from) / HOUR
            );
        }
    }
    if still {
        // Nothing moved, so these days are all there are.
        ensure!(
            dates.len() == 8 || all == ended_us.abs_diff(began_us),
            "the days sum to {all} us of {} us",
            ended_us.abs_diff(began_us)
        );
    }
    Ok(dates.len() as u64)
}

/// A real journal keeps the order, and what it holds back is let go in the end, whatever the clock did before.
fn journal_holds(
    outcomes: &[(Moment, RecorderBatch)],
    last: RecorderBatch,
    records: &[Record],
    now: Moment,
) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let lease = Identity::generate();
    let keys = JournalKeys {
        device: DeviceId::from_bytes([7; 16]),
        maker: KeyMaker::new([lease.recipient()])?,
        opener: Opener::new([lease.clone()]),
    };
    let first_us = outcomes.first().map_or(now.utc_us, |(at, _)| at.utc_us);
    let (mut journal, _) = Journal::open(dir.path(), keys.clone(), first_us)?;
    let hold = FreezeOptions {
        hold_us: 600 * S,
        ..FreezeOptions::default()
    };
    let mut seq = 0;
    // A commit of many ticks, as a busy disk would make: the order is what matters here.
    for some in outcomes.chunks(100).chain([[(now, last)].as_slice()]) {
        let batch: Vec<Record> = some.iter().flat_map(|(_, o)| o.records.clone()).collect();
        let at_us = some.last().map_or(now.utc_us, |(at, _)| at.utc_us);
        let step = Commit {
            records: &batch,
            at_us,
            ..Commit::default()
        };
        for given in journal.commit(step)? {
            seq += 1;
            ensure!(given == seq, "number {given} was given, not {seq}");
        }
        journal.freeze(at_us, &hold)?;
    }
    let reader = Reader::open(dir.path(), keys.opener.clone())?;
    let found = reader.tail_after(0, usize::MAX >> 1)?;
    ensure!(
        found.lines.iter().map(|l| &l.record).eq(records),
        "the journal holds something else than was recorded"
    );
    // From here on the clock behaves: within two holding times everything is packed and handed out.
    let mut outbox_now = now.utc_us;
    for _ in 0..4 {
        outbox_now += 600 * S.cast_signed() / 2 + 1;
        journal.freeze(outbox_now, &hold)?;
    }
    let mut outbox = Outbox::open(dir.path())?.holding_back(outbox_now);
    let mut acked = 0;
    while let Some(segment) = outbox.next_segment()? {
        let (first, last) = (segment.first_seq, segment.last_seq);
        ensure!(first == acked + 1, "segment {first} comes after {acked}");
        ensure!(outbox.begin_segment(&segment, segment.form)?, "not begun");
        outbox.ack_segment(first, last, segment.form, outbox_now)?;
        acked = last;
    }
    if acked != seq {
        bail!("{} of {seq} records are held back for ever", seq - acked);
    }
    Ok(())
}

/// However wrong the clock was, a gate that waits waits an hour at most, and a recovery code opens it at the present time.
fn gate_holds(chance: &mut Chance) -> Result<()> {
    let now = [1_790_000_000, 0, IN_2106.unsigned_abs() / S][chance.below(3) as usize];
    let state = GateState {
        enrolled: true,
        last_step: chance.below(now / 30 + 1),
        failures: chance.below(100) as u32,
        not_before: [0, now + 3600, u64::MAX, chance.below(1 << 33)][chance.below(4) as usize],
        clock_max: [0, now, IN_2106.unsigned_abs() / S, u64::MAX][chance.below(4) as usize],
    };
    ensure!(state.wait(now) <= 3600, "{state:?} waits for ever at {now}");
    let open = state
        .reopened(now)
        .with_context(|| format!("{state:?} cannot be opened again at {now}"))?;
    ensure!(
        open.wait(now) == 0 && open.clock_max == now,
        "{open:?} is not open at {now}"
    );
    Ok(())
}

/// Runs it.
pub(crate) fn run(form: Form) -> Result<Verdict> {
    let whole = form.pick(2_000, 100_000);
    let mut bar = (form == Form::Long).then(|| Bar::new(whole));
    let mut sums = Sums::default();
    let mut chance = Chance(42);
    for number in 1..=whole {
        live(number, &mut sums)?;
        gate_holds(&mut chance)?;
        if let Some(bar) = &mut bar {
            bar.at(number);
        }
    }
    let until = Timestamp::from_microsecond(IN_2106)?
        .strftime("%Y")
        .to_string();
    Ok(Verdict::Passed(format!(
        "{whole} random days, {} h on the boot clock: {} spans, each second in one state; {} clocks set (1970 to {until}); \
         {} days sum to their 23, 24 or 25 h; {} through a real journal, in order, nothing held back for ever",
        sums.hours, sums.spans, sums.jumps, sums.days, sums.journaled
    )))
}

//! The recorder as a pure function: scenarios with their exact outcome, and properties for any order of events.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use model::{
    ActiveWindow, Concern, Counts, Coverage, Event, InputCounts, Moment, NoticeCode, Power, Record,
    Span, Window, WindowHandle,
};
use proptest::prelude::*;
use record::{Exclusions, Input, MINUTE_US, Outcome, Recorder, Settings, Skip};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

const S: u64 = 1_000_000;
const LIMIT: u64 = 300 * S;
/// 2026-03-02 09:00:20 UTC: twenty seconds into a minute.
const T0: i64 = 1_772_442_020_000_000;

fn moment(us: u64) -> Moment {
    let boot = 50 * S;
    Moment {
        utc_us: T0,
        boot_us: boot,
        awake_us: boot,
    }
    .plus_us(us)
}

static BUILT_IN: LazyLock<Exclusions> = LazyLock::new(|| Exclusions::with_built_in(&[]).unwrap());

fn settings(idle_sensor: bool) -> Settings {
    Settings {
        idle_limit_us: LIMIT,
        idle_sensor,
        low_percent: 20,
        resume_percent: 25,
        exclusions: BUILT_IN.clone(),
        zone: "Europe/Berlin".into(),
        unsupported: Vec::new(),
    }
}

fn window(app: &str, title: &str) -> Event {
    let window = Arc::new(Window {
        app: app.into(),
        exe: String::new(),
        title: title.into(),
    });
    Event::Window {
        active: Some(ActiveWindow {
            handle: WindowHandle(1),
            window,
        }),
    }
}

fn keys(n: u64) -> Event {
    Event::Input {
        counts: Counts {
            hardware: InputCounts {
                keys: n,
                ..InputCounts::default()
            },
            ..Counts::default()
        },
    }
}

/// Drives a recorder and keeps what a journal would keep.
struct Desk {
    recorder: Recorder,
    records: Vec<Record>,
    pending: BTreeMap<u64, Span>,
}

impl Desk {
    fn new(settings: Settings) -> Self {
        Self {
            recorder: Recorder::start(settings, moment(0)),
            records: Vec::new(),
            pending: BTreeMap::new(),
        }
    }

    fn at(&mut self, us: u64, event: Event) -> &mut Self {
        self.step(moment(us), Input::Event(event))
    }

    fn step(&mut self, at: Moment, input: Input) -> &mut Self {
        self.recorder.step(at, input);
        self
    }

    /// Ticks every five seconds over `[from, to]`, as the main loop does.
    fn wait(&mut self, from: u64, to: u64) -> &mut Self {
        let mut t = from;
        while t <= to {
            self.checkpoint(moment(t));
            t += 5 * S;
        }
        self
    }

    fn checkpoint(&mut self, at: Moment) {
        let out = self.recorder.checkpoint(at);
        self.keep(out);
    }

    fn keep(&mut self, out: Outcome) {
        self.records.extend(out.records);
        self.pending.retain(|id, _| *id >= out.pending_drop_below);
        self.pending.extend(out.pending_put);
    }

    fn stop(mut self, us: u64) -> Vec<Record> {
        let out = std::mem::replace(
            &mut self.recorder,
            Recorder::start(settings(true), moment(0)),
        )
        .stop(moment(us), "");
        self.keep(out);
        assert!(self.pending.is_empty());
        self.records
    }
}

fn spans(records: &[Record]) -> Vec<&Span> {
    records
        .iter()
        .filter_map(|r| {
            if let Record::Span(s) = r {
                Some(s)
            } else {
                None
            }
        })
        .collect()
}

fn told(records: &[Record]) -> Vec<(u64, u64, &'static str, String, u64)> {
    spans(records)
        .iter()
        .map(|s| {
            let title = s.window.as_ref().map_or(
                if s.protected {
                    "(protected)".into()
                } else {
                    "-".into()
                },
                |w| w.title.clone(),
            );
            (
                (s.start_us - T0).cast_unsigned() / S,
                s.dur_us / S,
                s.state.word(),
                title,
                s.counts.keys(),
            )
        })
        .collect()
}

fn notices(records: &[Record]) -> Vec<NoticeCode> {
    records
        .iter()
        .filter_map(|r| {
            if let Record::Notice(n) = r {
                Some(n.code)
            } else {
                None
            }
        })
        .collect()
}

#[test]
fn spans_are_cut_at_each_change_and_each_whole_minute() {
    let mut d = Desk::new(settings(true));
    d.at(0, window("Editor", "a"))
        .at(10 * S, keys(5))
        .at(15 * S, window("Editor", "b"))
        .at(39 * S, keys(2));
    d.at(41 * S, keys(3)).at(50 * S, window("Mail", "c"));
    let r = d.stop(60 * S);
    assert_eq!(
        told(&r),
        [
            (0, 15, "active", "a".into(), 5),
            (15, 25, "active", "b".into(), 2),
            (40, 10, "active", "b".into(), 3),
            (50, 10, "active", "c".into(), 0),
        ]
    );
}

#[test]
fn input_told_late_goes_to_the_minute_it_belongs_to() {
    let mut d = Desk::new(settings(true));
    d.at(0, window("Editor", "a")).wait(5 * S, 40 * S);
    // The minute passed at 40 s; a batch stamped 39.9 s arrives when the clock already shows 40.9 s.
    d.checkpoint(moment(40_900_000));
    d.at(39_900_000, keys(7));
    let r = d.stop(45 * S);
    assert_eq!(
        told(&r),
        [
            (0, 40, "active", "a".into(), 7),
            (40, 5, "active", "a".into(), 0)
        ]
    );
}

#[test]
fn idle_time_is_subtracted_back_to_the_last_input() {
    let mut d = Desk::new(settings(true));
    d.at(0, window("Editor", "a"))
        .at(30 * S, keys(4))
        .wait(35 * S, 325 * S);
    d.at(330 * S, Event::Idle { idle_us: LIMIT })
        .wait(335 * S, 400 * S)
        .at(410 * S, Event::Present)
        .at(411 * S, keys(1));
    let r = d.stop(420 * S);
    let by_state = |state| {
        spans(&r)
            .iter()
            .filter(|s| s.state == state)
            .map(|s| s.dur_us)
            .sum::<u64>()
            / S
    };
    assert_eq!(
        (by_state(Coverage::Active), by_state(Coverage::Idle)),
        (30 + 10, 380)
    );
    assert_eq!(told(&r)[0], (0, 30, "active", "a".into(), 4));
    assert_eq!(told(&r)[1].2, "idle");
}

#[test]
fn without_an_idle_sensor_idleness_is_derived_from_counted_input() {
    let mut d = Desk::new(settings(false));
    d.at(0, window("Editor", "a"))
        .at(30 * S, keys(4))
        .wait(35 * S, 400 * S)
        .at(410 * S, keys(1));
    let r = d.stop(420 * S);
    let idle: u64 = spans(&r)
        .iter()
        .filter(|s| s.state == Coverage::Idle)
        .map(|s| s.dur_us)
        .sum();
    assert_eq!(idle / S, 380);
}

#[test]
fn pending_spans_survive_in_the_journal_until_they_are_settled() {
    let mut d = Desk::new(settings(true));
    d.at(0, window("Editor", "a")).wait(5 * S, 100 * S);
    // No input was counted yet: all of it may still turn out to be idle, and all of it is in the journal's pending rows.
    assert!(spans(&d.records).is_empty());
    assert_eq!(d.pending.values().map(|s| s.dur_us).sum::<u64>(), 100 * S);
    d.at(101 * S, keys(1));
    d.checkpoint(moment(105 * S));
    assert_eq!(
        spans(&d.records).iter().map(|s| s.dur_us).sum::<u64>(),
        100 * S
    );
    assert_eq!(d.pending.values().map(|s| s.dur_us).sum::<u64>(), 5 * S);
}

#[test]
fn eight_hours_of_unannounced_sleep_are_asleep_and_nothing_else() {
    let mut d = Desk::new(settings(true));
    d.at(0, window("Editor", "a"))
        .at(19 * S, keys(1))
        .wait(5 * S, 20 * S);
    let night = 8 * 3600 * S;
    let woken = |us: u64| Moment {
        awake_us: moment(us - night).awake_us,
        ..moment(us)
    };
    let mut out = Vec::new();
    d.step(woken(night + 22 * S), Input::Tick);
    for t in (25..60).step_by(5) {
        d.checkpoint(woken(night + t * S));
    }
    let stop = d.recorder.stop(woken(night + 60 * S), "");
    out.extend(d.records);
    out.extend(stop.records);
    let by_state = |state| {
        spans(&out)
            .iter()
            .filter(|s| s.state == state)
            .map(|s| s.dur_us)
            .sum::<u64>()
            / S
    };
    assert_eq!(by_state(Coverage::Asleep), 8 * 3600);
    assert_eq!(by_state(Coverage::Active), 60);
    assert!(
        notices(&out).iter().all(|n| *n == NoticeCode::Stopped),
        "{:?}",
        notices(&out)
    );
}

#[test]
fn announced_sleep_ends_with_the_announcement_or_with_the_first_input() {
    for end in [Event::Sleep { asleep: false }, keys(1)] {
        let mut d = Desk::new(settings(true));
        d.at(0, window("Editor", "a"))
            .at(10 * S, Event::Sleep { asleep: true });
        d.at(7210 * S, end.clone());
        let r = d.stop(7220 * S);
        let asleep: u64 = spans(&r)
            .iter()
            .filter(|s| s.state == Coverage::Asleep)
            .map(|s| s.dur_us)
            .sum();
        assert_eq!(asleep / S, 7200, "{end:?}");
    }
}

#[test]
fn a_clock_set_by_hand_is_noticed_and_no_duration_changes() {
    for jump in [
        3_600_000_000_i64,
        -3_600_000_000,
        86_400_000_000,
        -T0,
        2_500_000_000_000_000,
    ] {
        let mut d = Desk::new(settings(true));
        d.at(0, window("Editor", "a"))
            .at(9 * S, keys(1))
            .wait(5 * S, 10 * S);
        let after = |us: u64| Moment {
            utc_us: moment(us).utc_us.saturating_add(jump),
            ..moment(us)
        };
        d.step(after(15 * S), Input::Tick);
        let out = d.recorder.stop(after(30 * S), "");
        let all: Vec<_> = d.records.into_iter().chain(out.records).collect();
        assert_eq!(
            spans(&all).iter().map(|s| s.dur_us).sum::<u64>(),
            30 * S,
            "{jump}"
        );
        assert_eq!(notices(&all), [NoticeCode::ClockJump, NoticeCode::Stopped]);
        let last = spans(&all).last().unwrap().end_us();
        assert_eq!(last, after(30 * S).utc_us);
    }
}

#[test]
fn low_battery_suspends_once_and_resumes_with_hysteresis() {
    let power = |percent, discharging| Event::Power {
        power: Power {
            percent,
            discharging,
        },
    };
    let mut d = Desk::new(settings(true));
    d.at(0, window("Editor", "a"))
        .at(S, power(21, true))
        .at(2 * S, power(20, true))
        .at(3 * S, power(21, true));
    d.at(4 * S, keys(9))
        .at(5 * S, power(24, true))
        .at(6 * S, power(20, true))
        .at(7 * S, power(25, true));
    d.at(8 * S, power(15, true)).at(9 * S, power(15, false));
    let r = d.stop(10 * S);
    assert_eq!(
        notices(&r)[..4],
        [
            NoticeCode::LowBattery,
            NoticeCode::PowerBack,
            NoticeCode::LowBattery,
            NoticeCode::PowerBack
        ]
    );
    let low: Vec<_> = spans(&r)
        .into_iter()
        .filter(|s| s.state == Coverage::LowBattery)
        .collect();
    assert_eq!(low.iter().map(|s| s.dur_us).sum::<u64>() / S, 5 + 1);
    assert!(
        low.iter().all(|s| s.window.is_none() && s.counts.is_zero()),
        "nothing is recorded while suspended"
    );
}

#[test]
fn a_pause_records_nothing_and_can_end_by_itself() {
    let mut d = Desk::new(settings(true));
    d.at(0, window("Editor", "a"))
        .step(moment(10 * S), Input::Pause(Some(60 * S)));
    d.at(20 * S, window("Diary", "dear diary"))
        .at(25 * S, keys(50))
        .wait(30 * S, 80 * S);
    let r = d.stop(90 * S);
    let paused: Vec<_> = spans(&r)
        .into_iter()
        .filter(|s| s.state == Coverage::Paused)
        .collect();
    assert_eq!(paused.iter().map(|s| s.dur_us).sum::<u64>() / S, 60);
    assert!(
        paused
            .iter()
            .all(|s| s.window.is_none() && s.counts.is_zero())
    );
    assert_eq!(
        spans(&r).last().unwrap().window.as_ref().unwrap().title,
        "dear diary"
    );
    assert_eq!(
        notices(&r),
        [NoticeCode::Paused, NoticeCode::Resumed, NoticeCode::Stopped]
    );
}

#[test]
fn input_told_after_a_pause_is_not_counted_when_it_happened_during_it() {
    let mut d = Desk::new(settings(true));
    d.at(0, window("Editor", "a")).at(2 * S, keys(5));
    d.step(moment(10_200_000), Input::Pause(None));
    d.step(moment(12_300_000), Input::Resume);
    // Told a second late: one batch from within the pause, one that may reach back into it, one that cannot.
    d.at(11_900_000, keys(100)).at(12_800_000, keys(40));
    d.at(13_400_000, keys(7));
    let r = d.stop(20 * S);
    let counted: u64 = spans(&r).iter().map(|s| s.counts.keys()).sum();
    assert_eq!(counted, 5 + 7);
}

#[test]
fn protected_windows_are_counted_but_never_named_or_pictured() {
    let mut d = Desk::new(settings(true));
    d.at(0, window("Editor", "a"))
        .at(10 * S, window("KeePassXC", "Secrets.kdbx"))
        .at(12 * S, keys(3));
    assert_eq!(d.recorder.shot_target().unwrap_err(), Skip::Protected);
    d.at(15 * S, window("KeePassXC", "Other.kdbx"))
        .at(20 * S, window("Editor", "b"));
    assert!(d.recorder.shot_target().is_ok());
    let r = d.stop(30 * S);
    let text = format!("{r:?}");
    assert!(
        !text.contains("KeePass") && !text.contains("kdbx"),
        "{text}"
    );
    assert_eq!(told(&r)[1], (10, 10, "active", "(protected)".into(), 3));
}

#[test]
fn a_lost_window_sensor_is_blind_until_it_is_back() {
    let mut d = Desk::new(settings(true));
    d.at(0, window("Editor", "a"));
    d.at(
        10 * S,
        Event::Lost {
            concern: Concern::Window,
            reason: "gone".into(),
        },
    );
    d.at(
        20 * S,
        Event::Back {
            concern: Concern::Window,
        },
    );
    let r = d.stop(30 * S);
    assert_eq!(
        told(&r).iter().map(|t| (t.1, t.2)).collect::<Vec<_>>(),
        [(10, "active"), (10, "blind"), (10, "active")]
    );
}

#[test]
fn standing_still_is_blind_and_said() {
    let mut d = Desk::new(settings(true));
    d.at(0, window("Editor", "a"));
    d.step(moment(60 * S), Input::Tick);
    let r = d.stop(61 * S);
    assert_eq!(notices(&r), [NoticeCode::Stalled, NoticeCode::Stopped]);
    let blind: u64 = spans(&r)
        .iter()
        .filter(|s| s.state == Coverage::Blind)
        .map(|s| s.dur_us)
        .sum();
    assert_eq!(blind / S, 60);
}

#[test]
fn a_zone_change_cuts_and_is_kept() {
    let mut d = Desk::new(settings(true));
    d.at(0, window("Editor", "a"))
        .step(moment(10 * S), Input::Zone("America/New_York".into()));
    let r = d.stop(20 * S);
    let zones: Vec<_> = spans(&r).iter().map(|s| s.zone.to_string()).collect();
    assert_eq!(zones, ["Europe/Berlin", "America/New_York"]);
}

#[test]
fn seconds_with_input_are_counted_once_each() {
    let mut d = Desk::new(settings(true));
    d.at(100_000, keys(1))
        .at(200_000, keys(1))
        .at(900_000, keys(1))
        .at(1_100_000, keys(1))
        .at(5_500_000, keys(1));
    let r = d.stop(10 * S);
    assert_eq!(
        spans(&r)
            .iter()
            .map(|s| s.counts.hardware.seconds)
            .sum::<u64>(),
        3
    );
}

/// One step of a random day: what happens, and how long after the last step.
fn any_step() -> impl Strategy<Value = (u64, Input, u64, i64)> {
    let event = prop_oneof![
        6 => (0usize..6, 0usize..4).prop_map(|(a, t)| Input::Event(window(["Editor", "Mail", "KeePassXC", "Browser", "xterm", "Bank"][a], ["a", "b", "bank", "c"][t]))),
        1 => Just(Input::Event(Event::Window { active: None })),
        8 => (0u64..40).prop_map(|n| Input::Event(keys(n))),
        2 => (0u64..2 * LIMIT).prop_map(|idle_us| Input::Event(Event::Idle { idle_us })),
        2 => Just(Input::Event(Event::Present)),
        1 => any::<bool>().prop_map(|locked| Input::Event(Event::Lock { locked })),
        1 => any::<bool>().prop_map(|asleep| Input::Event(Event::Sleep { asleep })),
        2 => (0u8..=100, any::<bool>()).prop_map(|(percent, discharging)| Input::Event(Event::Power { power: Power { percent, discharging } })),
        1 => Just(Input::Event(Event::Lost { concern: Concern::Window, reason: String::new() })),
        1 => Just(Input::Event(Event::Back { concern: Concern::Window })),
        1 => proptest::option::of(0u64..1000 * S).prop_map(Input::Pause),
        1 => Just(Input::Resume),
        1 => prop_oneof![Just("Europe/Berlin"), Just("Asia/Kathmandu")].prop_map(|z| Input::Zone(z.into())),
        8 => Just(Input::Tick),
    ];
    let gap = prop_oneof![6 => 0u64..5 * S, 2 => 0u64..100 * S, 1 => 0u64..10 * 3600 * S];
    let slept = prop_oneof![9 => Just(0u64), 1 => Just(u64::MAX)];
    let jump = prop_oneof![30 => Just(0i64), 1 => -100_000_000_000i64..100_000_000_000];
    (gap, event, slept, jump)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever happens in whatever order: the parts sum to the whole, no duration is negative or zero, spans touch
    /// (on the boot clock) and no count is invented; without suspended states none is lost either.
    #[test]
    fn parts_sum_to_the_whole(steps in proptest::collection::vec(any_step(), 0..120), sensor in any::<bool>(), late in 0u64..2 * S) {
        let mut d = Desk::new(settings(sensor));
        let mut now = moment(0);
        let mut given = 0u64;
        let mut always_recording = true;
        for (gap, input, slept, jump) in steps {
            now.boot_us += gap;
            now.utc_us += gap.cast_signed() + jump;
            if slept == 0 { now.awake_us += gap; } else { always_recording = false; }
            if gap > 30 * S { always_recording = false; }
            match &input {
                Input::Event(Event::Input { counts }) => given += counts.keys(),
                Input::Tick | Input::Zone(_) | Input::Event(Event::Window { .. } | Event::Present | Event::Idle { .. } ) => {}
                _ => always_recording = false,
            }
            // Events may be stamped a little in the past; ticks may not.
            let at = if matches!(input, Input::Event(_)) { now.minus_us(late.min(now.boot_us - moment(0).boot_us)) } else { now };
            if matches!(input, Input::Tick) { d.checkpoint(at) } else { d.step(at, input); }
        }
        let out = d.recorder.stop(now, "");
        let all: Vec<Record> = d.records.into_iter().chain(out.records).collect();
        let spans = spans(&all);
        let whole = now.boot_us - moment(0).boot_us;
        prop_assert_eq!(spans.iter().map(|s| s.dur_us).sum::<u64>(), whole);
        prop_assert!(spans.iter().all(|s| s.dur_us > 0 && s.dur_us <= MINUTE_US));
        if !all.iter().any(|r| matches!(r, Record::Notice(n) if n.code == NoticeCode::ClockJump)) {
            for pair in spans.windows(2) {
                prop_assert_eq!(pair[0].end_us(), pair[1].start_us);
            }
        }
        let recorded: u64 = spans.iter().map(|s| s.counts.keys()).sum();
        prop_assert!(recorded <= given);
        if always_recording {
            prop_assert_eq!(recorded, given);
        }
        for s in spans {
            prop_assert!(s.state.is_recording() || (s.window.is_none() && s.counts.is_zero() && !s.protected));
            if let Some(w) = &s.window {
                prop_assert!(w.app != "KeePassXC" && w.title != "bank");
            }
        }
    }
}

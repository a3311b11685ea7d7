//! Properties for any order of events.

use crate::kit::*;
use model::{Coverage, NoticeCode, PowerState, Record, SensorEvent, SensorKind, Timestamp};
use proptest::prelude::*;
use recorder::{ExclusionRule, ExclusionRules, MINUTE, PauseRequest, RecorderInput};
use std::time::Duration;

fn rule(word: &str) -> ExclusionRule {
    ExclusionRule {
        title: (word == "bank").then(|| word.to_owned()),
        app: (word != "bank").then(|| word.to_owned()),
        exe: None,
    }
}

fn micros_below(limit: Duration) -> impl Strategy<Value = Duration> {
    (0..model::micros::to_micros(limit)).prop_map(Duration::from_micros)
}

fn any_pause() -> impl Strategy<Value = PauseRequest> {
    prop_oneof![
        Just(PauseRequest::UntilResumed),
        (0u64..1_000_000_000).prop_map(|us| PauseRequest::For(Duration::from_micros(us))),
        (-1000i64..100_000).prop_map(|s| PauseRequest::Until(Timestamp::from_micros(
            T0.as_micros() + s * 1_000_000
        ))),
    ]
}

/// One step of a random day: the event, and the time since the last step.
fn any_step() -> impl Strategy<Value = (Duration, RecorderInput, u64, i64)> {
    let event = prop_oneof![
        6 => (0usize..6, 0usize..4).prop_map(|(a, t)| RecorderInput::Event(window(["Editor", "Mail", "KeePassXC", "Browser", "xterm", "Bank"][a], ["a", "b", "bank", "c"][t]))),
        1 => Just(RecorderInput::Event(SensorEvent::Window { active: None })),
        8 => (0u64..40).prop_map(|n| RecorderInput::Event(keys(n))),
        2 => micros_below(2 * LIMIT).prop_map(|idle| RecorderInput::Event(SensorEvent::Idle { idle })),
        2 => Just(RecorderInput::Event(SensorEvent::Present)),
        1 => any::<bool>().prop_map(|locked| RecorderInput::Event(SensorEvent::Lock { locked })),
        1 => any::<bool>().prop_map(|asleep| RecorderInput::Event(SensorEvent::Sleep { asleep })),
        2 => (0u8..=100, any::<bool>()).prop_map(|(percent, discharging)| RecorderInput::Event(SensorEvent::Power { power: PowerState { percent, discharging } })),
        1 => Just(RecorderInput::Event(SensorEvent::Lost { concern: SensorKind::Window, reason: String::new() })),
        1 => Just(RecorderInput::Event(SensorEvent::Back { concern: SensorKind::Window })),
        1 => any_pause().prop_map(RecorderInput::Pause),
        1 => any::<bool>().prop_map(|inside| RecorderInput::ScheduleEdge { inside }),
        1 => any::<bool>().prop_map(|all| RecorderInput::Exclusions(if all { BUILT_IN.clone() } else { ExclusionRules::new(&[rule("bank"), rule("KeePassXC")]).unwrap() })),
        1 => Just(RecorderInput::Resume),
        1 => any::<bool>().prop_map(RecorderInput::DiskFull),
        1 => prop_oneof![Just("Europe/Berlin"), Just("Asia/Kathmandu")].prop_map(|z| RecorderInput::Zone(z.into())),
        8 => Just(RecorderInput::Tick),
    ];
    let gap = prop_oneof![6 => micros_below(5 * S), 2 => micros_below(100 * S), 1 => micros_below(10 * 3600 * S)];
    let slept = prop_oneof![9 => Just(0u64), 1 => Just(u64::MAX)];
    let jump = prop_oneof![30 => Just(0i64), 1 => -100_000_000_000i64..100_000_000_000];
    (gap, event, slept, jump)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever happens in whatever order: the parts sum to the whole, no duration is negative or zero, spans touch
    /// (on the boot clock) and no count is invented; without suspended states none is lost either.
    #[test]
    fn parts_sum_to_the_whole(steps in proptest::collection::vec(any_step(), 0..120), sensor in any::<bool>(), late in micros_below(2 * S)) {
        let mut d = Desk::new(settings(sensor));
        let mut now = moment(Duration::ZERO);
        let mut given = 0u64;
        let mut always_recording = true;
        for (gap, input, slept, jump) in steps {
            now.boot += gap;
            now.utc = Timestamp::from_micros((now.utc + gap).as_micros() + jump);
            if slept == 0 { now.awake += gap; } else { always_recording = false; }
            if gap > 30 * S { always_recording = false; }
            match &input {
                RecorderInput::Event(SensorEvent::Input { counts }) => given += counts.keys(),
                RecorderInput::Tick | RecorderInput::Zone(_) | RecorderInput::Event(SensorEvent::Window { .. } | SensorEvent::Present | SensorEvent::Idle { .. } ) => {}
                _ => always_recording = false,
            }
            // Events may be stamped a little in the past; ticks may not.
            let at = if matches!(input, RecorderInput::Event(_)) { now - late.min(now.since(moment(Duration::ZERO))) } else { now };
            if matches!(input, RecorderInput::Tick) { d.checkpoint(at) } else { d.step(at, input); }
        }
        let out = d.recorder.stop(now, "");
        let all: Vec<Record> = d.records.into_iter().chain(out.records).collect();
        let spans = spans(&all);
        let whole = now.since(moment(Duration::ZERO));
        prop_assert_eq!(spans.iter().map(|s| s.duration).sum::<Duration>(), whole);
        prop_assert!(spans.iter().all(|s| !s.duration.is_zero() && s.duration <= MINUTE));
        if !all.iter().any(|r| matches!(r, Record::Notice(n) if n.code == NoticeCode::ClockJump)) {
            for pair in spans.windows(2) {
                prop_assert_eq!(pair[0].end(), pair[1].start);
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

    /// What is recorded while somebody paused, or outside the hours, is that it was so; all other time is recorded.
    #[test]
    fn a_pause_is_kept_and_nothing_but_it(steps in proptest::collection::vec((micros_below(20 * S), 0usize..9), 0..80)) {
        let mut d = Desk::new(settings(true));
        let mut now = moment(Duration::ZERO);
        let (mut pause, mut outside, mut overtime) = (false, false, false);
        // From each moment on: is it paused?
        let mut truth = vec![(now.boot, false)];
        for (gap, what) in steps {
            now = now + gap;
            let input = match what {
                0 => { pause = true; RecorderInput::Pause(PauseRequest::UntilResumed) }
                1 => { pause = false; overtime = outside; RecorderInput::Resume }
                2 | 3 => {
                    (outside, overtime) = (what == 2, false);
                    RecorderInput::ScheduleEdge { inside: !outside }
                }
                4 => RecorderInput::Event(window("Editor", "a")),
                5 => RecorderInput::Event(window("Editor", "b")),
                6 => RecorderInput::Event(keys(3)),
                7 => RecorderInput::Exclusions(BUILT_IN.clone()),
                _ => RecorderInput::Tick,
            };
            d.step(now, input);
            d.checkpoint(now);
            truth.push((now.boot, pause || (outside && !overtime)));
        }
        now = now + S;
        let records = d.stop(now.since(moment(Duration::ZERO)));
        let mut at = moment(Duration::ZERO).boot;
        for span in spans(&records) {
            let held = truth.iter().rev().find(|(from, _)| *from <= at).unwrap().1;
            let expected = if held { Coverage::Paused } else { Coverage::Active };
            prop_assert_eq!(span.state, expected, "at {:?}", at);
            at += span.duration;
            let until = truth.iter().rfind(|(from, _)| *from < at).unwrap().1;
            prop_assert_eq!(until, held, "it lasts as long as it should");
        }
    }
}

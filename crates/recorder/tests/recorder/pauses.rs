//! Pauses by hand, recording hours, and rules that change meanwhile.

use crate::kit::*;
use model::{Coverage, Moment, NoticeCode, Record, SensorEvent};
use recorder::{ExclusionRule, ExclusionRules, PauseRequest, RecorderInput, SkipReason};
use std::time::Duration;

/// How many seconds each state lasted, in order, equal ones joined.
fn states(records: &[Record]) -> Vec<(&'static str, u64)> {
    let mut out: Vec<(&'static str, Duration)> = Vec::new();
    for span in spans(records) {
        match out
            .last_mut()
            .filter(|(state, _)| *state == span.state.wire_name())
        {
            Some((_, length)) => *length += span.duration,
            None => out.push((span.state.wire_name(), span.duration)),
        }
    }
    out.into_iter()
        .map(|(state, length)| (state, length.as_secs()))
        .collect()
}

fn texts(records: &[Record]) -> Vec<String> {
    records
        .iter()
        .filter_map(|r| match r {
            Record::Notice(n) => Some(n.text.clone()),
            _ => None,
        })
        .collect()
}

#[test]
fn a_pause_until_an_instant_follows_the_wall_clock_and_a_length_does_not() {
    let until = T0 + 600 * S;
    for (pause, paused_s) in [
        (PauseRequest::Until(until), 500),
        (PauseRequest::For(600 * S), 600),
    ] {
        let mut d = Desk::new(settings(true));
        d.at(Duration::ZERO, window("Editor", "a"))
            .step(moment(Duration::ZERO), RecorderInput::Pause(pause));
        d.wait(5 * S, 60 * S);
        // Somebody sets the clock 100 s forward.
        let set = |after: Duration| Moment {
            utc: moment(after).utc + 100 * S,
            ..moment(after)
        };
        for s in (65..700).step_by(5) {
            d.checkpoint(set(s * S));
        }
        let out = d.recorder.stop(set(700 * S), "");
        d.records.extend(out.records);
        assert_eq!(
            states(&d.records),
            [("paused", paused_s), ("active", 700 - paused_s)],
            "{pause:?}"
        );
    }
}

#[test]
fn a_pause_says_how_long_it_is_and_the_view_until_when() {
    let mut d = Desk::new(settings(true));
    d.step(moment(S), RecorderInput::Pause(PauseRequest::For(900 * S)));
    let view = d.recorder.view();
    assert_eq!(view.paused_until, Some(moment(901 * S).utc));
    assert!(view.paused && !view.outside_hours);
    let midnight = T0 + 54_220 * S;
    d.step(
        moment(2 * S),
        RecorderInput::Pause(PauseRequest::Until(midnight)),
    );
    assert_eq!(d.recorder.view().paused_until, Some(midnight));
    d.step(
        moment(3 * S),
        RecorderInput::Pause(PauseRequest::UntilResumed),
    );
    let view = d.recorder.view();
    assert!(view.paused && view.paused_until.is_none());
    d.step(moment(4 * S), RecorderInput::Resume);
    assert!(!d.recorder.view().paused);
    d.step(moment(5 * S), RecorderInput::Resume);
    let r = d.stop(6 * S);
    assert_eq!(
        texts(&r)[..4],
        [
            "Recording paused for 15 min.",
            "Recording paused for 15 h 4 min.",
            "Recording paused until resumed.",
            "Recording resumed."
        ]
    );
    assert_eq!(texts(&r).len(), 5, "a resume of nothing says nothing");
}

#[test]
fn a_pause_that_ends_while_the_machine_sleeps_makes_no_work_of_the_night() {
    for sensor in [true, false] {
        let mut d = Desk::new(settings(sensor));
        d.at(Duration::ZERO, window("Editor", "a"));
        d.step(
            moment(10 * S),
            RecorderInput::Pause(PauseRequest::For(3600 * S)),
        );
        d.wait(15 * S, 60 * S);
        // Eight hours that nobody announced.
        let awake = 60 * S;
        let morning = |after: Duration| Moment {
            awake: moment(awake + after).awake,
            ..moment(8 * 3600 * S + awake + after)
        };
        d.checkpoint(morning(Duration::ZERO));
        assert_eq!(
            d.recorder.view().state,
            Coverage::Active,
            "the pause is over"
        );
        d.checkpoint(morning(5 * S));
        let out = d.recorder.stop(morning(10 * S), "");
        d.records.extend(out.records);
        assert_eq!(
            states(&d.records),
            [
                ("active", 10),
                ("paused", 50),
                ("asleep", 8 * 3600),
                ("active", 10)
            ],
            "idle sensor: {sensor}"
        );
    }
}

#[test]
fn outside_the_hours_nothing_is_recorded_from_edge_to_edge() {
    let mut d = Desk::new(settings(true));
    d.step(
        moment(Duration::ZERO),
        RecorderInput::ScheduleEdge { inside: false },
    );
    assert!(d.recorder.view().outside_hours);
    d.at(S, window("Diary", "dear diary")).at(2 * S, keys(9));
    assert_eq!(
        d.recorder.screenshot_target(),
        Err(SkipReason::State(Coverage::Paused))
    );
    d.step(moment(10 * S), RecorderInput::ScheduleEdge { inside: true });
    d.at(12 * S, keys(1));
    d.step(
        moment(20 * S),
        RecorderInput::ScheduleEdge { inside: false },
    );
    let r = d.stop(25 * S);
    assert_eq!(states(&r), [("paused", 10), ("active", 10), ("paused", 5)]);
    assert_eq!(spans(&r).iter().map(|s| s.counts.keys()).sum::<u64>(), 1);
    assert_eq!(
        notices(&r),
        [
            NoticeCode::OutsideHours,
            NoticeCode::InsideHours,
            NoticeCode::OutsideHours,
            NoticeCode::Stopped
        ]
    );
    assert_eq!(texts(&r)[0], "Outside the recording hours: paused.");
}

#[test]
fn whoever_resumes_outside_the_hours_records_until_their_next_edge() {
    let mut d = Desk::new(settings(true));
    d.step(
        moment(Duration::ZERO),
        RecorderInput::ScheduleEdge { inside: false },
    );
    d.step(moment(10 * S), RecorderInput::Resume);
    assert_eq!(d.recorder.view().state, Coverage::Active);
    // The hours begin: nothing changes. They end: paused again.
    d.step(moment(20 * S), RecorderInput::ScheduleEdge { inside: true });
    d.step(
        moment(25 * S),
        RecorderInput::ScheduleEdge { inside: false },
    );
    // Resumed once more, then asleep over a whole working day: edges were passed, so the resume holds no longer.
    d.step(moment(30 * S), RecorderInput::Resume);
    d.step(
        moment(40 * S),
        RecorderInput::ScheduleEdge { inside: false },
    );
    let r = d.stop(50 * S);
    assert_eq!(
        states(&r),
        [
            ("paused", 10),
            ("active", 15),
            ("paused", 5),
            ("active", 10),
            ("paused", 10)
        ]
    );
    assert!(
        texts(&r)[1].contains("outside the recording hours"),
        "{:?}",
        texts(&r)
    );
}

#[test]
fn a_pause_by_hand_holds_over_the_edges_of_the_hours() {
    let mut d = Desk::new(settings(true));
    d.step(
        moment(5 * S),
        RecorderInput::Pause(PauseRequest::UntilResumed),
    );
    for (s, inside) in [(10, false), (20, true), (30, false), (40, true)] {
        d.step(moment(s * S), RecorderInput::ScheduleEdge { inside });
        assert!(d.recorder.view().paused && !d.recorder.view().outside_hours);
    }
    d.step(moment(50 * S), RecorderInput::Resume);
    let r = d.stop(60 * S);
    assert_eq!(states(&r), [("active", 5), ("paused", 45), ("active", 10)]);
    assert_eq!(
        notices(&r),
        [NoticeCode::Paused, NoticeCode::Resumed, NoticeCode::Stopped],
        "edges that change nothing are not told"
    );
}

#[test]
fn a_pause_that_ends_outside_the_hours_resumes_nothing() {
    let mut d = Desk::new(settings(true));
    d.step(
        moment(Duration::ZERO),
        RecorderInput::Pause(PauseRequest::For(20 * S)),
    );
    d.step(
        moment(10 * S),
        RecorderInput::ScheduleEdge { inside: false },
    );
    d.step(moment(25 * S), RecorderInput::Tick);
    assert!(d.recorder.view().outside_hours);
    d.step(moment(30 * S), RecorderInput::ScheduleEdge { inside: true });
    let r = d.stop(40 * S);
    assert_eq!(states(&r), [("paused", 30), ("active", 10)]);
    assert_eq!(
        notices(&r)[..3],
        [
            NoticeCode::Paused,
            NoticeCode::OutsideHours,
            NoticeCode::InsideHours
        ]
    );
}

fn title(pattern: &str) -> ExclusionRules {
    ExclusionRules::new(&[ExclusionRule {
        title: Some(pattern.into()),
        ..ExclusionRule::default()
    }])
    .unwrap()
}

#[test]
fn new_rules_hold_at_once_for_the_window_that_is_active() {
    let mut d = Desk::new(settings(true));
    d.at(Duration::ZERO, window("Editor", "Plans"))
        .at(4 * S, keys(2));
    d.step(moment(10 * S), RecorderInput::Exclusions(title("plans")));
    assert_eq!(d.recorder.screenshot_target(), Err(SkipReason::Protected));
    d.at(12 * S, keys(3));
    d.step(moment(20 * S), RecorderInput::Exclusions(title("other")));
    assert!(d.recorder.screenshot_target().is_ok());
    d.at(22 * S, keys(4));
    // Rules that change nothing for this window cut nothing.
    d.step(moment(25 * S), RecorderInput::Exclusions(title("another")));
    let r = d.stop(30 * S);
    assert_eq!(
        told(&r),
        [
            (0, 10, "active", "Plans".into(), 2),
            (10, 10, "active", "(protected)".into(), 3),
            (20, 10, "active", "Plans".into(), 4),
        ]
    );
}

#[test]
fn rules_that_change_during_a_pause_hold_after_it() {
    let mut d = Desk::new(settings(true));
    d.at(Duration::ZERO, window("Editor", "Plans"));
    d.step(
        moment(10 * S),
        RecorderInput::Pause(PauseRequest::UntilResumed),
    );
    d.step(moment(15 * S), RecorderInput::Exclusions(title("plans")));
    d.at(16 * S, SensorEvent::Present);
    d.step(moment(20 * S), RecorderInput::Resume);
    let r = d.stop(30 * S);
    assert_eq!(
        told(&r),
        [
            (0, 10, "active", "Plans".into(), 0),
            (10, 10, "paused", "-".into(), 0),
            (20, 10, "active", "(protected)".into(), 0),
        ]
    );
}

//! Scenarios with their exact outcome.

use crate::kit::*;
use model::Timestamp;
use model::{Coverage, Moment, NoticeCode, PowerState, SensorEvent, SensorKind};
use recorder::{PauseRequest, RecorderInput, SkipReason};
use std::time::Duration;

#[test]
fn spans_are_cut_at_each_change_and_each_whole_minute() {
    let mut d = Desk::new(settings(true));
    d.at(Duration::ZERO, window("Editor", "a"))
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
    d.at(Duration::ZERO, window("Editor", "a"))
        .wait(5 * S, 40 * S);
    // The minute passed at 40 s; a batch stamped 39.9 s arrives when the clock already shows 40.9 s.
    d.checkpoint(moment(Duration::from_millis(40_900)));
    d.at(Duration::from_millis(39_900), keys(7));
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
    d.at(Duration::ZERO, window("Editor", "a"))
        .at(30 * S, keys(4))
        .wait(35 * S, 325 * S);
    d.at(330 * S, SensorEvent::Idle { idle: LIMIT })
        .wait(335 * S, 400 * S)
        .at(410 * S, SensorEvent::Present)
        .at(411 * S, keys(1));
    let r = d.stop(420 * S);
    let by_state = |state| {
        spans(&r)
            .iter()
            .filter(|s| s.state == state)
            .map(|s| s.duration)
            .sum::<Duration>()
            .as_secs()
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
    d.at(Duration::ZERO, window("Editor", "a"))
        .at(30 * S, keys(4))
        .wait(35 * S, 400 * S)
        .at(410 * S, keys(1));
    let r = d.stop(420 * S);
    let idle: Duration = spans(&r)
        .iter()
        .filter(|s| s.state == Coverage::Idle)
        .map(|s| s.duration)
        .sum();
    assert_eq!(idle.as_secs(), 380);
}

#[test]
fn pending_spans_survive_in_the_journal_until_they_are_settled() {
    let mut d = Desk::new(settings(true));
    d.at(Duration::ZERO, window("Editor", "a"))
        .wait(5 * S, 100 * S);
    // No input was counted yet: all of it may still turn out to be idle, and all of it is in the journal's pending rows.
    assert!(spans(&d.records).is_empty());
    assert_eq!(
        d.pending.values().map(|s| s.duration).sum::<Duration>(),
        100 * S
    );
    d.at(101 * S, keys(1));
    d.checkpoint(moment(105 * S));
    assert_eq!(
        spans(&d.records)
            .iter()
            .map(|s| s.duration)
            .sum::<Duration>(),
        100 * S
    );
    assert_eq!(
        d.pending.values().map(|s| s.duration).sum::<Duration>(),
        5 * S
    );
}

#[test]
fn what_was_taken_out_does_not_come_back_and_its_time_stays() {
    let mut d = Desk::new(settings(true));
    d.at(Duration::ZERO, window("Editor", "secret"))
        .at(30 * S, keys(7));
    d.at(40 * S, window("Mail", "other"));
    d.recorder.cut_at(moment(50 * S));
    // The journal had everything until now; it took it out, and so does the recorder.
    let all =
        d.recorder.timestamp_of(moment(Duration::ZERO))..d.recorder.timestamp_of(moment(50 * S));
    d.recorder.redact(&all);
    assert!(d.recorder.take_closed().iter().all(|s| s.redacted));
    // Told late, but typed before: not counted any more.
    d.at(49 * S, keys(3));
    d.at(60 * S, keys(2)).wait(65 * S, 90 * S);
    let records = d.stop(100 * S);
    let spans = spans(&records);
    assert_eq!(spans.iter().map(|s| s.duration).sum::<Duration>(), 100 * S);
    for span in &spans {
        let gone = span.start < all.end;
        assert_eq!(span.redacted, gone, "{span:?}");
        assert_eq!(span.window.is_none(), gone, "{span:?}");
        assert_eq!(span.state, Coverage::Active);
    }
    assert_eq!(spans.iter().map(|s| s.counts.keys()).sum::<u64>(), 2);
}

#[test]
fn eight_hours_of_unannounced_sleep_are_asleep_and_nothing_else() {
    let mut d = Desk::new(settings(true));
    d.at(Duration::ZERO, window("Editor", "a"))
        .at(19 * S, keys(1))
        .wait(5 * S, 20 * S);
    let night = 8 * 3600 * S;
    let woken = |after: Duration| Moment {
        awake: moment(after - night).awake,
        ..moment(after)
    };
    let mut out = Vec::new();
    d.step(woken(night + 22 * S), RecorderInput::Tick);
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
            .map(|s| s.duration)
            .sum::<Duration>()
            .as_secs()
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
    for end in [SensorEvent::Sleep { asleep: false }, keys(1)] {
        let mut d = Desk::new(settings(true));
        d.at(Duration::ZERO, window("Editor", "a"))
            .at(10 * S, SensorEvent::Sleep { asleep: true });
        d.at(7210 * S, end.clone());
        let r = d.stop(7220 * S);
        let asleep: Duration = spans(&r)
            .iter()
            .filter(|s| s.state == Coverage::Asleep)
            .map(|s| s.duration)
            .sum();
        assert_eq!(asleep.as_secs(), 7200, "{end:?}");
    }
}

#[test]
fn a_clock_set_by_hand_is_noticed_and_no_duration_changes() {
    for jump in [
        3_600_000_000_i64,
        -3_600_000_000,
        86_400_000_000,
        -T0.as_micros(),
        2_500_000_000_000_000,
    ] {
        let mut d = Desk::new(settings(true));
        d.at(Duration::ZERO, window("Editor", "a"))
            .at(9 * S, keys(1))
            .wait(5 * S, 10 * S);
        let after = |length: Duration| Moment {
            utc: Timestamp::from_micros(moment(length).utc.as_micros().saturating_add(jump)),
            ..moment(length)
        };
        d.step(after(15 * S), RecorderInput::Tick);
        let out = d.recorder.stop(after(30 * S), "");
        let all: Vec<_> = d.records.into_iter().chain(out.records).collect();
        assert_eq!(
            spans(&all).iter().map(|s| s.duration).sum::<Duration>(),
            30 * S,
            "{jump}"
        );
        assert_eq!(notices(&all), [NoticeCode::ClockJump, NoticeCode::Stopped]);
        let last = spans(&all).last().unwrap().end();
        assert_eq!(last, after(30 * S).utc);
    }
}

#[test]
fn low_battery_suspends_once_and_resumes_with_hysteresis() {
    let power = |percent, discharging| SensorEvent::Power {
        power: PowerState {
            percent,
            discharging,
        },
    };
    let mut d = Desk::new(settings(true));
    d.at(Duration::ZERO, window("Editor", "a"))
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
    assert_eq!(
        low.iter().map(|s| s.duration).sum::<Duration>().as_secs(),
        5 + 1
    );
    assert!(
        low.iter().all(|s| s.window.is_none() && s.counts.is_zero()),
        "nothing is recorded while suspended"
    );
}

#[test]
fn a_pause_records_nothing_and_can_end_by_itself() {
    let mut d = Desk::new(settings(true));
    d.at(Duration::ZERO, window("Editor", "a")).step(
        moment(10 * S),
        RecorderInput::Pause(PauseRequest::For(60 * S)),
    );
    d.at(20 * S, window("Diary", "dear diary"))
        .at(25 * S, keys(50))
        .wait(30 * S, 80 * S);
    let r = d.stop(90 * S);
    let paused: Vec<_> = spans(&r)
        .into_iter()
        .filter(|s| s.state == Coverage::Paused)
        .collect();
    assert_eq!(
        paused
            .iter()
            .map(|s| s.duration)
            .sum::<Duration>()
            .as_secs(),
        60
    );
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
    d.at(Duration::ZERO, window("Editor", "a"))
        .at(2 * S, keys(5));
    d.step(
        moment(Duration::from_millis(10_200)),
        RecorderInput::Pause(PauseRequest::UntilResumed),
    );
    d.step(moment(Duration::from_millis(12_300)), RecorderInput::Resume);
    // Told a second late: one batch from within the pause, one that may reach back into it, one that cannot.
    d.at(Duration::from_millis(11_900), keys(100))
        .at(Duration::from_millis(12_800), keys(40));
    d.at(Duration::from_millis(13_400), keys(7));
    let r = d.stop(20 * S);
    let counted: u64 = spans(&r).iter().map(|s| s.counts.keys()).sum();
    assert_eq!(counted, 5 + 7);
}

#[test]
fn protected_windows_are_counted_but_never_named_or_pictured() {
    let mut d = Desk::new(settings(true));
    d.at(Duration::ZERO, window("Editor", "a"))
        .at(10 * S, window("KeePassXC", "Secrets.kdbx"))
        .at(12 * S, keys(3));
    assert_eq!(
        d.recorder.screenshot_target().unwrap_err(),
        SkipReason::Protected
    );
    d.at(15 * S, window("KeePassXC", "Other.kdbx"))
        .at(20 * S, window("Editor", "b"));
    assert!(d.recorder.screenshot_target().is_ok());
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
    d.at(Duration::ZERO, window("Editor", "a"));
    d.at(
        10 * S,
        SensorEvent::Lost {
            concern: SensorKind::Window,
            reason: "gone".into(),
        },
    );
    d.at(
        20 * S,
        SensorEvent::Back {
            concern: SensorKind::Window,
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
    d.at(Duration::ZERO, window("Editor", "a"));
    d.step(moment(60 * S), RecorderInput::Tick);
    let r = d.stop(61 * S);
    assert_eq!(notices(&r), [NoticeCode::Stalled, NoticeCode::Stopped]);
    let blind: Duration = spans(&r)
        .iter()
        .filter(|s| s.state == Coverage::NotRecorded)
        .map(|s| s.duration)
        .sum();
    assert_eq!(blind.as_secs(), 60);
}

#[test]
fn a_zone_change_cuts_and_is_kept() {
    let mut d = Desk::new(settings(true));
    d.at(Duration::ZERO, window("Editor", "a")).step(
        moment(10 * S),
        RecorderInput::Zone("America/New_York".into()),
    );
    let r = d.stop(20 * S);
    let zones: Vec<_> = spans(&r).iter().map(|s| s.zone.to_string()).collect();
    assert_eq!(zones, ["Europe/Berlin", "America/New_York"]);
}

#[test]
fn seconds_with_input_are_counted_once_each() {
    let mut d = Desk::new(settings(true));
    d.at(Duration::from_millis(100), keys(1))
        .at(Duration::from_millis(200), keys(1))
        .at(Duration::from_millis(900), keys(1))
        .at(Duration::from_millis(1_100), keys(1))
        .at(Duration::from_millis(5_500), keys(1));
    let r = d.stop(10 * S);
    assert_eq!(
        spans(&r)
            .iter()
            .map(|s| s.counts.hardware.seconds)
            .sum::<u64>(),
        3
    );
}

#[test]
fn without_room_on_the_disk_time_is_blind_and_nothing_is_counted() {
    let mut d = Desk::new(settings(true));
    d.at(Duration::ZERO, window("Editor", "a")).at(S, keys(3));
    d.step(moment(10 * S), RecorderInput::DiskFull(true));
    d.at(12 * S, keys(5)).at(14 * S, window("Editor", "b"));
    d.step(moment(20 * S), RecorderInput::DiskFull(false));
    d.at(22 * S, keys(7));
    let records = d.stop(30 * S);
    assert_eq!(
        told(&records),
        [
            (0, 10, "active", "a".into(), 3),
            (10, 10, "blind", "-".into(), 0),
            (20, 10, "active", "b".into(), 7),
        ]
    );
}

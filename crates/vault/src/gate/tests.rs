#![allow(clippy::unwrap_used)]
use super::*;
use std::collections::HashSet;

mod properties;

/// The secret of the vectors in RFC 4226 (appendix D) and RFC 6238 (appendix B).
const SECRET: &[u8] = b"12345678901234567890";
const NOW: u64 = 1_790_000_000;
const DAY: u64 = 86_400;
/// 2106-02-07, where 32-bit clocks end.
const FAR: u64 = 4_294_967_295;

fn code(step: u64) -> String {
    // Steps that no clock can show have a code of their own, which is as good as any.
    let time = step.saturating_mul(STEP_SECONDS);
    totp_generator(SECRET, "test").generate(time).to_string()
}

fn code_at(unix_seconds: u64) -> String {
    code(unix_seconds / STEP_SECONDS)
}

/// Six digits that are right nowhere near `unix_seconds`.
fn wrong_at(unix_seconds: u64) -> String {
    let step = unix_seconds / STEP_SECONDS;
    let near: Vec<String> = (step.saturating_sub(30)..=step.saturating_add(30))
        .map(code)
        .collect();
    (0..)
        .map(|n: u32| format!("{n:06}"))
        .find(|code| !near.contains(code))
        .unwrap()
}

/// An enrolled gate whose clock was last seen at `NOW`.
fn enrolled() -> GateState {
    GateState {
        enrolled: true,
        clock_max: NOW,
        ..GateState::default()
    }
}

fn judged(state: &GateState, code: &str, now: u64) -> GateDecision {
    state.judge_code(&totp_generator(SECRET, "test"), code, now)
}

/// Fails as soon as the gate looks, until it has `failures` of them; with the time then.
fn after_failures(failures: u32) -> (GateState, u64) {
    let (mut state, mut now) = (enrolled(), NOW);
    while state.failures < failures {
        now += state.remaining_wait(now);
        state = judged(&state, &wrong_at(now), now).state;
    }
    (state, now)
}

#[test]
fn the_vectors_of_rfc_4226() {
    let totp = totp_generator(SECRET, "test");
    for (counter, code) in (0u64..).zip([
        "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
        "520489",
    ]) {
        assert_eq!(totp.generate(counter * STEP_SECONDS).to_string(), code);
    }
}

#[test]
fn the_vectors_of_rfc_6238() {
    let eight = Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(8)
        .with_step_duration(STEP_SECONDS)
        .with_secret(SECRET.to_vec())
        .build_noncompliant();
    for (time, digits) in [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ] {
        assert_eq!(eight.generate(time).to_string(), digits, "{time}");
        // Six digits are the same number modulo a million.
        let judged = judged(&GateState::default(), &digits[2..], time);
        assert_eq!(judged.verdict, CodeVerdict::Accepted, "{time}");
        assert_eq!(
            judged.state,
            GateState {
                enrolled: true,
                last_step: time / STEP_SECONDS,
                clock_max: time,
                ..GateState::default()
            }
        );
    }
}

#[test]
fn one_step_early_or_late_and_no_more() {
    let step = NOW / STEP_SECONDS;
    for at in [step - 1, step, step + 1] {
        let judged = judged(&enrolled(), &code(at), NOW);
        assert_eq!(judged.verdict, CodeVerdict::Accepted, "{at}");
        assert_eq!(judged.state.last_step, at);
    }
    for (at, minutes) in [
        (step - 2, -1),
        (step + 2, 1),
        (step - 9, -5),
        (step + 20, 10),
    ] {
        let judged = judged(&enrolled(), &code(at), NOW);
        assert_eq!(judged.verdict, CodeVerdict::Skewed { minutes });
        assert_eq!(judged.state.failures, 1);
    }
    let judged = judged(&enrolled(), &code(step + 21), NOW);
    assert_eq!(judged.verdict, CodeVerdict::Wrong);
    assert_eq!(judged.state.failures, 1);
}

#[test]
fn each_step_once_and_no_older_one() {
    let step = NOW / STEP_SECONDS;
    let state = judged(&enrolled(), &code(step), NOW).state;
    for used in [step, step - 1] {
        let again = judged(&state, &code(used), NOW + 5);
        assert_eq!(again.verdict, CodeVerdict::Replayed);
        assert_eq!(again.state.failures, 0, "a used code is no failure");
    }
    let next = judged(&state, &code(step + 1), NOW + 5);
    assert_eq!(next.verdict, CodeVerdict::Accepted);
}

#[test]
fn input_that_is_no_code_is_wrong_but_no_failure() {
    for text in [
        "",
        " ",
        "12345",
        "1234567",
        "abcdef",
        "１２３４５６",
        "12345\u{660}",
        "-12345",
    ] {
        let judged = judged(&enrolled(), text, NOW);
        assert_eq!(judged.verdict, CodeVerdict::Wrong, "{text}");
        assert_eq!(judged.state, enrolled(), "{text}");
    }
}

#[test]
fn spaces_do_not_matter() {
    let mut text = code_at(NOW);
    text.insert(3, ' ');
    let judged = judged(&enrolled(), &format!(" {text}\n"), NOW);
    assert_eq!(judged.verdict, CodeVerdict::Accepted);
}

#[test]
fn a_code_given_away_by_a_hint_opens_nothing_when_its_time_comes() {
    let step = NOW / STEP_SECONDS;
    for (told, then) in [(step + 8, NOW + 240), (step - 3, NOW - 90)] {
        let hinted = judged(&enrolled(), &code(told), NOW);
        assert!(matches!(hinted.verdict, CodeVerdict::Skewed { .. }));
        let judged = judged(&hinted.state, &code(told), then);
        assert_eq!(judged.verdict, CodeVerdict::Replayed);
    }
    // The person whose clock was off puts it right, or waits as long, and the next code opens.
    let state = judged(&enrolled(), &code(step + 8), NOW).state;
    let still = judged(&state, &code(step + 9), NOW + STEP_SECONDS);
    assert_eq!(still.verdict, CodeVerdict::ClockBack { seconds: 160 });
    let right = NOW + 240 + STEP_SECONDS;
    assert_eq!(
        judged(&state, &code_at(right), right).verdict,
        CodeVerdict::Accepted
    );
}

#[test]
fn a_hint_uses_up_every_step_with_the_same_digits() {
    let (early, late) = (59_775_998, 59_776_010);
    assert_eq!(code(early), code(late), "found by search");
    let now = (early + 4) * STEP_SECONDS;
    let hinted = judged(&enrolled(), &code(late), now);
    assert_eq!(hinted.verdict, CodeVerdict::Skewed { minutes: 4 });
    let then = late * STEP_SECONDS;
    let judged = judged(&hinted.state, &code(early), then);
    assert_eq!(judged.verdict, CodeVerdict::Replayed);
}

#[test]
fn the_wait_begins_after_five_failures_and_doubles_to_an_hour() {
    let mut waits = Vec::new();
    let (mut state, mut now) = (enrolled(), NOW);
    while !state.is_locked() {
        assert_eq!(state.failures as usize, waits.len());
        let judged = judged(&state, &wrong_at(now), now);
        state = judged.state;
        if state.is_locked() {
            assert_eq!(judged.verdict, CodeVerdict::Locked, "told at once");
            break;
        }
        assert_eq!(judged.verdict, CodeVerdict::Wrong);
        waits.push(state.remaining_wait(now));
        now += state.remaining_wait(now);
    }
    assert_eq!(
        waits[..13],
        [0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    );
    assert!(waits[12..].iter().all(|wait| *wait == 3600));
    assert_eq!(waits.len(), 99);
    // 89 hours for a chance of 100 x 3 in a million.
    assert_eq!(now - NOW, waits.iter().sum::<u64>());
    assert_eq!(now - NOW, 320_610);
    assert!((now - NOW) * 10 >= 36 * DAY);
}

#[test]
fn a_try_during_the_wait_is_neither_looked_at_nor_a_failure() {
    let (state, now) = after_failures(FREE_FAILURES);
    for (typed, later) in [(wrong_at(now), 0), (code_at(now), 1), (String::new(), 29)] {
        let judged = judged(&state, &typed, now + later);
        assert_eq!(
            judged.verdict,
            CodeVerdict::Wait {
                seconds: 30 - later
            }
        );
        let remembered = GateState {
            clock_max: now + later,
            ..state
        };
        assert_eq!(judged.state, remembered);
    }
    let after = judged(&state, &code_at(now + 30), now + 30);
    assert_eq!(after.verdict, CodeVerdict::Accepted);
    assert_eq!((after.state.failures, after.state.not_before), (0, 0));
}

#[test]
fn a_wait_survives_a_restart_and_a_clock_turned_back() {
    let (state, now) = after_failures(12);
    let text = serde_json::to_string(&state).unwrap();
    let state: GateState = serde_json::from_str(&text).unwrap();
    for back in [0, 60, CLOCK_BACK_SECONDS] {
        let judged = judged(&state, &code_at(now - back), now - back);
        assert_eq!(judged.verdict, CodeVerdict::Wait { seconds: 3600 });
    }
    let back = now - CLOCK_BACK_SECONDS - 1;
    let judged = judged(&state, &code_at(back), back);
    assert_eq!(judged.verdict, CodeVerdict::ClockBack { seconds: 121 });
    assert_eq!(judged.state, state);
}

#[test]
fn no_wait_ends_later_than_an_hour_from_now() {
    let state = GateState {
        failures: 20,
        not_before: FAR,
        ..enrolled()
    };
    let first = judged(&state, &code_at(NOW), NOW);
    assert_eq!(first.verdict, CodeVerdict::Wait { seconds: 3600 });
    // And it does end.
    let then = NOW + 3600;
    let judged = judged(&first.state, &code_at(then), then);
    assert_eq!(judged.verdict, CodeVerdict::Accepted);
}

#[test]
fn a_hundred_failures_lock_until_a_recovery_code_is_used() {
    let (state, now) = after_failures(LOCK_FAILURES);
    let later = now + 30 * DAY;
    let locked = judged(&state, &code_at(later), later);
    assert_eq!(locked.verdict, CodeVerdict::Locked);
    assert_eq!(locked.state.failures, LOCK_FAILURES);
    let state = locked.state.reopened(later).unwrap();
    let judged = judged(&state, &code_at(later), later);
    assert_eq!(judged.verdict, CodeVerdict::Accepted);
}

#[test]
fn a_clock_turned_back_is_named() {
    let state = judged(&enrolled(), &code_at(NOW), NOW).state;
    let yesterday = NOW - DAY;
    let back = judged(&state, &code_at(yesterday), yesterday);
    assert_eq!(back.verdict, CodeVerdict::ClockBack { seconds: DAY });
    assert_eq!(back.state, state, "no failure, and nothing forgotten");
    // Two minutes are forgiven, also after a code that came a step early.
    let state = judged(&enrolled(), &code_at(NOW + STEP_SECONDS), NOW).state;
    let a_little = NOW - CLOCK_BACK_SECONDS;
    let judged_then = judged(&state, &code_at(a_little), a_little);
    assert_eq!(judged_then.verdict, CodeVerdict::Replayed);
    // A file that remembers no clock still knows the step.
    let state = GateState {
        clock_max: 0,
        ..state
    };
    let judged = judged(&state, &code_at(yesterday), yesterday);
    assert!(
        matches!(judged.verdict, CodeVerdict::ClockBack { seconds } if seconds.abs_diff(DAY) <= 60),
        "{}",
        judged.verdict
    );
}

#[test]
fn a_clock_that_was_once_in_2106_is_cured_by_a_recovery_code() {
    let far = judged(&enrolled(), &code_at(NOW), FAR);
    assert_eq!(far.verdict, CodeVerdict::Wrong);
    let stuck = judged(&far.state, &code_at(NOW), NOW);
    assert!(matches!(stuck.verdict, CodeVerdict::ClockBack { .. }));
    let state = stuck.state.reopened(NOW).unwrap();
    assert_eq!(
        judged(&state, &code_at(NOW), NOW).verdict,
        CodeVerdict::Accepted
    );

    // The phone was there too, and its code was accepted: the secret is used up until then.
    let state = judged(&enrolled(), &code_at(FAR), FAR).state;
    assert_eq!(state.last_step, FAR / STEP_SECONDS);
    assert_eq!(state.reopened(NOW), None);
    // An hour is as long as any wait.
    let ahead = NOW + 3600;
    let state = judged(&enrolled(), &code_at(ahead), ahead).state;
    let state = state.reopened(NOW).unwrap();
    let then = ahead + STEP_SECONDS;
    assert_eq!(
        judged(&state, &code_at(then), then).verdict,
        CodeVerdict::Accepted
    );
}

#[test]
fn a_jump_of_more_than_a_day_is_accepted_and_reported_once() {
    let at_a_day = judged(&enrolled(), &code_at(NOW + DAY), NOW + DAY);
    assert_eq!(at_a_day.clock_jumped, None);
    let then = NOW + DAY + 1;
    for typed in [code_at(then), wrong_at(then), String::new()] {
        let jumped = judged(&enrolled(), &typed, then);
        assert_eq!(jumped.clock_jumped, Some(DAY + 1));
        assert_eq!(judged(&jumped.state, &typed, then).clock_jumped, None);
    }
    let first = judged(&GateState::default(), "", NOW);
    assert_eq!(first.clock_jumped, None, "there was no clock before");
}

#[test]
fn nobody_is_locked_out_before_the_first_accepted_code() {
    let mut state = GateState::default();
    for n in 0..300 {
        let judged = judged(&state, &wrong_at(FAR + n), FAR + n);
        assert_eq!(judged.verdict, CodeVerdict::Wrong);
        state = judged.state;
    }
    let judged = judged(&state, &code_at(NOW), NOW);
    assert_eq!(judged.verdict, CodeVerdict::Accepted);
    assert_eq!(
        judged.state,
        GateState {
            last_step: NOW / STEP_SECONDS,
            ..enrolled()
        }
    );
}

#[test]
fn a_state_is_plain_numbers() {
    assert_eq!(
        serde_json::to_string(&enrolled()).unwrap(),
        r#"{"enrolled":true,"last_step":0,"failures":0,"not_before":0,"clock_max":1790000000}"#
    );
}

#[test]
fn spans_are_told_in_a_fitting_unit() {
    for (seconds, text) in [
        (0, "0 s"),
        (119, "119 s"),
        (121, "3 min"),
        (7200, "2 h"),
        (FAR - NOW, "28993 days"),
    ] {
        assert_eq!(format_wait(seconds), text);
    }
    assert_eq!(format_wait(u64::MAX), "213503982334602 days");
}

#![allow(clippy::unwrap_used)]
use super::*;
use proptest::prelude::*;

/// An action between two codes.
#[derive(Clone, Debug)]
enum GateAction {
    Forward(u64),
    Back(u64),
    ClockAt(u64),
    /// The code of a step so many away from the present one.
    Right(i64),
    /// The code that was right at the last `Skewed`.
    Hinted,
    Any(u32),
    /// Waits as long as it has to, then is wrong.
    Patient,
    Malformed(String),
    Restart,
    Reopen,
}

fn action_strategy() -> impl Strategy<Value = GateAction> {
    prop_oneof![
        4 => (0u64..200).prop_map(GateAction::Forward),
        2 => (0u64..3 * DAY).prop_map(GateAction::Forward),
        2 => (0u64..200).prop_map(GateAction::Back),
        1 => (0u64..3 * DAY).prop_map(GateAction::Back),
        1 => prop_oneof![Just(0), Just(NOW), Just(FAR), Just(u64::MAX), any::<u64>()]
            .prop_map(GateAction::ClockAt),
        8 => (-3i64..4).prop_map(GateAction::Right),
        3 => (-25i64..26).prop_map(GateAction::Right),
        3 => Just(GateAction::Hinted),
        2 => (0u32..1_000_000).prop_map(GateAction::Any),
        12 => Just(GateAction::Patient),
        1 => ".{0,8}".prop_map(GateAction::Malformed),
        2 => Just(GateAction::Restart),
        1 => Just(GateAction::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Whatever is typed at whatever times, the sentences at the head of the module stay true.
    #[test]
    fn the_gate_keeps_its_promises(
        ops in proptest::collection::vec(action_strategy(), 1..200),
        failures in prop_oneof![Just(0u32), 90u32..100],
    ) {
        let mut now = NOW;
        let mut state = GateState { failures, ..enrolled() };
        let mut last = 0;
        let mut looked_at = failures;
        let mut hinted = String::new();
        let mut told = HashSet::new();
        for op in ops {
            let present = now / STEP_SECONDS;
            let mut step = None;
            let typed = match op {
                GateAction::Forward(seconds) => {
                    now = now.saturating_add(seconds);
                    continue;
                }
                GateAction::Back(seconds) => {
                    now = now.saturating_sub(seconds);
                    continue;
                }
                GateAction::ClockAt(second) => {
                    now = second;
                    continue;
                }
                GateAction::Restart => {
                    let text = serde_json::to_vec(&state).unwrap();
                    state = serde_json::from_slice(&text).unwrap();
                    continue;
                }
                GateAction::Reopen => {
                    if let Some(reopened) = state.reopened(now) {
                        state = reopened;
                        looked_at = 0;
                    }
                    prop_assert!(state.last_step >= last);
                    continue;
                }
                GateAction::Right(away) => code(*step.insert(present.saturating_add_signed(away))),
                GateAction::Hinted => hinted.clone(),
                GateAction::Any(number) => format!("{number:06}"),
                GateAction::Patient => {
                    now = now.saturating_add(state.remaining_wait(now));
                    wrong_at(now)
                }
                GateAction::Malformed(text) => text,
            };
            let before = state;
            let GateDecision { verdict, state: after, clock_jumped } = judged(&before, &typed, now);
            state = after;
            prop_assert_eq!(after.clock_max, before.clock_max.max(now));
            prop_assert!(clock_jumped.is_none_or(|s| s > DAY && s == now - before.clock_max));
            let failed = after.failures != before.failures && verdict != CodeVerdict::Accepted;
            match verdict {
                CodeVerdict::Accepted => {
                    prop_assert!(after.last_step > last, "{} after {last}", after.last_step);
                    prop_assert!(after.last_step.abs_diff(now / STEP_SECONDS) <= SKEW_STEPS);
                    prop_assert_eq!(&typed, &code(after.last_step));
                    prop_assert!(!told.contains(&after.last_step));
                    prop_assert!(before.not_before <= now && !before.is_locked());
                    prop_assert!(now.saturating_add(CLOCK_BACK_SECONDS) >= before.clock_max);
                    prop_assert_eq!(after.failures, 0);
                    last = after.last_step;
                    looked_at = 0;
                }
                CodeVerdict::Wrong => prop_assert_eq!(failed, six_digits(&typed).is_some()),
                CodeVerdict::Skewed { minutes } => {
                    prop_assert!(failed && minutes != 0);
                    hinted = typed;
                    told.extend(step);
                }
                CodeVerdict::Locked => prop_assert!(after.is_locked()),
                CodeVerdict::Wait { seconds } => {
                    prop_assert!((1..=3600).contains(&seconds) && !failed);
                }
                CodeVerdict::Replayed | CodeVerdict::ClockBack { .. } => prop_assert!(!failed),
            }
            if failed {
                looked_at += 1;
                prop_assert!(before.remaining_wait(now) == 0);
                prop_assert_eq!(after.remaining_wait(now), back_off(looked_at).min(u64::MAX - now));
            }
            prop_assert_eq!(after.failures, looked_at);
            prop_assert!(looked_at <= LOCK_FAILURES);
        }
    }

    /// No state that a file could hold, and no clock, makes the gate panic or wait longer than an hour.
    #[test]
    fn any_state_and_any_clock_are_judged(
        enrolled: bool,
        numbers in proptest::collection::vec(
            prop_oneof![Just(0), Just(NOW), Just(u64::MAX), any::<u64>()], 4),
        failures in prop_oneof![Just(0), Just(u32::MAX), any::<u32>()],
        away in -25i64..26,
    ) {
        let state = GateState {
            enrolled,
            last_step: numbers[0],
            failures,
            not_before: numbers[1],
            clock_max: numbers[2],
        };
        let now = numbers[3];
        let typed = code((now / STEP_SECONDS).saturating_add_signed(away));
        let judged = judged(&state, &typed, now);
        if judged.verdict == CodeVerdict::Accepted {
            prop_assert!(!enrolled || judged.state.last_step > state.last_step);
        }
        let looked = !matches!(judged.verdict, CodeVerdict::Locked | CodeVerdict::ClockBack { .. });
        prop_assert!(!looked || judged.state.not_before <= now.saturating_add(3600));
        prop_assert!(state.remaining_wait(now) <= 3600);
        prop_assert!(!judged.verdict.to_string().is_empty());
        if let Some(reopened) = state.reopened(now) {
            prop_assert_eq!(reopened.last_step, state.last_step);
            prop_assert!(!reopened.is_locked() && reopened.remaining_wait(now) == 0);
        }
    }
}

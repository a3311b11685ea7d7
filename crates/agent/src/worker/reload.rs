//! Settings that are taken while the agent runs: the exclusion rules and the recording hours. All others hold from the
//! next start on.

use super::agent::Agent;
use super::effect::Effect;
use model::{Moment, NoticeCode};
use protocol::Response;
use recorder::RecorderInput;
use settings::Settings;

/// Reads the settings file; an invalid one changes nothing.
pub(super) fn reload_settings(agent: &mut Agent, now: Moment) -> Response {
    let read = Settings::load(&agent.paths).and_then(|settings| {
        let rules = settings.exclude.compile_rules()?;
        let hours = settings.schedule.recording_schedule()?;
        Ok((settings, rules, hours))
    });
    let (settings, rules, hours) = match read {
        Ok(read) => read,
        Err(e) => {
            return Response::refused(format!(
                "The settings file is invalid, so the former ones hold: {e:#}"
            ));
        }
    };
    let mut taken = Vec::new();
    if settings.exclude != agent.policy.exclusions {
        agent.recording.apply(now, RecorderInput::Exclusions(rules));
        // How many, never which: a rule's words are the user's own affair.
        let text = format!(
            "The exclusion rules were changed: {} added by the user; the built-in ones are {}.",
            settings.exclude.rules.len(),
            if settings.exclude.defaults {
                "on"
            } else {
                "off"
            }
        );
        note_change(agent, now, text);
        agent.policy.exclusions = settings.exclude;
        taken.push("the exclusion rules");
    }
    if settings.schedule != agent.policy.schedule {
        let text = match settings.schedule.hours.join(", ") {
            always if always.is_empty() => "The recording hours were changed to always.".to_owned(),
            hours => format!("The recording hours were changed to {hours}."),
        };
        note_change(agent, now, text);
        let effects = agent.schedule.set_hours(hours, now);
        agent.apply(effects, now);
        agent.policy.schedule = settings.schedule;
        taken.push("the recording hours");
    }
    Response::done(match taken.as_slice() {
        [] => {
            "Nothing to apply: a running uam takes exclusion rules and recording hours; other settings apply at the next start.".to_owned()
        }
        taken => format!("The running uam has applied {}.", taken.join(" and ")),
    })
}

fn note_change(agent: &mut Agent, now: Moment, text: String) {
    let notice = Effect::notice(NoticeCode::Settings, text);
    agent.apply(vec![notice, Effect::CommitSoon], now);
}

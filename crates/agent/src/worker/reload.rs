//! Settings that are taken while the agent runs: the exclusion rules and the recording hours. All others hold from the
//! next start on.

use super::agent::Agent;
use model::{Moment, NoticeCode};
use protocol::Response;
use recorder::RecorderInput;
use settings::Settings;

impl Agent {
    /// Reads the settings file; one that is wrong changes nothing.
    pub(super) fn reload(&mut self, now: Moment) -> Response {
        let read = Settings::load(&self.paths).and_then(|config| {
            let (exclusions, hours) = (
                config.exclude.compile_rules()?,
                config.schedule.recording_schedule()?,
            );
            Ok((config, exclusions, hours))
        });
        let (config, exclusions, hours) = match read {
            Ok(read) => read,
            Err(e) => {
                return Response::refused(format!(
                    "The settings are wrong, so the former ones hold: {e:#}"
                ));
            }
        };
        let mut taken = Vec::new();
        if config.exclude != self.policy.exclusions {
            self.recorder
                .step(now, RecorderInput::Exclusions(exclusions));
            // How many, never which: a rule's words are the user's own affair.
            let text = format!(
                "The exclusion rules were changed: {} of the user's own, and the built-in ones are {}.",
                config.exclude.rules.len(),
                if config.exclude.defaults { "on" } else { "off" }
            );
            self.changed(now, text);
            self.policy.exclusions = config.exclude;
            taken.push("the exclusion rules");
        }
        if config.schedule != self.policy.schedule {
            let text = match config.schedule.hours.join(", ") {
                always if always.is_empty() => {
                    "The recording hours were changed to always.".to_owned()
                }
                hours => format!("The recording hours were changed to {hours}."),
            };
            self.changed(now, text);
            let changed = self.hours.set_hours(hours, now.utc_us);
            self.tell_hours(changed, now);
            self.policy.schedule = config.schedule;
            taken.push("the recording hours");
        }
        Response::done(match taken.as_slice() {
            [] => "Nothing was changed that a running uam takes; other settings hold from the next start on.".to_owned(),
            taken => format!("The running uam has taken {}.", taken.join(" and ")),
        })
    }

    fn changed(&mut self, now: Moment, text: String) {
        self.recorder
            .step(now, RecorderInput::Notice(NoticeCode::Settings, text));
        self.last_checkpoint = None;
    }
}

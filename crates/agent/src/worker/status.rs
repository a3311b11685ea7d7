//! The present state, as the live view and `uam status` show it.

use super::agent::Agent;
use journal::Reader;
use model::{Moment, SensorSupport};
use report::{AgentStatus, OutboxSummary};

impl Agent {
    /// The present state for people and for `uam status`.
    pub(super) fn status(&self, now: Moment) -> AgentStatus {
        let reader = Reader::open(&self.paths.journal_dir(), self.keys.opener.clone());
        let outbox = reader
            .and_then(|r| report::query::read_outbox_summary(&r))
            .unwrap_or_default();
        AgentStatus {
            outbox,
            ..self.glance(now)
        }
    }

    /// The same without the outbox, for which the journal would be read.
    pub(super) fn glance(&self, now: Moment) -> AgentStatus {
        let view = self.recorder.view();
        let mut missing: Vec<report::status::MissingSensor> = self
            .capabilities
            .iter()
            .filter_map(|c| match &c.support {
                SensorSupport::Unsupported(why) => Some(report::status::MissingSensor {
                    concern: c.concern,
                    why: why.clone(),
                }),
                SensorSupport::By(_) => None,
            })
            .collect();
        for concern in view.lost {
            if !missing.iter().any(|m| m.concern == concern) {
                let why =
                    model::Unsupported::new("it stopped working", "uam tries to bring it back");
                missing.push(report::status::MissingSensor { concern, why });
            }
        }
        let mut today_counts = self.today.counts();
        today_counts += view.counts;
        let after = |boot: u64| {
            now.utc_us
                .saturating_add_unsigned(boot.saturating_sub(now.boot_us))
        };
        AgentStatus {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            data_dir: self.paths.data.display().to_string(),
            zone: self.recorder.zone().to_string(),
            state: view.state,
            since_us: view.since_us,
            protected: view.protected,
            window: view.window.map(|w| (*w).clone()),
            span_counts: view.counts,
            today_counts,
            today: self.today.states(),
            last_durable_us: self.last_durable_us,
            outbox: OutboxSummary::default(),
            destination: self.destination.clone(),
            last_upload: self.last_upload.clone(),
            next_upload_us: self.next_upload_us,
            last_shot_us: self.last_shot_us,
            next_shot_us: self
                .schedule
                .as_ref()
                .filter(|_| self.disk.low().is_none())
                .map(|s| after(s.moment_us())),
            idle_us: None,
            paused_until_us: view.paused_until_us,
            hours: self.hours_status(view.outside_hours),
            power: view.power,
            missing,
            disk: self.disk.low(),
        }
    }
}

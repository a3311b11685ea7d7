//! The present state, as the live view, the icon and `uam status` show it.

use super::disk_monitor::DiskMonitor;
use super::journal_writer::JournalWriter;
use super::recording::Recording;
use super::schedule::Schedule;
use super::screenshots::Screenshots;
use super::today::TodayTracker;
use super::uploads::Uploads;
use journal::Reader;
use model::{Moment, SensorSupport, Unsupported};
use report::status::MissingSensor;
use report::{AgentStatus, OutboxSummary};
use std::path::Path;

/// The components that the state is read from.
pub(super) struct StatusSources<'a> {
    pub(super) data_dir: &'a Path,
    pub(super) recording: &'a Recording,
    pub(super) schedule: &'a Schedule,
    pub(super) journal: &'a JournalWriter,
    pub(super) screenshots: &'a Screenshots,
    pub(super) uploads: &'a Uploads,
    pub(super) disk: &'a DiskMonitor,
    pub(super) today: &'a TodayTracker,
}

/// The present state with the outbox, which is read from the journal; an empty one without a reader.
pub(super) fn build_status_with_outbox(
    sources: &StatusSources<'_>,
    reader: Option<&Reader>,
    now: Moment,
) -> AgentStatus {
    let outbox = reader
        .and_then(|reader| report::query::read_outbox_summary(reader).ok())
        .unwrap_or_default();
    AgentStatus {
        outbox,
        ..build_status(sources, now)
    }
}

/// The present state without the outbox.
pub(super) fn build_status(sources: &StatusSources<'_>, now: Moment) -> AgentStatus {
    let view = sources.recording.view();
    let mut today_counts = sources.today.counts();
    today_counts += view.counts;
    let low_space = sources.disk.low_space();
    AgentStatus {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
        data_dir: sources.data_dir.display().to_string(),
        zone: sources.recording.zone().to_string(),
        state: view.state,
        since: view.since,
        protected: view.protected,
        missing: list_missing_sensors(sources.recording),
        window: view.window.map(|w| (*w).clone()),
        span_counts: view.counts,
        today_counts,
        today: sources.today.states(),
        last_durable: sources.journal.last_durable(),
        outbox: OutboxSummary::default(),
        destination: sources.uploads.destination().to_owned(),
        last_upload: sources.uploads.last_run().cloned(),
        next_upload: sources.uploads.next_at(),
        last_screenshot: sources.screenshots.last_taken(),
        next_screenshot: sources
            .screenshots
            .next_due(now)
            .filter(|_| low_space.is_none()),
        idle: None,
        paused_until: view.paused_until,
        hours: sources.schedule.status(view.outside_hours),
        power: view.power,
        disk: low_space,
    }
}

/// Sensors that this desktop does not have, and those that stopped working.
fn list_missing_sensors(recording: &Recording) -> Vec<MissingSensor> {
    let mut missing: Vec<MissingSensor> = recording
        .capabilities()
        .iter()
        .filter_map(|c| match &c.support {
            SensorSupport::Unsupported(why) => Some(MissingSensor {
                concern: c.concern,
                why: why.clone(),
            }),
            SensorSupport::By(_) => None,
        })
        .collect();
    for concern in recording.view().lost {
        if !missing.iter().any(|m| m.concern == concern) {
            let why = Unsupported::new("it stopped working", "uam tries to restart it");
            missing.push(MissingSensor { concern, why });
        }
    }
    missing
}

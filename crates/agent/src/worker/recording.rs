//! The recorder and the sensors that feed it.

use super::effect::{Effect, Effects};
use model::{
    ActiveWindow, Moment, SensorCapability, SensorEvent, SensorKind, SensorSupport, Span,
    TimedEvent, Timestamp, UserError,
};
use platform::timezone::current_zone_name;
use recorder::{
    Recorder, RecorderBatch, RecorderInput, RecorderSettings, RecorderView, SkipReason,
};
use sense::{DesktopOptions, SensorSupervisor};
use settings::{Policy, Settings};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// How long a run in the background goes on without a desktop. A sensor that broke is back within seconds.
const DESKTOP_LOST_LIMIT: Duration = Duration::from_secs(15);

/// The recorder and the sensors that feed it.
pub(super) struct Recording {
    recorder: Recorder,
    sensors: Option<SensorSupervisor>,
    capabilities: Vec<SensorCapability>,
    /// Since when a run in the background has no desktop.
    desktop_lost_since: Option<Moment>,
    /// True in the background: no terminal ends with the desktop, so a run whose desktop is gone ends by itself.
    needs_desktop: bool,
}

impl Recording {
    pub(super) fn start(
        policy: &Policy,
        capabilities: Vec<SensorCapability>,
        needs_desktop: bool,
        now: Moment,
    ) -> anyhow::Result<Self> {
        let settings = recorder_settings(policy, &capabilities)?;
        Ok(Self {
            recorder: Recorder::start(settings, now),
            sensors: None,
            capabilities,
            desktop_lost_since: None,
            needs_desktop,
        })
    }

    /// The sensors run from now on; they are watched and ended from here.
    pub(super) fn watch_sensors(&mut self, sensors: SensorSupervisor) {
        self.sensors = Some(sensors);
    }

    pub(super) fn apply(&mut self, at: Moment, input: RecorderInput) {
        self.recorder.step(at, input);
    }

    /// An event of a sensor, at its own time.
    pub(super) fn apply_event(&mut self, TimedEvent { at, event }: TimedEvent) -> Effects {
        let effects = match event {
            // The machine sleeps within moments; open counts must be on disk by then.
            SensorEvent::Sleep { asleep: true } => vec![Effect::CommitSoon],
            SensorEvent::Lock { locked: true } => vec![Effect::DesktopLocked],
            _ => Effects::new(),
        };
        self.recorder.step(at, RecorderInput::Event(event));
        effects
    }

    /// Every sensor thread has ended.
    pub(super) fn mark_sensors_lost(&mut self, now: Moment) {
        for concern in [SensorKind::Window, SensorKind::Input, SensorKind::Idle] {
            let event = SensorEvent::Lost {
                concern,
                reason: "every sensor thread has ended".to_owned(),
            };
            self.recorder.step(now, RecorderInput::Event(event));
        }
    }

    /// Asks the sensors whether they still work.
    pub(super) fn check_sensors(&mut self, now: Moment) {
        let Some(sensors) = &mut self.sensors else {
            return;
        };
        for TimedEvent { at, event } in sensors.check_sensors(now) {
            self.recorder.step(at, RecorderInput::Event(event));
        }
    }

    pub(super) fn update_desktop_presence(&mut self, now: Moment) {
        let is_unsupported = |c: &SensorCapability| {
            c.concern == SensorKind::Window && matches!(c.support, SensorSupport::Unsupported(_))
        };
        let is_lost = self.needs_desktop
            && self.recorder.view().lost.contains(&SensorKind::Window)
            && !self.capabilities.iter().any(is_unsupported);
        self.desktop_lost_since = match is_lost {
            true => self.desktop_lost_since.or(Some(now)),
            false => None,
        };
    }

    /// True once a run in the background has had no desktop for so long that it ends.
    pub(super) fn is_abandoned(&self, now: Moment) -> bool {
        self.desktop_lost_since
            .is_some_and(|since| now.since(since) >= DESKTOP_LOST_LIMIT)
    }

    /// Everything since the last batch, open counts included.
    pub(super) fn take_batch(&mut self, now: Moment) -> RecorderBatch {
        self.recorder.take_batch(now)
    }

    /// Spans closed since the last call, each once.
    pub(super) fn take_closed_spans(&mut self) -> Vec<Span> {
        self.recorder.take_closed()
    }

    /// The window that a screenshot may be taken of.
    pub(super) fn screenshot_target(&self) -> Result<ActiveWindow, SkipReason> {
        self.recorder.screenshot_target()
    }

    pub(super) fn view(&self) -> RecorderView {
        self.recorder.view()
    }

    pub(super) fn zone(&self) -> &Arc<str> {
        self.recorder.zone()
    }

    pub(super) fn capabilities(&self) -> &[SensorCapability] {
        &self.capabilities
    }

    /// As the record tells time.
    pub(super) fn timestamp_of(&self, at: Moment) -> Timestamp {
        self.recorder.timestamp_of(at)
    }

    /// Ends the open span, so that it can be redacted.
    pub(super) fn cut_open_span(&mut self, now: Moment) {
        self.recorder.cut_at(now);
    }

    /// The start of the oldest span that is not final.
    pub(super) fn oldest_unsettled(&self) -> Timestamp {
        self.recorder.oldest_unsettled()
    }

    /// Drops everything of `range` from the recorder's memory.
    pub(super) fn redact(&mut self, range: &Range<Timestamp>) {
        self.recorder.redact(range);
    }

    /// Ends the sensors; their last events are in the queue then.
    pub(super) fn stop_sensors(&mut self) {
        if let Some(sensors) = self.sensors.take() {
            sensors.stop();
        }
    }

    /// Closes the last span.
    pub(super) fn stop(self, now: Moment, reason: &str) -> RecorderBatch {
        self.recorder.stop(now, reason)
    }
}

/// The options that the desktop is opened with, by the worker and by `uam doctor`.
pub fn desktop_options(settings: &Settings) -> DesktopOptions {
    let mut options = DesktopOptions {
        idle_limit: Duration::from_secs(settings.record.idle_seconds),
        ..DesktopOptions::default()
    };
    // So that a battery can be had where there is none.
    if let Some(root) = std::env::var_os("UAM_POWER_ROOT") {
        options.power_root = root.into();
    }
    options
}

fn recorder_settings(
    policy: &Policy,
    capabilities: &[SensorCapability],
) -> anyhow::Result<RecorderSettings> {
    let unsupported: Vec<SensorKind> = capabilities
        .iter()
        .filter(|c| matches!(c.support, SensorSupport::Unsupported(_)))
        .map(|c| c.concern)
        .collect();
    let exclusions = policy
        .exclusions
        .compile_rules()
        .map_err(|e| UserError::usage(e.to_string(), "See [exclude] in the settings."))?;
    Ok(RecorderSettings {
        idle_limit: policy.idle_limit,
        idle_sensor: !unsupported.contains(&SensorKind::Idle),
        low_percent: policy.battery.suspend_percent,
        resume_percent: policy.battery.resume_percent,
        exclusions,
        zone: current_zone_name(),
        unsupported,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::effect::describe_effects;
    use super::*;
    use settings::{AppPaths, EnvVars, Readers};
    use std::collections::BTreeMap;

    fn at(second: u64) -> Moment {
        Moment {
            utc: Timestamp::from_seconds(1_790_000_000) + Duration::from_secs(second),
            boot: Duration::from_secs(second),
            awake: Duration::from_secs(second),
        }
    }

    fn start(needs_desktop: bool) -> Recording {
        let dir = tempfile::tempdir().unwrap();
        let (settings, paths) = (Settings::default(), AppPaths::under(dir.path()));
        let env_vars = EnvVars {
            values: BTreeMap::new(),
            files: Vec::new(),
        };
        let destination = settings::resolve_destination(&settings, &env_vars, &paths).unwrap();
        let policy = Policy::resolve(&settings, destination, &paths, Readers::default()).unwrap();
        Recording::start(&policy, Vec::new(), needs_desktop, at(0)).unwrap()
    }

    #[test]
    fn sleep_asks_for_a_commit_and_a_lock_ends_the_unlock() {
        let mut recording = start(false);
        let mut effects = |event| {
            let effects = recording.apply_event(TimedEvent { at: at(1), event });
            describe_effects(&effects)
        };
        assert_eq!(effects(SensorEvent::Sleep { asleep: true }), ["CommitSoon"]);
        assert!(effects(SensorEvent::Sleep { asleep: false }).is_empty());
        assert_eq!(
            effects(SensorEvent::Lock { locked: true }),
            ["DesktopLocked"]
        );
        assert!(effects(SensorEvent::Lock { locked: false }).is_empty());
    }

    #[test]
    fn only_a_run_in_the_background_ends_without_a_desktop() {
        for (needs_desktop, is_abandoned) in [(true, true), (false, false)] {
            let mut recording = start(needs_desktop);
            recording.mark_sensors_lost(at(1));
            recording.update_desktop_presence(at(1));
            recording.update_desktop_presence(at(10));
            assert!(!recording.is_abandoned(at(15)));
            assert_eq!(recording.is_abandoned(at(16)), is_abandoned);
        }
    }
}

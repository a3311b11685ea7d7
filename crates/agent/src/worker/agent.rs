//! The running agent: its components, and the order in which they work together.
//!
//! Components own their state and never call each other; they return [`Effects`], which are applied here.

use super::disk_monitor::DiskMonitor;
use super::effect::{Effect, Effects};
use super::indicator::DesktopIndicator;
use super::journal_writer::{JournalWriter, restart_worker_error};
use super::queue::Message;
use super::recording::Recording;
use super::schedule::Schedule;
use super::screenshots::{HeldScreenshot, Screenshots};
use super::status::{StatusSources, build_status, build_status_with_outbox};
use super::today::TodayTracker;
use super::uploads::Uploads;
use super::viewers::{Viewers, newest_screenshot};
use crate::keyholder;
use journal::{JournalKeys, Reader};
use model::{Moment, Record, Screenshot};
use recorder::{RecorderBatch, SkipReason};
use report::{AgentStatus, LogSubject};
use settings::{AppPaths, Policy};
use std::sync::Arc;
use std::time::Duration;

/// The running agent.
pub(super) struct Agent {
    pub(super) paths: AppPaths,
    pub(super) policy: Policy,
    pub(super) journal_keys: JournalKeys,
    /// True when the desktop is a recorded trace, which ends.
    pub(super) is_replay: bool,
    pub(super) recording: Recording,
    pub(super) schedule: Schedule,
    pub(super) journal: JournalWriter,
    pub(super) screenshots: Screenshots,
    pub(super) uploads: Uploads,
    pub(super) disk: DiskMonitor,
    pub(super) today: TodayTracker,
    pub(super) viewers: Viewers,
    pub(super) indicator: DesktopIndicator,
}

impl Agent {
    /// Passes an edge of the recording hours on, if the clock has passed one.
    pub(super) fn poll_schedule(&mut self, now: Moment) {
        let effects = self.schedule.poll(now);
        self.apply(effects, now);
    }

    /// Until the loop has something to do by itself.
    pub(super) fn time_until_wake(&self, now: Moment) -> Duration {
        self.journal
            .time_until_commit(now)
            .min(self.screenshots.time_until_wake(now))
            .min(self.schedule.time_until_edge(now))
    }

    /// Stores the screenshot that was held long enough, and orders one when the timer says so.
    pub(super) fn poll_screenshots(&mut self, now: Moment) {
        if let Some(held) = self.screenshots.take_held(now) {
            self.store_screenshot(held, now);
        }
        if self.screenshots.poll_timer(now) {
            let target = || self.recording.screenshot_target();
            // A refusal is not made up for.
            let _ = self.screenshots.order(target, self.disk.low_space());
        }
    }

    /// Makes everything durable that is not yet. A disk that cannot be written is logged and tried again; only too many
    /// waiting records end the run.
    pub(super) fn commit(&mut self, now: Moment) -> anyhow::Result<()> {
        if let Some(why) = self.journal.take_damage() {
            return Err(restart_worker_error(why));
        }
        let effects = self.schedule.check_zone(now, self.recording.zone());
        self.apply(effects, now);
        let state = self.recording.view().state;
        let effects = self.schedule.check_daily(now, self.recording.zone(), state);
        self.apply(effects, now);
        let effects = self.disk.check(now, &mut self.journal);
        self.apply(effects, now);
        self.recording.check_sensors(now);
        self.recording.update_desktop_presence(now);
        let batch = self.recording.take_batch(now);
        self.schedule
            .forget_ended_pause(self.recording.view().paused);
        // After the checks: their request for a commit is answered by this one.
        self.journal.mark_commit_started(now);
        self.show_output(&batch);
        self.journal.add(batch);
        let effects = self.journal.commit(now)?;
        self.apply(effects, now);
        self.journal.run_wal_checkpoint_if_due();
        self.refresh_views(now);
        Ok(())
    }

    fn show_output(&mut self, batch: &RecorderBatch) {
        for span in self.recording.take_closed_spans() {
            self.today.add(&span);
            self.viewers.show_records(&[Record::Span(span)]);
        }
        // Spans were shown when they closed.
        let rest: Vec<Record> = batch
            .records
            .iter()
            .filter(|r| !matches!(r, Record::Span(_)))
            .cloned()
            .collect();
        self.viewers.show_records(&rest);
        self.indicator.notify_records(&rest);
    }

    fn refresh_views(&mut self, now: Moment) {
        if self.viewers.wants_status() {
            let status = self.read_status(now);
            self.viewers.show_status(status, self.today.day_summary());
        }
        let has_camera = self.screenshots.has_camera() && self.disk.low_space().is_none();
        let status = build_status(&self.status_sources(), now);
        self.indicator.show(&status, has_camera, now);
    }

    /// The present state with the outbox.
    pub(super) fn read_status(&self, now: Moment) -> AgentStatus {
        let opener = self.journal_keys.opener.clone();
        let reader = Reader::open(&self.paths.journal_dir(), opener).ok();
        build_status_with_outbox(&self.status_sources(), reader.as_ref(), now)
    }

    fn status_sources(&self) -> StatusSources<'_> {
        StatusSources {
            data_dir: &self.paths.data,
            recording: &self.recording,
            schedule: &self.schedule,
            journal: &self.journal,
            screenshots: &self.screenshots,
            uploads: &self.uploads,
            disk: &self.disk,
            today: &self.today,
        }
    }

    /// Handles any message but a request and the end, which reach it only while the end drains the queue.
    pub(super) fn handle(&mut self, message: Message, now: Moment) {
        let effects = match message {
            Message::Sensed(event) => self.recording.apply_event(event),
            Message::ScreenshotTaken(result) => self.screenshots.receive(result, now),
            Message::UploadFinished(run) => self.uploads.record_run(&run, now),
            Message::FreezeForUpload(done) => {
                let effects = self.journal.freeze(now);
                let _ = done.try_send(());
                effects
            }
            Message::SensorsEnded => {
                self.recording.mark_sensors_lost(now);
                Effects::new()
            }
            Message::Request(..) | Message::Shutdown(_) => Effects::new(),
        };
        self.apply(effects, now);
    }

    /// Applies effects in their order.
    pub(super) fn apply(&mut self, effects: Effects, now: Moment) {
        for effect in effects {
            match effect {
                Effect::Record(input) => self.recording.apply(now, input),
                Effect::Log(subject, text) => {
                    self.viewers
                        .log(subject, now.utc, self.recording.zone(), text);
                }
                Effect::LogUpload(upload) => {
                    self.viewers.show_upload(&upload, self.recording.zone());
                }
                Effect::CommitSoon => self.journal.request_commit(),
                Effect::CheckJournal => self.journal.check_damage(),
                Effect::DesktopLocked => {
                    // A person who comes back to the unlocked desktop shows the factors again. No answer is waited for.
                    keyholder::end_unlock_in_background(&self.paths);
                    self.viewers.revoke_tickets();
                }
            }
        }
    }

    /// Stores a held screenshot, unless the disk is low, the window turned out to be protected, or the state forbids it.
    pub(super) fn store_screenshot(&mut self, held: HeldScreenshot, now: Moment) {
        if self.disk.low_space().is_some() {
            return;
        }
        match self.recording.screenshot_target() {
            Err(SkipReason::Protected | SkipReason::State(_)) => return,
            Ok(_) | Err(SkipReason::NoWindow) => {}
        }
        let image = held.image;
        let shot = Screenshot {
            at: self.recording.timestamp_of(held.at),
            zone: Arc::clone(self.recording.zone()),
            sha256: image.sha256.clone(),
            bytes: image.bytes.len() as u64,
            media: image.media.to_string(),
            width: image.width,
            height: image.height,
            screen_width: image.screen_width,
            screen_height: image.screen_height,
            blurred: image.blurred,
            redacted: false,
            window: Some(held.window.window),
        };
        match self.journal.add_screenshot(&shot, &image.bytes, now) {
            Ok(seq) => {
                self.screenshots.mark_stored(shot.at);
                let is_seen = self.viewers.wants_status();
                let shown = is_seen
                    .then(|| newest_screenshot(&self.paths, &self.journal_keys))
                    .flatten();
                self.viewers.show_screenshot(&shot, seq, shown);
            }
            Err(e) => {
                self.journal.report_error(&e);
                let text = format!("A screenshot could not be stored: {e}");
                self.apply(vec![Effect::Log(LogSubject::Shot, text)], now);
            }
        }
    }
}

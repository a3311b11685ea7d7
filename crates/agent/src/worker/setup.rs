//! How a run begins: the journal is opened, what a crash left is mended, and every thread is started.

use super::agent::{Agent, UnwrittenRecords};
use super::camera_thread::CameraThread;
use super::daily_reminder::{DailyReminder, format_reminder};
use super::disk_monitor::DiskMonitor;
use super::indicator::DesktopIndicator;
use super::pause_file::PauseFile;
use super::queue::AgentQueue;
use super::recording::recorder_settings;
use super::sources::{self, TraceFile};
use super::upload_thread::{UploadProcessSetup, UploadThread};
use super::viewers::Tickets;
use super::viewers::{TerminalMode, Viewers};
use crate::app_context::AppContext;
use crate::day_so_far::{merge_day, read_own_day};
use crate::handover::Handover;
use crate::latch::Latch;
use crate::random::random_u64;
use anyhow::Context;
use jiff::tz::TimeZone;
use journal::{Journal, RecoveryReport};
use model::{Clock, Notice, NoticeCode, Record, TimedEvent};
use platform::timezone::current_zone_name;
use recorder::{Recorder, RecorderInput, ScheduleWatch};
use report::LogSubject;
use screenshots::schedule::CaptureSchedule;
use sense::Desktop;
use settings::Policy;
use std::io::BufRead;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

/// Everything a worker is made of.
pub struct WorkerSetup {
    /// The installation.
    pub context: AppContext,
    /// Everything the run was agreed to.
    pub policy: Policy,
    /// The keys that the journal seals with; they open records of this start and no others.
    pub keys: journal::JournalKeys,
    /// The vault's recovery slots, to lie beside the record where it is sent.
    pub vault_copy: Vec<u8>,
    /// The desktop to record.
    pub desktop: Desktop,
    /// True when the desktop is a recorded trace.
    pub is_replay: bool,
    /// Where sensor events are written too.
    pub trace: Option<TraceFile>,
    /// For the upload thread.
    pub upload: UploadProcessSetup,
    /// Where uploads go, for people.
    pub destination: String,
    /// The first line from the supervisor.
    pub handover: Handover,
    /// Where the supervisor's orders come from.
    pub orders: Box<dyn BufRead + Send>,
    /// How news is shown.
    pub terminal: TerminalMode,
}

impl Agent {
    /// Opens the journal, mends what a crash left, and starts every thread.
    pub(super) fn start(
        setup: WorkerSetup,
        tx: AgentQueue,
        clock: &dyn Clock,
        done: &Arc<Latch>,
    ) -> anyhow::Result<Self> {
        let WorkerSetup {
            context,
            policy,
            keys,
            vault_copy,
            mut desktop,
            is_replay,
            trace,
            upload,
            destination,
            mut handover,
            orders,
            terminal,
        } = setup;
        let paths = context.paths.clone();
        let threads = "cannot start a thread";
        // First of all: a wish to end that comes while the journal is opened waits in the queue.
        sources::watch_shutdown_causes(tx.clone(), Arc::clone(done)).context(threads)?;
        sources::read_orders(orders, tx.clone()).context(threads)?;
        let now = clock.now();
        let (mut journal, recovery) =
            Journal::open(&paths.journal_dir(), keys.clone(), now.utc_us)?;
        let mended = describe_recovery(&recovery);
        let kept = journal.commit_recovered(&mended, now.utc_us)?;
        let clear_from = journal.first_free_quarter_hour()?;
        let capabilities = desktop.capabilities().to_vec();
        let settings = recorder_settings(&policy, &capabilities)?;
        let mut recorder = Recorder::start(settings, now);
        for (code, text) in std::mem::take(&mut handover.notices) {
            recorder.step(now, RecorderInput::Notice(code, text));
        }
        let version = env!("CARGO_PKG_VERSION");
        if handover.first {
            let text = "A code was accepted at the start.".to_owned();
            recorder.step(now, RecorderInput::Notice(NoticeCode::CodeAccepted, text));
            let text = format!("Recording started by uam {version}.");
            recorder.step(now, RecorderInput::Notice(NoticeCode::Started, text));
        } else {
            let text = format!("Recording goes on under the same start (uam {version}).");
            recorder.step(now, RecorderInput::Notice(NoticeCode::Started, text));
        }
        journal.store_vault_copy(&vault_copy, now.utc_us)?;
        let daily = format_reminder(
            &policy.describe_screenshots(),
            &paths.data.display().to_string(),
            &destination,
            &policy.describe_readers(),
        );
        recorder.step(now, RecorderInput::Notice(NoticeCode::Daily, daily.clone()));
        let today_is = report::day::local_date(now.utc_us, recorder.zone());
        let hours = ScheduleWatch::new(
            policy.schedule.recording_schedule()?,
            TimeZone::system(),
            now.utc_us,
        );
        if !hours.now().inside {
            recorder.step(now, RecorderInput::Hours { inside: false });
        }

        let shots = screenshots::ScreenshotSettings {
            blur: policy.screenshots.blurred,
            quality: match policy.screenshots.quality {
                settings::QualitySetting::Standard => screenshots::ScreenshotQuality::Standard,
                settings::QualitySetting::Small => screenshots::ScreenshotQuality::Small,
            },
        };
        let screen = desktop
            .take_capture()
            .filter(|_| policy.screenshots.enabled);
        let shooter = screen
            .map(|s| CameraThread::start(s, shots, tx.clone()))
            .transpose()
            .context("cannot start the camera thread")?;
        let interval_us = policy.screenshots.interval.as_secs() * model::MICROS_PER_SECOND;
        let schedule = shooter
            .is_some()
            .then(|| CaptureSchedule::new(interval_us, now.boot_us, random_u64()));

        sources::answer_callers(&paths.agent_endpoint(), tx.clone())
            .with_context(|| format!("cannot listen at {}", paths.agent_endpoint().display()))?;
        let (stamped_tx, stamped_rx) = sync_channel::<TimedEvent>(super::queue::CAPACITY);
        sources::forward_events(stamped_rx, trace, tx.clone()).context(threads)?;
        let courier = UploadThread::start(upload, tx.clone()).context(threads)?;
        let mut viewers = Tickets::default();
        let display = Viewers::open(terminal, context.clone(), viewers.own(), &tx)?;
        let tray = DesktopIndicator::open(policy.visibility, context, &tx);
        let sensors = desktop.start(stamped_tx);

        let before = handover.today.take();
        let own = read_own_day(&paths, &keys, today_is, now.utc_us, recorder.zone());
        let today = merge_day(before.as_ref(), own.as_ref(), today_is, recorder.zone());
        let mut agent = Self {
            replay: is_replay,
            destination,
            capabilities,
            recorder,
            journal,
            backlog: UnwrittenRecords::new(clear_from),
            last_checkpoint: None,
            last_durable_us: None,
            write_error: None,
            last_zone_look: now,
            hours,
            kept_pause: PauseFile::open(paths.pause_file(), now.utc_us),
            daily: DailyReminder::new(daily, today_is),
            disk: DiskMonitor::new(policy.disk_reserve),
            damage: None,
            sensors: Some(sensors),
            shooter,
            schedule,
            held: None,
            last_shot_us: None,
            shot_wanted: false,
            ordered_shots: 0,
            void_shots: 0,
            unfolded: false,
            courier: Some(courier),
            last_upload: None,
            next_upload_us: None,
            upload_stuck: false,
            display,
            viewers,
            background: terminal == TerminalMode::None,
            alone_since: None,
            tray,
            today,
            before,
            began_us: now.utc_us,
            paths,
            policy,
            keys,
        };
        agent.display.records(&mended);
        if !kept.is_empty() && !recovery.clean {
            let text = "The last run ended without a goodbye; nothing that was written is lost.";
            agent.note(LogSubject::Notice(NoticeCode::Recovered), now, text);
        }
        agent.take_up_pause(now);
        agent.checkpoint(now)?;
        Ok(agent)
    }
}

/// What to tell about the last run's end.
fn describe_recovery(recovery: &RecoveryReport) -> Vec<Record> {
    let mut records: Vec<Record> = recovery.pending.iter().cloned().map(Record::Span).collect();
    let at_us = recovery.last_durable_us.unwrap_or_default();
    let zone = recovery
        .pending
        .last()
        .map_or_else(current_zone_name, |s| Arc::clone(&s.zone))
        .to_string();
    let mut notice = |code, text: String| {
        records.push(Record::Notice(Notice {
            at_us,
            zone: zone.clone(),
            code,
            text,
        }));
    };
    if let Some(q) = &recovery.quarantined {
        let text = format!(
            "The journal was damaged ({}); it was set aside as {}. {} records were saved, {} are missing.",
            q.why,
            q.path.display(),
            q.salvaged,
            q.lost
        );
        notice(NoticeCode::Quarantined, text);
    }
    if !recovery.first && !recovery.clean {
        let mut text = "The last run ended without saying so; its open span was closed at its last durable moment.".to_owned();
        let s = recovery.swept;
        if s.lost > 0 || recovery.pending_damaged > 0 {
            text.push_str(&format!(
                " {} pictures and {} open spans were lost.",
                s.lost, recovery.pending_damaged
            ));
        }
        notice(NoticeCode::Recovered, text);
    }
    records
}

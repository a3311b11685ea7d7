//! The start of a worker: the journal is opened, repaired after a crash, and every thread is started.

use super::agent::Agent;
use super::camera_thread::CameraThread;
use super::daily_reminder::{DailyReminder, format_reminder};
use super::disk_monitor::DiskMonitor;
use super::effect::Effect;
use super::indicator::DesktopIndicator;
use super::journal_writer::JournalWriter;
use super::pause_file::PauseFile;
use super::queue::{AgentQueue, CAPACITY};
use super::recording::Recording;
use super::schedule::Schedule;
use super::screenshots::Screenshots;
use super::sources::{self, TraceFile};
use super::today::TodayTracker;
use super::upload_thread::UploadProcessSetup;
use super::uploads::Uploads;
use super::viewers::{TerminalMode, Viewers};
use crate::app_context::AppContext;
use crate::day_so_far::read_day;
use crate::handover::Handover;
use crate::latch::Latch;
use ::screenshots::{ScreenshotQuality, ScreenshotSettings};
use anyhow::Context;
use journal::{JournalKeys, RecoveryReport};
use model::{Clock, Moment, Notice, NoticeCode, Record, TimedEvent};
use platform::timezone::current_zone_name;
use recorder::RecorderInput;
use sense::Desktop;
use settings::{Policy, QualitySetting};
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
    pub keys: JournalKeys,
    /// The vault's recovery slots, kept beside the record and uploaded with it.
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
    /// How this start's terminal shows the record.
    pub terminal: TerminalMode,
}

/// Opens the journal, repairs it after a crash, and starts every thread. It takes the last sender of the queue that is
/// not a thread's own, so that the loop sees the end of them all.
pub(super) fn start(
    setup: WorkerSetup,
    queue: AgentQueue,
    clock: &dyn Clock,
    latch: &Arc<Latch>,
) -> anyhow::Result<Agent> {
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
    // First of all: a request to end that comes while the journal is opened waits in the queue.
    sources::watch_shutdown_causes(queue.clone(), Arc::clone(latch)).context(threads)?;
    sources::read_orders(orders, queue.clone()).context(threads)?;
    let now = clock.now();
    let (mut journal, recovery) = JournalWriter::open(&paths, keys.clone(), policy.upload, now)?;
    let recovered = describe_recovery(&recovery);
    let has_recovered = journal.commit_recovered(&recovered, now)?;
    let capabilities = desktop.capabilities().to_vec();
    let needs_desktop = terminal == TerminalMode::None;
    let mut recording = Recording::start(&policy, capabilities, needs_desktop, now)?;
    record_start(&mut recording, &mut handover, now);
    journal.store_vault_copy(&vault_copy, now)?;
    let schedule = start_schedule(&context, &policy, &destination, &mut recording, now)?;
    let screenshots = start_screenshots(&policy, &mut desktop, &queue, now)?;
    sources::answer_callers(&paths.agent_endpoint(), queue.clone())
        .with_context(|| format!("cannot listen at {}", paths.agent_endpoint().display()))?;
    let (events, inbox) = sync_channel::<TimedEvent>(CAPACITY);
    sources::forward_events(inbox, trace, queue.clone()).context(threads)?;
    let uploads = Uploads::start(upload, destination, queue.clone()).context(threads)?;
    let viewers = Viewers::open(terminal, context.clone(), &queue)?;
    let indicator = DesktopIndicator::start(policy.visibility, context, &queue);
    recording.watch_sensors(desktop.start(events));
    let zone = recording.zone();
    let day = report::local_date(now.utc, zone);
    let own = read_day(&paths, keys.opener.clone(), day, now.utc, zone);
    let today = TodayTracker::start(handover.today.take(), own.as_ref(), now.utc, zone);
    let mut agent = Agent {
        is_replay,
        recording,
        schedule,
        journal,
        screenshots,
        uploads,
        disk: DiskMonitor::new(
            paths.journal_dir(),
            policy.disk_reserve,
            policy.retention.action.clone(),
        ),
        today,
        viewers,
        indicator,
        paths,
        policy,
        journal_keys: keys,
    };
    agent.viewers.show_records(&recovered);
    if has_recovered && !recovery.clean {
        let text = "The last run was not shut down properly; no stored record is lost.";
        agent.apply(vec![Effect::log_notice(NoticeCode::Recovered, text)], now);
    }
    let effects = agent.schedule.restore_pause(now);
    agent.apply(effects, now);
    agent.commit(now)?;
    Ok(agent)
}

/// The notices that a start begins with.
fn record_start(recording: &mut Recording, handover: &mut Handover, now: Moment) {
    let mut record = |code, text| recording.apply(now, RecorderInput::Notice(code, text));
    for (code, text) in std::mem::take(&mut handover.notices) {
        record(code, text);
    }
    let version = env!("CARGO_PKG_VERSION");
    if handover.first {
        let text = "A code was accepted at the start.".to_owned();
        record(NoticeCode::CodeAccepted, text);
        let text = format!("Recording started by uam {version}.");
        record(NoticeCode::Started, text);
    } else {
        let text = format!("Recording goes on under the same start (uam {version}).");
        record(NoticeCode::Started, text);
    }
}

/// The reminder is given at once, and again each day; recording begins paused outside the recording hours.
fn start_schedule(
    context: &AppContext,
    policy: &Policy,
    destination: &str,
    recording: &mut Recording,
    now: Moment,
) -> anyhow::Result<Schedule> {
    let reminder = format_reminder(
        &policy.describe_screenshots(),
        &context.paths.data.display().to_string(),
        destination,
        &policy.describe_readers(),
    );
    let notice = RecorderInput::Notice(NoticeCode::Daily, reminder.clone());
    recording.apply(now, notice);
    let day = report::local_date(now.utc, recording.zone());
    let schedule = Schedule::new(
        policy.schedule.recording_schedule()?,
        PauseFile::open(context.paths.pause_file(), now.utc),
        DailyReminder::new(reminder, day),
        now,
    );
    if !schedule.is_inside_hours() {
        recording.apply(now, RecorderInput::ScheduleEdge { inside: false });
    }
    Ok(schedule)
}

/// Starts the camera thread, where the desktop has a camera and the policy wants screenshots.
fn start_screenshots(
    policy: &Policy,
    desktop: &mut Desktop,
    queue: &AgentQueue,
    now: Moment,
) -> anyhow::Result<Screenshots> {
    let settings = ScreenshotSettings {
        blur: policy.screenshots.blurred,
        quality: match policy.screenshots.quality {
            QualitySetting::Standard => ScreenshotQuality::Standard,
            QualitySetting::Small => ScreenshotQuality::Small,
        },
    };
    let is_enabled = policy.screenshots.enabled;
    let camera = desktop
        .take_capture()
        .filter(|_| is_enabled)
        .map(|capture| CameraThread::start(capture, settings, queue.clone()))
        .transpose()
        .context("cannot start the camera thread")?;
    let interval = policy.screenshots.interval;
    Ok(Screenshots::new(camera, is_enabled, interval, now))
}

/// Records about the end of the last run.
fn describe_recovery(recovery: &RecoveryReport) -> Vec<Record> {
    let mut records: Vec<Record> = recovery.pending.iter().cloned().map(Record::Span).collect();
    let at = recovery.last_durable.unwrap_or_default();
    let zone = recovery
        .pending
        .last()
        .map_or_else(current_zone_name, |s| Arc::clone(&s.zone))
        .to_string();
    let mut notice = |code, text: String| {
        records.push(Record::Notice(Notice {
            at,
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
        let mut text =
            "The last run was not shut down properly; its open span ends when it was last saved."
                .to_owned();
        let s = recovery.swept;
        if s.lost > 0 || recovery.pending_damaged > 0 {
            text.push_str(&format!(
                " {} screenshots and {} open spans were lost.",
                s.lost, recovery.pending_damaged
            ));
        }
        notice(NoticeCode::Recovered, text);
    }
    records
}

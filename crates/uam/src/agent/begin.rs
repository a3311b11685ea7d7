//! How a run begins: the journal is opened, what a crash left is mended, and every thread is started.

use super::camera::chance;
use super::courier::{Courier, Route};
use super::daily::{self, Daily};
use super::display::{Display, Look};
use super::floor::Disk;
use super::pause::KeptPause;
use super::shooter::Shooter;
use super::sources::{self, Message, Trace};
use super::state::{Agent, Backlog};
use super::tray::Tray;
use super::viewers::Viewers;
use crate::commands::Home;
use crate::done::Done;
use crate::lease::Handover;
use anyhow::Context;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use journal::{Journal, Reader, RecoveryReport};
use model::{
    Clock, Notice, NoticeCode, Record, SensorCapability, SensorKind, SensorSupport, TimedEvent,
    UserError,
};
use platform::timezone::current_zone_name;
use recorder::{Recorder, RecorderInput, ScheduleWatch};
use report::{LogSubject, TodayTotals, ViewOptions};
use screenshots::schedule::CaptureSchedule;
use sense::Desktop;
use settings::{AppPaths, Policy};
use std::io::BufRead;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

/// What a run is made of.
pub(crate) struct Setup {
    pub(crate) paths: AppPaths,
    pub(crate) policy: Policy,
    /// What the journal seals with; it opens what this start wrote, and nothing else.
    pub(crate) keys: journal::JournalKeys,
    /// The vault's recovery slots, to lie beside the record where it is sent.
    pub(crate) copy: Vec<u8>,
    pub(crate) desktop: Desktop,
    /// True when the desktop is a recorded trace.
    pub(crate) replay: bool,
    pub(crate) trace: Option<Trace>,
    pub(crate) route: Route,
    /// Where uploads go, for people.
    pub(crate) destination: String,
    /// What the start hands over.
    pub(crate) handover: Handover,
    /// Where the supervisor's orders come from.
    pub(crate) orders: Box<dyn BufRead + Send>,
    /// How news is shown.
    pub(crate) look: Look,
    pub(crate) home: Home,
}

impl Agent {
    /// Opens the journal, mends what a crash left, and starts every thread.
    pub(crate) fn start(
        setup: Setup,
        tx: SyncSender<Message>,
        clock: &dyn Clock,
        done: &Arc<Done>,
    ) -> anyhow::Result<Self> {
        let Setup {
            paths,
            policy,
            keys,
            copy,
            mut desktop,
            replay,
            trace,
            route,
            destination,
            mut handover,
            orders,
            look,
            home,
        } = setup;
        let threads = "cannot start a thread";
        // First of all: a wish to end that comes while the journal is opened waits in the queue.
        sources::endings(tx.clone(), Arc::clone(done)).context(threads)?;
        sources::orders(orders, tx.clone()).context(threads)?;
        let now = clock.now();
        let (mut journal, recovery) =
            Journal::open(&paths.journal_dir(), keys.clone(), now.utc_us)?;
        let mended = recovered(&recovery);
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
        journal.store_vault_copy(&copy, now.utc_us)?;
        let daily = daily::text(
            &policy.describe_screenshots(),
            &paths.data.display().to_string(),
            &destination,
            &policy.describe_readers(),
        );
        recorder.step(now, RecorderInput::Notice(NoticeCode::Daily, daily.clone()));
        let today_is = report::local_date(now.utc_us, recorder.zone());
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
            .map(|s| Shooter::start(s, shots, tx.clone()))
            .transpose()
            .context("cannot start the camera thread")?;
        let interval_us = policy.screenshots.interval.as_secs() * model::MICROS_PER_SECOND;
        let schedule = shooter
            .is_some()
            .then(|| CaptureSchedule::new(interval_us, now.boot_us, chance()));

        sources::control(&paths.agent_endpoint(), tx.clone())
            .with_context(|| format!("cannot listen at {}", paths.agent_endpoint().display()))?;
        let (stamped_tx, stamped_rx) = sync_channel::<TimedEvent>(super::QUEUE);
        sources::sensors(stamped_rx, trace, tx.clone()).context(threads)?;
        let courier = Courier::start(route, tx.clone()).context(threads)?;
        let mut viewers = Viewers::default();
        let display = Display::open(look, home.again(), viewers.own(), &tx)?;
        let tray = Tray::open(policy.visibility, &paths, home.given, &tx);
        let sensors = desktop.start(stamped_tx);

        let before = handover.today.take();
        let today = today(&paths, &keys, before.as_ref(), now.utc_us, recorder.zone());
        let mut agent = Self {
            replay,
            destination,
            capabilities,
            recorder,
            journal,
            backlog: Backlog::new(clear_from),
            last_checkpoint: None,
            last_durable_us: None,
            write_error: None,
            last_zone_look: now,
            hours,
            kept_pause: KeptPause::open(paths.pause_file(), now.utc_us),
            daily: Daily::new(daily, today_is),
            disk: Disk::new(policy.disk_reserve),
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
            background: look == Look::Background,
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

fn recorder_settings(
    policy: &Policy,
    capabilities: &[SensorCapability],
) -> anyhow::Result<recorder::RecorderSettings> {
    let unsupported: Vec<SensorKind> = capabilities
        .iter()
        .filter(|c| matches!(c.support, SensorSupport::Unsupported(_)))
        .map(|c| c.concern)
        .collect();
    let exclusions = policy
        .exclusions
        .compile_rules()
        .map_err(|e| UserError::usage(e.to_string(), "See [exclude] in the settings."))?;
    Ok(recorder::RecorderSettings {
        idle_limit_us: policy.idle_limit.as_secs() * model::MICROS_PER_SECOND,
        idle_sensor: !unsupported.contains(&SensorKind::Idle),
        low_percent: policy.battery.suspend_percent,
        resume_percent: policy.battery.resume_percent,
        exclusions,
        zone: current_zone_name(),
        unsupported,
    })
}

/// What to tell about the last run's end.
fn recovered(recovery: &RecoveryReport) -> Vec<Record> {
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

/// What today already holds: what the start found, and what the workers of this start wrote since.
fn today(
    paths: &AppPaths,
    keys: &journal::JournalKeys,
    before: Option<&TodayTotals>,
    now_us: i64,
    zone: &str,
) -> TodayTotals {
    let day = report::local_date(now_us, zone);
    let mut today = before
        .filter(|t| t.day() == day)
        .cloned()
        .unwrap_or_else(|| TodayTotals::new(day, zone));
    if let Some(own) = own(paths, keys, day, now_us, zone) {
        today.merge(&own);
    }
    today
}

/// What the workers of this start wrote on `day`: more does not open here.
pub(super) fn own(
    paths: &AppPaths,
    keys: &journal::JournalKeys,
    day: Date,
    now_us: i64,
    zone: &str,
) -> Option<TodayTotals> {
    let reader = Reader::open(&paths.journal_dir(), keys.opener.clone()).ok()?;
    let (report, strip) =
        report::strip::read_day_with_timeline(&reader, ViewOptions::default(), day, now_us, zone)
            .ok()?;
    Some(TodayTotals::from_report(&report, &strip))
}

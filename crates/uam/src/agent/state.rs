//! Everything the loop holds, and what it does with each message.

use super::courier::{Courier, Delivered, Route};
use super::display::Display;
use super::shooter::{Shooter, Taken};
use super::sources::{self, Message, Trace};
use super::{CHECKPOINT, LAST_UPLOAD, stopping};
use crate::config::Config;
use crate::control::{Reply, Request};
use crate::failure::Failure;
use crate::paths::Paths;
use crate::time;
use anyhow::Context;
use journal::{Commit, Journal, Reader, Recovery};
use model::{
    ActiveWindow, Capability, Clock, Concern, Event, Moment, Notice, NoticeCode, Record, Shot,
    Span, Stamped, Support,
};
use record::{Input, Outcome, Recorder};
use report::{LogWord, Status, Today};
use sense::Desktop;
use shots::Picture;
use shots::schedule::{Due, Schedule};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

/// How long a picture waits before it is kept, in microseconds. A title that tells that the window must be protected
/// comes up to a quarter of a second after the pixels changed; a picture made in between must not survive.
const HOLD_US: u64 = 1_000_000;

/// Records that may wait for a disk that cannot be written; days of a busy desktop. When full, the recording ends with
/// an error: what is not on disk must not be shown as recorded.
const BACKLOG: usize = 100_000;

/// How often the zone is looked at, in microseconds.
const ZONE_LOOK_US: u64 = 60_000_000;

/// What a run is made of.
pub(crate) struct Setup {
    pub(crate) paths: Paths,
    pub(crate) config: Config,
    pub(crate) vault: vault::Vault,
    pub(crate) desktop: Desktop,
    /// True when the desktop is a recorded trace.
    pub(crate) replay: bool,
    pub(crate) trace: Option<Trace>,
    pub(crate) route: Route,
    /// Where uploads go, for people.
    pub(crate) destination: String,
    /// Codes refused before the right one.
    pub(crate) refused: u32,
    /// Plain lines even on a terminal?
    pub(crate) plain: bool,
}

/// The running instance.
pub(crate) struct Agent {
    paths: Paths,
    config: Config,
    vault: vault::Vault,
    replay: bool,
    destination: String,
    capabilities: Vec<Capability>,

    recorder: Recorder,
    journal: Journal,
    backlog: Backlog,
    last_checkpoint: Option<Moment>,
    last_durable_us: Option<i64>,
    write_error: Option<String>,
    last_zone_look: Moment,

    sensors: Option<sense::Running>,
    shooter: Option<Shooter>,
    schedule: Option<Schedule>,
    held: Option<(Moment, ActiveWindow, Box<Picture>)>,
    last_shot_us: Option<i64>,
    /// Somebody asked for the picture that is being taken.
    shot_wanted: bool,

    courier: Option<Courier>,
    last_upload: Option<report::Upload>,
    next_upload_us: Option<i64>,
    upload_stuck: bool,

    display: Display,
    today: Today,
}

/// What the journal has not taken yet.
#[derive(Default)]
struct Backlog {
    records: Vec<Record>,
    pending: BTreeMap<u64, Span>,
    drop_below: u64,
}

impl Backlog {
    fn add(&mut self, out: Outcome) {
        self.records.extend(out.records);
        self.pending.extend(out.pending_put);
        self.drop_below = self.drop_below.max(out.pending_drop_below);
        let settled = self.drop_below;
        self.pending.retain(|id, _| *id >= settled);
    }
}

impl Agent {
    /// Opens the journal, mends what a crash left, and starts every thread.
    pub(crate) fn start(
        setup: Setup,
        tx: SyncSender<Message>,
        clock: &dyn Clock,
    ) -> anyhow::Result<Self> {
        let Setup {
            paths,
            config,
            vault,
            mut desktop,
            replay,
            trace,
            route,
            destination,
            refused,
            plain,
        } = setup;
        let now = clock.now();
        let (mut journal, recovery) = Journal::open(&paths.journal(), &vault, now.utc_us)?;
        let mended = recovered(&recovery);
        let kept = journal.commit_recovered(&mended, now.utc_us)?;
        let capabilities = desktop.capabilities().to_vec();
        let settings = recorder_settings(&config, &capabilities)?;
        let mut recorder = Recorder::start(settings, now);
        if refused > 0 {
            let text = format!("{refused} codes were refused before the right one.");
            recorder.step(now, Input::Notice(NoticeCode::CodeRefused, text));
        }
        recorder.step(
            now,
            Input::Notice(
                NoticeCode::CodeAccepted,
                "A code was accepted at the start.".into(),
            ),
        );
        let text = format!("Recording started by uam {}.", env!("CARGO_PKG_VERSION"));
        recorder.step(now, Input::Notice(NoticeCode::Started, text));

        let shots = shots::Settings {
            blur: config.shots.blur,
            quality: match config.shots.quality {
                crate::config::Quality::Standard => shots::Quality::Standard,
                crate::config::Quality::Small => shots::Quality::Small,
            },
        };
        let screen = desktop.take_screen().filter(|_| config.shots.capture);
        let shooter = screen
            .map(|s| Shooter::start(s, shots, tx.clone()))
            .transpose()
            .context("cannot start the camera thread")?;
        let interval_us = config.shots.every_seconds * model::MICROS_PER_SECOND;
        let schedule = shooter
            .is_some()
            .then(|| Schedule::new(interval_us, now.boot_us, chance()));

        let threads = "cannot start a thread";
        sources::signals(tx.clone()).context(threads)?;
        sources::control(&paths.socket(), tx.clone())
            .with_context(|| format!("cannot listen at {}", paths.socket().display()))?;
        let (stamped_tx, stamped_rx) = sync_channel::<Stamped>(super::QUEUE);
        sources::sensors(stamped_rx, trace, tx.clone()).context(threads)?;
        let courier = Courier::start(route, tx.clone()).context(threads)?;
        let display = Display::open(plain, &tx)?;
        let sensors = desktop.start(stamped_tx);

        let today = today(&paths, &vault, now.utc_us, recorder.zone());
        let mut agent = Self {
            replay,
            destination,
            capabilities,
            recorder,
            journal,
            backlog: Backlog::default(),
            last_checkpoint: None,
            last_durable_us: None,
            write_error: None,
            last_zone_look: now,
            sensors: Some(sensors),
            shooter,
            schedule,
            held: None,
            last_shot_us: None,
            shot_wanted: false,
            courier: Some(courier),
            last_upload: None,
            next_upload_us: None,
            upload_stuck: false,
            display,
            today,
            paths,
            config,
            vault,
        };
        agent.display.records(&mended);
        if !kept.is_empty() && !recovery.clean {
            let text = "The last run ended without a goodbye; nothing that was written is lost.";
            agent.note(LogWord::Notice(NoticeCode::Recovered), now, text);
        }
        agent.checkpoint(now)?;
        Ok(agent)
    }

    pub(crate) fn is_replay(&self) -> bool {
        self.replay
    }

    /// Is a checkpoint due?
    pub(crate) fn is_due(&self, now: Moment) -> bool {
        self.last_checkpoint
            .is_none_or(|last| u128::from(now.since_us(last)) >= CHECKPOINT.as_micros())
    }

    /// Microseconds until the loop has something to do by itself.
    pub(crate) fn next_wake_us(&self, now: Moment) -> u64 {
        let until = |at: u64| at.saturating_sub(now.boot_us);
        let period = u64::try_from(CHECKPOINT.as_micros()).unwrap_or(u64::MAX);
        let checkpoint = self
            .last_checkpoint
            .map_or(0, |last| until(last.boot_us + period));
        let shot = self
            .schedule
            .as_ref()
            .map_or(u64::MAX, |s| until(s.moment_us()));
        let held = self
            .held
            .as_ref()
            .map_or(u64::MAX, |(at, ..)| until(at.boot_us + HOLD_US));
        checkpoint
            .min(shot)
            .min(held)
            .min(self.display.refresh_us())
    }

    /// Makes everything durable that is not yet. A disk that cannot be written is shown and tried again; only a full
    /// backlog ends the run.
    pub(crate) fn checkpoint(&mut self, now: Moment) -> anyhow::Result<()> {
        if now.since_us(self.last_zone_look) >= ZONE_LOOK_US {
            self.last_zone_look = now;
            let zone = time::zone_name();
            if zone != *self.recorder.zone() {
                self.recorder.step(now, Input::Zone(zone));
            }
        }
        let out = self.recorder.checkpoint(now);
        self.last_checkpoint = Some(now);
        self.show(&out);
        self.backlog.add(out);
        self.write(now)?;
        self.refresh(now);
        Ok(())
    }

    fn show(&mut self, out: &Outcome) {
        for span in self.recorder.take_closed() {
            let day = report::day::date_of(span.start_us, &span.zone);
            if day != self.today.day() {
                self.today = Today::new(day);
            }
            self.today.add(&span);
            self.display.records(&[Record::Span(span)]);
        }
        // Spans were shown when they closed.
        let rest: Vec<Record> = out
            .records
            .iter()
            .filter(|r| !matches!(r, Record::Span(_)))
            .cloned()
            .collect();
        self.display.records(&rest);
    }

    fn write(&mut self, now: Moment) -> anyhow::Result<()> {
        let pending: Vec<(u64, Span)> = self
            .backlog
            .pending
            .iter()
            .map(|(id, span)| (*id, span.clone()))
            .collect();
        let step = Commit {
            records: &self.backlog.records,
            pending_put: &pending,
            pending_drop_below: self.backlog.drop_below,
            at_us: now.utc_us,
        };
        match self.journal.commit(step) {
            Ok(_) => {
                self.backlog.records.clear();
                self.backlog.pending.clear();
                self.last_durable_us = Some(now.utc_us);
                if self.write_error.take().is_some() {
                    self.note(
                        LogWord::Notice(NoticeCode::Recovered),
                        now,
                        "The journal can be written again; nothing was lost.",
                    );
                }
                Ok(())
            }
            Err(e) if self.backlog.records.len() < BACKLOG => {
                let text = e.to_string();
                if self.write_error.as_ref() != Some(&text) {
                    self.note(
                        LogWord::Notice(NoticeCode::DiskLow),
                        now,
                        &format!("NOT RECORDED YET: {text}"),
                    );
                    self.write_error = Some(text);
                }
                Ok(())
            }
            Err(e) => {
                Err(e).context("the journal could not be written for so long that recording ends")
            }
        }
    }

    /// Orders a picture when its random moment has come and the recorder permits it; keeps one that was held long enough.
    pub(crate) fn maybe_shoot(&mut self, now: Moment) {
        if self
            .held
            .as_ref()
            .is_some_and(|(at, ..)| now.since_us(*at) >= HOLD_US)
        {
            self.keep_shot(now);
        }
        let due = self
            .schedule
            .as_mut()
            .is_some_and(|s| s.poll(now.boot_us, chance()) == Due::Now);
        if due {
            // A forbidden moment passes without a picture: the slot is not made up for.
            let _ = self.shoot();
        }
    }

    fn shoot(&self) -> Result<(), String> {
        let shooter = self
            .shooter
            .as_ref()
            .ok_or_else(|| match self.config.shots.capture {
                true => "this desktop gives no pictures (see uam doctor)".to_owned(),
                false => "pictures are switched off".to_owned(),
            })?;
        let target = self.recorder.shot_target().map_err(|skip| match skip {
            record::Skip::State(state) => format!("no pictures while {state}"),
            record::Skip::Protected => "this window is protected".to_owned(),
            record::Skip::NoWindow => "no window is active".to_owned(),
        })?;
        if shooter.take(target) {
            Ok(())
        } else {
            Err("the last picture is still being taken".to_owned())
        }
    }

    /// Takes any message but those that end the loop.
    pub(crate) fn take(&mut self, message: Message, now: Moment) {
        match message {
            Message::Sensed(Stamped { at, event }) => {
                let urgent = matches!(event, Event::Sleep { asleep: true });
                self.recorder.step(at, Input::Event(event));
                if urgent {
                    // The machine sleeps within moments; what is open must be on disk by then.
                    self.last_checkpoint = None;
                }
            }
            Message::Shot(Taken::Picture(target, picture)) => {
                self.held = Some((now, target, picture))
            }
            Message::Shot(Taken::Not(why)) => {
                // By itself this happens all the time; only somebody who asked wants to know.
                if std::mem::take(&mut self.shot_wanted) {
                    self.note(LogWord::Shot, now, &format!("No picture: {why}."));
                }
            }
            Message::Delivered(delivered) => self.delivered(delivered, now),
            Message::SensorsEnded => {
                let reason = "every sensor thread has ended".to_owned();
                for concern in [Concern::Window, Concern::Input, Concern::Idle] {
                    let event = Event::Lost {
                        concern,
                        reason: reason.clone(),
                    };
                    self.recorder.step(now, Input::Event(event));
                }
            }
            Message::Asked(..) | Message::Signal(_) => {}
        }
    }

    /// Keeps the held picture unless the window turned out to be protected meanwhile.
    fn keep_shot(&mut self, now: Moment) {
        let Some((at, target, picture)) = self.held.take() else {
            return;
        };
        match self.recorder.shot_target() {
            Err(record::Skip::Protected | record::Skip::State(_)) => return,
            Ok(_) | Err(record::Skip::NoWindow) => {}
        }
        let shot = Shot {
            at_us: self.recorder.stamp(at),
            zone: Arc::clone(self.recorder.zone()),
            sha256: picture.sha256.clone(),
            bytes: picture.bytes.len() as u64,
            media: picture.media.to_string(),
            width: picture.width,
            height: picture.height,
            screen_width: picture.screen_width,
            screen_height: picture.screen_height,
            blurred: picture.blurred,
            window: Some(target.window),
        };
        match self.journal.add_shot(&shot, &picture.bytes, now.utc_us) {
            Ok(_) => {
                self.last_shot_us = Some(shot.at_us);
                self.display.shot(&shot, &picture.bytes);
            }
            Err(e) => self.note(
                LogWord::Shot,
                now,
                &format!("A picture could not be kept: {e}"),
            ),
        }
    }

    fn delivered(&mut self, delivered: Delivered, now: Moment) {
        self.next_upload_us = i64::try_from(delivered.next_in.as_micros())
            .ok()
            .map(|us| now.utc_us.saturating_add(us));
        let upload = match &delivered.result {
            Ok(summary) => summary.for_display(now.utc_us, &self.destination),
            Err(why) => report::Upload {
                at_us: now.utc_us,
                text: why.clone(),
                ok: false,
            },
        };
        let permanent =
            matches!(&delivered.result, Ok(s) if s.error.as_ref().is_some_and(|e| e.permanent));
        if permanent && !self.upload_stuck {
            self.upload_stuck = true;
            self.recorder.step(
                now,
                Input::Notice(NoticeCode::UploadStuck, upload.text.clone()),
            );
        } else if upload.ok && self.upload_stuck {
            self.upload_stuck = false;
            self.recorder.step(
                now,
                Input::Notice(NoticeCode::UploadBack, "Uploading works again.".into()),
            );
        }
        if let Ok(summary) = &delivered.result
            && let Some(text) = summary.retention_text()
        {
            self.recorder
                .step(now, Input::Notice(NoticeCode::Retention, text));
        }
        self.display.upload(&upload, self.recorder.zone());
        self.last_upload = Some(upload);
    }

    /// Answers a request; `true` when the run must end.
    pub(crate) fn answer(&mut self, request: &Request, now: Moment) -> (Reply, bool) {
        let reply = match request {
            Request::Status => {
                self.recorder.step(now, Input::Tick);
                let status = Box::new(self.status(now));
                Reply {
                    ok: true,
                    text: status.headline(now.utc_us),
                    status: Some(status),
                }
            }
            Request::Pause { seconds } => {
                let length = seconds.map(|s| s.saturating_mul(model::MICROS_PER_SECOND));
                self.recorder.step(now, Input::Pause(length));
                self.last_checkpoint = None;
                match seconds {
                    Some(s) => Reply::done(format!("Paused for {} min.", s.div_ceil(60))),
                    None => Reply::done("Paused until `uam resume`."),
                }
            }
            Request::Resume => {
                self.recorder.step(now, Input::Resume);
                self.last_checkpoint = None;
                Reply::done("Recording.")
            }
            Request::Shot => match self.shoot() {
                Ok(()) => {
                    self.shot_wanted = true;
                    Reply::done("A picture is being taken.")
                }
                Err(why) => Reply::refused(format!("No picture: {why}.")),
            },
            Request::Stop => return (stopping(), true),
        };
        (reply, false)
    }

    /// The present state for people and for `uam status`.
    fn status(&self, now: Moment) -> Status {
        let view = self.recorder.view();
        let reader = Reader::open(&self.paths.journal(), self.vault.opener());
        let depth = reader.and_then(|r| r.depth()).unwrap_or_default();
        let mut missing: Vec<report::status::Missing> = self
            .capabilities
            .iter()
            .filter_map(|c| match &c.support {
                Support::Unsupported(why) => Some(report::status::Missing {
                    concern: c.concern,
                    why: why.clone(),
                }),
                Support::By(_) => None,
            })
            .collect();
        for concern in view.lost {
            if !missing.iter().any(|m| m.concern == concern) {
                let why =
                    model::Unsupported::new("it stopped working", "uam tries to bring it back");
                missing.push(report::status::Missing { concern, why });
            }
        }
        let mut today_counts = self.today.counts();
        today_counts += view.counts;
        let after = |boot: u64| {
            now.utc_us
                .saturating_add_unsigned(boot.saturating_sub(now.boot_us))
        };
        Status {
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
            outbox: report::Outbox {
                records: depth.records,
                shots: depth.shots,
                bytes: depth.bytes,
            },
            destination: self.destination.clone(),
            last_upload: self.last_upload.clone(),
            next_upload_us: self.next_upload_us,
            last_shot_us: self.last_shot_us,
            next_shot_us: self.schedule.as_ref().map(|s| after(s.moment_us())),
            idle_us: None,
            paused_until_us: view.paused_until_us,
            power: view.power,
            missing,
        }
    }

    fn note(&mut self, word: LogWord, now: Moment, text: &str) {
        self.display
            .note(word, now.utc_us, self.recorder.zone(), text);
    }

    fn refresh(&mut self, now: Moment) {
        if self.display.wants_status() {
            let status = self.status(now);
            self.display.status(status);
        }
    }

    /// The clean end: sensors first, then the last span, then the journal, then one last upload.
    pub(crate) fn finish(
        mut self,
        rx: &Receiver<Message>,
        clock: &dyn Clock,
        why: &str,
    ) -> anyhow::Result<()> {
        if let Some(sensors) = self.sensors.take() {
            sensors.stop();
        }
        // The sensors' last events were handed over before they ended.
        while let Ok(message) = rx.recv_timeout(Duration::from_secs(1)) {
            if matches!(message, Message::SensorsEnded) {
                break;
            }
            self.take(message, clock.now());
        }
        self.shooter = None;
        let now = clock.now();
        if self.held.is_some() {
            self.keep_shot(now);
        }
        let mut recorder = self.recorder;
        recorder.step(now, Input::Tick);
        self.display.close();
        let out = recorder.stop(now, why);
        for record in out
            .records
            .iter()
            .filter(|r| matches!(r, Record::Notice(_)))
        {
            self.display.records(std::slice::from_ref(record));
        }
        self.backlog.add(out);
        let step = Commit {
            records: &self.backlog.records,
            pending_put: &[],
            pending_drop_below: self.backlog.drop_below,
            at_us: now.utc_us,
        };
        self.journal
            .commit(step)
            .context("the last records could not be written")?;
        self.journal
            .close(now.utc_us)
            .context("the journal could not be closed")?;
        if let Some(courier) = self.courier.take() {
            match courier.finish(LAST_UPLOAD).map(|d| d.result) {
                Some(Ok(summary)) => self
                    .display
                    .last(&summary.for_display(now.utc_us, &self.destination).text),
                Some(Err(why)) => self.display.last(&format!(
                    "Not sent now: {why}. It is sent at the next start."
                )),
                None => self.display.last(
                    "Not everything could be sent in time; the rest is sent at the next start.",
                ),
            }
        }
        Ok(())
    }
}

fn chance() -> u64 {
    // A failing random source gives the middle of the slot, which is still a moment nobody can foresee to the second.
    getrandom::u64().unwrap_or(u64::MAX / 2)
}

fn recorder_settings(
    config: &Config,
    capabilities: &[Capability],
) -> anyhow::Result<record::Settings> {
    let unsupported: Vec<Concern> = capabilities
        .iter()
        .filter(|c| matches!(c.support, Support::Unsupported(_)))
        .map(|c| c.concern)
        .collect();
    let exclusions = config
        .exclusions()
        .map_err(|e| Failure::usage(e.to_string(), "See [exclude] in the settings."))?;
    Ok(record::Settings {
        idle_limit_us: config.record.idle_seconds * model::MICROS_PER_SECOND,
        idle_sensor: !unsupported.contains(&Concern::Idle),
        low_percent: config.power.low_percent,
        resume_percent: config.power.resume_percent,
        exclusions,
        zone: time::zone_name(),
        unsupported,
    })
}

/// What to tell about the last run's end.
fn recovered(recovery: &Recovery) -> Vec<Record> {
    let mut records: Vec<Record> = recovery.pending.iter().cloned().map(Record::Span).collect();
    let at_us = recovery.last_durable_us.unwrap_or_default();
    let zone = recovery
        .pending
        .last()
        .map_or_else(time::zone_name, |s| Arc::clone(&s.zone))
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

/// What today already holds, from the journal; a journal that cannot be read begins the day at nothing.
fn today(paths: &Paths, vault: &vault::Vault, now_us: i64, zone: &str) -> Today {
    let day = report::day::date_of(now_us, zone);
    Reader::open(&paths.journal(), vault.opener())
        .ok()
        .and_then(|reader| report::query::day(&reader, day, now_us, zone).ok())
        .map_or_else(|| Today::new(day), |report| Today::from_report(&report))
}

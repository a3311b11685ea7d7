//! Everything the loop holds, and what it does with each message.

use super::camera::HOLD_US;
use super::courier::{Courier, Delivered};
use super::daily::Daily;
use super::display::Display;
use super::floor::Disk;
use super::pause::KeptPause;
use super::shooter::Shooter;
use super::sources::Message;
use super::tray::Tray;
use super::viewers::Viewers;
use super::{CHECKPOINT, LAST_UPLOAD, stopping};
use crate::access::keyholder;
use crate::done::Done;
use anyhow::Context;
use journal::{Commit, FreezeOptions, Journal, JournalError};
use model::{
    ActiveWindow, Clock, ErrorKind, Moment, NoticeCode, Record, SensorCapability, SensorEvent,
    SensorKind, SensorSupport, Span, TimedEvent, UserError,
};
use protocol::{Request, Response};
use recorder::{Recorder, RecorderBatch, RecorderInput, ScheduleWatch};
use report::{LogSubject, RollupBuilder, TodayTotals};
use screenshots::EncodedScreenshot;
use screenshots::schedule::CaptureSchedule;
use settings::{AppPaths, Policy};
use std::collections::BTreeMap;
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// Records that may wait for a disk that cannot be written; days of a busy desktop. When full, the recording ends with
/// an error: what is not on disk must not be shown as recorded.
const BACKLOG: usize = 100_000;

/// How long a run in the background goes on without a desktop. A sensor that broke is back within seconds.
const ALONE: Duration = Duration::from_secs(15);

/// The running instance.
pub(crate) struct Agent {
    pub(super) paths: AppPaths,
    pub(super) policy: Policy,
    pub(super) keys: journal::JournalKeys,
    pub(super) replay: bool,
    pub(super) destination: String,
    pub(super) capabilities: Vec<SensorCapability>,

    pub(super) recorder: Recorder,
    pub(super) journal: Journal,
    pub(super) backlog: Backlog,
    pub(super) last_checkpoint: Option<Moment>,
    pub(super) last_durable_us: Option<i64>,
    pub(super) write_error: Option<String>,
    pub(super) last_zone_look: Moment,

    pub(super) hours: ScheduleWatch,
    pub(super) kept_pause: KeptPause,
    pub(super) daily: Daily,
    pub(super) disk: Disk,
    /// What was found damaged in the journal, if anything was.
    pub(super) damage: Option<String>,

    pub(super) sensors: Option<sense::SensorSupervisor>,
    pub(super) shooter: Option<Shooter>,
    pub(super) schedule: Option<CaptureSchedule>,
    pub(super) held: Option<(Moment, ActiveWindow, Box<EncodedScreenshot>)>,
    pub(super) last_shot_us: Option<i64>,
    /// Somebody asked for the picture that is being taken.
    pub(super) shot_wanted: bool,
    /// Pictures ordered whose answer is still to come.
    pub(super) ordered_shots: u32,
    /// So many of them show what was taken out meanwhile, and are not kept.
    pub(super) void_shots: u32,
    /// Old bytes are still in the write-ahead log, because somebody was looking.
    pub(super) unfolded: bool,

    pub(super) courier: Option<Courier>,
    pub(super) last_upload: Option<report::UploadAttempt>,
    pub(super) next_upload_us: Option<i64>,
    pub(super) upload_stuck: bool,

    pub(super) display: Display,
    pub(super) viewers: Viewers,
    pub(super) background: bool,
    /// Since when a run in the background has no desktop.
    pub(super) alone_since: Option<Moment>,
    pub(super) tray: Tray,
    pub(super) today: TodayTotals,
    /// What today held before this start.
    pub(super) before: Option<TodayTotals>,
    /// When this process began.
    pub(super) began_us: i64,
}

/// What the journal has not taken yet.
pub(super) struct Backlog {
    records: Vec<Record>,
    pending: BTreeMap<u64, Span>,
    drop_below: u64,
    /// Sums of the records, written in the same step as the last record of each.
    rollups: RollupBuilder,
}

impl Backlog {
    /// `clear_from`: the first quarter hour that nobody has written into.
    pub(super) fn new(clear_from: i64) -> Self {
        Self {
            records: Vec::new(),
            pending: BTreeMap::new(),
            drop_below: 0,
            rollups: RollupBuilder::new(clear_from),
        }
    }

    fn add(&mut self, out: RecorderBatch) {
        for record in &out.records {
            if let Record::Span(span) = record {
                self.rollups.add(span);
            }
        }
        self.records.extend(out.records);
        self.pending.extend(out.pending_put);
        self.drop_below = self.drop_below.max(out.pending_drop_below);
        let settled = self.drop_below;
        self.pending.retain(|id, _| *id >= settled);
    }
}

/// The end of this process and the wish for another one, which sets the damaged journal aside, saves what is readable and
/// goes on. What the last five seconds held is lost with it.
fn again(why: String) -> anyhow::Error {
    UserError::new(
        ErrorKind::RestartWorker,
        why,
        "Nothing has to be done: recording goes on in a moment.",
    )
    .into()
}

impl Agent {
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
        checkpoint.min(shot).min(held).min(self.hours_wake_us(now))
    }

    /// Makes everything durable that is not yet. A disk that cannot be written is shown and tried again; only a full
    /// backlog ends the run.
    pub(crate) fn checkpoint(&mut self, now: Moment) -> anyhow::Result<()> {
        if let Some(why) = self.damage.take() {
            return Err(again(why));
        }
        self.keep_zone(now);
        self.keep_daily(now);
        self.keep_floor(now);
        self.watch_sensors(now);
        self.look_for_desktop(now);
        let out = self.recorder.take_batch(now);
        self.keep_pause();
        self.last_checkpoint = Some(now);
        self.show(&out);
        self.backlog.add(out);
        self.write(now)?;
        if self.unfolded {
            self.unfolded = !self.journal.checkpoint().unwrap_or(false);
        }
        self.refresh(now);
        Ok(())
    }

    fn show(&mut self, out: &RecorderBatch) {
        for span in self.recorder.take_closed() {
            let day = report::local_date(span.start_us, &span.zone);
            if day != self.today.day() {
                self.today = TodayTotals::new(day, &span.zone);
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
        self.tray.notices(&rest);
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
            rollups: &self.backlog.rollups.done(),
            at_us: now.utc_us,
        };
        match self.journal.commit(step) {
            Ok(_) => {
                self.backlog.records.clear();
                self.backlog.pending.clear();
                self.backlog.rollups.mark_written();
                self.last_durable_us = Some(now.utc_us);
                if self.write_error.take().is_some() {
                    self.note(
                        LogSubject::Notice(NoticeCode::Recovered),
                        now,
                        "The journal can be written again; nothing was lost.",
                    );
                }
                Ok(())
            }
            Err(e @ JournalError::Damaged { .. }) => Err(again(e.to_string())),
            Err(e) if self.backlog.records.len() < BACKLOG => {
                let text = e.to_string();
                if self.write_error.as_ref() != Some(&text) {
                    self.note(
                        LogSubject::Notice(NoticeCode::DiskLow),
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

    /// Takes any message but those that end the loop.
    pub(crate) fn take(&mut self, message: Message, now: Moment) {
        match message {
            Message::Sensed(TimedEvent { at, event }) => {
                let urgent = matches!(event, SensorEvent::Sleep { asleep: true });
                if matches!(event, SensorEvent::Lock { locked: true }) {
                    // Whoever comes back to an unlocked desktop shows the factors again. It waits for no answer here.
                    keyholder::lock_soon(&self.paths);
                    self.viewers.lock();
                }
                self.recorder.step(at, RecorderInput::Event(event));
                if urgent {
                    // The machine sleeps within moments; what is open must be on disk by then.
                    self.last_checkpoint = None;
                }
            }
            Message::Shot(taken) => self.taken(taken, now),
            Message::Delivered(delivered) => self.delivered(delivered, now),
            Message::Freeze(done) => {
                self.freeze(now);
                let _ = done.try_send(());
            }
            Message::SensorsEnded => {
                let reason = "every sensor thread has ended".to_owned();
                for concern in [SensorKind::Window, SensorKind::Input, SensorKind::Idle] {
                    let event = SensorEvent::Lost {
                        concern,
                        reason: reason.clone(),
                    };
                    self.recorder.step(now, RecorderInput::Event(event));
                }
            }
            Message::Asked(..) | Message::Ending(_) => {}
        }
    }

    fn delivered(&mut self, delivered: Delivered, now: Moment) {
        self.next_upload_us = i64::try_from(delivered.next_in.as_micros())
            .ok()
            .map(|us| now.utc_us.saturating_add(us));
        let upload = match &delivered.result {
            Ok(summary) => summary.for_display(now.utc_us, &self.destination),
            Err(why) => report::UploadAttempt {
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
                RecorderInput::Notice(NoticeCode::UploadStuck, upload.text.clone()),
            );
        } else if upload.ok && self.upload_stuck {
            self.upload_stuck = false;
            self.recorder.step(
                now,
                RecorderInput::Notice(NoticeCode::UploadBack, "Uploading works again.".into()),
            );
        }
        if matches!(&delivered.result, Ok(s) if s.error.as_ref().is_some_and(|e| e.damaged)) {
            self.look_for_damage();
        }
        if let Ok(summary) = &delivered.result
            && let Some(text) = summary.retention.clone()
        {
            self.recorder
                .step(now, RecorderInput::Notice(NoticeCode::Retention, text));
        }
        self.display.upload(&upload, self.recorder.zone());
        self.last_upload = Some(upload);
    }

    /// Answers a request; `true` when the run must end.
    pub(crate) fn answer(&mut self, request: &Request, now: Moment) -> (Response, bool) {
        let reply = match request {
            Request::Status => {
                self.recorder.step(now, RecorderInput::Tick);
                let status = Box::new(self.status(now));
                let headline = status.headline(now.utc_us);
                Response::Status {
                    headline,
                    status,
                    indicator: self.tray.lines(),
                }
            }
            Request::Pause { length } => self.pause(*length, now),
            Request::Resume => self.resume(now),
            Request::ReloadSettings => self.reload(now),
            Request::TakeScreenshot => match self.shoot() {
                Ok(()) => {
                    self.shot_wanted = true;
                    Response::done("A picture is being taken.")
                }
                Err(why) => Response::refused(format!("No picture: {why}.")),
            },
            Request::FreezeSegments => {
                let rules = FreezeOptions {
                    hold_us: 0,
                    ..self.policy.freeze_options(true)
                };
                let packed = self
                    .checkpoint(now)
                    .and_then(|()| Ok(self.journal.freeze(now.utc_us, &rules)?));
                match packed {
                    Ok(_) => Response::done("Packed."),
                    Err(e) => Response::refused(format!("Not packed: {e:#}")),
                }
            }
            Request::RecordNotices { notices } => {
                for (code, text) in notices {
                    self.recorder
                        .step(now, RecorderInput::Notice(*code, text.clone()));
                }
                match self.checkpoint(now) {
                    Ok(()) if self.write_error.is_none() => Response::done("Noted."),
                    _ => Response::refused("the journal cannot be written just now"),
                }
            }
            Request::Redact {
                scope,
                dry_run,
                key,
            } => self.take_out(scope, *dry_run, key.as_ref(), now),
            Request::Attach { key } => self.attach(key, now),
            Request::View { ticket, after_line } => self.look(ticket, *after_line, now),
            Request::ViewScreenshot { ticket, from, step } => {
                self.show_shot(ticket, *from, *step, now)
            }
            Request::Stop => return (stopping(), true),
        };
        (reply, false)
    }

    /// Packs what is to be sent. What cannot be packed now is packed the next time.
    fn freeze(&mut self, now: Moment) {
        if let Err(e) = self
            .journal
            .freeze(now.utc_us, &self.policy.freeze_options(false))
        {
            self.in_trouble(&e);
            let text = format!("Nothing new can be packed for sending: {e}");
            self.note(LogSubject::Notice(NoticeCode::UploadStuck), now, &text);
        }
    }

    /// In the background no terminal ends with the desktop: a run whose desktop is gone ends by itself.
    pub(crate) fn is_abandoned(&self, now: Moment) -> bool {
        self.alone_since
            .is_some_and(|since| u128::from(now.since_us(since)) >= ALONE.as_micros())
    }

    fn look_for_desktop(&mut self, now: Moment) {
        let unsupported = |c: &SensorCapability| {
            c.concern == SensorKind::Window && matches!(c.support, SensorSupport::Unsupported(_))
        };
        let gone = self.background
            && self.recorder.view().lost.contains(&SensorKind::Window)
            && !self.capabilities.iter().any(unsupported);
        self.alone_since = match gone {
            true => self.alone_since.or(Some(now)),
            false => None,
        };
    }

    /// Asks the sensors whether they still work.
    fn watch_sensors(&mut self, now: Moment) {
        let Some(sensors) = &mut self.sensors else {
            return;
        };
        for TimedEvent { at, event } in sensors.watch(now) {
            self.recorder.step(at, RecorderInput::Event(event));
        }
    }

    /// What the journal said may mean that it is damaged: then this process ends, and the next one mends it.
    pub(super) fn in_trouble(&mut self, error: &JournalError) {
        if matches!(error, JournalError::Damaged { .. }) {
            self.look_for_damage();
        }
    }

    /// By SQLite's own check, which is that of a start: so a restart is never in vain.
    fn look_for_damage(&mut self) {
        if let Err(e @ JournalError::Damaged { .. }) = self.journal.check_integrity() {
            self.damage = Some(e.to_string());
            self.last_checkpoint = None;
        }
    }

    pub(super) fn note(&mut self, word: LogSubject, now: Moment, text: &str) {
        self.display
            .note(word, now.utc_us, self.recorder.zone(), text);
    }

    fn refresh(&mut self, now: Moment) {
        if self.display.wants_status() {
            let status = self.status(now);
            self.display.status(status, self.today.glance());
        }
        self.show_tray(now);
    }

    /// The clean end: sensors first, then the last span, then the journal, then one last upload.
    pub(crate) fn finish(
        mut self,
        rx: &Receiver<Message>,
        clock: &dyn Clock,
        why: &str,
        done: &Done,
    ) -> anyhow::Result<()> {
        self.tray.stopping();
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
        self.kept_pause.end();
        let mut recorder = self.recorder;
        recorder.step(now, RecorderInput::Tick);
        self.display.close();
        let out = recorder.stop(now, why);
        for record in out
            .records
            .iter()
            .filter(|r| matches!(r, Record::Notice(_)))
        {
            self.display.records(std::slice::from_ref(record));
            self.tray.notices(std::slice::from_ref(record));
        }
        self.backlog.add(out);
        self.backlog.rollups.finish_current();
        let step = Commit {
            records: &self.backlog.records,
            pending_drop_below: self.backlog.drop_below,
            rollups: &self.backlog.rollups.done(),
            at_us: now.utc_us,
            ..Commit::default()
        };
        self.journal
            .commit(step)
            .context("the last records could not be written")?;
        // Packed now, while it can still be opened here; what is to be held back is sent later.
        self.journal
            .freeze(now.utc_us, &self.policy.freeze_options(true))
            .context("the last records could not be packed")?;
        self.journal
            .close(now.utc_us)
            .context("the journal could not be closed")?;
        done.raise();
        // A courier that asks to pack just now is answered by nobody.
        while rx.try_recv().is_ok() {}
        if let Some(courier) = self.courier.take() {
            match courier.finish(LAST_UPLOAD).map(|d| d.result) {
                Some(Ok(summary)) => {
                    let sent = summary.for_display(now.utc_us, &self.destination).text;
                    self.display.last(&sent);
                    if let Some(text) = summary.hold_text() {
                        self.display.last(&text);
                    }
                }
                Some(Err(why)) => self.display.last(&format!(
                    "Not sent now: {why}. It is sent at the next start."
                )),
                None => self.display.last(
                    "Not everything could be sent in time; the rest is sent at the next start.",
                ),
            }
        }
        self.tray.close();
        Ok(())
    }
}

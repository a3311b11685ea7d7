//! The thread that listens to the X server: window, input and idle on one connection, so that their order is exact.
//!
//! It sleeps until the server speaks. When readings follow each other quickly it pauses between them, so a flood of
//! events costs a few wake-ups a second and not one each, and a lone event costs one. Every event carries the server's
//! time, so the pause moves nothing; but what is active is asked when the event is read, so of two switches within one
//! pause only the second is seen.

use super::active_window::{ActiveWindowHint, ActiveWindowTracker};
use super::connection::{X11Connection, X11Error, X11Waker};
use super::idle::{self, IdleCounters, IdleMethod, IdleWatch};
use super::input::{InputEffect, RawInputReader};
use super::server_time::ServerTime;
use crate::event_sender::{EventSender, ReceiverGone};
use crate::input_batch::{InputBatch, InputBatcher};
use crate::options::DesktopOptions;
use crate::sensor_task::{SensorContext, SensorExit, SensorTask};
use crate::window_debounce::WindowChange;
use model::{Clock, Moment, SensorEvent, SensorKind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use x11rb::connection::Connection;

/// The pause after a reading with window or idle events in it, when the last reading is not longer ago than this.
const PAUSE: Duration = Duration::from_millis(40);

/// The same after a reading with nothing but input in it: five wake-ups a second, however much is typed. Shorter than the
/// quarter of a second between two quick switches of window, so that a switch while typing is still seen.
const INPUT_PAUSE: Duration = Duration::from_millis(200);

/// The extensions of this server that the sensors use.
pub(super) struct X11Extensions {
    pub(super) input: Result<u8, String>,
    pub(super) idle: Result<IdleMethod, String>,
    pub(super) counters: IdleCounters,
}

impl X11Extensions {
    pub(super) fn probe(link: &X11Connection) -> Result<Self, X11Error> {
        let counters = IdleCounters::find(link)?;
        Ok(Self {
            input: RawInputReader::probe(link)?,
            idle: IdleMethod::probe(link, counters)?,
            counters,
        })
    }

    pub(super) fn sensor_kinds(&self) -> Vec<SensorKind> {
        let mut kinds = vec![SensorKind::Window];
        if self.input.is_ok() {
            kinds.push(SensorKind::Input);
        }
        if self.idle.is_ok() {
            kinds.push(SensorKind::Idle);
        }
        kinds
    }
}

/// The sensor before it runs.
pub(super) struct X11Task {
    pub(super) options: DesktopOptions,
    pub(super) clock: Arc<dyn Clock>,
    /// The kinds it serves, by the last probe.
    pub(super) sensor_kinds: Vec<SensorKind>,
    /// The connection that was probed, and its sensors.
    pub(super) first: Option<(X11Connection, X11Extensions)>,
}

impl From<X11Error> for SensorExit {
    fn from(error: X11Error) -> Self {
        Self::Broken(error.to_string())
    }
}

impl SensorTask for X11Task {
    fn name(&self) -> &'static str {
        "sense-x11"
    }

    fn sensor_kinds(&self) -> Vec<SensorKind> {
        self.sensor_kinds.clone()
    }

    fn replacement(&self) -> Option<Box<dyn SensorTask>> {
        Some(Box::new(Self {
            options: self.options.clone(),
            clock: Arc::clone(&self.clock),
            sensor_kinds: self.sensor_kinds.clone(),
            first: None,
        }))
    }

    fn run(&mut self, context: &SensorContext) -> SensorExit {
        let Ok(waker) = X11Waker::new() else {
            return SensorExit::Broken("the system has no file descriptors left".to_owned());
        };
        let wake = waker.clone();
        context.stop.on_stop(move || wake.wake());
        let wake = waker.clone();
        context.heartbeat.on_check(move || wake.wake());
        let attempt = match self.first.take() {
            Some(first) => Ok(first),
            None => open_connection(self.options.display.as_deref()),
        };
        match attempt {
            Ok((link, extensions)) => {
                self.sensor_kinds = extensions.sensor_kinds();
                run_listener(self, &link, extensions, context, &waker)
            }
            Err(error) => error.into(),
        }
    }
}

fn open_connection(display: Option<&str>) -> Result<(X11Connection, X11Extensions), X11Error> {
    let link = X11Connection::open(display)?;
    let extensions = X11Extensions::probe(&link)?;
    Ok((link, extensions))
}

/// Listens on one connection until it breaks or the end is asked for.
fn run_listener(
    task: &X11Task,
    link: &X11Connection,
    extensions: X11Extensions,
    context: &SensorContext,
    waker: &X11Waker,
) -> SensorExit {
    let started = X11Listener::start(task, link, extensions, &context.out);
    let mut listener = match started {
        Ok(listener) => listener,
        Err(error) => return error.into(),
    };
    let result = listener
        .send_initial_state(context)
        .and_then(|()| listener.run(waker, context));
    // However it ended: counted input is sent.
    let flushed = listener.send_open_batch();
    match (result, flushed) {
        (Err(end), Ok(())) => end,
        (Ok(()), Ok(())) | (_, Err(ReceiverGone)) => SensorExit::Stopped,
    }
}

struct X11Listener<'a> {
    link: &'a X11Connection,
    clock: &'a dyn Clock,
    out: &'a EventSender,
    time: ServerTime,
    counters: IdleCounters,
    focus: ActiveWindowTracker,
    input: Option<RawInputReader>,
    batches: InputBatcher,
    idle: Option<IdleWatch>,
}

impl<'a> X11Listener<'a> {
    fn start(
        task: &'a X11Task,
        link: &'a X11Connection,
        extensions: X11Extensions,
        out: &'a EventSender,
    ) -> Result<Self, X11Error> {
        let input = match extensions.input {
            Ok(opcode) => Some(RawInputReader::start(link, opcode)?),
            Err(_) => None,
        };
        let idle = match extensions.idle {
            Ok(means) => Some(IdleWatch::start(link, means, task.options.idle_limit)?),
            Err(_) => None,
        };
        let mut listener = Self {
            link,
            clock: &*task.clock,
            out,
            time: ServerTime::default(),
            counters: extensions.counters,
            focus: ActiveWindowTracker::start(link, &task.options)?,
            input,
            batches: InputBatcher::default(),
            idle,
        };
        listener.calibrate()?;
        Ok(listener)
    }

    /// Compares the server's clock with ours.
    fn calibrate(&mut self) -> Result<(), X11Error> {
        if let Some(server_ms) = self.counters.server_ms(self.link)? {
            self.time.calibrate(server_ms, self.clock.now());
        }
        Ok(())
    }

    /// Sends the state at the beginning, and that lost sensors are back.
    fn send_initial_state(&mut self, context: &SensorContext) -> Result<(), SensorExit> {
        let at = self.time.in_order(self.clock.now());
        context.report_working(at)?;
        let first = self.focus.read_initial(self.link, at)?;
        self.out.send(
            at,
            SensorEvent::Window {
                active: first.active,
            },
        )?;
        let change = match &mut self.idle {
            Some(idle) => idle.query(self.link)?,
            None => None,
        };
        self.send_idle(at, change)
    }

    fn run(&mut self, waker: &X11Waker, context: &SensorContext) -> Result<(), SensorExit> {
        let mut last: Option<Instant> = None;
        loop {
            let asked = context.heartbeat.is_check_due();
            if asked {
                // Before the stop is checked: its wake-up must not be cleared unseen.
                waker.clear();
            }
            // The stop is checked before the last reading, so input before it is still counted.
            let stopping = context.stop.is_stop_requested();
            if stopping || asked {
                // A busy server still holds events that we have no room for. If it is gone, the reading says so.
                let _ = self.link.read_queued_events();
            }
            let pause = self.read_events()?;
            if stopping {
                return Ok(());
            }
            if asked {
                context.heartbeat.confirm();
            }
            if self.run_due()? {
                continue;
            }
            let now = Instant::now();
            match pause {
                Some(pause) if last.is_some_and(|last| now - last < pause) => waker.wait(pause)?,
                _ => self.link.wait(waker, self.next_deadline())?,
            }
            if pause.is_some() {
                last = Some(now);
            }
        }
    }

    /// Reads everything the server has sent. How long to pause then; `None` when there was nothing.
    fn read_events(&mut self) -> Result<Option<Duration>, SensorExit> {
        let mut pause = None;
        let mut now = None;
        while let Some(event) = self
            .link
            .conn
            .poll_for_raw_event()
            .map_err(X11Error::from)?
        {
            // Our clock is read once for the whole reading: the server's time tells the events apart.
            let now = *now.get_or_insert_with(|| self.clock.now());
            let after = self.handle_event(&event, now)?;
            pause = Some(pause.map_or(after, |pause: Duration| pause.min(after)));
        }
        Ok(pause)
    }

    /// Handles one event; how long to pause after it.
    fn handle_event(&mut self, event: &[u8], now: Moment) -> Result<Duration, SensorExit> {
        if let Some(input) = &mut self.input {
            match input.read_event(event) {
                InputEffect::Other => {}
                InputEffect::Nothing => return Ok(INPUT_PAUSE),
                InputEffect::Devices => {
                    input.refresh_devices(self.link)?;
                    return Ok(PAUSE);
                }
                InputEffect::Counted { server_ms, counts } => {
                    let at = self.moment_at(server_ms, now)?;
                    let back = self.idle.as_mut().and_then(IdleWatch::end_by_press);
                    self.send_idle(at, back)?;
                    let full = self.batches.add(at, counts);
                    self.send_batch(full)?;
                    return Ok(INPUT_PAUSE);
                }
            }
        }
        if let Some((server_ms, change)) =
            self.idle.as_mut().and_then(|idle| idle.read_event(event))
        {
            let at = self.moment_at(server_ms, now)?;
            self.send_idle(at, change)?;
            return Ok(PAUSE);
        }
        if let Some(hint) = self.focus.read_hint(self.link, event) {
            let at = match hint {
                ActiveWindowHint::Active {
                    server_ms: Some(ms),
                }
                | ActiveWindowHint::Manager { server_ms: ms }
                | ActiveWindowHint::Facts { server_ms: ms } => self.moment_at(ms, now)?,
                ActiveWindowHint::Active { server_ms: None } => {
                    self.time.in_order(self.clock.now())
                }
            };
            for change in self
                .focus
                .handle_hint(self.link, hint, at)?
                .into_iter()
                .flatten()
            {
                self.send_window(change)?;
            }
        }
        Ok(PAUSE)
    }

    /// The moment of the server's time `ms`, read at `now` or, if it came during the reading, at present.
    fn moment_at(&mut self, ms: u32, now: Moment) -> Result<Moment, X11Error> {
        let now = if self.time.is_ahead(ms, now) {
            self.clock.now()
        } else {
            now
        };
        if self.time.is_doubtful(ms, now) {
            self.calibrate()?;
        }
        Ok(self.time.moment_at(ms, now))
    }

    /// Does everything that is due by our own clock. True when the server was asked: while its answer was awaited, events may have
    /// been read off the connection, of which waiting for the connection would not tell.
    fn run_due(&mut self) -> Result<bool, SensorExit> {
        let now = Instant::now();
        let due = self.deadlines().any(|due| due <= now);
        while let Some(change) = self.focus.take_due(self.link, now)? {
            self.send_window(change)?;
        }
        let change = match &mut self.idle {
            Some(idle) => idle.poll(self.link, now)?,
            None => None,
        };
        if change.is_some() {
            let at = self.time.in_order(self.clock.now());
            self.send_idle(at, change)?;
        }
        // A second that is over gets no more input, except input that the server still holds: at worst a batch in
        // pieces.
        let over = self.batches.take_due(self.clock.now());
        self.send_batch(over)?;
        Ok(due)
    }

    /// When the server is to be asked next.
    fn deadlines(&self) -> impl Iterator<Item = Instant> + use<> {
        let idle = self.idle.as_ref().and_then(IdleWatch::deadline);
        [self.focus.deadline(), idle].into_iter().flatten()
    }

    /// How long nothing is due; `None` for ever.
    fn next_deadline(&self) -> Option<Duration> {
        let now = Instant::now();
        let due = self
            .deadlines()
            .map(|due| due.saturating_duration_since(now));
        let batch = self.batches.deadline(self.clock.now());
        due.chain(batch).min()
    }

    /// Sends the open batch.
    fn send_open_batch(&mut self) -> Result<(), ReceiverGone> {
        let batch = self.batches.take_open();
        self.send_batch(batch)
    }

    fn send_batch(&self, batch: Option<InputBatch>) -> Result<(), ReceiverGone> {
        match batch {
            Some(InputBatch { at, counts }) => self.out.send(at, SensorEvent::Input { counts }),
            None => Ok(()),
        }
    }

    fn send_window(&mut self, change: WindowChange) -> Result<(), SensorExit> {
        self.send_open_batch()?;
        // A title that was held back may be older than input that was sent meanwhile.
        let at = self.time.in_order(change.at);
        let active = change.active;
        Ok(self.out.send(at, SensorEvent::Window { active })?)
    }

    fn send_idle(
        &mut self,
        at: Moment,
        change: Option<idle::IdleChange>,
    ) -> Result<(), SensorExit> {
        let event = match change {
            Some(idle::IdleChange::Idle { idle }) => SensorEvent::Idle { idle },
            Some(idle::IdleChange::Present) => SensorEvent::Present,
            None => return Ok(()),
        };
        self.send_open_batch()?;
        Ok(self.out.send(at, event)?)
    }
}

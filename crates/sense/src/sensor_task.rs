//! One sensor's thread: the task it runs, and the context it runs in.

use crate::event_sender::{EventSender, ReceiverGone};
use crate::heartbeat::Heartbeat;
use crate::stop_signal::StopSignal;
use model::{Moment, SensorEvent, SensorKind, TimedEvent};
use std::cell::{Cell, RefCell};
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

/// One thread's worth of sensors.
pub(crate) trait SensorTask: Send {
    /// Thread name, at most 15 bytes so that the kernel shows all of it.
    fn name(&self) -> &'static str;

    /// The kinds that are lost while it does not run.
    fn sensor_kinds(&self) -> Vec<SensorKind>;

    /// Another one like it, to take its place when it hangs. `None` for a task that never waits for an answer of
    /// another program, or that cannot be checked ([`SensorContext::heartbeat`]).
    fn replacement(&self) -> Option<Box<dyn SensorTask>> {
        None
    }

    /// Listens until the end is asked for or something breaks; then it may be called again. Calls
    /// [`SensorContext::report_working`] once it listens.
    fn run(&mut self, context: &SensorContext) -> SensorExit;
}

/// Why listening ended.
#[derive(Debug)]
pub(crate) enum SensorExit {
    /// Asked to, or the receiver is gone, or there is nothing more to send.
    Stopped,
    /// Something failed; the reason, for the user.
    Broken(String),
}

impl From<ReceiverGone> for SensorExit {
    fn from(_: ReceiverGone) -> Self {
        Self::Stopped
    }
}

/// The context of a sensor's thread.
pub(crate) struct SensorContext {
    /// Sends its events.
    pub(crate) out: EventSender,
    /// Says when it is to end.
    pub(crate) stop: StopSignal,
    /// Confirmed in every round of a task that can be replaced.
    pub(crate) heartbeat: Heartbeat,
    lost: RefCell<Vec<SensorKind>>,
    works_since: Cell<Option<Instant>>,
}

impl SensorContext {
    /// A context whose `lost` kinds are reported as back once the task works.
    pub(crate) fn new(
        tx: SyncSender<TimedEvent>,
        stop: StopSignal,
        heartbeat: Heartbeat,
        lost: Vec<SensorKind>,
    ) -> Self {
        heartbeat.set_lost(!lost.is_empty());
        Self {
            out: EventSender::new(tx, stop.clone()),
            stop,
            heartbeat,
            lost: RefCell::new(lost),
            works_since: Cell::new(None),
        }
    }

    /// Resets the time since when it works; called before each run.
    pub(crate) fn reset_working(&self) {
        self.works_since.set(None);
    }

    /// How long it has worked; `None` when it did not in this run.
    pub(crate) fn worked_for(&self) -> Option<Duration> {
        self.works_since.get().map(|since| since.elapsed())
    }

    /// Reports that lost kinds are back.
    pub(crate) fn report_working(&self, at: Moment) -> Result<(), ReceiverGone> {
        self.works_since.set(Some(Instant::now()));
        self.heartbeat.confirm();
        self.heartbeat.set_lost(false);
        for concern in self.lost.take() {
            self.out.send(at, SensorEvent::Back { concern })?;
        }
        Ok(())
    }

    /// Did it fail or hang, and does not work again yet?
    #[allow(dead_code, reason = "not every backend asks")]
    pub(crate) fn is_lost(&self) -> bool {
        !self.lost.borrow().is_empty()
    }

    /// Reports `kinds` as lost, once, with the reason for the user.
    pub(crate) fn report_lost(
        &self,
        at: Moment,
        kinds: Vec<SensorKind>,
        why: &str,
    ) -> Result<(), ReceiverGone> {
        let news = self.lost.borrow().is_empty();
        self.heartbeat.set_lost(true);
        if news {
            for concern in &kinds {
                let (concern, reason) = (*concern, why.to_owned());
                self.out.send(at, SensorEvent::Lost { concern, reason })?;
            }
            self.lost.replace(kinds);
        }
        Ok(())
    }
}

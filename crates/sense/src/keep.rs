//! Keeps sensors running.
//!
//! Always true:
//! * A sensor that breaks or panics is restarted for ever, with longer and longer pauses; what it served is told as lost
//!   once, and as back once it works again.
//! * A sensor that does not answer when it is asked is told as lost and replaced. The one that hangs says nothing more,
//!   however it ends, and only a few may hang at a time.

use crate::outlet::{EventSender, ReceiverGone};
use crate::stop::StopSignal;
use model::{Clock, Moment, SensorEvent, SensorKind, TimedEvent};
use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// One thread's worth of sensors.
pub(crate) trait SensorTask: Send {
    /// Thread name, at most 15 bytes so that the kernel shows all of it.
    fn name(&self) -> &'static str;

    /// What is lost while it does not run.
    fn sensor_kinds(&self) -> Vec<SensorKind>;

    /// Another one like it, to take its place when it hangs. None for what never waits for somebody's answer, or has no
    /// way to be asked ([`SensorContext::pulse`]).
    fn again(&self) -> Option<Box<dyn SensorTask>> {
        None
    }

    /// Listens until the end is asked for or something breaks; then it may be called again. Says [`SensorContext::works`] once it
    /// listens.
    fn run(&mut self, post: &SensorContext) -> SensorExit;
}

/// Why listening ended.
#[derive(Debug)]
pub(crate) enum SensorExit {
    /// Asked to, or nobody listens to us, or there is nothing more to tell.
    Stopped,
    /// Something broke; why, for the user.
    Broken(String),
}

impl From<ReceiverGone> for SensorExit {
    fn from(_: ReceiverGone) -> Self {
        Self::Stopped
    }
}

/// How a thread is asked whether it still works.
#[derive(Clone, Default)]
pub(crate) struct Heartbeat(Arc<Mutex<HeartbeatState>>);

#[derive(Default)]
struct HeartbeatState {
    asked: bool,
    lost: bool,
    wake: Option<Box<dyn Fn() + Send>>,
}

impl Heartbeat {
    fn beat(&self) -> MutexGuard<'_, HeartbeatState> {
        // Flags that are only ever replaced; a panic cannot leave them half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls `wake` at each question from now on; the call before is forgotten. A thread that wakes up often enough by
    /// itself needs none.
    #[allow(dead_code, reason = "not every backend waits without an end")]
    pub(crate) fn on_check(&self, wake: impl Fn() + Send + 'static) {
        self.beat().wake = Some(Box::new(wake));
    }

    /// Was it asked, and has not answered? If so, its call was made already.
    #[allow(dead_code, reason = "not every backend waits without an end")]
    pub(crate) fn is_check_due(&self) -> bool {
        self.beat().asked
    }

    /// The answer.
    pub(crate) fn confirm(&self) {
        self.beat().asked = false;
    }

    fn check(&self) {
        let mut beat = self.beat();
        beat.asked = true;
        if let Some(wake) = &beat.wake {
            wake();
        }
    }

    /// What is known to be lost is not asked.
    fn is_lost(&self) -> bool {
        self.beat().lost
    }

    fn set_lost(&self, lost: bool) {
        self.beat().lost = lost;
    }
}

/// What a sensor's thread works with.
pub(crate) struct SensorContext {
    /// Where it puts events.
    pub(crate) out: EventSender,
    /// Raised when it is to end.
    pub(crate) stop: StopSignal,
    /// Answered by every round of a source that can be replaced.
    pub(crate) pulse: Heartbeat,
    lost: RefCell<Vec<SensorKind>>,
    works_since: Cell<Option<Instant>>,
}

impl SensorContext {
    fn new(
        tx: SyncSender<TimedEvent>,
        stop: StopSignal,
        pulse: Heartbeat,
        lost: Vec<SensorKind>,
    ) -> Self {
        pulse.set_lost(!lost.is_empty());
        Self {
            out: EventSender::new(tx, stop.clone()),
            stop,
            pulse,
            lost: RefCell::new(lost),
            works_since: Cell::new(None),
        }
    }

    /// Says that what was lost is back.
    pub(crate) fn works(&self, at: Moment) -> Result<(), ReceiverGone> {
        self.works_since.set(Some(Instant::now()));
        self.pulse.confirm();
        self.pulse.set_lost(false);
        for concern in self.lost.take() {
            self.out.send(at, SensorEvent::Back { concern })?;
        }
        Ok(())
    }

    /// Did it break or hang, and does not work again yet?
    #[allow(dead_code, reason = "not every backend looks anew")]
    pub(crate) fn is_lost(&self) -> bool {
        !self.lost.borrow().is_empty()
    }

    fn report_lost(
        &self,
        at: Moment,
        concerns: Vec<SensorKind>,
        why: &str,
    ) -> Result<(), ReceiverGone> {
        let news = self.lost.borrow().is_empty();
        self.pulse.set_lost(true);
        if news {
            for concern in &concerns {
                let (concern, reason) = (*concern, why.to_owned());
                self.out.send(at, SensorEvent::Lost { concern, reason })?;
            }
            self.lost.replace(concerns);
        }
        Ok(())
    }
}

/// The pauses between two attempts. They never end: each is one refused connection, and a desktop may come back
/// tomorrow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RestartDelays {
    /// The first, and the one after it worked for [`RestartDelays::steady`].
    pub(crate) first: Duration,
    /// The longest.
    pub(crate) last: Duration,
    /// What works for less than this has not mended anything.
    pub(crate) steady: Duration,
}

impl Default for RestartDelays {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(250),
            last: Duration::from_secs(30),
            steady: Duration::from_secs(60),
        }
    }
}

fn run_with_restarts(
    mut source: Box<dyn SensorTask>,
    post: &SensorContext,
    clock: &dyn Clock,
    pauses: RestartDelays,
) {
    let mut pause = pauses.first;
    loop {
        post.works_since.set(None);
        let why = match catch_unwind(AssertUnwindSafe(|| source.run(post))) {
            Ok(SensorExit::Stopped) => return,
            Ok(SensorExit::Broken(why)) => why,
            Err(_) => "it crashed; this is a mistake in uam".to_owned(),
        };
        let steady = post.works_since.get();
        if steady.is_some_and(|since| since.elapsed() >= pauses.steady) {
            pause = pauses.first;
        }
        let told = post.report_lost(clock.now(), source.sensor_kinds(), &why);
        if told.is_err() || post.stop.wait(pause) {
            return;
        }
        pause = (pause * 2).min(pauses.last);
    }
}

/// Enough for the deepest D-Bus message; untouched stack costs no memory.
const STACK_BYTES: usize = 1024 * 1024;

/// How long the end waits for threads that hang in a desktop that does not answer.
const JOIN_LIMIT: Duration = Duration::from_secs(2);

/// How often a sensor is asked whether it still works, in microseconds of the awake clock.
const ASK_EVERY_US: u64 = 60_000_000;

/// How long its answer may take, in microseconds of the awake clock.
const ANSWER_US: u64 = 20_000_000;

/// The first and the longest time between two replacements, in microseconds of the awake clock.
const REPLACE_FIRST_US: u64 = 60_000_000;
const REPLACE_LAST_US: u64 = 1_800_000_000;

/// Threads of one sensor that may hang; with so many it is not replaced until one of them ends.
const MOST_HUNG: usize = 3;

/// A source that runs, and how it is watched.
struct SupervisedTask {
    stop: StopSignal,
    pulse: Heartbeat,
    /// Only of what can be replaced: the next one, and the queue for it.
    spare: Option<(Box<dyn SensorTask>, SyncSender<TimedEvent>)>,
    threads: Vec<JoinHandle<()>>,
    /// When it was asked last, and when it may be replaced next, on the awake clock.
    asked_us: u64,
    replace_us: u64,
    pause_us: u64,
}

/// Running sensors. Dropping it stops them.
pub struct SensorSupervisor {
    kept: Vec<SupervisedTask>,
    clock: Arc<dyn Clock>,
    pauses: RestartDelays,
    /// Each thread holds a copy.
    alive: Option<Sender<Infallible>>,
    /// Closes when every thread has ended.
    ended: Receiver<Infallible>,
}

impl SensorSupervisor {
    pub(crate) fn start(
        sources: Vec<Box<dyn SensorTask>>,
        tx: &SyncSender<TimedEvent>,
        clock: Arc<dyn Clock>,
        pauses: RestartDelays,
    ) -> Self {
        let (alive, ended) = channel();
        let mut running = Self {
            kept: Vec::with_capacity(sources.len()),
            clock,
            pauses,
            alive: Some(alive),
            ended,
        };
        let now_us = running.clock.now().awake_us;
        for source in sources {
            let mut kept = SupervisedTask {
                stop: StopSignal::default(),
                pulse: Heartbeat::default(),
                spare: source.again().map(|spare| (spare, tx.clone())),
                threads: Vec::new(),
                asked_us: now_us,
                replace_us: now_us,
                pause_us: REPLACE_FIRST_US,
            };
            running.spawn(&mut kept, source, tx.clone(), Vec::new());
            running.kept.push(kept);
        }
        running
    }

    /// Without a thread it does not answer, and is replaced like one that hangs; what cannot be replaced closes its end
    /// of the queue.
    fn spawn(
        &self,
        kept: &mut SupervisedTask,
        source: Box<dyn SensorTask>,
        tx: SyncSender<TimedEvent>,
        lost: Vec<SensorKind>,
    ) {
        let (stop, pulse) = (kept.stop.clone(), kept.pulse.clone());
        let (clock, pauses) = (Arc::clone(&self.clock), self.pauses);
        let alive = self.alive.clone();
        let spawned = std::thread::Builder::new()
            .name(source.name().to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || {
                run_with_restarts(
                    source,
                    &SensorContext::new(tx, stop, pulse, lost),
                    &*clock,
                    pauses,
                );
                drop(alive);
            });
        kept.threads.extend(spawned);
    }

    /// Asks each sensor now and then whether it still works, and replaces what does not answer. Costs one round trip a
    /// minute; call it every few seconds with the present moment. Returns what is lost by it.
    pub fn watch(&mut self, now: Moment) -> Vec<TimedEvent> {
        let mut lost = Vec::new();
        let mut all = std::mem::take(&mut self.kept);
        for kept in &mut all {
            lost.extend(self.check_task(kept, now));
        }
        self.kept = all;
        lost
    }

    fn check_task(&self, kept: &mut SupervisedTask, now: Moment) -> Vec<TimedEvent> {
        let now_us = now.awake_us;
        let since_us = now_us.saturating_sub(kept.asked_us);
        if kept.spare.is_none() || kept.pulse.is_lost() && !kept.pulse.is_check_due() {
            return Vec::new();
        }
        if !kept.pulse.is_check_due() {
            if since_us >= ASK_EVERY_US {
                kept.asked_us = now_us;
                kept.pulse.check();
            }
            return Vec::new();
        }
        kept.threads.retain(|thread| !thread.is_finished());
        let hangs = since_us >= ANSWER_US && now_us >= kept.replace_us;
        let Some((spare, tx)) = kept
            .spare
            .take_if(|_| hangs && kept.threads.len() <= MOST_HUNG)
        else {
            return Vec::new();
        };
        let news = !kept.pulse.is_lost();
        kept.stop.discard();
        kept.stop = StopSignal::default();
        kept.pulse = Heartbeat::default();
        // Until it works it counts as asked: one that hangs as well is replaced in its turn.
        kept.pulse.check();
        kept.asked_us = now_us;
        kept.replace_us = now_us.saturating_add(kept.pause_us);
        kept.pause_us = (kept.pause_us * 2).min(REPLACE_LAST_US);
        let concerns = spare.sensor_kinds();
        kept.spare = spare.again().map(|next| (next, tx.clone()));
        self.spawn(kept, spare, tx, concerns.clone());
        let tell = |concern| TimedEvent {
            at: now,
            event: SensorEvent::Lost {
                concern,
                reason: "it does not answer; another one is started".to_owned(),
            },
        };
        match news {
            true => concerns.into_iter().map(tell).collect(),
            false => Vec::new(),
        }
    }

    /// Stops the sensors: open input counts are handed over, then every thread is joined. Takes milliseconds; at most
    /// about half a second when the queue is full and nobody reads from it. A thread that waits for an answer of a
    /// desktop that gives none (an X server that another program has grabbed) is left behind after two seconds: it
    /// ends with the answer or with the process, and sends nothing any more once the receiver is dropped.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for SensorSupervisor {
    fn drop(&mut self) {
        for kept in &self.kept {
            kept.stop.request_stop();
        }
        self.alive = None;
        if self.ended.recv_timeout(JOIN_LIMIT) == Err(RecvTimeoutError::Timeout) {
            return;
        }
        for thread in self.kept.drain(..).flat_map(|kept| kept.threads) {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;

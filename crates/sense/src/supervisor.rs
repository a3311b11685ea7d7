//! Keeps sensors running.
//!
//! Always true:
//! * A sensor that fails or panics is restarted for ever, with longer and longer delays; what it serves is reported as lost
//!   once, and as back once it works again.
//! * A sensor that does not answer a check is reported as lost and replaced. The one that hangs sends nothing more,
//!   however it ends, and only a few may hang at a time.

use crate::heartbeat::Heartbeat;
use crate::sensor_task::{SensorContext, SensorExit, SensorTask};
use crate::stop_signal::StopSignal;
use model::{Clock, Moment, SensorEvent, SensorKind, TimedEvent};
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// The delays between two attempts. They go on for ever: each is one refused connection, and a desktop may come back
/// tomorrow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RestartDelays {
    /// The first, and the one after it worked for [`RestartDelays::steady`].
    pub(crate) first: Duration,
    /// The longest.
    pub(crate) last: Duration,
    /// A sensor that works for less than this has not recovered.
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
    mut task: Box<dyn SensorTask>,
    context: &SensorContext,
    clock: &dyn Clock,
    delays: RestartDelays,
) {
    let mut delay = delays.first;
    loop {
        context.reset_working();
        let why = match catch_unwind(AssertUnwindSafe(|| task.run(context))) {
            Ok(SensorExit::Stopped) => return,
            Ok(SensorExit::Broken(why)) => why,
            Err(_) => "it crashed; this is a bug in uam".to_owned(),
        };
        let worked = context.worked_for();
        if worked.is_some_and(|time| time >= delays.steady) {
            delay = delays.first;
        }
        let reported = context.report_lost(clock.now(), task.sensor_kinds(), &why);
        if reported.is_err() || context.stop.wait(delay) {
            return;
        }
        delay = (delay * 2).min(delays.last);
    }
}

/// Enough for the deepest D-Bus message; untouched stack costs no memory.
const STACK_BYTES: usize = 1024 * 1024;

/// How long the end waits for threads that hang in a desktop that does not answer.
const JOIN_LIMIT: Duration = Duration::from_secs(2);

/// How often a sensor is checked, on the awake clock.
const CHECK_EVERY: Duration = Duration::from_secs(60);

/// How long its answer may take, on the awake clock.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// The first and the longest time between two replacements, on the awake clock.
const FIRST_REPLACEMENT_DELAY: Duration = Duration::from_secs(60);
const LAST_REPLACEMENT_DELAY: Duration = Duration::from_secs(1_800);

/// Threads of one sensor that may hang; with so many it is not replaced until one of them ends.
const MOST_HUNG: usize = 3;

/// A running task, and the state of its checks.
struct SupervisedTask {
    stop: StopSignal,
    heartbeat: Heartbeat,
    /// Only of a task that can be replaced: the next one, and the queue for it.
    spare: Option<(Box<dyn SensorTask>, SyncSender<TimedEvent>)>,
    threads: Vec<JoinHandle<()>>,
    /// When it was asked last, and when it may be replaced next, on the awake clock.
    asked_at: Duration,
    replace_from: Duration,
    replacement_delay: Duration,
}

/// Running sensors. Dropping it stops them.
pub struct SensorSupervisor {
    tasks: Vec<SupervisedTask>,
    clock: Arc<dyn Clock>,
    delays: RestartDelays,
    /// Each thread holds a copy.
    alive: Option<Sender<Infallible>>,
    /// Closes when every thread has ended.
    ended: Receiver<Infallible>,
}

impl SensorSupervisor {
    pub(crate) fn start(
        tasks: Vec<Box<dyn SensorTask>>,
        tx: &SyncSender<TimedEvent>,
        clock: Arc<dyn Clock>,
        delays: RestartDelays,
    ) -> Self {
        let (alive, ended) = channel();
        let mut running = Self {
            tasks: Vec::with_capacity(tasks.len()),
            clock,
            delays,
            alive: Some(alive),
            ended,
        };
        let now = running.clock.now().awake;
        for task in tasks {
            let mut kept = SupervisedTask {
                stop: StopSignal::default(),
                heartbeat: Heartbeat::default(),
                spare: task.replacement().map(|spare| (spare, tx.clone())),
                threads: Vec::new(),
                asked_at: now,
                replace_from: now,
                replacement_delay: FIRST_REPLACEMENT_DELAY,
            };
            running.spawn(&mut kept, task, tx.clone(), Vec::new());
            running.tasks.push(kept);
        }
        running
    }

    /// Starts its thread. When that fails, the task does not answer and is replaced like one that hangs; one that cannot be
    /// replaced closes its end of the queue.
    fn spawn(
        &self,
        kept: &mut SupervisedTask,
        task: Box<dyn SensorTask>,
        tx: SyncSender<TimedEvent>,
        lost: Vec<SensorKind>,
    ) {
        let (stop, heartbeat) = (kept.stop.clone(), kept.heartbeat.clone());
        let (clock, delays) = (Arc::clone(&self.clock), self.delays);
        let alive = self.alive.clone();
        let spawned = std::thread::Builder::new()
            .name(task.name().to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || {
                run_with_restarts(
                    task,
                    &SensorContext::new(tx, stop, heartbeat, lost),
                    &*clock,
                    delays,
                );
                drop(alive);
            });
        kept.threads.extend(spawned);
    }

    /// Checks each sensor now and then, and replaces those that do not answer. Costs one round trip a minute; call it
    /// every few seconds with the present moment. Returns [`SensorEvent::Lost`] for each kind that was lost by it.
    pub fn check_sensors(&mut self, now: Moment) -> Vec<TimedEvent> {
        let mut lost = Vec::new();
        let mut all = std::mem::take(&mut self.tasks);
        for kept in &mut all {
            lost.extend(self.check_task(kept, now));
        }
        self.tasks = all;
        lost
    }

    fn check_task(&self, kept: &mut SupervisedTask, now: Moment) -> Vec<TimedEvent> {
        let waited = now.awake.saturating_sub(kept.asked_at);
        if kept.spare.is_none() || kept.heartbeat.is_lost() && !kept.heartbeat.is_check_due() {
            return Vec::new();
        }
        if !kept.heartbeat.is_check_due() {
            if waited >= CHECK_EVERY {
                kept.asked_at = now.awake;
                kept.heartbeat.check();
            }
            return Vec::new();
        }
        kept.threads.retain(|thread| !thread.is_finished());
        let hangs = waited >= ANSWER_LIMIT && now.awake >= kept.replace_from;
        let Some((spare, tx)) = kept
            .spare
            .take_if(|_| hangs && kept.threads.len() <= MOST_HUNG)
        else {
            return Vec::new();
        };
        let news = !kept.heartbeat.is_lost();
        kept.stop.discard();
        kept.stop = StopSignal::default();
        kept.heartbeat = Heartbeat::default();
        // Until it works a check is due: one that hangs as well is replaced in its turn.
        kept.heartbeat.check();
        kept.asked_at = now.awake;
        kept.replace_from = now.awake.saturating_add(kept.replacement_delay);
        kept.replacement_delay = (kept.replacement_delay * 2).min(LAST_REPLACEMENT_DELAY);
        let kinds = spare.sensor_kinds();
        kept.spare = spare.replacement().map(|next| (next, tx.clone()));
        self.spawn(kept, spare, tx, kinds.clone());
        let lost = |concern| TimedEvent {
            at: now,
            event: SensorEvent::Lost {
                concern,
                reason: "it does not answer; another one is started".to_owned(),
            },
        };
        match news {
            true => kinds.into_iter().map(lost).collect(),
            false => Vec::new(),
        }
    }

    /// Stops the sensors: open input counts are sent, then every thread is joined. Takes milliseconds; at most
    /// about half a second when the queue is full and nobody reads from it. A thread that waits for an answer of a
    /// desktop that gives none (an X server that another program has grabbed) is left behind after two seconds: it
    /// ends with the answer or with the process, and sends nothing any more once the receiver is dropped.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for SensorSupervisor {
    fn drop(&mut self) {
        for kept in &self.tasks {
            kept.stop.request_stop();
        }
        self.alive = None;
        if self.ended.recv_timeout(JOIN_LIMIT) == Err(RecvTimeoutError::Timeout) {
            return;
        }
        for thread in self.tasks.drain(..).flat_map(|kept| kept.threads) {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;

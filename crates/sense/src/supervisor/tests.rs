#![allow(clippy::unwrap_used)]

use super::*;
use platform::clock::SystemClock;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::mpsc::sync_channel;

/// The behaviour of a made-up sensor.
#[derive(Clone, Copy, Debug)]
enum Act {
    Panic,
    Break,
    /// Works, and breaks.
    Works,
    /// Works and answers until the end.
    Serves,
    /// Works, and then waits for the end of the hang without answering.
    Hangs,
}

#[derive(Clone)]
struct MadeUp {
    /// Shared, so that a replacement goes on where the other one hangs.
    acts: Arc<Mutex<VecDeque<Act>>>,
    /// Lets go of what hangs when it is dropped elsewhere.
    hang: Arc<Mutex<Receiver<Infallible>>>,
    replaceable: bool,
}

impl SensorTask for MadeUp {
    fn name(&self) -> &'static str {
        "made-up"
    }

    fn sensor_kinds(&self) -> Vec<SensorKind> {
        vec![SensorKind::Window, SensorKind::Input]
    }

    fn replacement(&self) -> Option<Box<dyn SensorTask>> {
        self.replaceable
            .then(|| Box::new(self.clone()) as Box<dyn SensorTask>)
    }

    fn run(&mut self, context: &SensorContext) -> SensorExit {
        let act = self.acts.lock().unwrap().pop_front().unwrap_or(Act::Serves);
        let heartbeat = context.heartbeat.clone();
        match act {
            Act::Panic => panic!("on purpose"),
            Act::Break => return SensorExit::Broken("broken on purpose".into()),
            Act::Hangs => {}
            Act::Works | Act::Serves => context.heartbeat.on_check(move || {
                let heartbeat = heartbeat.clone();
                std::thread::spawn(move || heartbeat.confirm());
            }),
        }
        let at = SystemClock.now();
        if context.report_working(at).is_err()
            || context.out.send(at, SensorEvent::Present).is_err()
        {
            return SensorExit::Stopped;
        }
        match act {
            Act::Works => return SensorExit::Broken("works no more".into()),
            Act::Hangs => {
                let _ = self.hang.lock().unwrap().recv();
                // What it says afterwards, nobody hears.
                return match context.out.send(
                    at,
                    SensorEvent::Idle {
                        idle: Duration::from_micros(666),
                    },
                ) {
                    Ok(()) => SensorExit::Broken("it was heard".into()),
                    Err(_) => SensorExit::Stopped,
                };
            }
            _ => {}
        }
        context.stop.wait(Duration::MAX);
        SensorExit::Stopped
    }
}

struct Stage {
    running: SensorSupervisor,
    rx: Receiver<TimedEvent>,
    let_go: Option<Sender<Infallible>>,
}

fn stage(acts: &[Act], replaceable: bool) -> Stage {
    let (tx, rx) = sync_channel(64);
    let (let_go, hang) = channel();
    let source = MadeUp {
        acts: Arc::new(Mutex::new(acts.iter().copied().collect())),
        hang: Arc::new(Mutex::new(hang)),
        replaceable,
    };
    let pauses = RestartDelays {
        first: Duration::ZERO,
        last: Duration::ZERO,
        steady: Duration::ZERO,
    };
    let running =
        SensorSupervisor::start(vec![Box::new(source)], &tx, Arc::new(SystemClock), pauses);
    Stage {
        running,
        rx,
        let_go: Some(let_go),
    }
}

impl Stage {
    /// The next `n` events, each as one letter: lost, back, present, or what must not be heard.
    fn heard(&self, n: usize) -> String {
        let mut heard = String::new();
        for item in self.rx.iter().take(n) {
            heard.push(match item.event {
                SensorEvent::Lost { .. } => 'L',
                SensorEvent::Back { .. } => 'B',
                SensorEvent::Present => 'P',
                _ => '?',
            });
        }
        heard
    }
}

#[test]
fn what_panics_or_breaks_is_begun_anew_and_told_once() {
    let acts = [
        Act::Panic,
        Act::Break,
        Act::Panic,
        Act::Works,
        Act::Break,
        Act::Panic,
    ];
    let stage = stage(&acts, false);
    // Lost twice (two concerns) at the first trouble only, back with the first that works, and so again.
    assert_eq!(stage.heard(2 + 3 + 2 + 3), "LLBBPLLBBP");
    stage.running.stop();
    assert!(stage.rx.recv().is_err(), "the queue is closed");
}

fn later(after: Duration) -> Moment {
    SystemClock.now() + after
}

#[test]
fn what_hangs_is_replaced_and_says_nothing_more() {
    let mut stage = stage(&[Act::Hangs, Act::Hangs, Act::Serves], true);
    assert_eq!(stage.heard(1), "P");
    let mut at = Duration::ZERO;
    let mut lost = 0;
    let mut watch = |stage: &mut Stage, after: Duration| {
        at += after;
        let told = stage.running.check_sensors(later(at));
        assert!(
            told.iter()
                .all(|s| matches!(s.event, SensorEvent::Lost { .. }))
        );
        lost += told.len();
        lost
    };
    assert_eq!(watch(&mut stage, CHECK_EVERY), 0, "asked");
    assert_eq!(watch(&mut stage, ANSWER_LIMIT / 2), 0, "still time");
    assert_eq!(watch(&mut stage, ANSWER_LIMIT), 2, "lost and replaced");
    assert_eq!(
        stage.heard(3),
        "BBP",
        "the second works, and hangs in its turn"
    );
    assert_eq!(watch(&mut stage, CHECK_EVERY), 2, "asked");
    assert_eq!(watch(&mut stage, ANSWER_LIMIT), 4, "lost and replaced");
    assert_eq!(stage.heard(3), "BBP");
    // The third answers whenever it is asked.
    for _ in 0..5 {
        watch(&mut stage, CHECK_EVERY);
        let heartbeat = stage.running.tasks[0].heartbeat.clone();
        while heartbeat.is_check_due() {
            std::thread::yield_now();
        }
        assert_eq!(watch(&mut stage, ANSWER_LIMIT), 4);
    }
    drop(stage.let_go.take());
    stage.running.stop();
    assert_eq!(stage.rx.iter().count(), 0, "those that hung were not heard");
}

#[test]
fn only_a_few_hang_at_a_time() {
    let mut stage = stage(&[Act::Hangs; 40], true);
    let mut present = stage.heard(1).len();
    for round in 0..100 {
        stage
            .running
            .check_sensors(later(round * LAST_REPLACEMENT_DELAY));
        present += stage
            .rx
            .try_iter()
            .filter(|s| s.event == SensorEvent::Present)
            .count();
    }
    let threads = stage.running.tasks[0].threads.len();
    assert_eq!(threads, MOST_HUNG + 1);
    // One that ends makes room for the next.
    drop(stage.let_go.take());
    stage.running.stop();
    assert!(present <= MOST_HUNG + 1, "{present}");
}

//! A lab, its result, and how it runs and shows its progress.

use anyhow::{Result, bail};
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How much a lab does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunLength {
    /// A minute at most; part of the tests.
    Short,
    /// The one whose figures are published.
    Long,
}

impl RunLength {
    /// Chooses between the short and the long run.
    pub(crate) fn pick<T>(self, short: T, long: T) -> T {
        match self {
            Self::Short => short,
            Self::Long => long,
        }
    }
}

/// The result of a lab that found nothing wrong.
#[derive(Debug)]
pub(crate) enum LabVerdict {
    /// One line of figures.
    Passed(String),
    /// A missing part of this machine, and the remedy.
    CannotHere(String),
}

/// One lab.
pub(crate) struct Lab {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// One line for people.
    pub(crate) what: &'static str,
    /// Runs it. An error is something lost, doubled or broken, or a lab that could not do its work.
    pub(crate) run: fn(RunLength) -> Result<LabVerdict>,
}

/// The progress of a long lab: one line that is overwritten on a terminal, and a line for each tenth elsewhere.
pub(crate) struct ProgressBar {
    whole: u64,
    begun: Instant,
    shown: u64,
    visible: bool,
    terminal: bool,
}

impl ProgressBar {
    /// Of `whole` steps; a short run shows nothing.
    pub(crate) fn new(whole: u64, length: RunLength) -> Self {
        Self {
            whole: whole.max(1),
            visible: length == RunLength::Long,
            begun: Instant::now(),
            shown: 0,
            terminal: std::io::stderr().is_terminal(),
        }
    }

    /// Shows that `done` steps are done.
    pub(crate) fn at(&mut self, done: u64) {
        let steps = if self.terminal { 200 } else { 10 };
        let part = done.saturating_mul(steps) / self.whole;
        if part == self.shown || !self.visible {
            return;
        }
        self.shown = part;
        let spent = self.begun.elapsed().as_secs_f64();
        let left = spent / (done.max(1) as f64) * self.whole.saturating_sub(done) as f64;
        let line = format!("  {done} of {}, {left:.0} s left", self.whole);
        if self.terminal {
            eprint!("\r{line}   ");
            if done >= self.whole {
                eprintln!();
            }
            let _ = std::io::stderr().flush();
        } else {
            eprintln!("{line}");
        }
    }
}

/// Calls `one` with 0 to `whole` − 1 on two threads, in any order, and returns its results; the first error ends it. A long
/// run shows its progress.
pub(crate) fn run_two_at_once<T: Send>(
    whole: u64,
    length: RunLength,
    one: &(dyn Fn(u64) -> Result<T> + Sync),
) -> Result<Vec<T>> {
    let next = AtomicU64::new(0);
    let done = AtomicU64::new(0);
    let worker = || -> Result<Vec<T>> {
        let mut results = Vec::new();
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= whole {
                return Ok(results);
            }
            // After an error the other thread can stop.
            let result = one(n).inspect_err(|_| next.store(whole, Ordering::Relaxed));
            results.push(result?);
            done.fetch_add(1, Ordering::Relaxed);
        }
    };
    let mut bar = ProgressBar::new(whole, length);
    std::thread::scope(|scope| {
        let workers = [scope.spawn(worker), scope.spawn(worker)];
        while workers.iter().any(|w| !w.is_finished()) {
            std::thread::sleep(Duration::from_millis(50));
            bar.at(done.load(Ordering::Relaxed));
        }
        let mut results = Vec::new();
        for worker in workers {
            match worker.join() {
                Ok(ended) => results.extend(ended?),
                Err(_) => bail!("a thread of the lab panicked"),
            }
        }
        Ok(results)
    })
}

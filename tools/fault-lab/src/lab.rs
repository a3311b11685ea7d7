//! What every lab has in common.

use anyhow::{Result, bail};
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How much is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunLength {
    /// A minute at most; part of the tests.
    Short,
    /// The one whose figures are published.
    Long,
}

impl RunLength {
    /// One number for the short length, another for the long one.
    pub(crate) fn pick<T>(self, short: T, long: T) -> T {
        match self {
            Self::Short => short,
            Self::Long => long,
        }
    }
}

/// How a lab ended when nothing was found wrong.
#[derive(Debug)]
pub(crate) enum LabVerdict {
    /// What was done and counted, as one line.
    Passed(String),
    /// Something this machine lacks, and what would help.
    CannotHere(String),
}

/// One lab.
pub(crate) struct Lab {
    /// As the command line names it.
    pub(crate) name: &'static str,
    /// One line for people.
    pub(crate) what: &'static str,
    /// Runs it. An error is something lost, doubled or broken, or a lab that could not do its work.
    pub(crate) run: fn(RunLength) -> Result<LabVerdict>,
}

/// How far a long lab is: a line that is written over on a terminal, and one line each tenth elsewhere.
pub(crate) struct ProgressBar {
    whole: u64,
    begun: Instant,
    shown: u64,
    terminal: bool,
}

impl ProgressBar {
    /// Of `whole` steps.
    pub(crate) fn new(whole: u64) -> Self {
        Self {
            whole: whole.max(1),
            begun: Instant::now(),
            shown: 0,
            terminal: std::io::stderr().is_terminal(),
        }
    }

    /// `done` steps are done.
    pub(crate) fn at(&mut self, done: u64) {
        let steps = if self.terminal { 200 } else { 10 };
        let part = done.saturating_mul(steps) / self.whole;
        if part == self.shown {
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

/// Does `one` for 0 to `whole` − 1, two at once, in no certain order; the first error ends it. A long length shows how far
/// it is.
pub(crate) fn run_two_at_once(
    whole: u64,
    length: RunLength,
    one: &(dyn Fn(u64) -> Result<()> + Sync),
) -> Result<()> {
    let next = AtomicU64::new(0);
    let done = AtomicU64::new(0);
    let worker = || -> Result<()> {
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= whole {
                return Ok(());
            }
            if let Err(e) = one(n) {
                // The other one need not go on.
                next.store(whole, Ordering::Relaxed);
                return Err(e);
            }
            done.fetch_add(1, Ordering::Relaxed);
        }
    };
    let mut bar = ProgressBar::new(whole);
    std::thread::scope(|scope| {
        let workers = [scope.spawn(worker), scope.spawn(worker)];
        while workers.iter().any(|w| !w.is_finished()) {
            std::thread::sleep(Duration::from_millis(50));
            if length == RunLength::Long {
                bar.at(done.load(Ordering::Relaxed));
            }
        }
        for worker in workers {
            match worker.join() {
                Ok(ended) => ended?,
                Err(_) => bail!("a thread of the lab panicked"),
            }
        }
        Ok(())
    })
}

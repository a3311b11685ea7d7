//! The cost of a process, read from the outside.
//!
//! * **CPU**: the process's CPU clock (`clock_getcpuclockid`), which counts nanoseconds over all its threads, ended ones
//!   included. `/proc/PID/stat` would count in steps of 10 ms, a fifth of what an idle minute may cost.
//! * **Memory**: `VmRSS` of `/proc/PID/status`, pages shared with others included.
//! * **Wake-ups**: voluntary context switches of every thread, that is, how often one that slept had to be woken. A
//!   thread that began and ended between two looks is not seen.
//!
//! Children count with their parent. Not counted: the X server's work on a program's behalf.

use crate::process::raw_pid;
use anyhow::{Context, Result};
use nix::time::{ClockId, clock_gettime};
use std::time::Instant;

/// A look at a process and its children.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProcessSample {
    at: Instant,
    cpu_ns: u64,
    rss_kib: u64,
    wakes: u64,
}

/// The difference of two readings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProcessCost {
    /// Wall time in seconds.
    pub(crate) seconds: f64,
    /// CPU time in milliseconds.
    pub(crate) cpu_ms: f64,
    /// Wake-ups a second.
    pub(crate) wakes_per_second: f64,
    /// Resident memory at the end, in MiB.
    pub(crate) rss_mib: f64,
}

impl ProcessCost {
    /// CPU as a share of one core, in percent.
    pub(crate) fn percent(&self) -> f64 {
        self.cpu_ms / self.seconds / 10.0
    }
}

impl ProcessSample {
    /// Looks at `pid` and its descendants.
    ///
    /// # Errors
    /// When the process is gone.
    pub(crate) fn take_sample(pid: u32) -> Result<Self> {
        let mut sum = Self {
            at: Instant::now(),
            cpu_ns: 0,
            rss_kib: 0,
            wakes: 0,
        };
        sum.add(pid)
            .with_context(|| format!("looking at process {pid}"))?;
        Ok(sum)
    }

    fn add(&mut self, pid: u32) -> Result<()> {
        let time = clock_gettime(ClockId::pid_cpu_clock_id(raw_pid(pid))?)?;
        let (seconds, nanos) = (time.tv_sec(), time.tv_nsec());
        self.cpu_ns += u64::try_from(seconds)? * 1_000_000_000 + u64::try_from(nanos)?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        self.rss_kib += status_field(&status, "VmRSS").unwrap_or(0);
        for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
            let dir = task?.path();
            // A thread may end between the listing and the look.
            if let Ok(status) = std::fs::read_to_string(dir.join("status")) {
                self.wakes += status_field(&status, "voluntary_ctxt_switches").unwrap_or(0);
            }
            let children = std::fs::read_to_string(dir.join("children")).unwrap_or_default();
            for child in children.split_whitespace().filter_map(|c| c.parse().ok()) {
                let _ = self.add(child);
            }
        }
        Ok(())
    }

    /// The cost since `self`, given a later reading.
    #[expect(clippy::cast_precision_loss, reason = "counters far below 2^52")]
    pub(crate) fn cost_until(&self, later: &Self) -> ProcessCost {
        let seconds = later.at.duration_since(self.at).as_secs_f64().max(1e-9);
        ProcessCost {
            seconds,
            cpu_ms: later.cpu_ns.saturating_sub(self.cpu_ns) as f64 / 1e6,
            wakes_per_second: later.wakes.saturating_sub(self.wakes) as f64 / seconds,
            rss_mib: later.rss_kib as f64 / 1024.0,
        }
    }
}

/// A number of a `/proc/…/status` file.
fn status_field(status: &str, name: &str) -> Option<u64> {
    status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn fields_are_found_by_their_whole_name() {
        let status = "Name:\tuam\nVmRSS:\t   12345 kB\nvoluntary_ctxt_switches:\t17\nnonvoluntary_ctxt_switches:\t4\n";
        assert_eq!(status_field(status, "VmRSS"), Some(12_345));
        assert_eq!(status_field(status, "voluntary_ctxt_switches"), Some(17));
        assert_eq!(status_field(status, "VmSwap"), None);
    }

    #[test]
    fn work_shows_on_the_clock() {
        let pid = std::process::id();
        let before = ProcessSample::take_sample(pid).unwrap();
        let mut sum = 0u64;
        for n in 0..20_000_000u64 {
            sum = std::hint::black_box(sum.wrapping_mul(31).wrapping_add(n));
        }
        std::hint::black_box(sum);
        let cost = before.cost_until(&ProcessSample::take_sample(pid).unwrap());
        assert!(cost.cpu_ms > 0.0 && cost.rss_mib > 0.0, "{cost:?}");
    }
}

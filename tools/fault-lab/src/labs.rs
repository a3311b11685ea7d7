//! The labs, in the order they run.

mod clock;
mod conformance;
mod damage;
mod disk_full;
mod failing_calls;
mod fuzz;
mod kill;
mod network;
mod offline;
#[cfg(target_os = "linux")]
mod power;
#[cfg(not(target_os = "linux"))]
#[path = "labs/power/unsupported.rs"]
mod power;
mod recorded_journal;
mod soak;
mod verify;

use crate::lab::Lab;
use anyhow::{Result, bail};

/// All of them.
pub(crate) const LABS: &[Lab] = &[
    Lab {
        name: "kill",
        what: "kill -9 in capture, checkpoint, freeze, upload, removal and retention",
        run: kill::run,
    },
    Lab {
        name: "faults",
        what: "every N-th write, fsync, rename, open, truncate and unlink fails",
        run: failing_calls::run,
    },
    Lab {
        name: "disk-full",
        what: "a real disk of 12 MiB is full, and gets room again",
        run: disk_full::run,
    },
    Lab {
        name: "power",
        what: "the power fails at any write: dropped, shuffled and torn after the last flush",
        run: power::run,
    },
    Lab {
        name: "damage",
        what: "flipped bits, overwritten and lost pages, a cut file, a lost log",
        run: damage::run,
    },
    Lab {
        name: "verify",
        what: "a bucket of many objects is checked in little memory",
        run: verify::run,
    },
    Lab {
        name: "network",
        what: "every fifth request goes wrong, in every way a network knows",
        run: network::run,
    },
    Lab {
        name: "offline",
        what: "days without a network at full rate, then everything at once",
        run: offline::run,
    },
    Lab {
        name: "conformance",
        what: "the suite of sinks against S3 servers that others wrote",
        run: conformance::run,
    },
    Lab {
        name: "fuzz",
        what: "nonsense for every reader of outside bytes",
        run: fuzz::run,
    },
    Lab {
        name: "clock",
        what: "clocks that are set, sleep and travel while somebody works",
        run: clock::run,
    },
    Lab {
        name: "soak",
        what: "the real program at fifty times the usual rate",
        run: soak::run,
    },
];

/// Runs a program to be broken: one of the labs' children, by name.
///
/// # Errors
/// When there is no such child, or it fails.
pub(crate) fn run_child(args: &[String]) -> Result<()> {
    match args.split_first() {
        Some((name, rest)) if name == "work" => crate::child::run_worker(rest),
        Some((name, rest)) if name == "offline" => offline::run_program(rest),
        Some((name, _)) => bail!("there is no child `{name}`"),
        None => bail!("name a child"),
    }
}

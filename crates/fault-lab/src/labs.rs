//! The labs, in the order they run.

mod conformance;
mod network;
mod offline;
mod recorded;

use crate::form::Lab;
use anyhow::{Result, bail};

/// All of them.
pub(crate) const LABS: &[Lab] = &[
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
];

/// A program to be broken: one of the labs' children, by name.
///
/// # Errors
/// When there is no such child, and whatever it ends with.
pub(crate) fn child(args: &[String]) -> Result<()> {
    match args.split_first() {
        Some((name, rest)) if name == "offline" => offline::program(rest),
        Some((name, _)) => bail!("there is no child `{name}`"),
        None => bail!("name a child"),
    }
}

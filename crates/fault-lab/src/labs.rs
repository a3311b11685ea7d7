//! The labs, in the order they run.

mod clock;
mod soak;

use crate::form::Lab;
use anyhow::{Result, bail};

/// All of them.
pub(crate) const LABS: &[Lab] = &[
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

/// A program to be broken: one of the labs' children, by name.
///
/// # Errors
/// When there is no such child, and whatever it ends with.
pub(crate) fn child(args: &[String]) -> Result<()> {
    match args.split_first() {
        Some((name, _rest)) => bail!("there is no child `{name}`"),
        None => bail!("name a child"),
    }
}

//! The labs, in the order they run.

mod verify;

use crate::form::Lab;
use anyhow::{Result, bail};

/// All of them.
pub(crate) const LABS: &[Lab] = &[Lab {
    name: "verify",
    what: "a bucket of many objects is checked in little memory",
    run: verify::run,
}];

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

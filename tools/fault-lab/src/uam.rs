//! uam's own readers of outside bytes, which are part of a program and of no library: its very files, compiled here too.
//!
//! They name each other from the root of their crate, so `main.rs` says where they are.

use anyhow::{Result, bail};

/// Stands for the part of uam that asks the system where its folders are; nothing here asks it.
pub(crate) fn places() -> Result<crate::paths::Paths> {
    bail!("the labs have no folders of the system")
}

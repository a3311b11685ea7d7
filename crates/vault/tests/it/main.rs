//! The vault on a real disk.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod enrol;
mod file;
mod gate;
mod kills;
mod kit;
mod seal;
mod slots;

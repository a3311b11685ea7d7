//! The journal on a real disk.
#![allow(clippy::unwrap_used, clippy::expect_used)]
// The processes that are started and killed tell their parent by standard output.
#![allow(clippy::print_stdout)]

mod chain;
mod crash;
mod damage;
mod erase;
#[cfg(target_os = "linux")]
mod figures;
mod kit;
mod lease;
mod outbox;
mod remove;
mod retention;
mod rollups;
mod rows;
mod shots;
mod tamper;

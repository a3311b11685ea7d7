//! The journal on a real disk.
#![allow(clippy::unwrap_used, clippy::expect_used)]
// The processes that are started and killed tell their parent by standard output.
#![allow(clippy::print_stdout)]

mod crash;
mod damage;
#[cfg(target_os = "linux")]
mod figures;
mod kit;
mod outbox;
mod retention;
mod rows;
mod shots;

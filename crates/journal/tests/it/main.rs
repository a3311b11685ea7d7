//! The journal on a real disk.
#![allow(clippy::unwrap_used, clippy::expect_used)]
// The processes that are started and killed tell their parent by standard output.
#![allow(clippy::print_stdout)]

mod crash;
mod damage;
mod erase;
mod kit;
mod lost_leases;
mod manifests;
mod outbox;
mod records;
mod redact;
mod retention;
mod rollups;
mod screenshots;
mod tampering;
#[cfg(target_os = "linux")]
mod write_cost;

//! The whole program on a real X server with a window manager, against a real S3 server on loopback.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    missing_docs,
    unreachable_pub
)]

mod attach;
mod configs;
mod consent;
mod counting;
mod delivery;
mod harness;
mod keys;
mod lifetime;
mod page;
mod privacy;
mod recovery;
mod redaction;
mod sign_in;
mod tray;

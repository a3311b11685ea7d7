//! The Windows program on a Windows desktop: `uam.exe` under Wine, with real key and click events of an X server, driven
//! from Linux. `cargo xtask windows` builds the program and runs these; an ordinary test run leaves them out.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    dead_code,
    missing_docs,
    unreachable_pub
)]

mod counting;
mod delivery;
#[path = "../e2e/harness/mod.rs"]
mod harness;
mod lifetime;
mod wine;

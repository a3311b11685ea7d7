//! The journal on a real disk.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod crash;
mod damage;
mod kit;
mod outbox;
mod retention;
mod rows;
mod shots;

//! The recorder as a pure function: scenarios with their exact outcome, and properties for any order of events.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    unreachable_pub
)]

mod kit;
mod pauses;
mod properties;
mod scenarios;

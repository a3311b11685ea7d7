//! The page over real connections: each line of the checklist, and its answers. Raw bytes, no client library: a client
//! would not send what must be refused.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod answers;
mod bounds;
mod checklist;
mod client;
mod demo;
mod export;

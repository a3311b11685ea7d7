//! Reports as text for a terminal, as CSV, JSON and ICS.

pub mod csv;
pub mod ics;
mod json;
pub mod terminal;

pub use json::to_json;

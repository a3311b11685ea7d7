//! Sinks: destinations opened.

mod inspect;
pub(crate) mod interface;
pub(crate) mod object_store;
pub(crate) mod open;
mod put;

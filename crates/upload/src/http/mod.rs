//! The HTTP layer under `object_store`: answers stay typed, and bodies keep to a speed limit.

pub(crate) mod classify;
pub(crate) mod conditional_puts;
mod rate_limit;
mod refusal;
pub(crate) mod service;

//! A setting of the destination that cannot be used.

use thiserror::Error;

/// A setting that cannot be used: place, fault and remedy.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{place}: {what}. {hint}")]
pub struct ConfigError {
    /// The variable's name, or `destination` for the URL.
    pub place: &'static str,
    /// The fault, as the rest of a sentence; never holds a secret.
    pub what: String,
    /// The remedy, as a sentence.
    pub hint: String,
}

impl ConfigError {
    pub(super) fn new(
        place: &'static str,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            place,
            what: what.into(),
            hint: hint.into(),
        }
    }

    /// One of two settings that belong together is missing.
    pub(super) fn missing_half(missing: &'static str, present: &str) -> Self {
        Self::new(
            missing,
            format!("is not set, but {present} is"),
            format!("Set both, or remove {present}."),
        )
    }
}

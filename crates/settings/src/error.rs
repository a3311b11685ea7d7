//! Errors of settings, which are always for the person who wrote them to mend.

/// The fault of the settings or the environment, and its remedy.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct SettingsError {
    /// The fault and its place.
    pub message: String,
    /// The remedy.
    pub hint: String,
}

/// An error of the person's input, with its remedy.
pub(crate) fn usage_error(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
    SettingsError {
        message: message.into(),
        hint: hint.into(),
    }
    .into()
}

//! Errors of settings, which are always for the person who wrote them to mend.

/// What is wrong with the settings or the environment, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct SettingsError {
    /// What is wrong and where.
    pub message: String,
    /// What to do about it.
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

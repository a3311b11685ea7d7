//! Text that must not be shown.

use std::fmt;

/// Text that is never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretText(pub(super) String);

impl SecretText {
    /// For the one place that signs requests.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

/// The text without the part before an `@`, which may be a password.
pub(crate) fn redact_url(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, rest)) => format!("…@{rest}"),
        None => text.to_owned(),
    }
}

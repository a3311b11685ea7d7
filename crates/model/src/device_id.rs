//! The name of one installation.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Names this installation of uam: 16 random bytes in lower-case hex, made on first run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceId(String);

impl DeviceId {
    /// From 16 random bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes.iter().map(|b| format!("{b:02x}")).collect())
    }

    /// From its text form; `None` unless it is 32 lower-case hex digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let ok = text.len() == 32
            && text
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        ok.then(|| Self(text.to_owned()))
    }

    /// The 32 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_id_is_32_hex_digits() {
        assert!(DeviceId::parse("0123456789abcdef0123456789abcdef").is_some());
        assert!(DeviceId::parse("../../etc/passwd").is_none());
        assert!(DeviceId::parse("0123456789ABCDEF0123456789abcdef").is_none());
    }
}

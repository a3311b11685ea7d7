//! Messages between uam's commands and the process that holds the viewer's identity.

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// A request to the keyholder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask")]
pub enum KeyholderRequest {
    /// Give the identity. Prolongs the unlock.
    #[serde(rename = "key")]
    FetchIdentity,
    /// Is there an identity? Prolongs nothing.
    #[serde(rename = "there")]
    IsUnlocked,
    /// Wipe the identity and end.
    #[serde(rename = "lock")]
    EndUnlock,
}

/// The keyholder's response. It is wiped when dropped.
#[derive(Default, Serialize, Deserialize)]
pub struct KeyholderResponse {
    /// The identity as age writes it; only where it was asked for.
    #[serde(rename = "key", default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
}

impl Drop for KeyholderResponse {
    fn drop(&mut self) {
        self.identity.zeroize();
    }
}

/// The line a keyholder is started with, on its standard input. It is wiped when dropped.
#[derive(Serialize, Deserialize)]
pub struct KeyholderOrders {
    /// The identity as age writes it.
    #[serde(rename = "key")]
    pub identity: String,
    /// After so many seconds without access the unlock ends.
    #[serde(rename = "idle_s")]
    pub idle_seconds: u64,
}

impl Drop for KeyholderOrders {
    fn drop(&mut self) {
        self.identity.zeroize();
    }
}

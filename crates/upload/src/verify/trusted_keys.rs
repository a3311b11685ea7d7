//! The keys whose signatures count.

use super::request::{JournalExpectation, VerifyOptions};
use model::DeviceId;
use std::collections::HashMap;
use vault::DevicePublicKey;

/// The keys whose signatures count.
pub(super) struct TrustedKeys {
    /// For every device.
    given: Vec<DevicePublicKey>,
    /// By device: the key that this computer knows, or that its first manifest named.
    first: HashMap<String, DevicePublicKey>,
}

impl TrustedKeys {
    pub(super) fn new(options: &VerifyOptions, expected: Option<&JournalExpectation<'_>>) -> Self {
        let own = expected.and_then(|e| Some((e.reader.device().as_str().to_owned(), e.key?)));
        Self {
            given: options.keys.clone(),
            first: own.into_iter().collect(),
        }
    }

    /// True when this key may sign for this device.
    pub(super) fn accepts(&mut self, device: &DeviceId, key: DevicePublicKey) -> bool {
        if !self.given.is_empty() {
            return self.given.contains(&key);
        }
        *self.first.entry(device.as_str().to_owned()).or_insert(key) == key
    }
}

//! The content of `vault.json`: parsing that names the fault and never prints a secret.
//!
//! Nothing in the file is secret by itself: public keys, wrapped keys, the sealed secret of the one-time codes, and the
//! gate's counters. Everything in it is bound together by a seal under the gate key, so that an edit is noticed at the
//! next code.

use crate::age_keys::Recipient;
use crate::cipher::{self, SecretKey};
use crate::consent::Consent;
use crate::error::VaultError;
use crate::gate::GateState;
use crate::key_slots::KeySlot;
use crate::organisations::Organisation;
use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};
use std::path::Path;
use zeroize::Zeroizing;

/// The format written here.
pub(crate) const FORMAT: u64 = 2;
/// The most that is read; a vault has a few kilobytes.
pub(crate) const MAX_BYTES: u64 = 1 << 20;

/// For people who open the file.
const NOTE: &str = "uam's vault: public keys, and secret keys wrapped under your credential store, passphrase or recovery \
                    codes. Not readable by itself. Keep a copy with your recovery codes; do not edit it.";

/// The file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VaultState {
    pub(crate) format: u64,
    pub(crate) note: String,
    /// 32 lower-case hex digits.
    pub(crate) device: String,
    /// The viewer's public key; missing where nobody on this computer may read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) viewer: Option<String>,
    pub(crate) organisations: Vec<Organisation>,
    pub(crate) next_slot: u32,
    pub(crate) slots: Vec<KeySlot>,
    /// The secret of the codes, sealed under the gate key.
    pub(crate) totp: String,
    pub(crate) gate: GateState,
    /// Earlier viewers' secret keys, each an age file for the present viewer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) earlier: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) consent: Option<Consent>,
    /// Seal over everything above.
    pub(crate) seal: String,
}

impl VaultState {
    /// A state without slots, seal and secret: the caller puts them in.
    pub(crate) fn new(device: String) -> Self {
        Self {
            format: FORMAT,
            note: NOTE.to_owned(),
            device,
            viewer: None,
            organisations: Vec::new(),
            next_slot: 1,
            slots: Vec::new(),
            totp: String::new(),
            gate: GateState::default(),
            earlier: Vec::new(),
            consent: None,
            seal: String::new(),
        }
    }

    /// Puts the seal on and gives the bytes of the file.
    pub(crate) fn sealed_json(&mut self, gate_key: &SecretKey) -> Result<Vec<u8>, VaultError> {
        let sealed = cipher::seal_bytes(gate_key, &self.unsealed_json(), &[])?;
        self.seal = BASE64.encode(&sealed);
        let mut json = serde_json::to_vec_pretty(self).unwrap_or_default();
        json.push(b'\n');
        Ok(json)
    }

    /// True when nothing was changed since the seal was put on.
    pub(crate) fn is_whole(&self, gate_key: &SecretKey) -> bool {
        BASE64
            .decode(self.seal.as_bytes())
            .ok()
            .is_some_and(|seal| {
                cipher::open_bytes(gate_key, &self.unsealed_json(), &seal).is_some()
            })
    }

    /// The bytes that the seal binds: the file without it.
    fn unsealed_json(&self) -> Vec<u8> {
        let mut bare = self.clone();
        bare.seal = String::new();
        // Plain strings and numbers: serialising them cannot fail.
        serde_json::to_vec(&bare).unwrap_or_default()
    }

    /// Seals the secret of the codes.
    pub(crate) fn set_totp(
        &mut self,
        gate_key: &SecretKey,
        secret: &[u8],
    ) -> Result<(), VaultError> {
        let sealed = cipher::seal_bytes(gate_key, &self.totp_place(), secret)?;
        self.totp = BASE64.encode(&sealed);
        Ok(())
    }

    /// The secret of the codes.
    pub(crate) fn totp_secret(&self, gate_key: &SecretKey) -> Option<Zeroizing<Vec<u8>>> {
        let sealed = BASE64.decode(self.totp.as_bytes()).ok()?;
        cipher::open_bytes(gate_key, &self.totp_place(), &sealed)
    }

    fn totp_place(&self) -> Vec<u8> {
        format!("uam-totp/1|{}", self.device).into_bytes()
    }

    /// The public keys on the list: the viewer's, then the organisations'.
    pub(crate) fn recipients(&self) -> Vec<Recipient> {
        let organisations = self.organisations.iter().map(|o| o.key.as_str());
        self.viewer
            .as_deref()
            .into_iter()
            .chain(organisations)
            .filter_map(|key| key.parse().ok())
            .collect()
    }
}

/// Reads the content of a vault file.
pub(crate) fn parse_state(path: &Path, bytes: &[u8]) -> Result<VaultState, VaultError> {
    let malformed = |why: &str| VaultError::Malformed {
        path: path.to_owned(),
        why: why.to_owned(),
    };
    #[derive(Deserialize)]
    struct FormatHeader {
        format: u64,
    }
    // The error names the position and not the text around it, which may be a secret.
    let place = |e: serde_json::Error| {
        malformed(&format!(
            "not a vault at line {}, column {}",
            e.line(),
            e.column()
        ))
    };
    if bytes.is_empty() {
        return Err(malformed("empty"));
    }
    if bytes.len() as u64 > MAX_BYTES {
        return Err(malformed("far too large"));
    }
    let head: FormatHeader = serde_json::from_slice(bytes).map_err(place)?;
    match head.format {
        FORMAT => {
            let state: VaultState = serde_json::from_slice(bytes).map_err(place)?;
            find_fault(&state).map_err(|why| malformed(&why))?;
            Ok(state)
        }
        // No released version wrote one.
        found if found < FORMAT => Err(malformed(&format!("not a vault: format {found}"))),
        found => Err(VaultError::Newer {
            path: path.to_owned(),
            found,
            known: FORMAT,
        }),
    }
}

/// The first fault that shows without a key.
fn find_fault(state: &VaultState) -> Result<(), String> {
    if !is_device_id(&state.device) {
        return Err("`device` is not 32 hexadecimal digits".to_owned());
    }
    let keys = state.organisations.iter().map(|o| &o.key);
    for (n, key) in state.viewer.iter().chain(keys).enumerate() {
        if key.parse::<Recipient>().is_err() {
            return Err(format!("public key {} is no age public key", n + 1));
        }
    }
    if state.recipients().is_empty() {
        return Err("there is no public key to seal for".to_owned());
    }
    let mut ids: Vec<u32> = state.slots.iter().map(|s| s.id).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() != state.slots.len() || ids.iter().any(|id| *id >= state.next_slot) {
        return Err("its key slots are not numbered one by one".to_owned());
    }
    Ok(())
}

fn is_device_id(text: &str) -> bool {
    text.len() == 32 && HEXLOWER.decode(text.as_bytes()).is_ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_file_keeps_its_words() {
        let sample = include_str!("../tests/wire/vault.json");
        let state = parse_state(Path::new("vault.json"), sample.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string_pretty(&state).unwrap() + "\n", sample);
    }
}

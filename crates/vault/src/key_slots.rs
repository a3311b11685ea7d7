//! Key slots: each wraps the same two keys under another secret, so that any one of them opens the vault.
//!
//! Always true:
//! * A slot wraps the *gate key* (it seals the secret of the one-time codes and the vault's own seal) and, apart from it
//!   under another key, the *viewer's identity* (it opens the record). A start takes only the first out of its slot.
//! * A wrapped key opens in its own slot of its own vault only: device, slot, kind and purpose are authenticated.
//! * A passphrase goes through Argon2id (RFC 9106); the other secrets have at least 125 bits and need no slow function
//!   (NIST SP 800-63B-4 asks for 112 to be rid of it).

use crate::age_keys::Identity;
use crate::cipher::{self, RandomError, SecretKey};
use crate::recovery_codes::RecoveryCode;
use data_encoding::BASE64;
use hkdf::Hkdf;
use model::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::fmt;
use zeroize::Zeroizing;

/// Memory that guessing one passphrase costs, in KiB: 64 MiB, the second choice of RFC 9106 section 4.
const ARGON2_KIB: u32 = 64 * 1024;
/// Passes over that memory (RFC 9106 section 4).
const ARGON2_PASSES: u32 = 3;
/// The most that a file may ask for: 1 GiB and 16 passes. A changed file must not be able to use up the machine.
const ARGON2_MOST: (u32, u32) = (1024 * 1024, 16);
/// Shortest passphrase that is taken, in characters (NIST SP 800-63B-4 section 3.1.1.2 for one factor among others).
pub const MIN_PASSPHRASE: usize = 8;

/// The kind of secret that opens a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeySlotKind {
    /// A random secret in the operating system's credential store.
    OsStore,
    /// A passphrase that somebody remembers.
    Passphrase,
    /// A recovery code on paper; it works once.
    Recovery,
}

impl fmt::Display for KeySlotKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::OsStore => "credential store",
            Self::Passphrase => "passphrase",
            Self::Recovery => "recovery code",
        })
    }
}

/// The secret that opens a slot.
#[derive(Clone, Copy)]
pub enum Factor<'a> {
    /// The secret that the operating system's credential store keeps for this vault (32 random bytes).
    OsStore(&'a [u8]),
    /// A passphrase.
    Passphrase(&'a str),
    /// A recovery code.
    Recovery(&'a RecoveryCode),
}

impl fmt::Debug for Factor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Factor({})", self.kind())
    }
}

impl Factor<'_> {
    /// The kind of slot it opens.
    #[must_use]
    pub fn kind(&self) -> KeySlotKind {
        match self {
            Self::OsStore(_) => KeySlotKind::OsStore,
            Self::Passphrase(_) => KeySlotKind::Passphrase,
            Self::Recovery(_) => KeySlotKind::Recovery,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Argon2Cost {
    kib: u32,
    passes: u32,
}

/// A slot as it lies in the file. Nothing in it is secret by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeySlot {
    pub(crate) id: u32,
    pub(crate) kind: KeySlotKind,
    #[serde(rename = "created_us")]
    pub(crate) created: Timestamp,
    salt: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    argon2: Option<Argon2Cost>,
    gate: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    viewer: Option<String>,
}

/// The keys that a slot wraps.
pub(crate) struct SlotContents {
    pub(crate) gate_key: SecretKey,
    /// Missing where nobody on this computer may read.
    pub(crate) viewer: Option<Identity>,
}

/// The two keys that a factor gives for one slot.
pub(crate) struct SlotKeys {
    gate: SecretKey,
    viewer: SecretKey,
}

impl KeySlot {
    /// Wraps `contents` under `factor`.
    pub(crate) fn new(
        device: &str,
        id: u32,
        factor: &Factor<'_>,
        contents: &SlotContents,
        created: Timestamp,
    ) -> Result<Self, SlotError> {
        let mut salt = [0; 16];
        cipher::fill_random(&mut salt)?;
        let argon2 = matches!(factor, Factor::Passphrase(_)).then_some(Argon2Cost {
            kib: ARGON2_KIB,
            passes: ARGON2_PASSES,
        });
        let mut slot = Self {
            id,
            kind: factor.kind(),
            created,
            salt: BASE64.encode(&salt),
            argon2,
            gate: String::new(),
            viewer: None,
        };
        let keys = slot.derive_keys(factor)?;
        let wrap = |key: &SecretKey, purpose: &str, plain: &[u8]| {
            cipher::seal_bytes(key, &slot.associated_data(device, purpose), plain)
                .map(|sealed| BASE64.encode(&sealed))
        };
        let gate = wrap(&keys.gate, "gate", &*contents.gate_key)?;
        let viewer = contents
            .viewer
            .as_ref()
            .map(|identity| wrap(&keys.viewer, "viewer", identity.reveal().as_bytes()))
            .transpose()?;
        (slot.gate, slot.viewer) = (gate, viewer);
        Ok(slot)
    }

    /// The gate key, if `keys` are this slot's.
    pub(crate) fn gate_key(&self, device: &str, keys: &SlotKeys) -> Result<SecretKey, SlotError> {
        let plain = self.unwrap_key(device, "gate", &keys.gate, &self.gate)?;
        cipher::key_from(&plain).ok_or(SlotError::Damaged)
    }

    /// The viewer's identity; `None` where nobody on this computer may read. Ask only after [`Self::gate_key`] opened:
    /// then the secret is the right one, and a key that does not open was changed.
    pub(crate) fn viewer(
        &self,
        device: &str,
        keys: &SlotKeys,
    ) -> Result<Option<Identity>, SlotError> {
        let Some(wrapped) = &self.viewer else {
            return Ok(None);
        };
        let damaged = |_| SlotError::Damaged;
        let text = self
            .unwrap_key(device, "viewer", &keys.viewer, wrapped)
            .map_err(damaged)?;
        let text = std::str::from_utf8(&text).map_err(|_| SlotError::Damaged)?;
        text.parse().map(Some).map_err(|_| SlotError::Damaged)
    }

    fn unwrap_key(
        &self,
        device: &str,
        purpose: &str,
        key: &SecretKey,
        wrapped: &str,
    ) -> Result<Zeroizing<Vec<u8>>, SlotError> {
        let wrapped = BASE64
            .decode(wrapped.as_bytes())
            .map_err(|_| SlotError::Damaged)?;
        cipher::open_bytes(key, &self.associated_data(device, purpose), &wrapped)
            .ok_or(SlotError::Refused)
    }

    fn associated_data(&self, device: &str, purpose: &str) -> Vec<u8> {
        format!("uam-slot/1|{device}|{}|{:?}|{purpose}", self.id, self.kind).into_bytes()
    }

    /// The keys that `factor` gives for this slot; slow for a passphrase.
    pub(crate) fn derive_keys(&self, factor: &Factor<'_>) -> Result<SlotKeys, SlotError> {
        let salt = BASE64
            .decode(self.salt.as_bytes())
            .map_err(|_| SlotError::Damaged)?;
        let secret = match factor {
            Factor::OsStore(secret) => Zeroizing::new(secret.to_vec()),
            Factor::Recovery(code) => Zeroizing::new(code.key_material().to_vec()),
            Factor::Passphrase(words) => self.stretch_passphrase(words, &salt)?,
        };
        let hkdf = Hkdf::<Sha256>::new(Some(&salt), &secret);
        let expand = |purpose: &str| {
            let mut key = Zeroizing::new([0; 32]);
            // Only an output longer than 8,160 bytes can fail.
            let _ = hkdf.expand(format!("uam slot/1 {purpose}").as_bytes(), &mut *key);
            key
        };
        Ok(SlotKeys {
            gate: expand("gate"),
            viewer: expand("viewer"),
        })
    }

    fn stretch_passphrase(
        &self,
        words: &str,
        salt: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SlotError> {
        let cost = self.argon2.ok_or(SlotError::Damaged)?;
        if cost.kib > ARGON2_MOST.0 || cost.passes > ARGON2_MOST.1 {
            return Err(SlotError::Damaged);
        }
        let params = argon2::Params::new(cost.kib, cost.passes, 1, Some(32))
            .map_err(|_| SlotError::Damaged)?;
        let mut out = Zeroizing::new(vec![0; 32]);
        argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
            .hash_password_into(words.trim().as_bytes(), salt, &mut out)
            .map_err(|_| SlotError::Damaged)?;
        Ok(out)
    }
}

/// Why a slot cannot be made or does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlotError {
    /// The operating system gave no random bytes.
    Random,
    /// The secret is not this slot's (or the wrapped key was changed: the two cannot be told apart).
    Refused,
    /// It was certainly changed.
    Damaged,
}

impl From<RandomError> for SlotError {
    fn from(_: RandomError) -> Self {
        Self::Random
    }
}

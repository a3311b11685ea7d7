//! The content of `vault.json`: parsing that names what is wrong, and never prints a secret.

use crate::VaultError;
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use serde::{Deserialize, Serialize};
use std::path::Path;
use zeroize::{Zeroize, Zeroizing};

/// The format written here.
pub(crate) const FORMAT: u64 = 1;

/// For people who open the file.
const NOTE: &str = "Private: holds the secret of your authenticator app and the key of your records. \
                    Keep a copy where you keep passwords; without it the records cannot be read.";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Json {
    format: u64,
    #[serde(default)]
    note: String,
    device: String,
    totp_secret: String,
    enrolled: bool,
    last_step: u64,
    local_key: String,
}

impl Drop for Json {
    fn drop(&mut self) {
        self.totp_secret.zeroize();
        self.local_key.zeroize();
    }
}

/// The same, decoded.
pub(crate) struct State {
    pub(crate) device: [u8; 16],
    pub(crate) totp_secret: Zeroizing<Vec<u8>>,
    pub(crate) enrolled: bool,
    pub(crate) last_step: u64,
    pub(crate) local_key: Zeroizing<[u8; 32]>,
}

impl State {
    /// Fresh random identity, secret (160 bits, RFC 4226 section 4) and key.
    pub(crate) fn random() -> Result<Self, VaultError> {
        let mut device = [0; 16];
        let mut totp_secret = Zeroizing::new(vec![0; 20]);
        let mut local_key = Zeroizing::new([0; 32]);
        for bytes in [&mut device[..], &mut totp_secret[..], &mut local_key[..]] {
            getrandom::fill(bytes).map_err(|_| VaultError::Random)?;
        }
        Ok(Self {
            device,
            totp_secret,
            enrolled: false,
            last_step: 0,
            local_key,
        })
    }

    pub(crate) fn to_json(&self) -> Zeroizing<Vec<u8>> {
        let json = Json {
            format: FORMAT,
            note: NOTE.to_owned(),
            device: HEXLOWER.encode(&self.device),
            totp_secret: BASE32_NOPAD.encode(&self.totp_secret),
            enrolled: self.enrolled,
            last_step: self.last_step,
            local_key: HEXLOWER.encode(&*self.local_key),
        };
        // Plain strings and numbers: serialising them cannot fail.
        Zeroizing::new(serde_json::to_vec_pretty(&json).unwrap_or_default())
    }

    pub(crate) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, VaultError> {
        let malformed = |why: &str| VaultError::Malformed {
            path: path.to_owned(),
            why: why.to_owned(),
        };
        #[derive(Deserialize)]
        struct Head {
            format: u64,
        }
        // The position is told, the text around it is not: it may be a secret.
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
        let head: Head = serde_json::from_slice(bytes).map_err(place)?;
        if head.format > FORMAT {
            return Err(VaultError::Newer {
                path: path.to_owned(),
                found: head.format,
                known: FORMAT,
            });
        }
        let json: Json = serde_json::from_slice(bytes).map_err(place)?;
        let device = HEXLOWER
            .decode(json.device.as_bytes())
            .ok()
            .and_then(|b| <[u8; 16]>::try_from(b).ok())
            .ok_or_else(|| malformed("`device` is not 32 hexadecimal digits"))?;
        let totp_secret = BASE32_NOPAD
            .decode(json.totp_secret.as_bytes())
            .ok()
            .map(Zeroizing::new)
            .filter(|s| (16..=64).contains(&s.len()))
            .ok_or_else(|| malformed("`totp_secret` is not base32 of at least 128 bits"))?;
        let mut local_key = Zeroizing::new([0; 32]);
        let key = HEXLOWER
            .decode(json.local_key.as_bytes())
            .ok()
            .map(Zeroizing::new)
            .filter(|k| k.len() == 32)
            .ok_or_else(|| malformed("`local_key` is not 64 hexadecimal digits"))?;
        local_key.copy_from_slice(&key);
        Ok(Self {
            device,
            totp_secret,
            enrolled: json.enrolled,
            last_step: json.last_step,
            local_key,
        })
    }
}

//! The device key: it signs the manifests of this device.
//!
//! It opens nothing, and a start needs no code to use it: delivery goes on while nobody is there to type one. So it lies
//! in a file of its user alone (`device.key`). A reader of that file can sign as this device from then on, but cannot
//! change an earlier signed list in the bucket unnoticed by somebody who kept a later one.

use crate::cipher::fill_random;
use crate::error::{VaultError, io_error};
use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use platform::files;
use sha2::{Digest, Sha256};
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::str::FromStr;
use zeroize::Zeroizing;

/// The file's name, beside `vault.json`.
const KEY_NAME: &str = "device.key";
/// The word before the key in the file.
const KEY_LABEL: &str = "uam-device-key-1";

/// The secret half of a device's Ed25519 key; wiped when dropped, never printed.
pub struct DeviceKey(SigningKey);

/// The public half. As text 64 lower-case hex digits; [`fmt::Display`] and [`FromStr`] agree.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DevicePublicKey([u8; 32]);

/// A text that is no public key of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("that is not a device's public key: it has 64 hexadecimal digits, as `uam keys` prints it")]
pub struct InvalidPublicKey;

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceKey({})", self.public().fingerprint())
    }
}

impl fmt::Debug for DevicePublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DevicePublicKey({self})")
    }
}

impl fmt::Display for DevicePublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl FromStr for DevicePublicKey {
    type Err = InvalidPublicKey;

    fn from_str(text: &str) -> Result<Self, InvalidPublicKey> {
        let bytes = HEXLOWER
            .decode(text.trim().to_ascii_lowercase().as_bytes())
            .map_err(|_| InvalidPublicKey)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| InvalidPublicKey)?;
        // A point that is none verifies nothing.
        VerifyingKey::from_bytes(&bytes).map_err(|_| InvalidPublicKey)?;
        Ok(Self(bytes))
    }
}

impl DevicePublicKey {
    /// True when the secret half of this key signed `message`. Strict: a signature cannot be varied, and weak keys verify
    /// nothing (RFC 8032, section 8.4).
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = VerifyingKey::from_bytes(&self.0);
        let signature = Signature::from_slice(signature);
        match (key, signature) {
            (Ok(key), Ok(signature)) => key.verify_strict(message, &signature).is_ok(),
            _ => false,
        }
    }

    /// A short name to read aloud: the first 16 hex digits of the SHA-256 of the key, in fours.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let hash = Sha256::digest(self.0);
        let digits: Vec<String> = hash
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        digits
            .chunks(2)
            .map(|pair| pair.concat())
            .collect::<Vec<_>>()
            .join("-")
    }
}

impl DeviceKey {
    /// The key in `dir`, if there is one.
    ///
    /// # Errors
    /// [`VaultError::BadDeviceKey`] when the file holds none (it is left as it is), [`VaultError::Io`].
    pub fn load(dir: &Path) -> Result<Option<Self>, VaultError> {
        let path = dir.join(KEY_NAME);
        let text = match fs::read_to_string(&path) {
            Ok(text) => Zeroizing::new(text),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) if e.kind() == io::ErrorKind::InvalidData => {
                return Err(VaultError::BadDeviceKey { path });
            }
            Err(e) => return Err(io_error("read", &path)(e)),
        };
        let secret = text
            .trim()
            .strip_prefix(KEY_LABEL)
            .and_then(|rest| BASE64.decode(rest.trim().as_bytes()).ok())
            .map(Zeroizing::new);
        let secret: Option<Zeroizing<[u8; 32]>> = secret
            .and_then(|bytes| bytes.as_slice().try_into().ok())
            .map(Zeroizing::new);
        match secret {
            Some(secret) => Ok(Some(Self(SigningKey::from_bytes(&secret)))),
            None => Err(VaultError::BadDeviceKey { path }),
        }
    }

    /// The key in `dir`, made when there is none. Only one process may call this at a time.
    ///
    /// # Errors
    /// [`VaultError::Random`]; otherwise as [`Self::load`].
    pub fn load_or_create(dir: &Path) -> Result<Self, VaultError> {
        if let Some(key) = Self::load(dir)? {
            return Ok(key);
        }
        let mut secret = Zeroizing::new([0; 32]);
        fill_random(&mut *secret)?;
        let line = Zeroizing::new(format!("{KEY_LABEL} {}\n", BASE64.encode(&*secret)));
        let path = dir.join(KEY_NAME);
        files::create_private_dir(dir)
            .and_then(|()| files::write_file_durably(&path, line.as_bytes()))
            .map_err(io_error("write", &path))?;
        Ok(Self(SigningKey::from_bytes(&secret)))
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> DevicePublicKey {
        DevicePublicKey(self.0.verifying_key().to_bytes())
    }

    /// A signature (RFC 8032, Ed25519) of 64 bytes.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// RFC 8032, section 7.1, test 2.
    #[test]
    fn signatures_are_those_of_the_standard() {
        let secret = HEXLOWER
            .decode(b"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
            .unwrap();
        let key = DeviceKey(SigningKey::from_bytes(&secret.try_into().unwrap()));
        let public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
        assert_eq!(key.public().to_string(), public);
        let signature = key.sign(&[0x72]);
        assert_eq!(
            HEXLOWER.encode(&signature),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
             085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        );
        let public: DevicePublicKey = public.parse().unwrap();
        assert!(public.verifies(&[0x72], &signature));
        assert!(!public.verifies(&[0x73], &signature));
        assert!(!public.verifies(&[0x72], &signature[..63]));
        let mut changed = signature;
        changed[0] ^= 1;
        assert!(!public.verifies(&[0x72], &changed));
    }

    #[test]
    fn a_key_is_made_once_and_stays() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("vault");
        assert!(DeviceKey::load(&dir).unwrap().is_none());
        let made = DeviceKey::load_or_create(&dir).unwrap().public();
        assert_eq!(DeviceKey::load_or_create(&dir).unwrap().public(), made);
        assert_eq!(DeviceKey::load(&dir).unwrap().unwrap().public(), made);
        assert_eq!(made.to_string().parse(), Ok(made));
        assert_eq!(made.fingerprint().len(), 19);
    }

    #[test]
    fn a_file_that_holds_no_key_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(KEY_NAME);
        for content in ["", "something else", "uam-device-key-1 AAAA"] {
            fs::write(&path, content).unwrap();
            let error = DeviceKey::load_or_create(dir.path()).unwrap_err();
            assert!(
                matches!(error, VaultError::BadDeviceKey { .. }),
                "{content}"
            );
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
    }

    #[test]
    fn an_invalid_public_key_is_refused() {
        // The second one is no point of the curve.
        for text in ["", "12", &"02".repeat(32), &"zz".repeat(32)] {
            assert_eq!(
                text.parse::<DevicePublicKey>(),
                Err(InvalidPublicKey),
                "{text}"
            );
        }
    }
}

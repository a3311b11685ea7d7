//! The seal: XChaCha20-Poly1305 under a data key per session.
//!
//! Always true:
//! * Nothing personal is written in clear: what leaves [`Sealer::seal`] is format byte, 24 random nonce bytes,
//!   ciphertext and tag.
//! * A sealed thing opens only in its own place: device, session, sequence number, schema and kind are authenticated
//!   with it ([`Aad`]), so rows cannot be moved, swapped or passed off as something else.
//! * Data keys are wiped from memory when their holder is dropped.
//!
//! Random 192-bit nonces may be drawn without counting: after 2^48 messages under one key the chance of a repeat is
//! below 2^-96.

use crate::SealError;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use zeroize::Zeroizing;

/// First byte of everything sealed here.
const FORMAT: u8 = 1;
/// Bytes of the nonce.
const NONCE: usize = 24;
/// Bytes of the tag.
const TAG: usize = 16;
/// How many unwrapped data keys an [`Opener`] keeps; when full the oldest is forgotten and unwrapped again on need.
const KEYS_KEPT: usize = 64;

type DataKey = Zeroizing<[u8; 32]>;

/// Data keys by their wrapped form, oldest first.
type KnownKeys = VecDeque<(Vec<u8>, DataKey)>;

/// The place a sealed thing belongs to; authenticated, not stored.
#[derive(Clone, Copy, Debug)]
pub struct Aad<'a> {
    /// The installation's id, 32 hex digits.
    pub device: &'a str,
    /// The session whose key seals it.
    pub session: &'a [u8; 16],
    /// Its number within its kind.
    pub seq: u64,
    /// Version of what is inside.
    pub schema: u32,
    /// Its kind: `record`, `shot`, `segment`, `open`.
    pub what: &'static str,
}

impl Aad<'_> {
    /// Unambiguous bytes: every part of variable length is preceded by its length.
    fn bytes(&self, purpose: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(96);
        for part in [
            purpose.as_bytes(),
            self.what.as_bytes(),
            self.device.as_bytes(),
        ] {
            out.extend_from_slice(&(part.len() as u64).to_be_bytes());
            out.extend_from_slice(part);
        }
        out.extend_from_slice(self.session);
        out.extend_from_slice(&self.seq.to_be_bytes());
        out.extend_from_slice(&self.schema.to_be_bytes());
        out
    }
}

/// One session: from a start (or a UTC midnight) to the next.
pub struct Session {
    /// Random name of the session.
    pub id: [u8; 16],
    /// The data key, wrapped; to be stored beside what it seals, without looking into it.
    pub wrapped_key: Vec<u8>,
    sealer: Sealer,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

impl Session {
    /// Seals under this session's data key.
    #[must_use]
    pub fn sealer(&self) -> &Sealer {
        &self.sealer
    }
}

/// Seals under one session's data key; cannot open.
pub struct Sealer {
    key: DataKey,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(..)")
    }
}

impl Sealer {
    /// Seals `plain` for the place `aad`. The result is 41 bytes longer.
    ///
    /// # Errors
    /// [`SealError::Random`] when the system gives no random bytes, [`SealError::TooLong`] above 256 GiB.
    pub fn seal(&self, aad: &Aad<'_>, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        seal(&self.key, &aad.bytes("uam-seal"), plain, aad)
    }
}

/// Makes sessions; holds what wraps their keys.
#[derive(Clone)]
pub struct KeyMaker {
    device: String,
    local_key: DataKey,
}

impl fmt::Debug for KeyMaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyMaker(..)")
    }
}

impl KeyMaker {
    pub(crate) fn new(device: String, local_key: DataKey) -> Self {
        Self { device, local_key }
    }

    /// A new session with a fresh random id and data key.
    ///
    /// # Errors
    /// [`SealError::Random`].
    pub fn new_session(&self) -> Result<Session, SealError> {
        let mut id = [0; 16];
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(&mut id).map_err(|_| SealError::Random)?;
        getrandom::fill(&mut *key).map_err(|_| SealError::Random)?;
        let aad = wrap_aad(&self.device, &id);
        let wrapped_key = seal(&self.local_key, &aad.bytes("uam-wrap"), &*key, &aad)?;
        Ok(Session {
            id,
            wrapped_key,
            sealer: Sealer { key },
        })
    }
}

/// Opens what was sealed; unwrapped keys are kept (at most 64) and wiped with the last clone.
#[derive(Clone)]
pub struct Opener {
    local_key: DataKey,
    keys: Arc<Mutex<KnownKeys>>,
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opener(..)")
    }
}

impl Opener {
    pub(crate) fn new(local_key: DataKey) -> Self {
        Self {
            local_key,
            keys: Arc::default(),
        }
    }

    /// Opens `sealed`, which was sealed for the place `aad` under the key in `wrapped_key`.
    ///
    /// # Errors
    /// [`SealError::Key`] when the key belongs to another vault, [`SealError::Format`] when it is cut off or of an
    /// unknown format, [`SealError::Refused`] when it was changed or moved.
    pub fn open(
        &self,
        wrapped_key: &[u8],
        aad: &Aad<'_>,
        sealed: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let key = self.data_key(wrapped_key, aad)?;
        open(&key, &aad.bytes("uam-seal"), sealed, aad)
    }

    fn data_key(&self, wrapped_key: &[u8], aad: &Aad<'_>) -> Result<DataKey, SealError> {
        // The cache is found by the wrapped key; a session's key under another session's name is refused by the AAD of
        // the content itself.
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, key)) = keys.iter().find(|(wrapped, _)| wrapped == wrapped_key) {
            return Ok(key.clone());
        }
        let place = wrap_aad(aad.device, aad.session);
        let refused = || SealError::Key {
            what: aad.what,
            seq: aad.seq,
        };
        let plain = open(
            &self.local_key,
            &place.bytes("uam-wrap"),
            wrapped_key,
            &place,
        )
        .map(Zeroizing::new)
        .map_err(|_| refused())?;
        let mut key = Zeroizing::new([0; 32]);
        if plain.len() != key.len() {
            return Err(refused());
        }
        key.copy_from_slice(&plain);
        if keys.len() >= KEYS_KEPT {
            keys.pop_front();
        }
        keys.push_back((wrapped_key.to_vec(), key.clone()));
        Ok(key)
    }
}

fn wrap_aad<'a>(device: &'a str, session: &'a [u8; 16]) -> Aad<'a> {
    Aad {
        device,
        session,
        seq: 0,
        schema: 1,
        what: "key",
    }
}

fn seal(key: &DataKey, bound: &[u8], plain: &[u8], aad: &Aad<'_>) -> Result<Vec<u8>, SealError> {
    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce).map_err(|_| SealError::Random)?;
    let cipher = XChaCha20Poly1305::new((&**key).into());
    let payload = Payload {
        msg: plain,
        aad: bound,
    };
    let sealed = cipher
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| SealError::TooLong {
            what: aad.what,
            seq: aad.seq,
        })?;
    let mut out = Vec::with_capacity(1 + NONCE + sealed.len());
    out.push(FORMAT);
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&sealed);
    Ok(out)
}

fn open(key: &DataKey, bound: &[u8], sealed: &[u8], aad: &Aad<'_>) -> Result<Vec<u8>, SealError> {
    let (what, seq) = (aad.what, aad.seq);
    let format = || SealError::Format { what, seq };
    let (&version, rest) = sealed.split_first().ok_or_else(format)?;
    if version != FORMAT || rest.len() < NONCE + TAG {
        return Err(format());
    }
    let (nonce, body) = rest.split_first_chunk::<NONCE>().ok_or_else(format)?;
    let cipher = XChaCha20Poly1305::new((&**key).into());
    let payload = Payload {
        msg: body,
        aad: bound,
    };
    cipher
        .decrypt(&XNonce::from(*nonce), payload)
        .map_err(|_| SealError::Refused { what, seq })
}

//! The seal: XChaCha20-Poly1305 under a data key per session; the data key, and every whole file, as age files for the
//! recipients.
//!
//! Always true:
//! * Nothing personal is written in clear: the output of [`SealingSession::seal`] is a format byte, 24 random nonce bytes,
//!   ciphertext and tag.
//! * A sealed thing opens only in its own place: device, session, sequence number, schema and kind are authenticated
//!   with it ([`Aad`]), so rows cannot be moved, swapped or passed off as something else.
//! * Data keys are wiped from memory when their holder is dropped.

use crate::age_keys::{self, AgeOpenError, Identity, Recipient};
use crate::cipher;
use crate::error::SealError;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use zeroize::Zeroizing;

/// First byte of everything sealed here.
const FORMAT: u8 = 1;
/// How many unwrapped data keys an [`Opener`] keeps; when full the oldest is forgotten and unwrapped again on need.
const KEYS_KEPT: usize = 64;

type DataKey = cipher::SecretKey;

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
    /// Version of the content.
    pub schema: u32,
    /// Its kind: `record`, `open`, `rollup`.
    pub kind: &'static str,
}

impl Aad<'_> {
    /// Unambiguous bytes: every part of variable length is preceded by its length.
    fn authenticated_bytes(&self, purpose: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(96);
        for part in [
            purpose.as_bytes(),
            self.kind.as_bytes(),
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
pub struct SealingSession {
    /// Random name of the session.
    pub id: [u8; 16],
    /// The data key, wrapped; to be stored beside the sealed rows, unopened.
    pub wrapped_key: Vec<u8>,
    key: DataKey,
}

impl fmt::Debug for SealingSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingSession").finish_non_exhaustive()
    }
}

impl SealingSession {
    /// Seals `plain` under this session's data key for the place `aad`. The result is 41 bytes longer.
    ///
    /// # Errors
    /// [`SealError::Random`] when the system gives no random bytes.
    pub fn seal(&self, aad: &Aad<'_>, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        seal_in_place(&self.key, &aad.authenticated_bytes("uam-seal"), plain)
    }
}

/// Makes sessions and seals files; holds public keys alone, so it can open nothing.
#[derive(Clone, Debug)]
pub struct Sealer {
    recipients: Arc<[Recipient]>,
}

impl Sealer {
    /// Seals for these recipients.
    ///
    /// # Errors
    /// [`SealError::NoRecipient`] when there is none: data that nobody can ever open must not be recorded.
    pub fn new(recipients: impl IntoIterator<Item = Recipient>) -> Result<Self, SealError> {
        let recipients: Arc<[Recipient]> = recipients.into_iter().collect();
        if recipients.is_empty() {
            return Err(SealError::NoRecipient);
        }
        Ok(Self { recipients })
    }

    /// The recipients who can open this sealer's output.
    #[must_use]
    pub fn recipients(&self) -> &[Recipient] {
        &self.recipients
    }

    /// A new session with a fresh random id and data key; the key is wrapped as an age file for every recipient.
    ///
    /// # Errors
    /// [`SealError::Random`].
    pub fn new_session(&self) -> Result<SealingSession, SealError> {
        let mut id = [0; 16];
        cipher::fill_random(&mut id)?;
        let key = cipher::random_key()?;
        let wrapped_key = self.seal_file(&*key)?;
        Ok(SealingSession {
            id,
            wrapped_key,
            key,
        })
    }

    /// Seals a whole file (a screenshot, a segment) as an ordinary age file. It is bound to no place: its
    /// hash must be kept where nobody can change it.
    ///
    /// # Errors
    /// [`SealError::NoRecipient`].
    pub fn seal_file(&self, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        age_keys::seal_for(&self.recipients, plain).ok_or(SealError::NoRecipient)
    }
}

/// Opens data that was sealed for its identities. Unwrapped data keys are kept (at most 64) and wiped with the last clone.
#[derive(Clone)]
pub struct Opener {
    inner: Arc<OpenerShared>,
}

struct OpenerShared {
    identities: Vec<Identity>,
    keys: Mutex<KnownKeys>,
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opener({} keys)", self.inner.identities.len())
    }
}

impl Opener {
    /// Opens with these identities.
    #[must_use]
    pub fn new(identities: impl IntoIterator<Item = Identity>) -> Self {
        Self {
            inner: Arc::new(OpenerShared {
                identities: identities.into_iter().collect(),
                keys: Mutex::default(),
            }),
        }
    }

    /// Without identities: it opens nothing. For reading the fields that are in clear.
    #[must_use]
    pub fn locked() -> Self {
        Self::new([])
    }

    /// The identities it opens with.
    pub(crate) fn identities(&self) -> impl Iterator<Item = &Identity> {
        self.inner.identities.iter()
    }

    /// Opens `sealed`, which was sealed for the place `aad` under the key in `wrapped_key`.
    ///
    /// # Errors
    /// [`SealError::Key`] when the data key was wrapped for other keys, [`SealError::Format`] when it is cut off or of
    /// an unknown format, [`SealError::Refused`] when it was changed or moved.
    pub fn open(
        &self,
        wrapped_key: &[u8],
        aad: &Aad<'_>,
        sealed: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let key = self.data_key(wrapped_key, aad)?;
        open_in_place(&key, &aad.authenticated_bytes("uam-seal"), sealed, aad)
    }

    /// Opens a file sealed by [`Sealer::seal_file`].
    ///
    /// # Errors
    /// [`AgeOpenError`].
    pub fn open_file(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, AgeOpenError> {
        age_keys::open_with(self.identities(), sealed)
    }

    /// True when the data key in `wrapped_key` opens here.
    #[must_use]
    pub fn has_key(&self, wrapped_key: &[u8], aad: &Aad<'_>) -> bool {
        self.data_key(wrapped_key, aad).is_ok()
    }

    fn data_key(&self, wrapped_key: &[u8], aad: &Aad<'_>) -> Result<DataKey, SealError> {
        // The cache is found by the wrapped key; a session's key under another session's name is refused by the AAD of
        // the content itself. Records come in order, so the newest key is the likeliest.
        let mut keys = self
            .inner
            .keys
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some((_, key)) = keys
            .iter()
            .rev()
            .find(|(wrapped, _)| wrapped == wrapped_key)
        {
            return Ok(key.clone());
        }
        let refused = || SealError::Key {
            what: aad.kind,
            seq: aad.seq,
        };
        let plain = self.open_file(wrapped_key).map_err(|_| refused())?;
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

fn seal_in_place(key: &DataKey, bound: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealError> {
    let sealed = cipher::seal_bytes(key, bound, plain)?;
    let mut out = Vec::with_capacity(1 + sealed.len());
    out.push(FORMAT);
    out.extend_from_slice(&sealed);
    Ok(out)
}

fn open_in_place(
    key: &DataKey,
    bound: &[u8],
    sealed: &[u8],
    aad: &Aad<'_>,
) -> Result<Vec<u8>, SealError> {
    let (what, seq) = (aad.kind, aad.seq);
    match sealed.split_first() {
        Some((&FORMAT, rest)) if rest.len() >= cipher::NONCE + cipher::TAG => {
            cipher::open_bytes(key, bound, rest)
                .map(|mut plain| std::mem::take(&mut *plain))
                .ok_or(SealError::Refused { what, seq })
        }
        _ => Err(SealError::Format { what, seq }),
    }
}

//! XChaCha20-Poly1305 for small things of the vault: key, bound place, content.
//!
//! Random 192-bit nonces may be drawn without counting: after 2^48 messages under one key the chance of a repeat is
//! below 2^-96.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use thiserror::Error;
use zeroize::Zeroizing;

/// The operating system gave no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the operating system gave no random bytes; try again")]
pub struct RandomError;

/// Fills `bytes` from the operating system's random source.
pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<(), RandomError> {
    getrandom::fill(bytes).map_err(|_| RandomError)
}

/// A key; wiped when dropped.
pub(crate) type SecretKey = Zeroizing<[u8; 32]>;

/// Bytes of the nonce.
pub(crate) const NONCE: usize = 24;
/// Bytes of the tag.
pub(crate) const TAG: usize = 16;

/// A fresh key.
pub(crate) fn random_key() -> Result<SecretKey, RandomError> {
    let mut key = Zeroizing::new([0; 32]);
    fill_random(&mut *key)?;
    Ok(key)
}

/// A key from its bytes.
pub(crate) fn key_from(bytes: &[u8]) -> Option<SecretKey> {
    let bytes: [u8; 32] = bytes.try_into().ok()?;
    Some(Zeroizing::new(bytes))
}

/// Nonce, ciphertext and tag of `plain`, authenticated with `place`. `plain` has less than 256 GiB.
pub(crate) fn seal_bytes(
    key: &SecretKey,
    place: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, RandomError> {
    let mut nonce = [0; NONCE];
    fill_random(&mut nonce)?;
    let sealed = XChaCha20Poly1305::new((&**key).into())
        .encrypt(
            &XNonce::from(nonce),
            Payload {
                msg: plain,
                aad: place,
            },
        )
        .map_err(|_| RandomError)?;
    let mut out = Vec::with_capacity(NONCE + sealed.len());
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&sealed);
    Ok(out)
}

/// The content, if nothing was changed and the place is the right one.
pub(crate) fn open_bytes(
    key: &SecretKey,
    place: &[u8],
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, body) = sealed.split_first_chunk::<NONCE>()?;
    XChaCha20Poly1305::new((&**key).into())
        .decrypt(
            &XNonce::from(*nonce),
            Payload {
                msg: body,
                aad: place,
            },
        )
        .ok()
        .map(Zeroizing::new)
}

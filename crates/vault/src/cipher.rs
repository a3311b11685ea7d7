//! XChaCha20-Poly1305 for small things of the vault: key, bound place, content.
//!
//! Random 192-bit nonces may be drawn without counting: after 2^48 messages under one key the chance of a repeat is
//! below 2^-96.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

/// A key; wiped when dropped.
pub(crate) type SecretKey = Zeroizing<[u8; 32]>;

/// Bytes of the nonce.
pub(crate) const NONCE: usize = 24;
/// Bytes of the tag.
pub(crate) const TAG: usize = 16;

/// A fresh key; `None` when the system gives no random bytes.
pub(crate) fn random_key() -> Option<SecretKey> {
    let mut key = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *key).ok()?;
    Some(key)
}

/// A key from its bytes.
pub(crate) fn key_from(bytes: &[u8]) -> Option<SecretKey> {
    let bytes: [u8; 32] = bytes.try_into().ok()?;
    Some(Zeroizing::new(bytes))
}

/// Nonce, ciphertext and tag of `plain`, bound to `place`; `None` when the system gives no random bytes, or above
/// 256 GiB.
pub(crate) fn seal(key: &SecretKey, place: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce).ok()?;
    let sealed = XChaCha20Poly1305::new((&**key).into())
        .encrypt(
            &XNonce::from(nonce),
            Payload {
                msg: plain,
                aad: place,
            },
        )
        .ok()?;
    let mut out = Vec::with_capacity(NONCE + sealed.len());
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&sealed);
    Some(out)
}

/// The content, if nothing was changed and the place is the right one.
pub(crate) fn open(key: &SecretKey, place: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
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

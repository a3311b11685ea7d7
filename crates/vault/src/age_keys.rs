//! Key pairs: recipients (public) and identities (secret). Both are plain age keys, so sealed data opens with any `age`
//! program and the right key.

use age::secrecy::ExposeSecret;
use std::fmt;
use std::io::{Read, Write};
use std::str::FromStr;
use thiserror::Error;
use zeroize::Zeroizing;

/// A public key: the holder of its secret half can read the data sealed for it. Written as `age1…`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Recipient(age::x25519::Recipient);

/// A secret key. It is wiped from memory when dropped and is never printed by accident.
#[derive(Clone)]
pub struct Identity(age::x25519::Identity);

/// A text that is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidAgeKey {
    /// Not a public key.
    #[error("that is not an age public key; it begins with `age1` and has 62 characters")]
    Recipient,
    /// A secret key where a public one belongs.
    #[error(
        "that is a SECRET key: give the public one, which begins with `age1`, and keep the secret one to yourself"
    )]
    SecretForPublic,
    /// Not a secret key.
    #[error("that is not an age secret key; it begins with `AGE-SECRET-KEY-1`")]
    Identity,
}

/// Why something sealed for recipients does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AgeOpenError {
    /// It was sealed for other keys.
    #[error("it was sealed for other keys than the ones at hand")]
    OtherKey,
    /// It is no age file, is cut off, or was changed.
    #[error("it is damaged: not an age file, cut off, or changed")]
    Damaged,
}

impl FromStr for Recipient {
    type Err = InvalidAgeKey;

    fn from_str(text: &str) -> Result<Self, InvalidAgeKey> {
        let text = text.trim();
        if text
            .get(..15)
            .is_some_and(|s| s.eq_ignore_ascii_case("AGE-SECRET-KEY-"))
        {
            return Err(InvalidAgeKey::SecretForPublic);
        }
        text.parse().map(Self).map_err(|_| InvalidAgeKey::Recipient)
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(..)")
    }
}

impl FromStr for Identity {
    type Err = InvalidAgeKey;

    fn from_str(text: &str) -> Result<Self, InvalidAgeKey> {
        text.trim()
            .parse()
            .map(Self)
            .map_err(|_| InvalidAgeKey::Identity)
    }
}

impl Identity {
    /// A fresh key pair from the operating system's random source.
    #[must_use]
    pub fn generate() -> Self {
        Self(age::x25519::Identity::generate())
    }

    /// Its public half.
    #[must_use]
    pub fn recipient(&self) -> Recipient {
        Recipient(self.0.to_public())
    }

    /// The key as `AGE-SECRET-KEY-1…`: for a key slot, a pipe between uam's own processes, or its owner's eyes.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.to_string().expose_secret().to_owned())
    }
}

/// Seals `plain` for every one of `recipients` as an ordinary age file (about 200 bytes longer, and 100 more for each
/// recipient). `None` when there is no recipient.
#[must_use]
pub fn seal_for(recipients: &[Recipient], plain: &[u8]) -> Option<Vec<u8>> {
    let keys = recipients.iter().map(|r| &r.0 as &dyn age::Recipient);
    let encryptor = age::Encryptor::with_recipients(keys).ok()?;
    let mut out = Vec::with_capacity(plain.len() + 512);
    let mut writer = encryptor.wrap_output(&mut out).ok()?;
    writer.write_all(plain).ok()?;
    writer.finish().ok()?;
    Some(out)
}

/// Opens an age file with whichever of `identities` fits.
///
/// # Errors
/// [`AgeOpenError`]: whether the key is another one, or the file is damaged.
pub fn open_with<'a>(
    identities: impl Iterator<Item = &'a Identity>,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, AgeOpenError> {
    let decryptor = age::Decryptor::new_buffered(sealed).map_err(|_| AgeOpenError::Damaged)?;
    let keys = identities.map(|i| &i.0 as &dyn age::Identity);
    let mut reader = decryptor.decrypt(keys).map_err(|e| match e {
        age::DecryptError::NoMatchingKeys => AgeOpenError::OtherKey,
        _ => AgeOpenError::Damaged,
    })?;
    let mut out = Zeroizing::new(Vec::with_capacity(sealed.len()));
    reader
        .read_to_end(&mut out)
        .map_err(|_| AgeOpenError::Damaged)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_recipient_opens_and_nobody_else() {
        let (a, b, other) = (
            Identity::generate(),
            Identity::generate(),
            Identity::generate(),
        );
        let sealed = seal_for(&[a.recipient(), b.recipient()], b"a day").unwrap();
        for key in [&a, &b] {
            assert_eq!(&**open_with([key].into_iter(), &sealed).unwrap(), b"a day");
        }
        let refused = open_with([&other].into_iter(), &sealed);
        assert_eq!(refused.unwrap_err(), AgeOpenError::OtherKey);
        assert_eq!(seal_for(&[], b"for nobody"), None);
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let key = Identity::generate();
        let sealed = seal_for(&[key.recipient()], b"a day").unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(
                open_with([&key].into_iter(), &changed).is_err(),
                "byte {at}"
            );
            assert!(
                open_with([&key].into_iter(), &sealed[..at]).is_err(),
                "cut {at}"
            );
        }
    }

    #[test]
    fn keys_read_back_as_written_and_mistakes_are_named() {
        let key = Identity::generate();
        let text = key.reveal();
        assert_eq!(
            text.parse::<Identity>().unwrap().recipient(),
            key.recipient()
        );
        let public = key.recipient().to_string();
        assert_eq!(public.parse::<Recipient>().unwrap(), key.recipient());
        assert_eq!(
            text.parse::<Recipient>().unwrap_err(),
            InvalidAgeKey::SecretForPublic
        );
        assert_eq!(
            "age1x".parse::<Recipient>().unwrap_err(),
            InvalidAgeKey::Recipient
        );
        assert_eq!(
            public.parse::<Identity>().unwrap_err(),
            InvalidAgeKey::Identity
        );
        assert!(!format!("{key:?}").contains("SECRET"));
    }
}

//! The secret of a second factor that exists already, so that the entry in the authenticator app keeps working.
//!
//! It is taken from base32 text, from an `otpauth://` URL, or from a small file that holds one of them (plain text,
//! `.env`, JSON). Only secrets that the gate can check are taken: time-based codes, SHA-1, six digits, 30 s. Errors name
//! the fault and never repeat a character of the text, except the algorithm, digits and period.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use thiserror::Error;
use url::Url;
use zeroize::{Zeroize, Zeroizing};

/// Shortest secret taken, in bytes (RFC 4226 section 4: 128 bits).
const MIN_BYTES: usize = 16;

/// Longest secret taken, in bytes: one block of SHA-1; HMAC would shorten a longer one.
const MAX_BYTES: usize = 64;

/// Largest file that is looked into, in bytes.
const MAX_FILE_BYTES: usize = 64 << 10;

/// The scheme of an `otpauth` URL.
const SCHEME: &str = "otpauth";

/// Why no secret was taken.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TotpImportError {
    /// There is nothing where a secret should be.
    #[error(
        "there is no secret in it; it is base32 text of at least 26 characters, or an otpauth:// URL"
    )]
    Empty,
    /// A character that base32 does not have.
    #[error(
        "character {place} is not base32 (letters A to Z and digits 2 to 7), so this is not the secret, or not it alone"
    )]
    Symbol {
        /// Which character, from 1, spaces and dashes left out.
        place: usize,
    },
    /// No whole number of bytes comes out.
    #[error("the secret is cut off: {symbols} base32 characters are no whole number of bytes")]
    Cut {
        /// How many characters there are.
        symbols: usize,
    },
    /// Too short to be safe, or too long to be a secret.
    #[error("the secret has {bits} bits, and uam takes 128 to 512; let uam make a new one instead")]
    Length {
        /// How many bits it has.
        bits: usize,
    },
    /// Not a URL, or none that holds a secret.
    #[error("this is not a whole otpauth:// URL; copy all of it, from `otpauth://totp/` on")]
    Url,
    /// An `otpauth` URL of another kind.
    #[error("this is {kind}; uam takes time-based codes, `otpauth://totp/`")]
    Kind {
        /// Which kind.
        kind: &'static str,
    },
    /// A parameter the gate does not check by.
    #[error(
        "the URL says {name}={found}, and uam takes {name}={wanted} only; let uam make a new secret instead"
    )]
    Parameter {
        /// `algorithm`, `digits` or `period`.
        name: &'static str,
        /// The value in the URL, if it can be named without repeating the URL.
        found: String,
        /// The value that is needed.
        wanted: &'static str,
    },
    /// More than one, and no way to tell which is meant.
    #[error("there are {found} different secrets in it; give uam only the one to use")]
    Several {
        /// How many.
        found: usize,
    },
    /// More than a small file.
    #[error("it is larger than 64 KiB; put the secret alone into a small text file")]
    TooLarge,
    /// Not text.
    #[error(
        "it is not UTF-8 text; save it as plain text (a QR code in an image file cannot be read: give its secret instead)"
    )]
    NotText,
    /// The file could not be read.
    #[error("cannot read it: {0}")]
    Io(#[from] io::Error),
    /// Any of these, in a file.
    #[error("{path}: {why}")]
    File {
        /// Which file.
        path: PathBuf,
        /// The fault.
        #[source]
        why: Box<TotpImportError>,
    },
}

/// A secret of RFC 6238, 16 to 64 bytes. Wiped when dropped; shown nowhere.
pub struct TotpSecret(Zeroizing<Vec<u8>>);

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(..)")
    }
}

impl TotpSecret {
    /// The secret itself.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Takes base32 text (any case, spaces, dashes and padding do not matter) or an `otpauth://totp/` URL.
    ///
    /// # Errors
    /// [`TotpImportError`]; none of the variants about files.
    pub fn parse(text: &str) -> Result<Self, TotpImportError> {
        let text = text.trim();
        match text.get(..SCHEME.len()) {
            Some(start) if start.eq_ignore_ascii_case(SCHEME) => Self::from_url(text),
            _ => Self::from_base32(text),
        }
    }

    /// Takes the one secret in the content of a file, the first of these that there is: an `otpauth` URL; a value
    /// whose name speaks of a secret (`MFA_SECRET=…`, `"secret": "…"`; never an access key to a cloud); a word that is
    /// a secret by its looks; the whole text, if it is one secret in groups.
    ///
    /// # Errors
    /// [`TotpImportError`], [`TotpImportError::Several`] when different secrets would do.
    pub fn find_in_text(content: &[u8]) -> Result<Self, TotpImportError> {
        if content.len() > MAX_FILE_BYTES {
            return Err(TotpImportError::TooLarge);
        }
        let text = std::str::from_utf8(content).map_err(|_| TotpImportError::NotText)?;
        let text = text.trim_start_matches('\u{feff}');
        // A name or a URL is unambiguous: the text after it is the secret, or an error.
        for meant in [find_urls(text), find_named_values(text)] {
            if !meant.is_empty() {
                return one_of(meant.into_iter().map(Self::parse).collect());
            }
        }
        let likely: Vec<_> = find_words(text)
            .map(Self::from_base32)
            .filter(Result::is_ok)
            .collect();
        if likely.is_empty() && in_groups(text) {
            return Self::parse(text);
        }
        one_of(likely)
    }

    /// [`Self::find_in_text`] in the file at `path`, of which no more than 64 KiB are read.
    ///
    /// # Errors
    /// [`TotpImportError::File`], which names the file.
    pub fn read_file(path: &Path) -> Result<Self, TotpImportError> {
        read_content(path)
            .and_then(|content| Self::find_in_text(&content))
            .map_err(|why| TotpImportError::File {
                path: path.to_owned(),
                why: Box::new(why),
            })
    }

    fn from_base32(text: &str) -> Result<Self, TotpImportError> {
        let symbols = text.trim_end_matches(['=', ' ']).chars();
        let symbols = symbols.filter(|c| !c.is_whitespace() && *c != '-');
        let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
        // The bits not yet in `bytes`, fewer than 8, at the low end.
        let (mut bits, mut waiting, mut count) = (0_u16, 0, 0);
        for symbol in symbols {
            count += 1;
            let value = match symbol.to_ascii_uppercase() {
                letter @ 'A'..='Z' => u32::from(letter) - u32::from('A'),
                digit @ '2'..='7' => u32::from(digit) - u32::from('2') + 26,
                _ => return Err(TotpImportError::Symbol { place: count }),
            };
            bits = bits << 5 | value as u16;
            waiting += 5;
            if waiting >= 8 {
                waiting -= 8;
                bytes.push((bits >> waiting) as u8);
            }
        }
        if count == 0 {
            return Err(TotpImportError::Empty);
        }
        // A last character that adds no byte is one too many or too few. Bits that are left over in it are dropped, as
        // pyotp and the apps do.
        if waiting >= 5 {
            return Err(TotpImportError::Cut { symbols: count });
        }
        if !(MIN_BYTES..=MAX_BYTES).contains(&bytes.len()) {
            let bits = bytes.len() * 8;
            return Err(TotpImportError::Length { bits });
        }
        Ok(Self(bytes))
    }

    fn from_url(text: &str) -> Result<Self, TotpImportError> {
        let url = Url::parse(text).map_err(|_| TotpImportError::Url)?;
        let secret = Self::from_parsed(&url);
        String::from(url).zeroize();
        secret
    }

    fn from_parsed(url: &Url) -> Result<Self, TotpImportError> {
        let kind = |kind| Err(TotpImportError::Kind { kind });
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        match (url.scheme(), host.as_str()) {
            (SCHEME, "totp") => {}
            (SCHEME, "hotp") => return kind("a counter-based code (HOTP)"),
            (SCHEME, "steam") => return kind("a Steam code"),
            ("otpauth-migration", _) => {
                return kind("the export of a whole authenticator app, in its own format");
            }
            _ => return Err(TotpImportError::Url),
        }
        let mut secrets = Vec::new();
        for (name, value) in url.query_pairs() {
            let value = Zeroizing::new(value.into_owned());
            match name.to_ascii_lowercase().as_str() {
                "secret" => secrets.push(Self::from_base32(&value)),
                "algorithm" => must_be("algorithm", &value, &["SHA1", "SHA-1", "HMACSHA1"])?,
                "digits" => must_be("digits", &value, &["6"])?,
                "period" => must_be("period", &value, &["30"])?,
                _ => {}
            }
        }
        if secrets.is_empty() {
            return Err(TotpImportError::Empty);
        }
        one_of(secrets)
    }
}

/// The one secret among those found, however often it was; otherwise the first thing that is wrong.
fn one_of(found: Vec<Result<TotpSecret, TotpImportError>>) -> Result<TotpSecret, TotpImportError> {
    let mut good: Vec<TotpSecret> = Vec::new();
    let mut wrong = None;
    for secret in found {
        match secret {
            Ok(secret) if good.iter().any(|g| g.as_bytes() == secret.as_bytes()) => {}
            Ok(secret) => good.push(secret),
            Err(e) => wrong = wrong.or(Some(e)),
        }
    }
    match (good.len(), good.pop()) {
        (1, Some(secret)) => Ok(secret),
        (0, _) => Err(wrong.unwrap_or(TotpImportError::Empty)),
        (found, _) => Err(TotpImportError::Several { found }),
    }
}

/// Refuses a parameter that is none of `wanted`, of which the first is named. Only text that is certainly no secret is
/// repeated: another algorithm's name, or a short number.
fn must_be(
    name: &'static str,
    value: &str,
    wanted: &'static [&'static str],
) -> Result<(), TotpImportError> {
    let is = |known: &&str| known.eq_ignore_ascii_case(value.trim());
    if wanted.iter().any(&is) {
        return Ok(());
    }
    let known = ["SHA256", "SHA512", "MD5"].into_iter().find(is);
    let number = value.parse::<u16>().ok().map(|n| n.to_string());
    Err(TotpImportError::Parameter {
        name,
        found: known
            .map(str::to_owned)
            .or(number)
            .unwrap_or_else(|| "(something else)".to_owned()),
        wanted: wanted.first().copied().unwrap_or_default(),
    })
}

/// The content of a file, one byte more than is taken at most.
fn read_content(path: &Path) -> Result<Zeroizing<Vec<u8>>, TotpImportError> {
    // Room for all of it, for a buffer that grows leaves copies behind.
    let mut content = Zeroizing::new(Vec::with_capacity(MAX_FILE_BYTES + 1));
    File::open(path)?
        .take(MAX_FILE_BYTES as u64 + 1)
        .read_to_end(&mut content)?;
    Ok(content)
}

/// Each `otpauth` URL in a text: up to the next space, quote or angle bracket.
fn find_urls(text: &str) -> Vec<&str> {
    text.split(|c: char| c.is_whitespace() || "\"'`<>".contains(c))
        .filter_map(|word| {
            let bytes = word.as_bytes().windows(SCHEME.len());
            let at = bytes.enumerate().find(|(at, window)| {
                window.eq_ignore_ascii_case(SCHEME.as_bytes())
                    && word[at + SCHEME.len()..].starts_with([':', '-'])
            });
            word.get(at?.0..)
        })
        .collect()
}

/// Each value whose name speaks of a secret, one `name = value` or `name: value` to a line or, as in JSON, between
/// commas.
fn find_named_values(text: &str) -> Vec<&str> {
    text.split(['\n', '\r', ',', '{', '}'])
        .map(str::trim_start)
        .filter(|piece| !piece.starts_with(['#', ';']))
        .filter_map(|piece| piece.split_once(['=', ':']))
        .filter(|(name, _)| names_a_secret(name))
        .map(|(_, value)| {
            let value = value.split(" #").next().unwrap_or_default();
            value.trim_matches(|c: char| c.is_whitespace() || "\"'`;".contains(c))
        })
        .filter(|value| !value.is_empty())
        .collect()
}

/// `MFA_SECRET`, `export SECRET`, `"secret"`, `Secret key`; but no sentence.
fn names_a_secret(name: &str) -> bool {
    let words = name.split_whitespace().count();
    contains_word(name, "secret") && words <= 3 && !is_of_a_cloud(name)
}

/// The access key of a bucket looks much like a secret, and its name, `AWS_SECRET_ACCESS_KEY`, too.
fn is_of_a_cloud(text: &str) -> bool {
    contains_word(text, "access")
}

/// Whether `text` contains `word`, in any case.
fn contains_word(text: &str, word: &str) -> bool {
    let mut windows = text.as_bytes().windows(word.len());
    windows.any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

/// Words that could be base32 of some length.
fn find_words(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !is_of_a_cloud(line))
        .flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric()))
        .filter(|word| word.len() >= MIN_BYTES)
}

/// Whether the text could be one secret, as apps and sites show it: in groups of one length, the last one excepted. A
/// sentence has other words.
fn in_groups(text: &str) -> bool {
    let groups: Vec<usize> = text.split_whitespace().map(str::len).collect();
    let alike = groups
        .split_last()
        .is_some_and(|(last, others)| others.iter().all(|len| *len == others[0] && len >= last));
    let plain = |c: char| c.is_ascii_alphanumeric() || c.is_whitespace() || "-=".contains(c);
    alike && text.chars().all(plain)
}

#[cfg(test)]
mod tests;

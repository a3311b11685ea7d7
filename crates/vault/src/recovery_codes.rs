//! Recovery codes: they open the vault when the phone, or this computer's own key store, is gone.
//!
//! Each code is a key of 125 random bits, enough to need no slow hash; so there is nothing to throttle either. It is
//! written as five blocks of five characters of Crockford's base32, which leaves out the letters that look like others:
//! whatever a person reads off the paper, upper or lower case, `O` for `0`, `I` or `L` for `1`, is taken as meant.

use crate::cipher::{RandomError, fill_random};
use std::fmt::{self, Write as _};
use thiserror::Error;
use zeroize::Zeroizing;

/// How many codes a recovery kit has.
pub const RECOVERY_CODES: usize = 10;

/// Crockford's base32: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Characters in a code, without dashes.
const SYMBOLS: usize = 25;

/// Characters in a block.
const BLOCK: usize = 5;

/// Why a text is not a recovery code. The text itself is never repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecoveryCodeError {
    /// Too short or too long.
    #[error(
        "a recovery code has {SYMBOLS} characters in five blocks of five; this has {found} (six digits are a code of \
         the authenticator app)"
    )]
    Length {
        /// How many characters there are, dashes and spaces left out.
        found: usize,
    },
    /// A character that no code has.
    #[error(
        "character {place} of block {block} is in no recovery code: they have digits and the letters A to Z without \
         U; look at the paper again"
    )]
    Symbol {
        /// Which block, 1 to 5.
        block: usize,
        /// Which character in it, 1 to 5.
        place: usize,
    },
}

/// One recovery code. Wiped when dropped; shown by [`Self::reveal`] alone.
pub struct RecoveryCode(Zeroizing<[u8; 16]>);

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(..)")
    }
}

impl RecoveryCode {
    /// A fresh code.
    ///
    /// # Errors
    /// [`RandomError`].
    pub fn random() -> Result<Self, RandomError> {
        let mut bits = Zeroizing::new([0; 16]);
        fill_random(&mut bits[..])?;
        bits[0] &= 0x1f;
        Ok(Self(bits))
    }

    /// Reads a code as a person types it: any case, dashes and spaces anywhere, `I` and `L` for `1`, `O` for `0`.
    ///
    /// # Errors
    /// [`RecoveryCodeError`] when it cannot be a code; whether it is one of *this* vault's, only a key slot can tell.
    pub fn parse(text: &str) -> Result<Self, RecoveryCodeError> {
        let found = code_symbols(text).count();
        if found != SYMBOLS {
            return Err(RecoveryCodeError::Length { found });
        }
        let mut bits = Zeroizing::new(0_u128);
        for (at, symbol) in code_symbols(text).enumerate() {
            let five = five_bits(symbol).ok_or(RecoveryCodeError::Symbol {
                block: at / BLOCK + 1,
                place: at % BLOCK + 1,
            })?;
            *bits = *bits << 5 | five;
        }
        Ok(Self(Zeroizing::new(bits.to_be_bytes())))
    }

    /// The 125 bits as a big-endian number, the three highest bits zero: the same for every way of writing the code.
    #[must_use]
    pub fn key_material(&self) -> &[u8; 16] {
        &self.0
    }

    /// The code as it is printed: `XXXXX-XXXXX-XXXXX-XXXXX-XXXXX`.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        // With its full length from the start, for a string that grows leaves copies behind.
        let mut text = Zeroizing::new(String::with_capacity(SYMBOLS + SYMBOLS / BLOCK - 1));
        for (at, symbol) in self.own_symbols().enumerate() {
            if at > 0 && at % BLOCK == 0 {
                text.push('-');
            }
            text.push(symbol);
        }
        text
    }

    /// The first five characters, by which a code is told from the others of its recovery kit. They give away 25 of its bits;
    /// a hundred remain.
    #[must_use]
    pub fn first_block(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(BLOCK));
        text.extend(self.own_symbols().take(BLOCK));
        text
    }

    /// Whether `typed` is the first block, read as tolerantly as [`Self::parse`] does. Asked when the recovery kit was made, to
    /// see that it was written down.
    #[must_use]
    pub fn begins_with(&self, typed: &str) -> bool {
        let mine = self.own_symbols().take(BLOCK).map(five_bits);
        code_symbols(typed).map(five_bits).eq(mine)
    }

    fn own_symbols(&self) -> impl Iterator<Item = char> {
        let bits = Zeroizing::new(u128::from_be_bytes(*self.0));
        (0..SYMBOLS).rev().map(move |below| {
            let five = (*bits >> (5 * below)) & 0x1f;
            char::from(ALPHABET[five as usize])
        })
    }
}

/// The characters that belong to a code: dashes (also those that a word processor makes) and spaces are not.
fn code_symbols(text: &str) -> impl Iterator<Item = char> {
    let dash = |c: char| matches!(c, '-' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    text.chars()
        .filter(move |c| !c.is_whitespace() && !dash(*c))
}

/// The value of a character, with those that are often taken for another.
fn five_bits(symbol: char) -> Option<u128> {
    let symbol = match symbol.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        other => other,
    };
    let value = ALPHABET.iter().position(|c| char::from(*c) == symbol)?;
    u128::try_from(value).ok()
}

/// The ten recovery codes of a vault, as they are made together and replaced together.
#[derive(Debug)]
pub struct RecoveryKit {
    codes: Vec<RecoveryCode>,
}

impl RecoveryKit {
    /// Ten fresh codes.
    ///
    /// # Errors
    /// [`RandomError`].
    pub fn random() -> Result<Self, RandomError> {
        let codes = std::iter::repeat_with(RecoveryCode::random)
            .take(RECOVERY_CODES)
            .collect::<Result<_, _>>()?;
        Ok(Self { codes })
    }

    /// The codes in the order of the page.
    #[must_use]
    pub fn codes(&self) -> &[RecoveryCode] {
        &self.codes
    }

    /// The page to print: plain lines of at most 72 characters. `device` is the installation's id, `date` the day on which
    /// the recovery kit was made, as text.
    #[must_use]
    pub fn page(&self, device: &str, date: &str) -> Zeroizing<String> {
        // Room for all of it, for a string that grows leaves copies behind.
        let room = PAGE_HEAD.len() + PAGE_FOOT.len() + device.len() + date.len() + 1024;
        let mut page = Zeroizing::new(String::with_capacity(room));
        page.push_str(PAGE_HEAD);
        // Writing to a string cannot fail.
        let _ = writeln!(page, "Device   {device}\nMade on  {date}\n");
        for (at, code) in self.codes.iter().enumerate() {
            let _ = writeln!(page, "  [ ] {:>2}   {}", at + 1, *code.reveal());
        }
        page.push_str(PAGE_FOOT);
        page
    }
}

const PAGE_HEAD: &str = "\
uam recovery kit
================

";

const PAGE_FOOT: &str = "
What it is for
  Each code works once, in place of the authenticator app and of this
  computer's own key store. Whoever has one can read the records of this
  device. When all of them are lost with the phone or the computer, and
  no organisation holds a key, nobody can read the records.

How to use a code
  On this computer, when the phone or the passphrase is lost or the gate
  is locked:
      uam recover
  On any other computer, with the vault file stored beside the
  records (kind=vault in the bucket), to read them with `age`:
      uam recover --from FILE --identity KEY
      age -d -i KEY OBJECT
  Then cross it out here. Upper and lower case, dashes and spaces do not
  matter. No code has the letters I, L, O or U: what looks like one is a
  1, a 0 or a V.

How to keep it
  On paper, where you keep passports; not on this computer, and not as a
  photograph. A new recovery kit makes every code of this one useless.
";

#[cfg(test)]
mod tests;

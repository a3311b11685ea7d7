//! Enrolment: the secret as a QR code and as text, for an authenticator app.

use crate::cipher::{RandomError, fill_random};
use crate::error::{VaultError, io_error};
use crate::gate;
use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use platform::files;
use qrcode::render::unicode::Dense1x2;
use qrcode::{Color, QrCode};
use std::fmt;
use std::fs;
use std::io::{self, Cursor};
use std::path::Path;
use zeroize::Zeroizing;

/// Longest account name put into the QR code, in characters; a longer one only makes the QR code bigger.
const MAX_ACCOUNT_CHARS: usize = 48;

/// Side of one QR module in the PNG, in pixels.
const MODULE_PIXELS: u32 = 8;

/// Width of the empty border in modules (ISO/IEC 18004 asks for 4).
const QUIET_MODULES: u32 = 4;

/// The secret in every form an app takes it. Show it to its owner and to nobody else; it is wiped when dropped.
pub struct Enrolment {
    url: Zeroizing<String>,
    secret: Zeroizing<String>,
    code: QrCode,
}

impl fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Enrolment(..)")
    }
}

impl Enrolment {
    /// Prepares `secret` for an app; see [`crate::Vault::enrolment`] for `account`.
    pub(crate) fn new(secret: &[u8], account: &str) -> Result<Self, VaultError> {
        // A colon separates issuer and account in the URL, so the account may hold none.
        let account: String = account
            .chars()
            .filter(|c| !c.is_control())
            .map(|c| if c == ':' { '-' } else { c })
            .take(MAX_ACCOUNT_CHARS)
            .collect();
        let account = if account.trim().is_empty() {
            "me".to_owned()
        } else {
            account
        };
        let totp = gate::totp_generator(secret, &account);
        let url = totp.to_url().map_err(|e| VaultError::Qr(e.to_string()))?;
        let code = QrCode::new(url.as_bytes()).map_err(|e| VaultError::Qr(e.to_string()))?;
        Ok(Self {
            url: Zeroizing::new(url),
            secret: Zeroizing::new(totp.secret().to_base32()),
            code,
        })
    }

    /// The `otpauth://` URL that the QR code holds.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The secret to type, base32 without padding (32 characters for 160 bits).
    #[must_use]
    pub fn secret_base32(&self) -> &str {
        &self.secret
    }

    /// The QR code as lines of half blocks, for light text on a dark ground; two modules a character in height, with
    /// its quiet zone. On a light ground use [`Self::qr_ansi`].
    #[must_use]
    pub fn qr_text(&self) -> String {
        self.code
            .render::<Dense1x2>()
            .quiet_zone(true)
            .dark_color(Dense1x2::Light)
            .light_color(Dense1x2::Dark)
            .build()
    }

    /// [`Self::qr_text`] with the colours set on every line (SGR 97 on 40), so that it reads on any terminal theme.
    #[must_use]
    pub fn qr_ansi(&self) -> String {
        let mut out = String::new();
        for line in self.qr_text().lines() {
            out.push_str("\u{1b}[97;40m");
            out.push_str(line);
            out.push_str("\u{1b}[0m\n");
        }
        out
    }

    /// The QR code as a grey PNG, 8 pixels a module, with its quiet zone.
    ///
    /// # Errors
    /// [`VaultError::Qr`] when the PNG cannot be encoded.
    pub fn qr_png(&self) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let width = self.code.width();
        let modules = self.code.to_colors();
        let side = (u32::try_from(width).unwrap_or(0) + 2 * QUIET_MODULES) * MODULE_PIXELS;
        let image = GrayImage::from_fn(side, side, |x, y| {
            let module = |at: u32| (at / MODULE_PIXELS).checked_sub(QUIET_MODULES);
            let dark = match (module(x), module(y)) {
                (Some(x), Some(y)) if (x as usize) < width => modules
                    .get(y as usize * width + x as usize)
                    .is_some_and(|c| *c == Color::Dark),
                _ => false,
            };
            Luma([if dark { 0 } else { 255 }])
        });
        let mut out = Cursor::new(Vec::new());
        DynamicImage::from(image)
            .write_to(&mut out, ImageFormat::Png)
            .map_err(|e| VaultError::Qr(e.to_string()))?;
        Ok(Zeroizing::new(out.into_inner()))
    }
}

/// Writes the QR code to `path` with mode 0600, replacing an older one. Remove it with [`remove_qr_png`] once the first
/// code was accepted: the file is the second factor.
///
/// # Errors
/// [`VaultError::Io`] or [`VaultError::Qr`].
pub fn write_qr_png(enrolment: &Enrolment, path: &Path) -> Result<(), VaultError> {
    let png = enrolment.qr_png()?;
    files::write_file_durably(path, &png).map_err(io_error("write", path))
}

/// Removes the file written by [`write_qr_png`]; true when there was one.
///
/// # Errors
/// [`VaultError::Io`] when it is there and cannot be removed: tell the user, for it holds the secret.
pub fn remove_qr_png(path: &Path) -> Result<bool, VaultError> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(io_error("remove", path)(e)),
    }
}

/// A fresh secret of 160 bits (RFC 4226 section 4).
pub(crate) fn random_totp_secret() -> Result<Zeroizing<Vec<u8>>, RandomError> {
    let mut secret = Zeroizing::new(vec![0; 20]);
    fill_random(&mut secret)?;
    Ok(secret)
}

//! The first run: a vault is made.

use super::factor;
use crate::cli::RunArgs;
use crate::output;
use model::UserError;
use std::path::Path;
use vault::{Door, Found, Founding, TotpSecret, Vault};

/// Makes the vault, with an existing secret of the codes if one is given; true when an app has that secret already.
pub(super) fn found(
    dir: &Path,
    args: &RunArgs,
    found: Found,
    now_us: i64,
) -> anyhow::Result<(Vault, Door, bool)> {
    let totp = args.import.as_deref().map(secret).transpose()?;
    if found == Found::Old {
        output::line(
            "Your vault is brought up to date: from now on its key is not kept beside the record.",
        );
    }
    let device = Vault::device_for(dir)?;
    let secret = factor::fresh(&device)?;
    let imported = totp.is_some();
    let (vault, door) = Vault::create(
        dir,
        Founding {
            device,
            factor: secret.factor(),
            totp,
            organisations: Vec::new(),
            viewer: true,
            now_us,
        },
    )?;
    let known = imported || vault.is_enrolled();
    Ok((vault, door, known))
}

/// The secret of an existing set-up, from a file.
pub(crate) fn secret(file: &Path) -> anyhow::Result<TotpSecret> {
    TotpSecret::read(file).map_err(|e| {
        UserError::usage(
            format!("{}: {e}", file.display()),
            "Give a file that holds the base32 secret or the otpauth:// URL of your authenticator entry.",
        ).into()
    })
}

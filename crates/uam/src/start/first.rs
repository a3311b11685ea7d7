//! The first run: a vault is made.

use super::factor;
use crate::cli::RunArgs;
use model::UserError;
use std::path::Path;
use vault::{NewVault, TotpSecret, UnlockedSlot, Vault};

/// Makes the vault, with an existing secret of the codes if one is given; true when an app has that secret already.
pub(super) fn found(
    dir: &Path,
    args: &RunArgs,
    now_us: i64,
) -> anyhow::Result<(Vault, UnlockedSlot, bool)> {
    let totp = args.import.as_deref().map(secret).transpose()?;
    let device = Vault::new_device_id()?;
    let secret = factor::fresh(&device)?;
    let imported = totp.is_some();
    let (vault, door) = Vault::create(
        dir,
        NewVault {
            device,
            factor: secret.factor(),
            totp,
            organisations: Vec::new(),
            viewer: true,
            now_us,
        },
    )?;
    Ok((vault, door, imported))
}

/// The secret of an existing set-up, from a file.
pub(crate) fn secret(file: &Path) -> anyhow::Result<TotpSecret> {
    TotpSecret::read_file(file).map_err(|e| {
        UserError::usage(
            format!("{}: {e}", file.display()),
            "Give a file that holds the base32 secret or the otpauth:// URL of your authenticator entry.",
        ).into()
    })
}

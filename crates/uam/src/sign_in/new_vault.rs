//! The first run: creates the vault.

use super::factors;
use crate::cli::RunArgs;
use model::{Timestamp, UserError};
use std::path::Path;
use vault::{NewVault, TotpSecret, UnlockedSlot, Vault};

/// Creates the vault, with an imported TOTP secret if `args` names one; true when it was imported.
pub(super) fn create_vault(
    dir: &Path,
    args: &RunArgs,
    now: Timestamp,
) -> anyhow::Result<(Vault, UnlockedSlot, bool)> {
    let totp = args.import.as_deref().map(read_totp_secret).transpose()?;
    let device = Vault::new_device_id()?;
    let secret = factors::create_vault_secret(&device)?;
    let imported = totp.is_some();
    let (vault, slot) = Vault::create(
        dir,
        NewVault {
            device,
            factor: secret.as_factor(),
            totp,
            organisations: Vec::new(),
            viewer: true,
            now,
        },
    )?;
    Ok((vault, slot, imported))
}

/// Reads the TOTP secret of an existing authenticator entry from a file.
pub(crate) fn read_totp_secret(file: &Path) -> anyhow::Result<TotpSecret> {
    TotpSecret::read_file(file).map_err(|e| {
        UserError::usage(
            format!("{}: {e}", file.display()),
            "Give a file that holds the base32 secret or the otpauth:// URL of your authenticator entry.",
        ).into()
    })
}

//! The keys that the journal seals and opens with.

use anyhow::Context;
use journal::JournalKeys;
use model::DeviceId;
use vault::{Opener, Recipient, Vault};

/// The keys of the journal: it seals to the vault's recipients and the lease, and opens with `opener`.
///
/// # Errors
/// When the vault names no device, or no one it can seal to.
pub fn journal_keys(
    vault: &Vault,
    opener: Opener,
    lease: Option<&Recipient>,
) -> anyhow::Result<JournalKeys> {
    let device = DeviceId::parse(vault.device()).context("the vault holds no valid device id")?;
    Ok(JournalKeys {
        device,
        sealer: vault.sealer(lease)?,
        opener,
    })
}

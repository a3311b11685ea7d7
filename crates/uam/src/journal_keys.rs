//! The keys of the journal.

use anyhow::Context;
use journal::JournalKeys;
use model::DeviceId;
use vault::{Opener, Recipient, Vault};

/// The journal's keys: it seals for the vault's recipients and `lease`, and opens with `opener`.
pub(crate) fn journal_keys(
    vault: &Vault,
    opener: Opener,
    lease: Option<&Recipient>,
) -> anyhow::Result<JournalKeys> {
    let device = DeviceId::parse(vault.device()).context("the vault's device id is invalid")?;
    Ok(JournalKeys {
        device,
        maker: vault.sealer(lease)?,
        opener,
    })
}

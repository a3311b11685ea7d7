//! The gate of one-time codes in a child's vault.

use crate::fixture;
use anyhow::{Context, Result};
use std::path::Path;
use vault::{CodeVerdict, Factor, NewVault, STEP_SECONDS, TotpSecret, UnlockedSlot, Vault};

/// The key that a credential store would keep.
const STORE_KEY: &[u8] = &[7; 32];
/// The secret of the vectors in RFC 4226 and RFC 6238.
const TOTP_SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// The gate of one-time codes.
pub(super) struct ChildGate {
    vault: Vault,
    door: UnlockedSlot,
    /// The next step of the clock.
    pub(super) step: u64,
}

/// Creates a vault next to the journal of `dir`.
pub(crate) fn create_vault(dir: &Path) -> Result<()> {
    let founding = NewVault {
        device: fixture::lab_device().as_str().to_owned(),
        factor: Factor::OsStore(STORE_KEY),
        totp: Some(TotpSecret::parse(TOTP_SECRET)?),
        organisations: Vec::new(),
        viewer: true,
        now: fixture::START,
    };
    Vault::create(&dir.join("vault"), founding)?;
    Ok(())
}

/// True when the vault in `dir` accepts the code of a step of the clock.
pub(crate) fn is_code_accepted(dir: &Path, step: u64) -> Result<bool> {
    let mut gate = ChildGate::open(dir, 0)?.context("there is no vault")?;
    gate.step = step;
    gate.check()
}

impl ChildGate {
    /// Opens the vault in `dir`, if there is one. Each child begins after the last step of the one before.
    pub(super) fn open(dir: &Path, base: u64) -> Result<Option<Self>> {
        let dir = dir.join("vault");
        if !dir.is_dir() {
            return Ok(None);
        }
        let vault = Vault::open(&dir)?;
        let door = vault.unlock_slot(&Factor::OsStore(STORE_KEY))?;
        let step = u64::try_from(fixture::START.as_seconds())? / STEP_SECONDS + base / 10;
        Ok(Some(Self { vault, door, step }))
    }

    pub(super) fn check(&mut self) -> Result<bool> {
        let secret = TotpSecret::parse(TOTP_SECRET)?.as_bytes().to_vec();
        let totp = totp_rs::Builder::new().with_secret(secret).build()?;
        let seconds = self.step * STEP_SECONDS;
        let code = totp.generate(seconds).to_string();
        let answer = self.vault.check_code(&self.door, &code, seconds)?;
        Ok(answer.verdict == CodeVerdict::Accepted)
    }
}

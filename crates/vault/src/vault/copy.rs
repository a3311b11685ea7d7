//! The copy of the vault in the bucket: public keys and the slots of the recovery codes.

use super::Vault;
use crate::age_keys::Identity;
use crate::error::VaultError;
use crate::gate::GateState;
use crate::key_slots::{Factor, KeySlotKind};
use crate::recovery_codes::RecoveryCode;
use crate::seal::Opener;
use crate::vault_file::{self, VaultState};
use crate::vault_lock;
use std::path::Path;

impl Vault {
    /// The part of the vault that lies beside the record in the bucket: public keys and the slots of the recovery codes.
    /// With one code it gives the identity that opens everything there ([`open_vault_copy`]).
    #[must_use]
    pub fn encode_copy(&self) -> Vec<u8> {
        let state = &self.state;
        let copy = VaultState {
            slots: state
                .slots
                .iter()
                .filter(|s| s.kind == KeySlotKind::Recovery)
                .cloned()
                .collect(),
            totp: String::new(),
            gate: GateState::default(),
            consent: None,
            seal: String::new(),
            note: "A copy of a uam vault's recovery slots. With one recovery code, `uam recover` makes of it the age \
                   identity that opens this folder."
                .to_owned(),
            ..state.clone()
        };
        let mut json = serde_json::to_vec_pretty(&copy).unwrap_or_default();
        json.push(b'\n');
        json
    }

    /// The vault and the viewer's identity in a copy, which has neither a gate nor a seal.
    fn open_in_copy(
        path: &Path,
        state: VaultState,
        code: &crate::RecoveryCode,
    ) -> Result<(Self, Identity), VaultError> {
        let vault = Self {
            path: path.to_owned(),
            state,
        };
        let unlocked = vault.find_slot(&Factor::Recovery(code))?;
        let identity = vault.viewer_of(&unlocked)?.ok_or(VaultError::NoViewer)?;
        Ok((vault, identity))
    }
}

/// The keys that a recovery code gives.
#[derive(Debug)]
pub struct RecoveredKeys {
    /// The identity: as text it goes into a file for `age -d -i`.
    pub identity: Identity,
    /// Earlier identities of the same vault, for older objects.
    pub earlier: Vec<Identity>,
    /// Opens everything that was sealed for this vault's viewers.
    pub opener: Opener,
}

/// Opens a vault file, or the copy of one from the bucket, with a recovery code, without a vault on this computer. The
/// file is not changed: on the computer it belongs to, use [`Vault::unlock_with_recovery_code`].
///
/// # Errors
/// [`VaultError::Io`], [`VaultError::Malformed`], [`VaultError::Newer`], [`VaultError::WrongFactor`],
/// [`VaultError::NoSlot`], [`VaultError::NoViewer`], [`VaultError::SlotDamaged`].
pub fn open_vault_copy(path: &Path, code: &RecoveryCode) -> Result<RecoveredKeys, VaultError> {
    let bytes = vault_lock::read_copy(path)?;
    let state = vault_file::parse_state(path, &bytes)?;
    let (vault, identity) = Vault::open_in_copy(path, state, code)?;
    let opener = vault.viewer_opener(&identity);
    Ok(RecoveredKeys {
        earlier: opener.identities().skip(1).cloned().collect(),
        identity,
        opener,
    })
}

//! Creating a vault.

use super::{FILE_NAME, Vault, check_strength};
use crate::age_keys::Identity;
use crate::cipher;
use crate::enrolment;
use crate::error::{VaultError, io_error};
use crate::key_slots::{Factor, SlotContents};
use crate::organisations::Organisation;
use crate::totp_import::TotpSecret;
use crate::unlocked_slot::UnlockedSlot;
use crate::vault_file::VaultState;
use crate::vault_lock::{load_state, lock_vault_file};
use data_encoding::HEXLOWER;
use model::Timestamp;
use platform::files;
use std::path::Path;
use zeroize::Zeroizing;

/// The parts of a new vault.
#[derive(Debug)]
pub struct NewVault<'a> {
    /// The installation's id, from [`Vault::new_device_id`]; the credential store keeps its secret under this name.
    pub device: String,
    /// The secret that opens it every day: the credential store's secret, or a passphrase.
    pub factor: Factor<'a>,
    /// A secret that is in somebody's authenticator app already; a fresh one if not given.
    pub totp: Option<TotpSecret>,
    /// Organisations that can read too.
    pub organisations: Vec<Organisation>,
    /// False when nobody on this computer shall be able to read; then there must be an organisation.
    pub viewer: bool,
    /// The present, kept as the time at which its slots were made.
    pub now: Timestamp,
}

impl Vault {
    /// True when `dir` holds a vault.
    ///
    /// # Errors
    /// [`VaultError::Malformed`], [`VaultError::Newer`], [`VaultError::Io`].
    pub fn exists(dir: &Path) -> Result<bool, VaultError> {
        match load_state(&dir.join(FILE_NAME)) {
            Ok(_) => Ok(true),
            Err(VaultError::Missing { .. }) => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// A fresh random id for a new vault: 32 lower-case hex digits.
    ///
    /// # Errors
    /// [`VaultError::Random`].
    pub fn new_device_id() -> Result<String, VaultError> {
        let mut id = [0; 16];
        cipher::fill_random(&mut id)?;
        Ok(HEXLOWER.encode(&id))
    }

    /// Makes a vault in `dir` (directory 0700, file 0600) with fresh keys.
    ///
    /// # Errors
    /// [`VaultError::Exists`] when there is one already, [`VaultError::NoReader`] when nobody could ever read,
    /// [`VaultError::WeakPassphrase`], [`VaultError::Random`], [`VaultError::Io`].
    pub fn create(dir: &Path, new: NewVault<'_>) -> Result<(Self, UnlockedSlot), VaultError> {
        files::create_private_dir(dir).map_err(io_error("create", dir))?;
        let path = dir.join(FILE_NAME);
        let _lock = lock_vault_file(&path)?;
        match load_state(&path) {
            Err(VaultError::Missing { .. }) => {}
            Ok(_) => return Err(VaultError::Exists { path }),
            Err(e) => return Err(e),
        }
        let state = VaultState::new(new.device.clone());
        let mut vault = Self { path, state };
        let unlocked = vault.fill_new(new)?;
        vault.save_file(&unlocked)?;
        Ok((vault, unlocked))
    }

    /// Puts organisations, viewer, first slot and secret into the empty state.
    fn fill_new(&mut self, new: NewVault<'_>) -> Result<UnlockedSlot, VaultError> {
        check_strength(&new.factor)?;
        for organisation in new.organisations {
            self.put_organisation(organisation)?;
        }
        let viewer = new.viewer.then(Identity::generate);
        self.state.viewer = viewer.as_ref().map(|v| v.recipient().to_string());
        if self.state.recipients().is_empty() {
            return Err(VaultError::NoReader);
        }
        let gate_key = cipher::random_key()?;
        let contents = SlotContents { gate_key, viewer };
        let unlocked = self.put_slot(&new.factor, &contents, new.now)?;
        let secret = match new.totp {
            Some(given) => Zeroizing::new(given.as_bytes().to_vec()),
            None => enrolment::random_totp_secret()?,
        };
        self.state.set_totp(&unlocked.gate_key, &secret)?;
        Ok(unlocked)
    }
}

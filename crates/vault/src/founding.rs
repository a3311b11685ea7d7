//! Makes a new vault.

use crate::cipher;
use crate::file::VaultState;
use crate::keys::Identity;
use crate::slots::{Factor, SlotContents};
use crate::store::{
    FILE_NAME, UnlockedSlot, Vault, check_strength, fresh_secret, io_error, load, lock_vault_file,
};
use crate::{Organisation, TotpSecret, VaultError};
use data_encoding::HEXLOWER;
use platform::files;
use std::path::Path;
use zeroize::Zeroizing;

/// What a new vault is made of.
#[derive(Debug)]
pub struct NewVault<'a> {
    /// The installation's id, from [`Vault::new_device_id`]; the credential store keeps its secret under this name.
    pub device: String,
    /// What opens it every day: the credential store's secret, or a passphrase.
    pub factor: Factor<'a>,
    /// A secret that is in somebody's authenticator app already; a fresh one if not given.
    pub totp: Option<TotpSecret>,
    /// Who else can read.
    pub organisations: Vec<Organisation>,
    /// False when nobody on this computer shall be able to read; then there must be an organisation.
    pub viewer: bool,
    /// Microseconds since the Unix epoch (UTC).
    pub now_us: i64,
}

impl Vault {
    /// True when `dir` holds a vault.
    ///
    /// # Errors
    /// [`VaultError::Malformed`], [`VaultError::Newer`], [`VaultError::Io`].
    pub fn exists(dir: &Path) -> Result<bool, VaultError> {
        match load(&dir.join(FILE_NAME)) {
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
        getrandom::fill(&mut id).map_err(|_| VaultError::Random)?;
        Ok(HEXLOWER.encode(&id))
    }

    /// Makes a vault in `dir` (directory 0700, file 0600) with fresh keys.
    ///
    /// # Errors
    /// [`VaultError::Exists`] when there is one already, [`VaultError::NoReader`] when nobody could ever read,
    /// [`VaultError::WeakPassphrase`], [`VaultError::Random`], [`VaultError::Io`].
    pub fn create(dir: &Path, founding: NewVault<'_>) -> Result<(Self, UnlockedSlot), VaultError> {
        files::create_private_dir(dir).map_err(io_error("create", dir))?;
        let path = dir.join(FILE_NAME);
        let _turn = lock_vault_file(&path)?;
        match load(&path) {
            Err(VaultError::Missing { .. }) => {}
            Ok(_) => return Err(VaultError::Exists { path }),
            Err(e) => return Err(e),
        }
        let state = VaultState::new(founding.device.clone());
        let mut vault = Self { path, state };
        let door = vault.found(founding)?;
        vault.save(&door)?;
        Ok((vault, door))
    }

    fn found(&mut self, founding: NewVault<'_>) -> Result<UnlockedSlot, VaultError> {
        check_strength(&founding.factor)?;
        for organisation in founding.organisations {
            self.put_organisation(organisation)?;
        }
        let viewer = founding.viewer.then(Identity::generate);
        self.state.viewer = viewer.as_ref().map(|v| v.recipient().to_string());
        if self.state.recipients().is_empty() {
            return Err(VaultError::NoReader);
        }
        let gate_key = cipher::random_key().ok_or(VaultError::Random)?;
        let contents = SlotContents { gate_key, viewer };
        let door = self.put_slot(&founding.factor, &contents, founding.now_us)?;
        let secret = match founding.totp {
            Some(given) => Zeroizing::new(given.as_bytes().to_vec()),
            None => fresh_secret()?,
        };
        self.state.set_totp(&door.gate_key, &secret)?;
        Ok(door)
    }
}

//! A vault is made, or found.

use crate::cipher;
use crate::file::{OldState, Parsed, State};
use crate::keys::Identity;
use crate::slots::{Contents, Factor};
use crate::store::{
    Door, FILE_NAME, Vault, check_strength, fresh_secret, io_error, read, seal_key, turn,
};
use crate::{Organisation, TotpSecret, VaultError};
use data_encoding::HEXLOWER;
use platform::files;
use std::path::Path;
use zeroize::Zeroizing;

/// What a new vault is made of.
#[derive(Debug)]
pub struct Founding<'a> {
    /// The installation's id, from [`Vault::device_for`]; the credential store keeps its secret under this name.
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

/// What lies where a vault would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// A vault of the first format, whose key lay beside the data; [`Vault::create`] takes over what is in it.
    Old,
    /// A vault.
    Vault,
}

impl Vault {
    /// What lies in `dir`.
    ///
    /// # Errors
    /// [`VaultError::Malformed`], [`VaultError::Newer`], [`VaultError::Io`].
    pub fn look(dir: &Path) -> Result<Found, VaultError> {
        match read(&dir.join(FILE_NAME)) {
            Ok(Parsed::Current(_)) => Ok(Found::Vault),
            Ok(Parsed::Old(_)) => Ok(Found::Old),
            Err(VaultError::Missing { .. }) => Ok(Found::Nothing),
            Err(e) => Err(e),
        }
    }

    /// The id that a vault made in `dir` has: 32 lower-case hex digits, fresh unless there is a vault of the first format.
    ///
    /// # Errors
    /// [`VaultError::Random`]; otherwise as [`Self::look`].
    pub fn device_for(dir: &Path) -> Result<String, VaultError> {
        if let Ok(Parsed::Old(old)) = read(&dir.join(FILE_NAME)) {
            return Ok(old.device);
        }
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|_| VaultError::Random)?;
        Ok(HEXLOWER.encode(&id))
    }

    /// Makes a vault in `dir` (directory 0700, file 0600) with fresh keys. One of the first format is taken over: its
    /// device, its secret of the codes, and the key of its records.
    ///
    /// # Errors
    /// [`VaultError::Exists`] when there is one already, [`VaultError::NoReader`] when nobody could ever read,
    /// [`VaultError::WeakPassphrase`], [`VaultError::Random`], [`VaultError::Io`].
    pub fn create(dir: &Path, founding: Founding<'_>) -> Result<(Self, Door), VaultError> {
        files::create_private_dir(dir).map_err(io_error("create", dir))?;
        let path = dir.join(FILE_NAME);
        let _turn = turn(&path)?;
        let old = match read(&path) {
            Err(VaultError::Missing { .. }) => None,
            Ok(Parsed::Old(old)) => Some(old),
            Ok(Parsed::Current(_)) => return Err(VaultError::Exists { path }),
            Err(e) => return Err(e),
        };
        let device = old
            .as_ref()
            .map_or_else(|| founding.device.clone(), |old| old.device.clone());
        let state = State::new(device);
        let mut vault = Self { path, state };
        let door = vault.found(founding, old)?;
        vault.save(&door)?;
        Ok((vault, door))
    }

    fn found(&mut self, founding: Founding<'_>, old: Option<OldState>) -> Result<Door, VaultError> {
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
        let contents = Contents { gate_key, viewer };
        let door = self.put_slot(&founding.factor, &contents, founding.now_us)?;
        let secret = match (founding.totp, &old) {
            (Some(given), _) => Zeroizing::new(given.as_bytes().to_vec()),
            (None, Some(old)) => old.totp_secret.clone(),
            (None, None) => fresh_secret()?,
        };
        self.state.set_totp(&door.gate_key, &secret)?;
        if let Some(old) = old {
            self.state.gate.enrolled = old.enrolled;
            self.state.gate.last_step = old.last_step;
            if let Some(viewer) = &contents.viewer {
                self.state.old_key = Some(seal_key(viewer, &*old.local_key)?);
            }
        }
        Ok(door)
    }
}

//! The vault file.
//!
//! Always true:
//! * `vault.json` is replaced as one durable step; a file that does not parse is never overwritten.
//! * A code is accepted only after the step it used is on the disk; two processes that try the same code at the same
//!   time take turns (`vault.lock`), so only one is let in.
//! * What this cannot see: an older `vault.json` put back by hand makes codes of the last 90 seconds fresh again.

use crate::file::State;
use crate::seal::{KeyMaker, Opener, Session};
use crate::{Enrolment, VaultError, Verdict, disk, gate};
use data_encoding::HEXLOWER;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// The file's name within its directory.
pub const FILE_NAME: &str = "vault.json";

/// The open vault of one installation.
pub struct Vault {
    path: PathBuf,
    device: String,
    state: State,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault")
            .field("path", &self.path)
            .field("device", &self.device)
            .finish_non_exhaustive()
    }
}

impl Vault {
    /// Opens the vault in `dir`, or makes it (directory 0700, file 0600) with a fresh device id, secret and key.
    ///
    /// # Errors
    /// [`VaultError::Malformed`] or [`VaultError::Newer`] when there is a file this version cannot read (it is left
    /// as it is); [`VaultError::Io`]; [`VaultError::Random`].
    pub fn open_or_create(dir: &Path) -> Result<Self, VaultError> {
        disk::private_dir(dir).map_err(io_error("create", dir))?;
        let path = dir.join(FILE_NAME);
        let _turn = turn(&path)?;
        match load(&path) {
            Err(VaultError::Missing { .. }) => {
                let state = State::random()?;
                save(&path, &state)?;
                Ok(Self::with(path, state))
            }
            loaded => Ok(Self::with(path, loaded?)),
        }
    }

    /// Opens the vault in `dir`; never makes one.
    ///
    /// # Errors
    /// [`VaultError::Missing`] when there is none; otherwise as [`Self::open_or_create`].
    pub fn open(dir: &Path) -> Result<Self, VaultError> {
        let path = dir.join(FILE_NAME);
        let state = load(&path)?;
        Ok(Self::with(path, state))
    }

    fn with(path: PathBuf, state: State) -> Self {
        Self {
            path,
            device: HEXLOWER.encode(&state.device),
            state,
        }
    }

    /// Where the file lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The installation's id: 32 lower-case hex digits.
    #[must_use]
    pub fn device(&self) -> &str {
        &self.device
    }

    /// True once a code was accepted, so the secret is known to be in an authenticator app.
    #[must_use]
    pub fn is_enrolled(&self) -> bool {
        self.state.enrolled
    }

    /// The secret in the forms an authenticator app takes. `account` names the entry there, such as `user@host`;
    /// control characters are left out, a colon becomes a dash, and 48 characters are kept.
    ///
    /// # Errors
    /// [`VaultError::Qr`].
    pub fn enrolment(&self, account: &str) -> Result<Enrolment, VaultError> {
        Enrolment::new(&self.state.totp_secret, account)
    }

    /// Checks a code of RFC 6238 (SHA-1, six digits, 30 s) against the clock `unix_seconds` (UTC seconds since 1970),
    /// one step early or late allowed, each step once. Spaces in `code` do not matter. The first accepted code marks
    /// the vault enrolled.
    ///
    /// # Errors
    /// [`VaultError::Io`] when the used step could not be made durable; then the code was **not** accepted.
    pub fn check_code(&mut self, code: &str, unix_seconds: u64) -> Result<Verdict, VaultError> {
        let _turn = turn(&self.path)?;
        // Another process may have used a step since this one looked.
        self.state = load(&self.path)?;
        let totp = gate::totp(&self.state.totp_secret, "gate");
        let (verdict, step) = gate::judge(&totp, self.state.last_step, code, unix_seconds);
        if let Some(step) = step {
            let before = (self.state.last_step, self.state.enrolled);
            self.state.last_step = step;
            self.state.enrolled = true;
            if let Err(e) = save(&self.path, &self.state) {
                (self.state.last_step, self.state.enrolled) = before;
                return Err(e);
            }
        }
        Ok(verdict)
    }

    /// A new session with a fresh data key.
    ///
    /// # Errors
    /// [`VaultError::Seal`] when there are no random bytes.
    pub fn new_session(&self) -> Result<Session, VaultError> {
        Ok(self.key_maker().new_session()?)
    }

    /// Makes further sessions without the vault at hand.
    #[must_use]
    pub fn key_maker(&self) -> KeyMaker {
        KeyMaker::new(self.device.clone(), self.state.local_key.clone())
    }

    /// Opens what sessions of this vault sealed.
    #[must_use]
    pub fn opener(&self) -> Opener {
        Opener::new(self.state.local_key.clone())
    }
}

fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> VaultError {
    let path = path.to_owned();
    move |source| VaultError::Io {
        doing,
        path,
        source,
    }
}

/// One process at a time; the lock ends with the returned file.
fn turn(path: &Path) -> Result<File, VaultError> {
    let path = path.with_extension("lock");
    let file = match disk::new_private_file(&path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            OpenOptions::new().read(true).write(true).open(&path)
        }
        made => made,
    };
    let file = file.map_err(io_error("open", &path))?;
    file.lock().map_err(io_error("lock", &path))?;
    Ok(file)
}

fn load(path: &Path) -> Result<State, VaultError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => zeroize::Zeroizing::new(bytes),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            return Err(VaultError::Missing {
                path: path.to_owned(),
            });
        }
        Err(e) => return Err(io_error("read", path)(e)),
    };
    disk::only_mine(path).map_err(io_error("protect", path))?;
    State::parse(path, &bytes)
}

fn save(path: &Path, state: &State) -> Result<(), VaultError> {
    disk::write_durably(path, &state.to_json()).map_err(io_error("write", path))
}

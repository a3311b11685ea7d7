//! The file `vault.json` and its lock: reading and replacing, one process at a time.

use crate::cipher::SecretKey;
use crate::error::{VaultError, io_error};
use crate::vault_file::{self, VaultState};
use platform::files;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;
use zeroize::Zeroizing;

/// One process at a time; the lock ends with the returned file.
pub(crate) fn lock_vault_file(path: &Path) -> Result<File, VaultError> {
    let path = path.with_extension("lock");
    let file = match files::create_private_file(&path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            OpenOptions::new().read(true).write(true).open(&path)
        }
        made => made,
    };
    let file = file.map_err(io_error("open", &path))?;
    file.lock().map_err(io_error("lock", &path))?;
    Ok(file)
}

/// Reads the state in the vault file at `path`, and makes the file its user's alone.
pub(crate) fn load_state(path: &Path) -> Result<VaultState, VaultError> {
    let opened = File::open(path).and_then(|file| {
        let mut bytes = Zeroizing::new(Vec::new());
        file.take(vault_file::MAX_BYTES + 1)
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    });
    let bytes = match opened {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            return Err(VaultError::Missing {
                path: path.to_owned(),
            });
        }
        Err(e) => return Err(io_error("read", path)(e)),
    };
    files::restrict_to_owner(path).map_err(io_error("protect", path))?;
    vault_file::parse_state(path, &bytes)
}

/// Reads the whole of a file that may be a copy of a vault.
pub(crate) fn read_copy(path: &Path) -> Result<Vec<u8>, VaultError> {
    fs::read(path).map_err(io_error("read", path))
}

/// Seals `state` and replaces the vault file at `path` durably.
pub(crate) fn save_state(
    path: &Path,
    state: &mut VaultState,
    gate_key: &SecretKey,
) -> Result<(), VaultError> {
    let json = state.sealed_json(gate_key)?;
    files::write_file_durably(path, &json).map_err(io_error("write", path))
}

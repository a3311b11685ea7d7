//! Where uam keeps things.
//!
//! `UAM_HOME` (or `--home`) puts everything under one folder. Otherwise the platform's conventions hold; see
//! [`crate::system`].

use anyhow::Context;
use std::path::{Path, PathBuf};

/// The folders and files of one installation.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    /// `config.toml` and `.env`.
    pub(crate) config: PathBuf,
    /// Journal, shots, vault.
    pub(crate) data: PathBuf,
    /// Lock and socket.
    pub(crate) runtime: PathBuf,
}

impl Paths {
    /// Finds the folders; nothing is created yet.
    pub(crate) fn find(home: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(home) = home {
            let home = std::path::absolute(home)
                .with_context(|| format!("cannot use {} as home", home.display()))?;
            return Ok(Self {
                config: home.clone(),
                data: home.join("data"),
                runtime: home.join("run"),
            });
        }
        crate::system::places()
    }

    /// Creates the folders, readable by their owner only.
    pub(crate) fn create(&self) -> anyhow::Result<()> {
        for dir in [&self.config, &self.data, &self.runtime] {
            platform::files::create_private_dir(dir)
                .with_context(|| format!("cannot create {}", dir.display()))?;
        }
        Ok(())
    }

    pub(crate) fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.data.join("journal")
    }

    pub(crate) fn vault(&self) -> PathBuf {
        self.data.join("vault")
    }

    /// Where records go when no bucket is set up.
    pub(crate) fn local_sink(&self) -> PathBuf {
        self.data.join("sent")
    }

    /// A pause that holds over the end of the process; there only meanwhile.
    pub(crate) fn pause(&self) -> PathBuf {
        self.data.join("pause.json")
    }

    /// Which rule about old pictures was told last.
    pub(crate) fn retention(&self) -> PathBuf {
        self.data.join("retention.json")
    }

    /// What the supervisor of a run in the background has to say.
    pub(crate) fn background_log(&self) -> PathBuf {
        self.data.join("background.log")
    }

    pub(crate) fn archive(&self) -> PathBuf {
        self.data.join("archive")
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.runtime.join("uam.lock")
    }

    /// Where an unlocked key can be asked for.
    pub(crate) fn unlock_socket(&self) -> PathBuf {
        self.runtime.join("unlock.sock")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.runtime.join("uam.sock")
    }
}

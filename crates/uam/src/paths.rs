//! Where uam keeps things.
//!
//! `UAM_HOME` (or `--home`) puts everything under one folder. Otherwise the platform's conventions hold; on Linux the
//! XDG base directories: settings in `$XDG_CONFIG_HOME/uam`, data in `$XDG_DATA_HOME/uam`, the socket in
//! `$XDG_RUNTIME_DIR/uam`.

use crate::failure::Failure;
use anyhow::Context;
use std::env;
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
        let user = env::home_dir().filter(|h| h.is_absolute()).ok_or_else(|| {
            Failure::usage(
                "the home directory is unknown",
                "Set HOME, or name a folder with --home or UAM_HOME.",
            )
        })?;
        let xdg = |name: &str, fallback: PathBuf| -> PathBuf {
            env::var_os(name)
                .map(PathBuf::from)
                .filter(|p| p.is_absolute())
                .unwrap_or(fallback)
        };
        let data = xdg("XDG_DATA_HOME", user.join(".local/share")).join("uam");
        Ok(Self {
            config: xdg("XDG_CONFIG_HOME", user.join(".config")).join("uam"),
            runtime: xdg("XDG_RUNTIME_DIR", data.join("run")).join("uam"),
            data,
        })
    }

    /// Creates the folders, readable by their owner only.
    pub(crate) fn create(&self) -> anyhow::Result<()> {
        for dir in [&self.config, &self.data, &self.runtime] {
            vault::disk::private_dir(dir)
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

    pub(crate) fn archive(&self) -> PathBuf {
        self.data.join("archive")
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.runtime.join("uam.lock")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.runtime.join("uam.sock")
    }
}

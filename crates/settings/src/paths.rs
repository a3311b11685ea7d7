//! Where uam keeps its files and folders.
//!
//! `UAM_HOME` (or `--home`) puts everything under one folder; otherwise the platform's conventions hold.

use anyhow::Context;
use model::UserError;
use platform::directories::{UserDirectories, find_user_directories};
use std::path::{Path, PathBuf};

/// The folders and files of one installation.
#[derive(Clone, Debug)]
pub struct AppPaths {
    /// Folder of `config.toml` and `.env`.
    pub config: PathBuf,
    /// Folder of the journal, the vault, and everything else that stays.
    pub data: PathBuf,
    /// Folder of locks and local endpoints.
    pub runtime: PathBuf,
}

impl AppPaths {
    /// Finds the folders: under `home` if it is given, else by the platform's rules. Creates nothing.
    ///
    /// # Errors
    /// When `home` has no absolute path, or the environment does not name the platform's folders.
    pub fn locate(home: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(home) = home {
            let home = std::path::absolute(home)
                .with_context(|| format!("cannot use {} as home", home.display()))?;
            return Ok(Self::under(&home));
        }
        let found = find_user_directories().map_err(|e| {
            let hint = format!(
                "Set {}, or name a folder with --home or UAM_HOME.",
                e.variable
            );
            UserError::usage(e.to_string(), hint)
        })?;
        Ok(Self::from(found))
    }

    /// Everything under one folder.
    pub fn under(home: &Path) -> Self {
        Self::from(UserDirectories::under(home))
    }

    /// Creates the folders, readable by their owner only.
    ///
    /// # Errors
    /// When a folder cannot be created or made private.
    pub fn create_dirs(&self) -> anyhow::Result<()> {
        for dir in [&self.config, &self.data, &self.runtime] {
            platform::files::create_private_dir(dir)
                .with_context(|| format!("cannot create {}", dir.display()))?;
        }
        Ok(())
    }

    /// The settings file.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The `.env` file beside the settings.
    pub fn env_file(&self) -> PathBuf {
        self.config.join(".env")
    }

    /// Folder of the journal.
    pub fn journal_dir(&self) -> PathBuf {
        self.data.join("journal")
    }

    /// True once something was recorded here.
    pub fn has_journal(&self) -> bool {
        self.journal_dir().join(journal::DB_NAME).exists()
    }

    /// Folder of the vault.
    pub fn vault_dir(&self) -> PathBuf {
        self.data.join("vault")
    }

    /// Folder that takes the uploads while no destination is set.
    pub fn local_sink_dir(&self) -> PathBuf {
        self.data.join("sent")
    }

    /// Folder of archived screenshots, unless the settings name another.
    pub fn archive_dir(&self) -> PathBuf {
        self.data.join("archive")
    }

    /// A pause that outlives the process; exists only while one is set.
    pub fn pause_file(&self) -> PathBuf {
        self.data.join("pause.json")
    }

    /// The rule for old screenshots that was announced last.
    pub fn retention_file(&self) -> PathBuf {
        self.data.join("retention.json")
    }

    /// Output of a supervisor that runs in the background.
    pub fn background_log(&self) -> PathBuf {
        self.data.join("background.log")
    }

    /// Held by the one running instance.
    pub fn instance_lock_file(&self) -> PathBuf {
        self.runtime.join("uam.lock")
    }

    /// Held by the one upload that runs.
    pub fn upload_lock_file(&self) -> PathBuf {
        self.runtime.join("upload.lock")
    }

    /// Local endpoint of the running agent.
    pub fn agent_endpoint(&self) -> PathBuf {
        self.runtime.join("uam.sock")
    }

    /// Local endpoint of the process that holds an unlocked key.
    pub fn keyholder_endpoint(&self) -> PathBuf {
        self.runtime.join("unlock.sock")
    }
}

impl From<UserDirectories> for AppPaths {
    fn from(found: UserDirectories) -> Self {
        Self {
            config: found.config,
            data: found.data,
            runtime: found.runtime,
        }
    }
}

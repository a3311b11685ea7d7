//! The environment and `.env` files, merged: the names of the original program and those of AWS.
//!
//! The environment wins over `.env` in the current folder, which wins over `.env` beside the settings. The environment
//! of this process is not changed.

use crate::paths::AppPaths;
use model::UserError;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use upload::vars;

/// The values found, and the `.env` files that were read. Not printable as a whole, for secrets are among the values.
#[derive(Clone)]
pub struct EnvVars {
    /// Value by name; empty ones are left out.
    pub values: BTreeMap<String, String>,
    /// The `.env` files that exist, in the order they were read.
    pub files: Vec<PathBuf>,
}

impl EnvVars {
    /// Reads both files and the environment.
    ///
    /// # Errors
    /// When a file cannot be read, or a value is not UTF-8.
    pub fn load(paths: &AppPaths) -> anyhow::Result<Self> {
        let mut found = Self {
            values: BTreeMap::new(),
            files: Vec::new(),
        };
        let here = std::env::current_dir().map(|d| d.join(".env")).ok();
        let beside = paths.env_file();
        for file in [Some(beside.clone()), here.filter(|h| *h != beside)]
            .into_iter()
            .flatten()
        {
            found.read_file(&file)?;
        }
        for name in vars::ALL {
            match std::env::var(name) {
                Ok(value) => {
                    found.values.insert(name.to_owned(), value);
                }
                Err(std::env::VarError::NotPresent) => {}
                Err(std::env::VarError::NotUnicode(_)) => {
                    return Err(UserError::usage(
                        format!("the environment variable {name} is not valid UTF-8"),
                        "Set it again, as plain text.",
                    )
                    .into());
                }
            }
        }
        found.values.retain(|_, value| !value.is_empty());
        Ok(found)
    }

    /// Reads one `.env`; a missing one is empty. Names that are not for uam are left out.
    ///
    /// # Errors
    /// When the file or one of its lines cannot be read. No value is part of the message.
    pub fn read_file(&mut self, file: &Path) -> anyhow::Result<()> {
        let entries = match dotenvy::from_path_iter(file) {
            Ok(entries) => entries,
            Err(e) if e.not_found() => return Ok(()),
            Err(e) => return Err(unreadable_file(file, &e).into()),
        };
        for entry in entries {
            let (name, value) = entry.map_err(|e| unreadable_file(file, &e))?;
            if vars::ALL.contains(&name.as_str()) {
                self.values.insert(name, value);
            }
        }
        self.files.push(file.to_owned());
        Ok(())
    }
}

fn unreadable_file(file: &Path, error: &dotenvy::Error) -> UserError {
    let what = match error {
        dotenvy::Error::LineParse(line, _) => {
            // Of the line that the library quotes only the name is shown: the rest may be the secret key.
            let is_name_char = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
            let name: String = line.chars().take_while(is_name_char).take(40).collect();
            format!(
                "{}: the line that begins with \"{name}\" cannot be read",
                file.display()
            )
        }
        dotenvy::Error::Io(e) => format!("cannot read {}: {e}", file.display()),
        _ => format!("{} cannot be read", file.display()),
    };
    UserError::usage(
        what,
        "Write one NAME=value a line; put values with spaces or # in single quotes.",
    )
}

//! `.env` files and the environment, merged for the original program's names.
//!
//! The environment wins over `.env` in the current folder, which wins over `.env` beside the settings. Nothing is put
//! into this process's own environment.

use crate::paths::Paths;
use model::UserError;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use upload::vars;

/// The values found, and the files they came from. Never printed whole: it holds secrets.
#[derive(Clone)]
pub(crate) struct Environment {
    pub(crate) values: BTreeMap<String, String>,
    pub(crate) files: Vec<PathBuf>,
}

impl Environment {
    /// Reads both files and the environment.
    pub(crate) fn load(paths: &Paths) -> anyhow::Result<Self> {
        let mut found = Self {
            values: BTreeMap::new(),
            files: Vec::new(),
        };
        let here = std::env::current_dir().map(|d| d.join(".env")).ok();
        let beside = paths.config.join(".env");
        for file in [Some(beside.clone()), here.filter(|h| *h != beside)]
            .into_iter()
            .flatten()
        {
            found.read(&file)?;
        }
        // Everything else in a `.env` is none of uam's business.
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

    /// Reads one `.env`; a missing one is empty.
    pub(crate) fn read(&mut self, file: &Path) -> anyhow::Result<()> {
        let entries = match dotenvy::from_path_iter(file) {
            Ok(entries) => entries,
            Err(e) if e.not_found() => return Ok(()),
            Err(e) => return Err(unreadable(file, &e)),
        };
        for entry in entries {
            let (name, value) = entry.map_err(|e| unreadable(file, &e))?;
            if vars::ALL.contains(&name.as_str()) {
                self.values.insert(name, value);
            }
        }
        self.files.push(file.to_owned());
        Ok(())
    }
}

fn unreadable(file: &Path, error: &dotenvy::Error) -> anyhow::Error {
    let what = match error {
        dotenvy::Error::LineParse(line, _) => {
            // Only the name is shown of the line that the library quotes: whatever follows may be the secret key.
            let of_a_name = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
            let name: String = line.chars().take_while(of_a_name).take(40).collect();
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
    .into()
}

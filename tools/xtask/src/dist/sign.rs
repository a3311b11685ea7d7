//! Signing, in one place and with whatever tool the person has.

use crate::dist::release::run_tool;
use crate::files;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The variable with the command.
pub(crate) const VARIABLE: &str = "UAM_SIGN";

/// Signs files where they lie, or leaves them as they are when no command was given.
#[derive(Debug)]
pub(crate) struct Signer {
    script: Option<PathBuf>,
}

impl Signer {
    /// With the command of `UAM_SIGN`, if any.
    ///
    /// # Errors
    /// As for [`Signer::new`].
    pub(crate) fn from_environment(work: &Path) -> Result<Self> {
        match std::env::var(VARIABLE) {
            Ok(command) if !command.trim().is_empty() => Self::new(&command, work),
            _ => Ok(Self { script: None }),
        }
    }

    /// With `command`, a line for `sh` in which `{in}` stands for the file and `{out}` for the signed one.
    ///
    /// It becomes a script in `work`, because the uninstaller is signed by makensis, which runs one word.
    ///
    /// # Errors
    /// When the command lacks one of the two, or the script cannot be written.
    pub(crate) fn new(command: &str, work: &Path) -> Result<Self> {
        for hole in ["{in}", "{out}"] {
            if !command.contains(hole) {
                bail!(
                    "{VARIABLE} must hold {hole}, for example: osslsigncode sign -certs c.pem -key k.pem -in {{in}} -out \
                     {{out}}"
                );
            }
        }
        let command = command
            .replace("{in}", "\"$1\"")
            .replace("{out}", "\"$1.signed\"");
        let script = format!("set -e\nrm -f \"$1.signed\"\n{command}\nmv \"$1.signed\" \"$1\"\n");
        files::write_file(work, "sign.sh", script)?;
        Ok(Self {
            script: Some(work.join("sign.sh")),
        })
    }

    /// Signs `file` in place.
    ///
    /// # Errors
    /// When the command fails or makes no file; repeats its output.
    pub(crate) fn sign_file(&self, file: &Path) -> Result<()> {
        match &self.script {
            Some(script) => run_tool(Command::new("sh").arg(script).arg(file)),
            None => Ok(()),
        }
    }

    /// The script that signs the file it is given, if files are to be signed.
    pub(crate) fn script(&self) -> Option<&Path> {
        self.script.as_deref()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_is_replaced_by_the_signed_one_whatever_it_is_called() {
        let dir = std::env::temp_dir().join(format!("uam-sign-{}", std::process::id()));
        let folder = crate::dist::staging::StagingDir::new(&dir).unwrap();
        let file = dir.join("it's a program");
        std::fs::write(&file, "program").unwrap();
        let signer = Signer::new("(cat {in}; echo signed) > {out}", &dir).unwrap();
        signer.sign_file(&file).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "programsigned\n");
        let useless = Signer::new("true {in} {out}", &dir).unwrap();
        assert!(useless.sign_file(&file).is_err());
        drop(folder);
    }

    #[test]
    fn a_command_without_its_files_is_refused() {
        let error = Signer::new("sign {in}", Path::new("/nowhere")).unwrap_err();
        assert!(error.to_string().contains("{out}"), "{error}");
    }
}

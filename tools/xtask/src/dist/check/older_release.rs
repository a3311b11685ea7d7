//! An older version to upgrade from, signed with a certificate made for this once: signing must not break installing.

use crate::dist::release::{ReleaseInfo, run_tool};
use crate::dist::sign::Signer;
use crate::dist::windows::{WindowsContent, WindowsPackages, pack_for_windows};
use crate::files;
use crate::process::output_of;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The older version.
#[derive(Debug)]
pub(crate) struct OlderRelease {
    /// What it calls itself.
    pub(crate) version: String,
    /// Its packages.
    pub(crate) packed: WindowsPackages,
    certificate: PathBuf,
}

impl OlderRelease {
    /// The file must be signed by the certificate, and unchanged since.
    ///
    /// # Errors
    /// What the signing tool says against it.
    pub(crate) fn check_signature(&self, file: &Path) -> Result<()> {
        let mut verify = Command::new("osslsigncode");
        verify.arg("verify").arg("-CAfile").arg(&self.certificate);
        output_of(verify.arg("-in").arg(file))
            .map(drop)
            .with_context(|| format!("{} is not signed as it should be", file.display()))
    }
}

/// Packs `content` as a version before any other, with a program that differs in its last bytes.
///
/// # Errors
/// When a tool fails, or a signature is not found good.
pub(crate) fn pack_older_release(content: &WindowsContent, work: &Path) -> Result<OlderRelease> {
    let dir = work.join("older");
    fs_err::create_dir_all(&dir)?;
    let mut program = fs_err::read(&content.program)?;
    // Bytes behind the sections that a program names are never loaded.
    program.extend(b"an older version");
    files::write_file(&dir, "uam.exe", program)?;
    let content = content.with_program(dir.join("uam.exe"));
    let (key, certificate) = (dir.join("key.pem"), dir.join("certificate.pem"));
    run_tool(
        Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256"])
            .args(["-days", "2", "-subj", "/CN=uam check"])
            .args(["-addext", "extendedKeyUsage=codeSigning"])
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate),
    )?;
    let command = format!(
        "osslsigncode sign -certs '{}' -key '{}' -h sha256 -n 'User Activity Monitor' -in {{in}} -out {{out}}",
        certificate.display(),
        key.display()
    );
    let signer = Signer::new(&command, &dir)?;
    let release = ReleaseInfo {
        version: "0.0.1".into(),
        epoch: 1_000_000_000,
    };
    let older = OlderRelease {
        packed: pack_for_windows(&content, &release, &signer, &dir, &dir)?,
        version: release.version,
        certificate,
    };
    for file in [
        &older.packed.program,
        &older.packed.setup,
        &older.packed.msi,
    ] {
        older.check_signature(file)?;
    }
    Ok(older)
}

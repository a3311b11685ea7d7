//! The programs to pack: built here, or given.

use crate::build;
use crate::dist::release::ReleaseInfo;
use crate::windows::toolchain::Toolchain;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Cargo's arguments for the shipped program.
const SHIPPED: [&str; 3] = ["--release", "-p", "uam"];

/// The program for Windows: the `given` one, or a release build.
///
/// # Errors
/// When there is no such file, the build cannot be set up, or it fails.
pub(crate) fn windows_program(given: Option<&Path>, release: &ReleaseInfo) -> Result<PathBuf> {
    let cargo = || Ok(Toolchain::set_up()?.cargo_command());
    given_or_built(given, "Windows", cargo, release)
}

/// The program for this Linux: the `given` one, or a release build.
///
/// # Errors
/// When there is no such file, or the build fails.
pub(crate) fn linux_program(given: Option<&Path>, release: &ReleaseInfo) -> Result<PathBuf> {
    given_or_built(given, "Linux", || Ok(build::cargo_command()), release)
}

fn given_or_built(
    given: Option<&Path>,
    system: &str,
    cargo: impl FnOnce() -> Result<Command>,
    release: &ReleaseInfo,
) -> Result<PathBuf> {
    if let Some(file) = given {
        return Ok(fs_err::canonicalize(file)?);
    }
    let mut cargo = cargo()?;
    println!("Building uam for {system}, for release");
    cargo.env("SOURCE_DATE_EPOCH", release.epoch.to_string());
    build::find_program(&build::build_programs_with(cargo, &SHIPPED)?, "uam")
}

/// Refuses a Windows program without its icon, version and manifest: a build without a resource compiler goes on with
/// a warning, but must not be given to people.
///
/// # Errors
/// When a tool is missing, with the way to get it.
pub(crate) fn has_resources(program: &[u8], version: &str) -> Result<()> {
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    // From the end, near which the resources lie.
    let holds = |part: &[u8]| {
        let mut places = program.windows(part.len()).rev();
        places.any(|place| place == part)
    };
    // A name, its end, up to one more zero to a multiple of four bytes, then the value.
    let says = |name: &str| {
        let mut field = wide(name);
        field.extend([0, 0]);
        let value = wide(version);
        program
            .windows(field.len() + 2 + value.len())
            .rev()
            .any(|place| {
                place.starts_with(&field)
                    && (place[field.len()..].starts_with(&value) || place.ends_with(&value))
            })
    };
    let lacks = if !holds(&wide("User Activity Monitor")) {
        "a description"
    } else if !says("ProductVersion") {
        "the version"
    } else if !holds(b"PerMonitorV2") {
        "a manifest"
    } else {
        return Ok(());
    };
    bail!(
        "uam.exe lacks {lacks} (this is version {version}). Was it built without a resource compiler, or from other \
         sources? Install binutils-mingw-w64-x86-64 and build it again; cargo's warning names the reason."
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// As the resource compiler writes it: 16-bit text, fields aligned to four bytes.
    fn program(version: &str, manifest: &str) -> Vec<u8> {
        let text =
            format!("FileDescription\0\0User Activity Monitor\0ProductVersion\0\0{version}\0");
        let mut bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        bytes.extend(manifest.as_bytes());
        bytes
    }

    #[test]
    fn a_program_without_its_resources_is_not_packed() {
        assert!(has_resources(&program("1.2.3", "PerMonitorV2"), "1.2.3").is_ok());
        for (program, what) in [
            (program("1.2.2", "PerMonitorV2"), "version"),
            (program("1.2.3", ""), "manifest"),
            (Vec::new(), "description"),
        ] {
            let error = has_resources(&program, "1.2.3").unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        }
    }
}

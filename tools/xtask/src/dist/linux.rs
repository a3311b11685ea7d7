//! The two packages for Linux: a .deb and an archive.

use crate::build;
use crate::dist::release::{ReleaseInfo, run_tool};
use crate::dist::{licences, staging};
use crate::process::{Interrupt, output_of};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The libraries the program may ask the system for, and the Debian package of each.
const LIBRARIES: [(&str, &str); 5] = [
    ("ld-linux", "libc6"),
    ("libc.so.6", "libc6"),
    ("libm.so.6", "libc6"),
    ("libpthread.so.0", "libc6"),
    ("libgcc_s.so.1", "libgcc-s1"),
];

/// Shells with their names for `uam completions`, and the folder in which each looks for completions of packages.
const SHELLS: [(&str, &str); 3] = [
    ("bash", "usr/share/bash-completion/completions/uam"),
    ("zsh", "usr/share/zsh/vendor-completions/_uam"),
    ("fish", "usr/share/fish/vendor_completions.d/uam.fish"),
];

/// Sizes of the icon, in pixels.
const ICONS: [u32; 3] = [48, 128, 256];

/// The finished packages.
#[derive(Clone, Debug)]
pub(crate) struct LinuxPackages {
    /// For Debian, Ubuntu and their like.
    pub(crate) deb: PathBuf,
    /// For all others.
    pub(crate) tar: PathBuf,
}

impl LinuxPackages {
    /// The packages.
    pub(crate) fn files(&self) -> [&Path; 2] {
        [&self.deb, &self.tar]
    }
}

/// Makes both packages of `release` in `out`; `work` holds intermediate files.
///
/// # Errors
/// When a tool fails, or the program needs a library we know no package for.
pub(crate) fn pack_for_linux(
    program: &Path,
    release: &ReleaseInfo,
    work: &Path,
    out: &Path,
    stop: &Interrupt,
) -> Result<LinuxPackages> {
    staging::copy_file(program, work, "uam")?;
    let program = work.join("uam");
    run_tool(Command::new("strip").arg(&program), stop)?;
    let texts = PackageTexts::new(&program)?;
    let packed = LinuxPackages {
        deb: out.join(format!(
            "uam_{}_{}.deb",
            debian_version(&release.version),
            debian_arch()?
        )),
        tar: out.join(format!(
            "uam-{}-linux-{}.tar.gz",
            release.version,
            std::env::consts::ARCH
        )),
    };
    pack_deb(&program, &texts, release, work, &packed.deb, stop)?;
    pack_archive(&program, &texts, release, work, &packed.tar, stop)?;
    Ok(packed)
}

/// The files of both packages besides the program.
struct PackageTexts {
    readme: String,
    licence: String,
    third_party: String,
    /// A completion for each of [`SHELLS`].
    completions: Vec<String>,
    desktop: PathBuf,
}

impl PackageTexts {
    fn new(program: &Path) -> Result<Self> {
        let packaging = build::repository_root().join("packaging/linux");
        let readme = packaging.join("README");
        let completions = SHELLS.iter().map(|(shell, _)| {
            let mut uam = Command::new(program);
            output_of(uam.args(["completions", shell]))
        });
        Ok(Self {
            readme: std::fs::read_to_string(&readme)
                .with_context(|| format!("reading {}", readme.display()))?,
            licence: licences::own_licences()?,
            third_party: licences::third_party_licences(&format!(
                "{}-unknown-linux-gnu",
                std::env::consts::ARCH
            ))?,
            completions: completions.collect::<Result<_>>()?,
            desktop: packaging.join("uam.desktop"),
        })
    }
}

fn pack_deb(
    program: &Path,
    texts: &PackageTexts,
    release: &ReleaseInfo,
    work: &Path,
    to: &Path,
    stop: &Interrupt,
) -> Result<()> {
    let root = staging::StagingDir::new(&work.join("deb"))?;
    let data = root.path().join("data");
    staging::copy_file(program, &data, "usr/bin/uam")?;
    staging::copy_file(&texts.desktop, &data, "usr/share/applications/uam.desktop")?;
    for size in ICONS {
        staging::copy_file(
            &build::repository_root().join(format!("packaging/icon/uam-{size}.png")),
            &data,
            &format!("usr/share/icons/hicolor/{size}x{size}/apps/uam.png"),
        )?;
    }
    for ((_, place), text) in SHELLS.iter().zip(&texts.completions) {
        staging::write_file(&data, place, text)?;
    }
    let doc = "usr/share/doc/uam";
    staging::write_file(&data, &format!("{doc}/README"), &texts.readme)?;
    staging::write_file(&data, &format!("{doc}/copyright"), &texts.licence)?;
    staging::write_file(&data, &format!("{doc}/THIRD-PARTY"), &texts.third_party)?;
    staging::copy_file(
        &build::repository_root().join("CHANGELOG.md"),
        &data,
        &format!("{doc}/changelog"),
    )?;
    for name in ["THIRD-PARTY", "changelog"] {
        let mut gzip = Command::new("gzip");
        run_tool(gzip.args(["-n", "-9"]).arg(data.join(doc).join(name)), stop)?;
    }
    staging::settle_files(&data, &["usr/bin/uam"], release.epoch)?;

    let mut kib = 0;
    for file in staging::list_files(&data)? {
        let facts = std::fs::metadata(data.join(&file))
            .with_context(|| format!("reading {}", file.display()))?;
        // Each file and folder takes at least one.
        kib += facts.len().div_ceil(1024).max(1);
    }
    let control = root.path().join("control");
    staging::write_file(&control, "control", control_file(program, release, kib)?)?;
    staging::settle_files(&control, &[], release.epoch)?;

    let mut parts = vec![("debian-binary", b"2.0\n".to_vec())];
    for (name, dir) in [("control.tar.xz", &control), ("data.tar.xz", &data)] {
        let file = root.path().join(name);
        pack_tar(dir, ".", "xz -T1 -6", release, &file, stop)?;
        let bytes = std::fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
        parts.push((name, bytes));
    }
    std::fs::write(to, write_ar(&parts, release.epoch))
        .with_context(|| format!("writing {}", to.display()))
}

fn pack_archive(
    program: &Path,
    texts: &PackageTexts,
    release: &ReleaseInfo,
    work: &Path,
    to: &Path,
    stop: &Interrupt,
) -> Result<()> {
    let title = format!("uam-{}", release.version);
    let root = staging::StagingDir::new(&work.join("tar"))?;
    let dir = root.path().join(&title);
    staging::copy_file(program, &dir, "uam")?;
    staging::copy_file(&texts.desktop, &dir, "uam.desktop")?;
    staging::copy_file(
        &build::repository_root().join("packaging/icon/uam-256.png"),
        &dir,
        "uam.png",
    )?;
    for ((shell, _), text) in SHELLS.iter().zip(&texts.completions) {
        staging::write_file(&dir, &format!("completions/uam.{shell}"), text)?;
    }
    staging::write_file(&dir, "README", &texts.readme)?;
    staging::write_file(&dir, "LICENSE", &texts.licence)?;
    staging::write_file(&dir, "THIRD-PARTY", &texts.third_party)?;
    staging::copy_file(
        &build::repository_root().join("CHANGELOG.md"),
        &dir,
        "CHANGELOG.md",
    )?;
    staging::settle_files(&dir, &["uam"], release.epoch)?;
    pack_tar(root.path(), &title, "gzip -n -9", release, to, stop)
}

/// Archives `what` of `dir` in fixed order, owned by root.
fn pack_tar(
    dir: &Path,
    what: &str,
    compress: &str,
    release: &ReleaseInfo,
    to: &Path,
    stop: &Interrupt,
) -> Result<()> {
    run_tool(
        Command::new("tar")
            .arg("-C")
            .arg(dir)
            .args(["--sort=name", "--format=gnu", "-I", compress])
            .args(["--owner=root:0", "--group=root:0"])
            .arg(format!("--mtime=@{}", release.epoch))
            .arg("-cf")
            .arg(to)
            .arg(what),
        stop,
    )
}

/// An `ar` archive as dpkg reads it: a line of 60 characters before each part, and each part begins at an even place.
fn write_ar(parts: &[(&str, Vec<u8>)], epoch: u64) -> Vec<u8> {
    let mut archive = b"!<arch>\n".to_vec();
    for (name, bytes) in parts {
        let header = format!(
            "{name:<16}{epoch:<12}{:<6}{:<6}{:<8}{:<10}`\n",
            0,
            0,
            100_644,
            bytes.len()
        );
        archive.extend(header.bytes());
        archive.extend(bytes);
        if archive.len() % 2 == 1 {
            archive.push(b'\n');
        }
    }
    archive
}

fn control_file(program: &Path, release: &ReleaseInfo, kib: u64) -> Result<String> {
    let needs = output_of(Command::new("readelf").arg("-d").arg(program))?;
    let symbols = output_of(Command::new("readelf").args(["-V", "-W"]).arg(program))?;
    Ok(format!(
        "Package: uam\n\
         Version: {}\n\
         Architecture: {}\n\
         Maintainer: The uam authors <maintainers@uam.invalid>\n\
         Installed-Size: {kib}\n\
         Depends: {}\n\
         Section: utils\n\
         Priority: optional\n\
         Description: open, honest record of a working day\n\
        \x20uam, the User Activity Monitor, records which window is in use and for how\n\
        \x20long, how many keys and clicks there are (never which keys), and now and then\n\
        \x20a screenshot of the active window. It runs in a terminal with a live view, asks\n\
        \x20for a code from an authenticator app at every start, keeps its records sealed\n\
        \x20on this computer and sends them to the person's own S3 bucket.\n\
        \x20.\n\
        \x20It never starts by itself.\n",
        debian_version(&release.version),
        debian_arch()?,
        debian_dependencies(&needs, &symbols)?
    ))
}

/// The packages that bring what the program is linked with, from what readelf says of it.
fn debian_dependencies(needs: &str, symbols: &str) -> Result<String> {
    let mut packages: Vec<&str> = Vec::new();
    for line in needs.lines().filter(|line| line.contains("(NEEDED)")) {
        let library = line
            .split_once('[')
            .and_then(|(_, rest)| rest.split_once(']'))
            .map_or(line, |(library, _)| library);
        let Some((_, package)) = LIBRARIES
            .iter()
            .find(|(begin, _)| library.starts_with(begin))
        else {
            bail!(
                "uam is linked with {library}; name its Debian package in tools/xtask/src/dist/linux.rs, or link without it"
            );
        };
        packages.push(package);
    }
    packages.sort_unstable();
    packages.dedup();
    if !packages.contains(&"libc6") {
        bail!("readelf names no C library for uam; is it a program for this Linux?");
    }
    // The newest version of a function that is asked for.
    let newest = symbols
        .split("GLIBC_2.")
        .skip(1)
        .filter_map(|rest| {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<u32>().ok()
        })
        .max()
        .context("readelf names no version of the C library for uam")?;
    Ok(packages
        .iter()
        .map(|package| match *package {
            "libc6" => format!("libc6 (>= 2.{newest})"),
            other => other.to_owned(),
        })
        .collect::<Vec<_>>()
        .join(", "))
}

/// Debian's rules put a pre-release before its release with a tilde.
fn debian_version(version: &str) -> String {
    version.replacen('-', "~", 1)
}

fn debian_arch() -> Result<&'static str> {
    match std::env::consts::ARCH {
        "x86_64" => Ok("amd64"),
        "aarch64" => Ok("arm64"),
        other => bail!("there are no packages for {other}; use --windows-only"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn parts_of_an_archive_begin_at_even_places() {
        let bytes = write_ar(&[("a", b"abc".to_vec()), ("b", b"de".to_vec())], 7);
        let text = String::from_utf8(bytes).unwrap();
        let header = |name: &str, len: &str| {
            format!("{name:<16}7           0     0     100644  {len:<10}`\n")
        };
        assert_eq!(
            text,
            format!("!<arch>\n{}abc\n{}de", header("a", "3"), header("b", "2"))
        );
        assert_eq!(header("a", "3").len(), 60);
    }

    #[test]
    fn the_packages_are_those_of_the_libraries() {
        let needs = " 0x1 (NEEDED)  Shared library: [libgcc_s.so.1]\n 0x1 (NEEDED)  Shared library: [libc.so.6]\n";
        let symbols = "Name: GLIBC_2.9 Flags\n Name: GLIBC_2.34 Flags\n Name: GCC_3.0";
        assert_eq!(
            debian_dependencies(needs, symbols).unwrap(),
            "libc6 (>= 2.34), libgcc-s1"
        );
        let error =
            debian_dependencies("(NEEDED) Shared library: [libX11.so.6]", symbols).unwrap_err();
        assert!(error.to_string().contains("libX11"), "{error}");
        assert!(debian_dependencies("", symbols).is_err());
    }

    #[test]
    fn a_pre_release_sorts_before_its_release() {
        assert_eq!(debian_version("0.2.0-rc.1"), "0.2.0~rc.1");
        assert_eq!(debian_version("0.2.0"), "0.2.0");
    }
}

//! The two packages for Linux: a .deb and an archive.

use crate::build;
use crate::dist::release::{ReleaseInfo, run_tool};
use crate::dist::{licences, staging};
use crate::files;
use crate::process::output_of;
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
) -> Result<LinuxPackages> {
    files::copy_file(program, work, "uam")?;
    let program = work.join("uam");
    run_tool(Command::new("strip").arg(&program))?;
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
    pack_deb(&program, &texts, release, work, &packed.deb)?;
    pack_archive(&program, &texts, release, work, &packed.tar)?;
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
        let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
        Ok(Self {
            readme: fs_err::read_to_string(&readme)?,
            licence: licences::own_licences()?,
            third_party: licences::third_party_licences(&target)?,
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
) -> Result<()> {
    let root = staging::StagingDir::new(&work.join("deb"))?;
    let data = root.path().join("data");
    let repository = build::repository_root();
    let doc = "usr/share/doc/uam";
    files::copy_file(program, &data, "usr/bin/uam")?;
    files::copy_file(&texts.desktop, &data, "usr/share/applications/uam.desktop")?;
    for size in ICONS {
        let icon = repository.join(format!("packaging/icon/uam-{size}.png"));
        let place = format!("usr/share/icons/hicolor/{size}x{size}/apps/uam.png");
        files::copy_file(&icon, &data, &place)?;
    }
    for ((_, place), text) in SHELLS.iter().zip(&texts.completions) {
        files::write_file(&data, place, text)?;
    }
    files::write_file(&data, &format!("{doc}/README"), &texts.readme)?;
    files::write_file(&data, &format!("{doc}/copyright"), &texts.licence)?;
    files::write_file(&data, &format!("{doc}/THIRD-PARTY"), &texts.third_party)?;
    let changes = repository.join("CHANGELOG.md");
    files::copy_file(&changes, &data, &format!("{doc}/changelog"))?;
    for name in ["THIRD-PARTY", "changelog"] {
        let mut gzip = Command::new("gzip");
        run_tool(gzip.args(["-n", "-9"]).arg(data.join(doc).join(name)))?;
    }
    staging::settle_files(&data, &["usr/bin/uam"], release.epoch)?;

    let mut kib = 0;
    for file in files::list_files(&data)? {
        // Each file and folder takes at least one.
        let bytes = fs_err::metadata(data.join(&file))?.len();
        kib += bytes.div_ceil(1024).max(1);
    }
    let control = root.path().join("control");
    files::write_file(&control, "control", control_file(program, release, kib)?)?;
    staging::settle_files(&control, &[], release.epoch)?;

    let mut parts = vec![("debian-binary", b"2.0\n".to_vec())];
    for (name, dir) in [("control.tar.xz", &control), ("data.tar.xz", &data)] {
        let file = root.path().join(name);
        pack_tar(dir, ".", "xz -T1 -6", release, &file)?;
        let bytes = fs_err::read(&file)?;
        parts.push((name, bytes));
    }
    Ok(fs_err::write(to, write_ar(&parts, release.epoch))?)
}

fn pack_archive(
    program: &Path,
    texts: &PackageTexts,
    release: &ReleaseInfo,
    work: &Path,
    to: &Path,
) -> Result<()> {
    let title = format!("uam-{}", release.version);
    let root = staging::StagingDir::new(&work.join("tar"))?;
    let dir = root.path().join(&title);
    files::copy_file(program, &dir, "uam")?;
    files::copy_file(&texts.desktop, &dir, "uam.desktop")?;
    let repository = build::repository_root();
    let icon = repository.join("packaging/icon/uam-256.png");
    files::copy_file(&icon, &dir, "uam.png")?;
    for ((shell, _), text) in SHELLS.iter().zip(&texts.completions) {
        files::write_file(&dir, &format!("completions/uam.{shell}"), text)?;
    }
    files::write_file(&dir, "README", &texts.readme)?;
    files::write_file(&dir, "LICENSE", &texts.licence)?;
    files::write_file(&dir, "THIRD-PARTY", &texts.third_party)?;
    let changes = repository.join("CHANGELOG.md");
    files::copy_file(&changes, &dir, "CHANGELOG.md")?;
    staging::settle_files(&dir, &["uam"], release.epoch)?;
    pack_tar(root.path(), &title, "gzip -n -9", release, to)
}

/// Archives `what` of `dir` in fixed order, owned by root.
fn pack_tar(
    dir: &Path,
    what: &str,
    compress: &str,
    release: &ReleaseInfo,
    to: &Path,
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
    let template = build::repository_root().join("packaging/linux/control");
    Ok(fs_err::read_to_string(template)?
        .replace("{VERSION}", &debian_version(&release.version))
        .replace("{ARCH}", debian_arch()?)
        .replace("{KIB}", &kib.to_string())
        .replace("{DEPENDS}", &debian_dependencies(&needs, &symbols)?))
}

/// The packages that bring what the program is linked with, from what readelf says of it.
fn debian_dependencies(needs: &str, symbols: &str) -> Result<String> {
    let mut packages: Vec<&str> = Vec::new();
    for line in needs.lines().filter(|line| line.contains("(NEEDED)")) {
        let inside = line
            .split_once('[')
            .and_then(|(_, rest)| rest.split_once(']'));
        let library = inside.map_or(line, |(library, _)| library);
        let known = LIBRARIES
            .iter()
            .find(|(begin, _)| library.starts_with(begin));
        let (_, package) = known.with_context(|| {
            format!(
                "uam is linked with {library}; name its Debian package in tools/xtask/src/dist/linux.rs, or link without it"
            )
        })?;
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
    let with_versions = packages.iter().map(|package| match *package {
        "libc6" => format!("libc6 (>= 2.{newest})"),
        other => other.to_owned(),
    });
    Ok(with_versions.collect::<Vec<_>>().join(", "))
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

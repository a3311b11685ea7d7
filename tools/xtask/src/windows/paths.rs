//! Where everything for Windows lies, and which compiler it belongs to.

use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The target, as the compiler calls it.
pub(crate) const TARGET: &str = "x86_64-pc-windows-gnu";

/// The folders of the Windows lane. Nothing here makes them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WindowsPaths {
    /// All that is kept between runs lies below.
    pub(crate) cache: PathBuf,
    /// The compiler's `--sysroot`: the standard library for Windows.
    pub(crate) sysroot: PathBuf,
    /// The Wine prefix that others are copied from; no program runs in itself.
    pub(crate) prefix: PathBuf,
    /// The person's prefix: programs that they install there stay.
    pub(crate) own: PathBuf,
    /// The prefix of one run.
    pub(crate) run: PathBuf,
    /// Cargo's target directory.
    pub(crate) target: PathBuf,
    /// Cargo's own folder, shared with the ordinary toolchain.
    pub(crate) cargo_home: PathBuf,
}

impl WindowsPaths {
    /// Reads the environment with `var` and takes `version`, that of Debian's package, as the sysroot's key.
    ///
    /// # Errors
    /// Without a home folder, or with a cache whose path the compiler's flags cannot hold.
    pub(crate) fn find(version: &str, var: impl Fn(&str) -> Option<OsString>) -> Result<Self> {
        // As the XDG rules ask, a relative path counts as not set.
        let folder = |name| var(name).map(PathBuf::from).filter(|p| p.is_absolute());
        let below_home = |name: &str| {
            folder("HOME")
                .map(|home| home.join(name))
                .context("HOME is not set, so there is no place for the cache; please set it")
        };
        let cache = match folder("XDG_CACHE_HOME") {
            Some(cache) => cache,
            None => below_home(".cache")?,
        }
        .join("uam/windows");
        // Cargo splits the flags that name the sysroot at spaces.
        if cache.to_string_lossy().contains(char::is_whitespace) {
            bail!(
                "the cache {} has a space in its path, which cargo cannot pass to the compiler; please set \
                 XDG_CACHE_HOME to a folder without one",
                cache.display()
            );
        }
        Ok(Self {
            sysroot: cache.join(format!("sysroot-{version}")),
            prefix: cache.join("prefix"),
            own: cache.join("own"),
            run: cache.join("run"),
            target: folder("UAM_WINDOWS_TARGET_DIR").unwrap_or_else(|| cache.join("target")),
            cargo_home: match folder("CARGO_HOME") {
                Some(home) => home,
                None => below_home(".cargo")?,
            },
            cache,
        })
    }

    /// Where the compiler looks for the standard library within the sysroot.
    pub(crate) fn libraries(&self) -> PathBuf {
        libraries(&self.sysroot)
    }
}

/// The folder of the target's libraries in any sysroot.
pub(crate) fn libraries(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib").join(TARGET).join("lib")
}

/// The compiler's release in a Debian version such as `1.96.0+dfsg1-1~deb12u2`: major and minor.
pub(crate) fn compiler_release(version: &str) -> Option<(u32, u32)> {
    // An epoch stands before a colon.
    let version = version.split_once(':').map_or(version, |(_, v)| v);
    let mut numbers = version.split(['.', '+', '-', '~']);
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn places(set: &[(&str, &str)]) -> Result<WindowsPaths> {
        WindowsPaths::find("1.96.0-1", |name| {
            set.iter()
                .find(|(n, _)| *n == name)
                .map(|(_, value)| value.into())
        })
    }

    #[test]
    fn the_cache_is_where_the_desktop_rules_put_it() {
        let places_ = places(&[("HOME", "/home/a")]).unwrap();
        assert_eq!(
            places_.libraries(),
            Path::new(
                "/home/a/.cache/uam/windows/sysroot-1.96.0-1/lib/rustlib/x86_64-pc-windows-gnu/lib"
            )
        );
        assert_eq!(
            places_.target,
            Path::new("/home/a/.cache/uam/windows/target")
        );
        assert_eq!(places_.cargo_home, Path::new("/home/a/.cargo"));
        let moved = places(&[
            ("HOME", "/home/a"),
            ("XDG_CACHE_HOME", "/var/tmp/c"),
            ("UAM_WINDOWS_TARGET_DIR", "/t"),
        ])
        .unwrap();
        assert_eq!(moved.prefix, Path::new("/var/tmp/c/uam/windows/prefix"));
        assert_eq!(moved.target, Path::new("/t"));
        let relative = places(&[("HOME", "/home/a"), ("XDG_CACHE_HOME", "c")]).unwrap();
        assert_eq!(relative, places_);
    }

    #[test]
    fn a_place_the_compiler_cannot_be_told_of_is_refused() {
        let error = places(&[("HOME", "/home/a b")]).unwrap_err();
        assert!(error.to_string().contains("XDG_CACHE_HOME"), "{error}");
        assert!(places(&[]).unwrap_err().to_string().contains("HOME"));
    }

    #[test]
    fn debians_versions_name_the_release() {
        assert_eq!(compiler_release("1.96.0+dfsg1-1~deb12u2"), Some((1, 96)));
        assert_eq!(compiler_release("1:1.100.2-3"), Some((1, 100)));
        assert_eq!(compiler_release("1.95"), Some((1, 95)));
        assert_eq!(compiler_release(""), None);
        assert_eq!(compiler_release("unknown"), None);
    }
}

//! File systems mounted for a while.

use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

/// A mounted file system; unmounted when dropped.
pub(crate) struct TempMount {
    at: PathBuf,
    mounted: bool,
}

/// Runs a tool of the system; returns its output.
pub(crate) fn run_tool(name: &str, args: &[&str]) -> Result<String> {
    let out: Output = Command::new(name)
        .args(args)
        .output()
        .with_context(|| format!("cannot run `{name}`"))?;
    if !out.status.success() {
        bail!(
            "`{name} {}`: {}",
            args.join(" "),
            String::from_utf8_lossy(&out.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&out.stdout).trim().to_owned())
}

/// A path as a tool takes it.
pub(crate) fn path_text(path: &Path) -> Result<&str> {
    path.to_str().context("a path that is not Unicode")
}

/// Makes an ext4 file system in a file or on a device, small and without room kept for root.
pub(crate) fn make_ext4(what: &Path) -> Result<()> {
    run_tool(
        "mkfs.ext4",
        &["-q", "-F", "-m", "0", "-b", "4096", path_text(what)?],
    )
    .map(drop)
}

impl TempMount {
    /// Mounts a file (through a loop device) or a device.
    pub(crate) fn new(what: &Path, at: &Path, options: &str) -> Result<Self> {
        fs::create_dir_all(at)?;
        run_tool("mount", &["-o", options, path_text(what)?, path_text(at)?])?;
        Ok(Self {
            at: at.to_owned(),
            mounted: true,
        })
    }

    /// Unmounts it.
    pub(crate) fn unmount(mut self) -> Result<()> {
        // A process that another thread is just starting holds every open file for a moment.
        let mut tried = 0;
        loop {
            match run_tool("umount", &[path_text(&self.at)?]) {
                Err(_) if tried < 100 => std::thread::sleep(Duration::from_millis(10)),
                done => {
                    self.mounted = done.is_err();
                    return done.map(drop);
                }
            }
            tried += 1;
        }
    }
}

impl Drop for TempMount {
    fn drop(&mut self) {
        if self.mounted {
            let _ = Command::new("umount").arg("-l").arg(&self.at).output();
        }
    }
}

//! An empty Windows to install things on, and questions to ask of it.

use crate::build;
use crate::dist::release::ReleaseInfo;
use crate::dist::staging;
use crate::dist::windows::{WindowsContent, WindowsPackages};
use crate::files;
use crate::process::{output_of, quiet, quote_for_shell, succeeds, wait_until};
use crate::user::s3_process::{self, S3Process};
use crate::user::uam_process::{UamProcess, UamSetup};
use crate::windows::toolchain::Toolchain;
use crate::windows::wine::Wine;
use anyhow::{Context, Result, bail, ensure};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// How long an installer may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// Where the session's programs are listed.
pub(crate) const RUN: &str = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run";

/// uam's name in the registry and in menus.
pub(crate) const NAME: &str = "User Activity Monitor";

/// Variables of the person's own uam that must not reach the one under test.
const OWN: [&str; 3] = ["UAM_HOME", "S3_PREFIX", "AWS_SESSION_TOKEN"];

/// A throw-away Windows. When dropped, all its processes end and its files go.
#[derive(Debug)]
pub(crate) struct CleanWindows {
    // Ends before its folder goes.
    wine: Wine,
    prefix: PathBuf,
    local: String,
    roaming: String,
    /// Where the installed program sends what it records.
    bucket: S3Process,
    _dir: staging::StagingDir,
}

impl CleanWindows {
    /// Makes one in `dir`.
    ///
    /// # Errors
    /// When Wine fails, or on Ctrl-C.
    pub(crate) fn new(toolchain: &Toolchain, dir: &Path) -> Result<Self> {
        let folder = staging::StagingDir::new(dir)?;
        let prefix = dir.join("prefix");
        let wine = toolchain.fresh_wine(&prefix)?;
        // With the features that the whole workspace has anyway, so that little is compiled for it.
        let lab = build::build_programs(&["--workspace", "--bin", "lab-s3"])?;
        let server = build::find_program(&lab, "lab-s3")?;
        let bucket = S3Process::start(&server, &dir.join("bucket"))?;
        let mut machine = Self {
            wine,
            prefix,
            local: String::new(),
            roaming: String::new(),
            bucket,
            _dir: folder,
        };
        let folder = |name: &str| -> Result<String> {
            let said = output_of(&mut machine.command(&["cmd", "/c", &format!("echo %{name}%")]))?;
            let path = said.trim();
            if !path.starts_with(r"C:\users\") {
                bail!("Windows says {path:?} for {name}");
            }
            Ok(path.to_owned())
        };
        let (local, roaming) = (folder("LOCALAPPDATA")?, folder("APPDATA")?);
        machine.local = local;
        machine.roaming = roaming;
        Ok(machine)
    }

    /// The folder of a program's data, as Windows calls it.
    pub(crate) fn local_path(&self, name: &str) -> String {
        format!(r"{}\{name}", self.local)
    }

    /// The folder of a program's settings, as Windows calls it.
    pub(crate) fn roaming_path(&self, name: &str) -> String {
        format!(r"{}\{name}", self.roaming)
    }

    /// Where the program is installed, as Windows calls it.
    pub(crate) fn installed_path(&self) -> String {
        self.local_path(r"Programs\uam")
    }

    /// The link in the start menu.
    pub(crate) fn shortcut_path(&self) -> PathBuf {
        self.unix_path(&self.roaming_path(&format!(
            r"Microsoft\Windows\Start Menu\Programs\{NAME}.lnk"
        )))
    }

    /// The installed program, as Windows calls it.
    pub(crate) fn program_path(&self) -> String {
        format!(r"{}\uam.exe", self.installed_path())
    }

    /// The program's folder holds these files and no others, its program is that one, and the start menu has it.
    ///
    /// # Errors
    /// What was found instead of what should be.
    pub(crate) fn check_installed(
        &self,
        files: &[&str],
        version: &str,
        program: &Path,
    ) -> Result<()> {
        let dir = self.unix_path(&self.installed_path());
        expect_same("the program's folder", list_names(&dir)?.as_slice(), files)?;
        ensure!(
            fs_err::read(dir.join("uam.exe"))? == fs_err::read(program)?,
            "the installed uam.exe is not the one that was packed as version {version}"
        );
        ensure!(
            self.shortcut_path().is_file(),
            "there is no {} in the start menu",
            self.shortcut_path().display()
        );
        Ok(())
    }

    /// The path of `C:\...` on this system.
    pub(crate) fn unix_path(&self, windows: &str) -> PathBuf {
        let rest = windows.trim_start_matches(r"C:\").replace('\\', "/");
        self.prefix.join("drive_c").join(rest)
    }

    /// A Windows program with its arguments.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = self.wine.program();
        for name in OWN.iter().chain(&s3_process::NAMES) {
            command.env_remove(name);
        }
        command.args(words).stdin(Stdio::null());
        command
    }

    /// Runs a Windows program to its end and gives the lower eight bits of its exit code, which is all Wine passes on.
    ///
    /// # Errors
    /// When Wine fails, the program is ended by a signal or takes too long, or on Ctrl-C.
    pub(crate) fn run(&self, words: &[&str]) -> Result<i32> {
        let mut child = quiet(&mut self.command(words)).spawn()?;
        let what = format!("the end of {}", words.join(" "));
        let ended = wait_until(&what, PATIENCE, || Ok(child.try_wait()?));
        if ended.is_err() {
            // Its Windows processes end with the machine.
            let _ = child.kill();
            let _ = child.wait();
        }
        ended?
            .code()
            .with_context(|| format!("{} was ended by a signal", words.join(" ")))
    }

    /// Runs a Windows program that must succeed.
    ///
    /// # Errors
    /// As for [`CleanWindows::run`], and when it fails.
    pub(crate) fn run_successfully(&self, words: &[&str]) -> Result<()> {
        match self.run(words)? {
            0 => Ok(()),
            code => bail!("{} ended with {code}", words.join(" ")),
        }
    }

    /// What a Windows program writes.
    ///
    /// # Errors
    /// When it fails.
    pub(crate) fn output_of(&self, words: &[&str]) -> Result<String> {
        output_of(&mut self.command(words))
    }

    /// A value in the registry, as `reg query` writes it; `None` without one.
    ///
    /// # Errors
    /// When the registry cannot be asked.
    pub(crate) fn registry_value(&self, key: &str, name: &str) -> Result<Option<String>> {
        let said = self
            .command(&["reg", "query", key, "/v", name])
            .output()
            .context("starting Wine")?;
        if !said.status.success() {
            return Ok(None);
        }
        Ok(value_in(&String::from_utf8_lossy(&said.stdout), name))
    }

    /// Is there such a key?
    ///
    /// # Errors
    /// When the registry cannot be asked.
    pub(crate) fn has_key(&self, key: &str) -> Result<bool> {
        Ok(succeeds(&mut self.command(&["reg", "query", key])))
    }

    /// A key with all it holds, byte for byte.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn export_key(&self, key: &str) -> Result<String> {
        let file = self.prefix.join("drive_c/export.reg");
        output_of(&mut self.command(&["reg", "export", key, r"C:\export.reg", "/y"]))?;
        let bytes = fs_err::read(&file)?;
        Ok(from_utf16(&bytes))
    }

    /// Puts text in the form of [`CleanWindows::export_key`] into the registry.
    ///
    /// # Errors
    /// When Wine does not take it.
    pub(crate) fn import_registry(&self, text: &str) -> Result<()> {
        let file = self.prefix.join("drive_c/import.reg");
        let mut bytes = vec![0xff, 0xfe];
        let text = format!("Windows Registry Editor Version 5.00\r\n\r\n{text}\r\n");
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        fs_err::write(&file, bytes)?;
        self.run_successfully(&["reg", "import", r"C:\import.reg"])
    }

    /// Waits until the file or folder is gone: an uninstaller returns before it is done.
    ///
    /// # Errors
    /// When it stays, with the names of the files in it.
    pub(crate) fn wait_until_gone(&self, windows: &str) -> Result<()> {
        let path = self.unix_path(windows);
        wait_until(&format!("{windows} to go"), PATIENCE, || {
            Ok((!path.exists()).then_some(()))
        })
        .with_context(|| format!("it holds {:?}", files::list_files(&path)))
    }

    /// What to run the installed program with, as a person would, with data and settings where Windows wants them;
    /// `home` is its working folder, and `env` can still be given a bucket.
    ///
    /// # Errors
    /// When the script that calls Wine cannot be written.
    pub(crate) fn uam_setup(&self, program: &str, home: &Path) -> Result<UamSetup> {
        // A bucket is left to the setting; without a home of its own uam takes the folders of Windows.
        let command = self.wine.program();
        let mut script = String::from("#!/bin/sh\nunset UAM_HOME\n");
        let mut display = String::new();
        for (name, value) in command.get_envs() {
            let name = name.to_string_lossy();
            let _ = match value.map(|value| value.to_string_lossy()) {
                Some(value) => {
                    if name == "DISPLAY" {
                        display = value.clone().into_owned();
                    }
                    writeln!(script, "export {name}={}", quote_for_shell(&value))
                }
                None => writeln!(script, "unset {name}"),
            };
        }
        let _ = writeln!(script, "exec setarch -R wine '{program}' \"$@\"");
        files::write_file(home, "uam.sh", script)?;
        staging::make_program(&home.join("uam.sh"))?;
        Ok(UamSetup {
            uam: home.join("uam.sh"),
            home: home.to_owned(),
            display,
            env: Vec::new(),
        })
    }

    /// Segments of records that have arrived in the bucket.
    ///
    /// # Errors
    /// When the bucket cannot be read.
    pub(crate) fn delivered_kinds(&self) -> Result<u64> {
        let piles = s3_process::totals_by_kind(&self.bucket.bucket_dir())?;
        Ok(piles.get("activity").map_or(0, |pile| pile.count))
    }

    /// Starts the installed program, up to where it records into the bucket: it is set up afresh, so it has no data yet.
    ///
    /// # Errors
    /// When it ends early or takes no code.
    pub(crate) fn start_recording(&self, home: &Path) -> Result<UamProcess> {
        let program = self.program_path();
        let mut setting = self.uam_setup(&program, home)?;
        setting.env = self.bucket.environment().clone().into_iter().collect();
        // Its last upload is looked for: nothing is to be held back.
        let hold = ["config", "set", "upload.hold_seconds", "0"];
        self.run_successfully(&[&[program.as_str()][..], &hold].concat())?;
        let args = ["--yes", "--plain", "--no-capture"];
        let (agent, _) = UamProcess::start_first_run(&setting, &args)?;
        Ok(agent)
    }
}

/// The value called `name` in what `reg query` says: name, type and value stand four spaces apart.
fn value_in(said: &str, name: &str) -> Option<String> {
    said.lines().find_map(|line| {
        let rest = line.trim_start().strip_prefix(name)?;
        let (kind, value) = rest.trim_start().split_once("    ")?;
        kind.starts_with("REG_")
            .then(|| value.trim_end_matches('\r').to_owned())
    })
}

/// Text of Windows with the mark of its byte order.
pub(crate) fn from_utf16(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    String::from_utf16_lossy(&units)
        .trim_start_matches('\u{feff}')
        .to_owned()
}

/// What was packed for Windows, of what, and where to work.
#[derive(Clone, Copy)]
pub(crate) struct WindowsCheck<'a> {
    pub(crate) content: &'a WindowsContent,
    pub(crate) packed: &'a WindowsPackages,
    pub(crate) release: &'a ReleaseInfo,
    pub(crate) work: &'a Path,
}

/// Everything below `dir`, by name.
///
/// # Errors
/// As for [`files::list_files`].
pub(super) fn list_names(dir: &Path) -> Result<Vec<String>> {
    let files = files::list_files(dir)?.into_iter();
    Ok(files.map(|file| file.display().to_string()).collect())
}

/// Both must be the same.
///
/// # Errors
/// What they are called, and both.
pub(super) fn expect_same<A, B>(what: &str, found: A, wanted: B) -> Result<()>
where
    A: PartialEq<B> + std::fmt::Debug,
    B: std::fmt::Debug,
{
    ensure!(
        found == wanted,
        "{what}: found {found:?} instead of {wanted:?}"
    );
    Ok(())
}

/// The part must be in the text.
///
/// # Errors
/// What the text is, the part, and the text.
pub(super) fn expect_contains(what: &str, text: &str, part: &str) -> Result<()> {
    ensure!(text.contains(part), "{what} lacks {part:?}:\n{text}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_what_stands_after_its_type() {
        let said = "\r\nHKEY_CURRENT_USER\\Software\r\n    User Activity Monitor    REG_SZ    \"C:\\a b\\uam.exe\"\r\n";
        assert_eq!(
            value_in(said, "User Activity Monitor").as_deref(),
            Some("\"C:\\a b\\uam.exe\"")
        );
        assert_eq!(value_in(said, "User"), None);
        assert_eq!(value_in("", "User"), None);
    }

    #[test]
    fn the_mark_of_the_byte_order_is_no_text() {
        assert_eq!(from_utf16(&[0xff, 0xfe, 0x41, 0, 0xe9, 0]), "Aé");
    }
}

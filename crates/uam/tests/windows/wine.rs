//! A Windows desktop under Wine: its own prefix and screen for each test, made in a moment from a prepared prefix.

use crate::harness::{Home, until};
use lab::desktop::{DesktopSpec, VirtualDesktop};
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The value that `cargo xtask windows` prints: a file, a folder, or the words that start Wine.
fn given(name: &str) -> PathBuf {
    let value = std::env::var_os(name)
        .unwrap_or_else(|| panic!("{name} is not set; run these tests by `cargo xtask windows`"));
    PathBuf::from(value)
}

/// A file's name as a Windows program sees it: drive Z is the whole file system.
pub fn windows_path(path: &Path) -> String {
    format!("Z:{}", path.to_str().unwrap().replace('/', "\\"))
}

/// A desktop on which Windows programs run.
pub struct Wine {
    pub desktop: VirtualDesktop,
    prefix: tempfile::TempDir,
    /// Where programs find the power supplies instead of those of this computer.
    power: Option<PathBuf>,
    /// The handle that ends the session, once it has started.
    ending: Option<Child>,
}

impl Wine {
    pub fn start() -> Self {
        // Wine manages its windows on a desktop of its own within the screen.
        let spec = DesktopSpec::new(1280, 800).without_window_manager();
        let desktop = VirtualDesktop::start_with(&spec).unwrap();
        let prefix = tempfile::Builder::new()
            .prefix("uam-wine-")
            .tempdir()
            .unwrap();
        let wine = Self {
            desktop,
            prefix,
            power: None,
            ending: None,
        };
        copy_prefix(&given("UAM_WINDOWS_PREFIX"), wine.prefix.path());
        wine.begin();
        wine
    }

    /// The first program starts Wine's own servers, which must not hold a test's pipes.
    fn begin(&self) {
        let status = self.silent("cmd", &["/c", "rem"]).status().unwrap();
        assert!(status.success(), "Wine does not start: {status}");
    }

    fn silent(&self, program: &str, args: &[&str]) -> Command {
        let mut command = self.command(program, args);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// A Windows program in this desktop, with nothing inherited that could change its behaviour.
    pub fn command(&self, program: impl AsRef<OsStr>, args: &[&str]) -> Command {
        let mut command = self.place().wine();
        command.arg(program.as_ref()).args(args);
        command
    }

    fn place(&self) -> Place {
        Place {
            prefix: self.prefix.path().to_owned(),
            display: self.desktop.display(),
            power: self.power.clone(),
        }
    }

    /// From now on programs find these power supplies.
    pub fn power_from(&mut self, root: &Path) {
        self.power = Some(root.to_owned());
    }

    /// A home in which `uam.exe` runs on this desktop.
    pub fn home(&self) -> Home {
        let (place, program) = (self.place(), given("UAM_WINDOWS_EXE"));
        Home::launched(Box::new(move |home| {
            let mut command = place.wine();
            command.arg(&program).env("UAM_HOME", windows_path(home));
            command
        }))
    }

    /// Starts the test's own Windows program.
    pub fn stage(&self) -> Stage {
        let mut child = self
            .command(given("UAM_WINDOWS_STAGE"), &[])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stage = Stage {
            stdin: child.stdin.take().unwrap(),
            stdout: BufReader::new(child.stdout.take().unwrap()),
            child,
        };
        assert_eq!(stage.answer(), "ready");
        stage
    }

    /// Ends the session as logging off does: every program is asked, then told, then ended.
    ///
    /// This returns at once. Wine's part in it (`programs/wineboot/shutdown.c`) can stand still afterwards: it counts a
    /// late answer of a program that is gone already as one of the next program, and then asks the user about that one.
    pub fn log_off(&mut self) {
        let ending = self.silent("wineboot", &["-e", "-s"]).spawn().unwrap();
        self.ending = Some(ending);
    }

    /// Begins another session; whatever is left of the one before is ended first.
    pub fn log_on(&mut self) {
        self.end();
        self.begin();
    }

    /// Ends every Windows program without asking, and waits until it is gone.
    fn end(&mut self) {
        for how in ["-k", "-w"] {
            let mut server = Command::new("wineserver");
            server.arg(how).env("WINEPREFIX", self.prefix.path());
            let _ = server.stderr(Stdio::null()).status();
        }
        if let Some(mut ending) = self.ending.take() {
            let _ = ending.wait();
        }
    }
}

impl Drop for Wine {
    fn drop(&mut self) {
        self.end();
    }
}

/// Where programs run.
struct Place {
    prefix: PathBuf,
    display: String,
    power: Option<PathBuf>,
}

impl Place {
    /// Wine, to be given a program.
    fn wine(&self) -> Command {
        let starter = given("UAM_WINDOWS_WINE");
        let mut starter = starter.to_str().unwrap().split(' ');
        let first = starter.next().unwrap();
        let mut command = match &self.power {
            None => Command::new(first),
            Some(power) => {
                // In a view of the file system of its own, in which the power supplies lie where the kernel has its own.
                let mut command = Command::new("unshare");
                let is_root = rustix::process::geteuid().is_root();
                command.arg(if is_root { "-m" } else { "-rm" });
                let script = r#"mount --bind "$0" /sys/class/power_supply && exec "$@""#;
                command.args(["sh", "-c", script]).arg(power).arg(first);
                command
            }
        };
        command
            .args(starter)
            .env_clear()
            .env("WINEPREFIX", &self.prefix)
            .env("DISPLAY", &self.display)
            .env("WINEDEBUG", "-all")
            .env("WINEDLLOVERRIDES", "mscoree,mshtml=")
            .env("HOME", &self.prefix)
            .env("TZ", "Europe/Berlin");
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
    }
}

/// The registry and the user's folders are copied; the system's folders, which nothing writes to, are linked.
fn copy_prefix(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "reg") || path.ends_with(".update-timestamp") {
            fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
    fs::create_dir(to.join("dosdevices")).unwrap();
    symlink("../drive_c", to.join("dosdevices/c:")).unwrap();
    symlink("/", to.join("dosdevices/z:")).unwrap();
    fs::create_dir(to.join("drive_c")).unwrap();
    for entry in fs::read_dir(from.join("drive_c")).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join("drive_c").join(path.file_name().unwrap());
        if path.ends_with("users") {
            copy_folder(&path, &target);
        } else {
            symlink(&path, &target).unwrap();
        }
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_symlink() {
            symlink(fs::read_link(&path).unwrap(), target).unwrap();
        } else if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            fs::copy(&path, target).unwrap();
        }
    }
}

/// The test's own Windows program (`crates/sense/examples/stage`).
pub struct Stage {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Stage {
    /// Executes one command.
    pub fn does(&mut self, command: &str) {
        writeln!(self.stdin, "{command}").unwrap();
        let answer = self.answer();
        assert!(answer.starts_with("ok"), "{command}: {answer}");
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    /// Opens a window and waits until `home`'s instance says that it is the active one.
    pub fn shows(&mut self, home: &Home, open: &str, title: &str) {
        self.does(&format!("open {open} {title}"));
        let name = open.split(' ').next().unwrap();
        self.does(&format!("activate {name}"));
        sees(home, title);
    }
}

/// Waits until the instance says that the window with this title is active.
pub fn sees(home: &Home, title: &str) {
    until(&format!("the window {title:?} is seen"), || {
        let window = home.status().window?;
        (window.title == title).then_some(())
    });
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

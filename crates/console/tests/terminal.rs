//! The live view in a real terminal device: a pseudo-terminal whose other end is this test.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_secs(30);

/// A terminal 80 by 24 with the demo view running in it.
struct Terminal {
    /// None after hanging up.
    master: Option<File>,
    slave: File,
    child: Child,
    text: String,
    /// The output up to the end of the last expected text.
    last: String,
}

/// A pixel at the top of a sixel image, as ImageMagick decodes it.
fn top_pixel(sixel: &str) -> [u8; 3] {
    let mut child = Command::new("/usr/bin/convert")
        .args(["sixel:-", "png:-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("ImageMagick must be installed");
    let mut input = child.stdin.take().unwrap();
    let text = sixel.to_owned();
    let written = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let out = child.wait_with_output().unwrap();
    written.join().unwrap().unwrap();
    assert!(out.status.success(), "{out:?}");
    let image = image::load_from_memory(&out.stdout).unwrap().to_rgb8();
    assert!(image.width() > 200 && image.height() > 100);
    image.get_pixel(5, 3).0
}

impl Terminal {
    fn start(how: &str) -> Self {
        let master =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave = OpenOptions::new()
            .read(true)
            .write(true)
            .open(name.to_str().unwrap())
            .unwrap();
        tcsetwinsize(
            &slave,
            Winsize {
                ws_row: 24,
                ws_col: 80,
                ws_xpixel: 800,
                ws_ypixel: 480,
            },
        )
        .unwrap();
        let program: PathBuf = std::env::current_exe()
            .unwrap()
            .ancestors()
            .nth(2)
            .unwrap()
            .join("examples/demo_view");
        let child = Command::new(&program)
            .arg(how)
            .env_remove("NO_COLOR")
            .env("TERM", "xterm-256color")
            .stdin(slave.try_clone().unwrap())
            .stdout(slave.try_clone().unwrap())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("{}: {e}", program.display()));
        let master = File::from(master);
        Self {
            master: Some(master),
            slave,
            child,
            text: String::new(),
            last: String::new(),
        }
    }

    /// Waits until the program has written `expected` since the last call.
    fn expect(&mut self, expected: &str) {
        let until = Instant::now() + TIMEOUT;
        while !self.text.contains(expected) {
            let left = until.saturating_duration_since(Instant::now());
            let master = self.master.as_mut().unwrap();
            let mut fds = [PollFd::new(&*master, PollFlags::IN)];
            let timeout = Timespec {
                tv_sec: left.as_secs() as i64,
                tv_nsec: 0,
            };
            let ready = poll(&mut fds, Some(&timeout)).unwrap();
            assert!(ready > 0, "waited for {expected:?}, got {:?}", self.text);
            let mut bytes = [0; 4096];
            let read = master.read(&mut bytes).unwrap();
            self.text.push_str(&String::from_utf8_lossy(&bytes[..read]));
        }
        let at = self.text.find(expected).unwrap() + expected.len();
        self.last = self.text.drain(..at).collect();
    }

    fn answer(&mut self, text: &str) {
        self.master
            .as_mut()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
    }

    fn is_raw(&self) -> bool {
        let modes = tcgetattr(&self.slave).unwrap().local_modes;
        !modes.contains(LocalModes::ICANON) && !modes.contains(LocalModes::ECHO)
    }

    fn wait(child: &mut Child) -> ExitStatus {
        let until = Instant::now() + TIMEOUT;
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < until, "the program still runs");
            std::thread::yield_now();
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn a_terminal_with_sixels_gets_sixels_and_is_given_back() {
    let mut t = Terminal::start("");
    t.expect("\x1b[5n");
    assert!(t.is_raw());
    t.answer("\x1b[?62;4c\x1b[6;20;10t\x1b[0n");
    t.expect("recording");
    t.expect("\x1bP");
    t.expect("\x1b\\");
    let sixel = format!("\x1bP{}", t.last);
    let bar = top_pixel(&sixel);
    // Sixel names colours in hundredths.
    assert!(
        bar.iter()
            .zip([60, 60, 70])
            .all(|(a, b)| a.abs_diff(b) <= 3),
        "the grey bar of the sample image: {bar:?}"
    );
    t.expect("cargo test");
    t.answer("q");
    t.expect("Stop recording and quit?");
    t.answer("y");
    t.expect("\x1b[?25h");
    let status = Terminal::wait(&mut t.child);
    assert!(status.success(), "{status}");
    assert!(!t.is_raw());
}

#[test]
fn a_pause_is_chosen_from_the_panel() {
    let mut t = Terminal::start("");
    t.expect("\x1b[5n");
    t.answer("\x1b[0n");
    t.expect("recording");
    t.answer("p");
    t.expect("3 until tomorrow");
    t.answer("3");
    t.expect("paused for");
    t.answer("p");
    t.expect("recording");
    t.answer("\x03");
    t.expect("\x1b[?25h");
    assert!(Terminal::wait(&mut t.child).success());
}

#[test]
fn a_silent_terminal_gets_half_blocks() {
    let mut t = Terminal::start("");
    t.expect("\x1b[5n");
    t.expect("recording");
    t.expect("▄");
    t.answer("\x03");
    t.expect("\x1b[?25h");
    assert!(Terminal::wait(&mut t.child).success());
    assert!(!t.text.contains("\x1bP"));
}

#[test]
fn a_closed_terminal_ends_the_view() {
    let mut t = Terminal::start("");
    t.expect("\x1b[5n");
    t.answer("\x1b[0n");
    t.expect("recording");
    // Closing the other end hangs the terminal up, as a closed window does.
    t.master = None;
    let status = Terminal::wait(&mut t.child);
    assert_eq!(status.code(), Some(41), "{status}");
}

#[test]
fn a_panic_and_a_drop_give_the_terminal_back() {
    let mut t = Terminal::start("panic");
    t.expect("\x1b[5n");
    t.answer("\x1b[0n");
    t.expect("recording");
    t.answer("s");
    t.expect("\x1b[?25h");
    Terminal::wait(&mut t.child);
    assert!(!t.is_raw());

    let mut t = Terminal::start("drop");
    t.expect("\x1b[5n");
    t.answer("\x1b[0n");
    t.expect("\x1b[?25h");
    assert!(Terminal::wait(&mut t.child).success());
    assert!(!t.is_raw());
}

//! The cockpit in a real terminal program, tmux, whose screen is read back.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

/// A tmux server of its own, with the made-up view in it. It is always 15:20 there.
struct Tmux {
    socket: tempfile::TempDir,
}

impl Tmux {
    fn start(columns: u16, rows: u16, how: &str, variables: &[(&str, &str)]) -> Self {
        let made_up: PathBuf = std::env::current_exe()
            .unwrap()
            .ancestors()
            .nth(2)
            .unwrap()
            .join("examples/made_up");
        let tmux = Self {
            socket: tempfile::tempdir().unwrap(),
        };
        let mut line = String::from("exec env COLORTERM=truecolor");
        for (name, value) in variables {
            line.push_str(&format!(" {name}={value}"));
        }
        line.push_str(&format!(" '{}' {how}", made_up.display()));
        let size = (columns.to_string(), rows.to_string());
        let started = tmux.tmux(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            &size.0,
            "-y",
            &size.1,
            &line,
        ]);
        assert!(started.status.success(), "{started:?}");
        tmux
    }

    fn tmux(&self, words: &[&str]) -> Output {
        Command::new("tmux")
            .arg("-S")
            .arg(self.socket.path().join("socket"))
            .args(words)
            .env_remove("TMUX")
            .env_remove("NO_COLOR")
            .env("LC_ALL", "C.UTF-8")
            .output()
            .expect("tmux must be installed")
    }

    fn keys(&self, keys: &[&str]) {
        let words: Vec<&str> = ["send-keys"].iter().chain(keys).copied().collect();
        assert!(self.tmux(&words).status.success());
    }

    fn screen(&self) -> String {
        let out = self.tmux(&["capture-pane", "-p"]);
        String::from_utf8(out.stdout).unwrap()
    }

    /// The screen once all of `what` is on it.
    fn shown(&self, what: &[&str]) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let screen = self.screen();
            if what.iter().all(|w| screen.contains(w)) {
                return screen;
            }
            assert!(Instant::now() < until, "waited for {what:?}:\n{screen}");
        }
    }

    /// What is drawn last when the view begins.
    fn begun(&self) -> String {
        self.shown(&["p pause", "on disk", "4 of 4", "apps today", "15:18:00"])
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

#[test]
fn every_screen_at_80_by_24() {
    let tmux = Tmux::start(80, 24, "still", &[]);
    insta::assert_snapshot!("main_80x24", tmux.begun());
    tmux.keys(&["?"]);
    insta::assert_snapshot!("help_80x24", tmux.shown(&["this list"]));
    tmux.keys(&["?", "p"]);
    insta::assert_snapshot!("pause_80x24", tmux.shown(&["Pause?", "apps today"]));
    tmux.keys(&["2"]);
    insta::assert_snapshot!("paused_80x24", tmux.shown(&["paused for", "p resume"]));
    tmux.keys(&["p"]);
    tmux.shown(&["recording", "p pause"]);
    tmux.keys(&["x"]);
    insta::assert_snapshot!(
        "exclude_80x24",
        tmux.shown(&["Never name or picture Editor"])
    );
    tmux.keys(&["y"]);
    tmux.shown(&["Exclude", "done."]);
    tmux.keys(&["d"]);
    insta::assert_snapshot!("delete_80x24", tmux.shown(&["Delete the last 10 min?"]));
    tmux.keys(&["Escape"]);
    tmux.shown(&["p pause"]);
    tmux.keys(&["o"]);
    tmux.shown(&["______"]);
    tmux.keys(&["1", "2"]);
    insta::assert_snapshot!("code_80x24", tmux.shown(&["••____"]));
    tmux.keys(&["3", "4", "5", "6"]);
    tmux.shown(&["Page: accepted."]);
    tmux.keys(&["Left"]);
    insta::assert_snapshot!("older_80x24", tmux.shown(&["3 of 4", "15:15"]));
    tmux.keys(&["Right"]);
    tmux.shown(&["4 of 4", "15:20"]);
}

#[test]
fn every_screen_at_160_by_50() {
    let tmux = Tmux::start(160, 50, "still", &[]);
    insta::assert_snapshot!("main_160x50", tmux.begun());
    tmux.keys(&["?"]);
    insta::assert_snapshot!("help_160x50", tmux.shown(&["this list"]));
    tmux.keys(&["?", "q"]);
    insta::assert_snapshot!("quit_160x50", tmux.shown(&["Stop recording and quit?"]));
}

#[test]
fn an_attached_view_is_left_and_not_stopped() {
    let tmux = Tmux::start(80, 24, "attached", &[]);
    let screen = tmux.shown(&["q leave"]);
    assert!(!screen.contains("q quit"), "{screen}");
    tmux.keys(&["?"]);
    tmux.shown(&["recording goes on"]);
}

#[test]
fn another_size_lays_everything_out_anew() {
    let tmux = Tmux::start(160, 50, "still", &[]);
    tmux.begun();
    tmux.tmux(&["resize-window", "-x", "80", "-y", "24"]);
    let small = tmux.shown(&["15:18:00", "4 of 4", "apps today", "q quit"]);
    let fresh = Tmux::start(80, 24, "still", &[]);
    assert_eq!(
        small.trim_start(),
        fresh.begun().trim_start(),
        "as if it had begun so"
    );
    tmux.tmux(&["resize-window", "-x", "50", "-y", "16"]);
    insta::assert_snapshot!("main_50x16", tmux.shown(&["on disk", "? help"]));
}

#[test]
fn without_colours_shapes_tell_and_nothing_is_coloured() {
    let tmux = Tmux::start(80, 24, "still", &[("NO_COLOR", "1")]);
    let screen = tmux.shown(&["p pause", "apps today", "15:18:00"]);
    insta::assert_snapshot!("no_colour_80x24", screen);
    let escapes = tmux.tmux(&["capture-pane", "-p", "-e"]).stdout;
    let escapes = String::from_utf8(escapes).unwrap();
    for (at, _) in escapes.match_indices("\x1b[") {
        let sequence: String = escapes[at + 2..]
            .chars()
            .take_while(|c| *c != 'm')
            .collect();
        // 1 is bold, 39 and 49 are the terminal's own colours (ECMA-48).
        assert!(
            sequence
                .split(';')
                .all(|n| ["", "0", "1", "39", "49"].contains(&n)),
            "{sequence:?}"
        );
    }
}

#[test]
fn a_picture_is_drawn_in_half_blocks() {
    let tmux = Tmux::start(80, 24, "still", &[]);
    tmux.begun();
    let escapes = tmux.tmux(&["capture-pane", "-p", "-e"]).stdout;
    let escapes = String::from_utf8(escapes).unwrap();
    let row = escapes.lines().find(|row| row.contains("window")).unwrap();
    insta::assert_snapshot!("half_blocks_first_row", row.replace('\x1b', "ESC"));
}

//! The live view in a real terminal program, tmux, whose screen is read back.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use lab::terminal::TmuxTerminal;
use std::path::PathBuf;
use std::process::Command;

/// Starts the demo view, in which it is always 15:20.
fn start(columns: u16, rows: u16, how: &str, variables: &[(&str, &str)]) -> TmuxTerminal {
    let demo_view: PathBuf = std::env::current_exe()
        .unwrap()
        .ancestors()
        .nth(2)
        .unwrap()
        .join("examples/demo_view");
    let mut program = Command::new(demo_view);
    program.arg(how).envs(variables.iter().copied());
    TmuxTerminal::start(columns, rows, &program).unwrap()
}

fn wait_for_screen(tmux: &TmuxTerminal, texts: &[&str]) -> String {
    tmux.wait_for_text(texts).unwrap()
}

fn press_keys(tmux: &TmuxTerminal, keys: &[&str]) {
    tmux.keys(keys).unwrap();
}

/// Waits for the last parts that are drawn when the view starts.
fn wait_for_start(tmux: &TmuxTerminal) -> String {
    wait_for_screen(
        tmux,
        &["p pause", "last saved", "4 of 4", "apps today", "15:18:00"],
    )
}

#[test]
fn every_screen_at_80_by_24() {
    let tmux = start(80, 24, "still", &[]);
    insta::assert_snapshot!("main_80x24", wait_for_start(&tmux));
    press_keys(&tmux, &["?"]);
    insta::assert_snapshot!("help_80x24", wait_for_screen(&tmux, &["this list"]));
    press_keys(&tmux, &["?", "p"]);
    insta::assert_snapshot!(
        "pause_80x24",
        wait_for_screen(&tmux, &["Pause?", "apps today"])
    );
    press_keys(&tmux, &["2"]);
    insta::assert_snapshot!(
        "paused_80x24",
        wait_for_screen(&tmux, &["paused for", "p resume"])
    );
    press_keys(&tmux, &["p"]);
    wait_for_screen(&tmux, &["recording", "p pause"]);
    press_keys(&tmux, &["x"]);
    insta::assert_snapshot!(
        "exclude_80x24",
        wait_for_screen(&tmux, &["Never name or capture Editor"])
    );
    press_keys(&tmux, &["y"]);
    wait_for_screen(&tmux, &["Exclude", "done."]);
    press_keys(&tmux, &["d"]);
    insta::assert_snapshot!(
        "delete_80x24",
        wait_for_screen(&tmux, &["Delete the last 10 min?"])
    );
    press_keys(&tmux, &["Escape"]);
    wait_for_screen(&tmux, &["p pause"]);
    press_keys(&tmux, &["o"]);
    wait_for_screen(&tmux, &["______"]);
    press_keys(&tmux, &["1", "2"]);
    insta::assert_snapshot!("code_80x24", wait_for_screen(&tmux, &["••____"]));
    press_keys(&tmux, &["3", "4", "5", "6"]);
    wait_for_screen(&tmux, &["Page: accepted."]);
    press_keys(&tmux, &["Left"]);
    insta::assert_snapshot!("older_80x24", wait_for_screen(&tmux, &["3 of 4", "15:15"]));
    press_keys(&tmux, &["Right"]);
    wait_for_screen(&tmux, &["4 of 4", "15:20"]);
}

#[test]
fn every_screen_at_160_by_50() {
    let tmux = start(160, 50, "still", &[]);
    insta::assert_snapshot!("main_160x50", wait_for_start(&tmux));
    press_keys(&tmux, &["?"]);
    insta::assert_snapshot!("help_160x50", wait_for_screen(&tmux, &["this list"]));
    press_keys(&tmux, &["?", "q"]);
    insta::assert_snapshot!(
        "quit_160x50",
        wait_for_screen(&tmux, &["Stop recording and quit?"])
    );
}

#[test]
fn an_attached_view_is_left_and_not_stopped() {
    let tmux = start(80, 24, "attached", &[]);
    let screen = wait_for_screen(&tmux, &["q leave"]);
    assert!(!screen.contains("q quit"), "{screen}");
    press_keys(&tmux, &["?"]);
    wait_for_screen(&tmux, &["recording goes on"]);
}

#[test]
fn another_size_lays_everything_out_again() {
    let tmux = start(160, 50, "still", &[]);
    wait_for_start(&tmux);
    tmux.resize(80, 24).unwrap();
    let small = wait_for_screen(&tmux, &["15:18:00", "4 of 4", "apps today", "q quit"]);
    let fresh = start(80, 24, "still", &[]);
    assert_eq!(
        small.trim_start(),
        wait_for_start(&fresh).trim_start(),
        "as if it had started in this size"
    );
    tmux.resize(50, 16).unwrap();
    insta::assert_snapshot!(
        "main_50x16",
        wait_for_screen(&tmux, &["last saved", "? help"])
    );
}

#[test]
fn without_colours_shapes_carry_the_meaning() {
    let tmux = start(80, 24, "still", &[("NO_COLOR", "1")]);
    let screen = wait_for_screen(&tmux, &["p pause", "apps today", "15:18:00"]);
    insta::assert_snapshot!("no_colour_80x24", screen);
    let escapes = tmux.coloured().unwrap();
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
fn a_screenshot_is_drawn_in_half_blocks() {
    let tmux = start(80, 24, "still", &[]);
    wait_for_start(&tmux);
    let escapes = tmux.coloured().unwrap();
    let row = escapes.lines().find(|row| row.contains("window")).unwrap();
    insta::assert_snapshot!("half_blocks_first_row", row.replace('\x1b', "ESC"));
}

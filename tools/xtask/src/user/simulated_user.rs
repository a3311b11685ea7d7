//! A person at a virtual desktop: three real windows, and a script that types, clicks, scrolls and switches.

use crate::process::{ProcessGroup, check_stop, output_of, pause, quiet, wait_until};
use crate::user::virtual_screen::VirtualScreen;
use anyhow::Result;
use std::ops::AddAssign;
use std::path::Path;
use std::time::{Duration, Instant};

/// The text of the editor window before anybody types.
const NOTES: &str = "\
# Release notes, draft

The import now keeps the time zone of each entry. Entries that cross
midnight are split at the day's end of the zone they were made in, so
a day's sum is the same in every report.

## To check before Friday
- the export of an empty week
- summer time: the night with 23 hours and the one with 25
- wording of the first question

";

/// Typed into the editor, a phrase per scene. Only keys that need no second one (no capitals), so that one character
/// is one press.
const PHRASES: [&str; 3] = [
    "the weekly export is done, numbers agree with the old sheet\n",
    "open question for monday, keep the draft in two files or one\n",
    "checked both nights of the clock change, nothing lost\n",
];

/// Typed into the terminal.
const COMMANDS: [&str; 3] = ["ls\n", "date\n", "uname -a\n"];

/// The input of the script, to be compared with the counts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct InputTotals {
    /// Keys pressed.
    pub(crate) keys: u64,
    /// Buttons clicked.
    pub(crate) clicks: u64,
    /// Wheel steps.
    pub(crate) scroll: u64,
    /// Switches from one window to another.
    pub(crate) switches: u64,
}

impl AddAssign for InputTotals {
    fn add_assign(&mut self, more: Self) {
        self.keys += more.keys;
        self.clicks += more.clicks;
        self.scroll += more.scroll;
        self.switches += more.switches;
    }
}

/// The three windows, and who sits before them.
#[derive(Debug)]
pub(crate) struct SimulatedUser<'a> {
    desktop: &'a VirtualScreen,
    editor: String,
    terminal: String,
    chart: String,
    _programs: [ProcessGroup; 3],
}

impl<'a> SimulatedUser<'a> {
    /// Opens the windows; their files lie in `dir`.
    ///
    /// # Errors
    /// When a program cannot be started or shows no window.
    pub(crate) fn open_window(desktop: &'a VirtualScreen, dir: &Path) -> Result<Self> {
        let notes = dir.join("notes.md");
        fs_err::write(&notes, NOTES)?;
        let xterm = |title: &str, class: &str, place: &str| {
            let mut command = desktop.command("xterm");
            command
                .args(["-class", class, "-T", title, "-geometry", place])
                .args(["-fa", "DejaVu Sans Mono", "-fs", "11"])
                .current_dir(dir);
            quiet(&mut command);
            command
        };
        // `cat FILE -` shows the file and then whatever is typed: an editor as far as a window, keys and pixels go.
        let mut editor = xterm("notes.md - Editor", "Editor", "90x30+40+40");
        editor.args(["-bg", "white", "-fg", "#202020", "-e", "cat"]);
        let editor = ProcessGroup::start(editor.arg(&notes).arg("-"))?;
        let mut terminal = xterm("Terminal", "Terminal", "80x24+900+300");
        terminal.args(["-bg", "#101418", "-fg", "#d0d0d0", "-e", "sh"]);
        let terminal = ProcessGroup::start(terminal.env("PS1", "$ "))?;
        let mut chart = desktop.command("xfd");
        chart
            .args(["-fn", "fixed", "-title", "Characters"])
            .args(["-geometry", "+300+520"]);
        let chart = ProcessGroup::start(quiet(&mut chart))?;
        Ok(Self {
            editor: desktop.window("notes.md - Editor")?,
            terminal: desktop.window("Terminal")?,
            chart: desktop.window("Characters")?,
            desktop,
            _programs: [editor, terminal, chart],
        })
    }

    /// Works for `how_long`, scene after scene.
    ///
    /// # Errors
    /// [`crate::process::Interrupted`] on Ctrl-C, or when the desktop is gone.
    pub(crate) fn work_for(&self, how_long: Duration) -> Result<InputTotals> {
        let end = Instant::now() + how_long;
        let mut done = InputTotals::default();
        for round in 0.. {
            for scene in [Self::write, Self::command, Self::read_screen] {
                if Instant::now() >= end {
                    return Ok(done);
                }
                done += scene(self, round)?;
                let rest = Duration::from_millis(1500);
                pause(rest.min(end.saturating_duration_since(Instant::now())))?;
            }
        }
        Ok(done)
    }

    /// Writes a line in the editor, whose title then shows an unsaved draft.
    fn write(&self, round: usize) -> Result<InputTotals> {
        self.activate(&self.editor)?;
        let phrase = PHRASES[round % PHRASES.len()];
        self.xdotool(&["type", "--delay", "40", phrase])?;
        let title = format!("notes.md (draft {}) - Editor", round + 1);
        self.xdotool(&["set_window", "--name", &title, &self.editor])?;
        check_stop()?;
        Ok(InputTotals {
            keys: phrase.chars().count() as u64,
            switches: 1,
            ..InputTotals::default()
        })
    }

    /// Types a command in the terminal and clicks once into it.
    fn command(&self, round: usize) -> Result<InputTotals> {
        self.activate(&self.terminal)?;
        self.xdotool(&["mousemove", "--window", &self.terminal, "200", "150"])?;
        self.xdotool(&["click", "1"])?;
        let command = COMMANDS[round % COMMANDS.len()];
        self.xdotool(&["type", "--delay", "60", command])?;
        Ok(InputTotals {
            keys: command.chars().count() as u64,
            clicks: 1,
            switches: 1,
            ..InputTotals::default()
        })
    }

    /// Looks through the table of characters: clicks into it and scrolls.
    fn read_screen(&self, round: usize) -> Result<InputTotals> {
        self.activate(&self.chart)?;
        let x = (60 + 20 * (round % 8)).to_string();
        self.xdotool(&["mousemove", "--window", &self.chart, &x, "160"])?;
        self.xdotool(&["click", "--repeat", "2", "--delay", "400", "1"])?;
        self.xdotool(&["click", "--repeat", "5", "--delay", "80", "5"])?;
        Ok(InputTotals {
            clicks: 2,
            scroll: 5,
            switches: 1,
            ..InputTotals::default()
        })
    }

    fn activate(&self, window: &str) -> Result<()> {
        self.xdotool(&["windowactivate", window])?;
        wait_until(
            "a window to take the focus",
            Duration::from_secs(10),
            || {
                let active = output_of(self.desktop.command("xdotool").arg("getactivewindow"));
                Ok(active.ok().filter(|a| a.trim() == window).map(drop))
            },
        )
    }

    fn xdotool(&self, args: &[&str]) -> Result<()> {
        output_of(self.desktop.command("xdotool").args(args)).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_character_of_the_script_is_one_press() {
        for text in PHRASES.iter().chain(&COMMANDS) {
            assert!(
                text.chars()
                    .all(|c| c.is_ascii_lowercase() || matches!(c, ' ' | ',' | '-' | '\n')),
                "{text:?} needs a second key"
            );
        }
    }
}

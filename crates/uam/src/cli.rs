//! The command line. One definition gives parser, help and completions.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// An open, honest record of your working day: windows, counts of keys and clicks, now and then a picture.
///
/// Without a command, `uam` records (as `uam run`). It counts; it never learns what you type.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub(crate) struct Cli {
    /// Keep everything (settings, data, socket) under this folder.
    #[arg(long, global = true, env = "UAM_HOME", value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) run: RunArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Record until stopped (Ctrl-C, `uam stop`, or the end of the session).
    Run(RunArgs),
    /// Show what the running instance is doing.
    Status {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Pause recording. It holds even if uam crashes and is started anew.
    Pause {
        /// For how long: 15m, 1h, 90s, or `tomorrow` (until the next day begins). Without it, until `uam resume`.
        #[arg(value_name = "TIME", value_parser = crate::time::parse_pause)]
        time: Option<crate::time::PauseLength>,
        /// The same.
        #[arg(long = "for", value_name = "TIME", value_parser = crate::time::parse_pause, conflicts_with = "time")]
        length: Option<crate::time::PauseLength>,
    },
    /// Resume recording after a pause; outside the recording hours, until they begin.
    Resume,
    /// End the running instance cleanly.
    Stop,
    /// Take a picture of the active window now (the same rules hold as for any other).
    Shot,
    /// Say what can be recorded on this desktop, where everything lies, and what is wrong.
    Doctor {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show what a day held.
    Report {
        /// Which day: YYYY-MM-DD, `today` or `yesterday`.
        #[arg(long, default_value = "today", value_name = "DAY")]
        day: String,
        /// As JSON.
        #[arg(long, conflicts_with = "csv")]
        json: bool,
        /// As CSV.
        #[arg(long)]
        csv: bool,
    },
    /// Print the recorded lines, exactly as they are sent.
    Export {
        /// First line to print, by sequence number.
        #[arg(long, default_value_t = 1, value_name = "SEQ")]
        from: u64,
    },
    /// List screenshots, show one in the terminal, or save it.
    Shots {
        /// How many of the newest to list.
        #[arg(long, short = 'n', default_value_t = 20, value_name = "COUNT")]
        count: usize,
        /// Show this one in the terminal, by sequence number; `last` is the newest.
        #[arg(long, value_name = "SEQ", conflicts_with = "save")]
        show: Option<String>,
        /// How to draw it.
        #[arg(long, value_enum, default_value_t = Protocol::Auto)]
        protocol: Protocol,
        /// Save the picture of --seq (or the newest) to this file.
        #[arg(long, value_name = "FILE")]
        save: Option<PathBuf>,
        /// Which picture to save; the newest if not given.
        #[arg(long, value_name = "SEQ", requires = "save")]
        seq: Option<u64>,
    },
    /// Show, test or change which windows are never named and never pictured.
    Exclude(crate::commands::exclude::ExcludeArgs),
    /// Show or change settings.
    Config {
        #[command(subcommand)]
        action: Option<ConfigAction>,
    },
    /// Send what is waiting, once, and say what was sent. The running instance does this by itself.
    Upload {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print a completion script for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigAction {
    /// Print the settings in force.
    Show,
    /// Print where the settings file is.
    Path,
    /// Check the settings file and the environment, and say what is wrong.
    Check,
    /// Make the running instance take exclusion rules and recording hours from the settings file now.
    Reload,
    /// Change one setting, such as `uam config set shots.blur false`.
    Set {
        /// Dotted name, as `uam config show` prints it.
        key: String,
        /// New value.
        value: String,
    },
}

/// What a run can be told.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct RunArgs {
    /// Take the remembered answers (or the defaults) to the start-up questions.
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
    /// Take pictures of the active window.
    #[arg(long, overrides_with = "no_capture")]
    pub(crate) capture: bool,
    /// Take no pictures.
    #[arg(long)]
    pub(crate) no_capture: bool,
    /// Make pictures unreadable before they are kept.
    #[arg(long, overrides_with = "no_blur")]
    pub(crate) blur: bool,
    /// Keep pictures readable.
    #[arg(long)]
    pub(crate) no_blur: bool,
    /// One picture in each interval of this length: 5m, 30s, 1h (a bare number is minutes).
    #[arg(long, value_name = "TIME", value_parser = crate::time::parse_length)]
    pub(crate) every: Option<std::time::Duration>,
    /// Print plain lines even on a terminal.
    #[arg(long)]
    pub(crate) plain: bool,
    /// Also write every sensor event to this file, one JSON object a line (titles included, keys never).
    #[arg(long, value_name = "FILE")]
    pub(crate) record_trace: Option<PathBuf>,
    /// Replay a recorded trace instead of watching the desktop; the run ends with it.
    #[arg(long, value_name = "FILE", conflicts_with = "record_trace")]
    pub(crate) replay: Option<PathBuf>,
}

impl RunArgs {
    /// The answer given by flags to "take pictures?", if any.
    pub(crate) fn capture_answer(&self) -> Option<bool> {
        answer(self.capture, self.no_capture)
    }

    /// The answer given by flags to "blur them?", if any.
    pub(crate) fn blur_answer(&self) -> Option<bool> {
        answer(self.blur, self.no_blur)
    }
}

fn answer(yes: bool, no: bool) -> Option<bool> {
    match (yes, no) {
        (_, true) => Some(false),
        (true, _) => Some(true),
        _ => None,
    }
}

/// How a picture is drawn in a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Protocol {
    /// Whatever the terminal can.
    Auto,
    /// The kitty graphics protocol.
    Kitty,
    /// DEC sixel graphics.
    Sixel,
    /// iTerm2 inline images.
    Iterm2,
    /// Half blocks: two pixels a character, on any terminal with colour.
    Blocks,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}

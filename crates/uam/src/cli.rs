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
        time: Option<protocol::PauseLength>,
        /// The same.
        #[arg(long = "for", value_name = "TIME", value_parser = crate::time::parse_pause, conflicts_with = "time")]
        length: Option<protocol::PauseLength>,
    },
    /// Resume recording after a pause; outside the recording hours, until they begin.
    Resume,
    /// Look on: the console of the running instance, in this terminal (asks for a code). Leaving it ends no recording.
    Attach {
        /// Print plain lines even on a terminal.
        #[arg(long)]
        plain: bool,
    },
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
    /// Show what a day held, or many days.
    Report(ReportArgs),
    /// Show which category and project windows get in reports, and by which rule.
    Categories(crate::commands::categories::CategoriesArgs),
    /// Print the recorded lines, exactly as they are sent; or put everything into one file for the person it is about.
    Export(ExportArgs),
    /// Take something out: window names, titles, counts and pictures go, the time and its state stay.
    Delete(DeleteArgs),
    /// Erase whole days for good, here and (as far as it may be done) where they were sent.
    Erase(EraseArgs),
    /// List what left this computer, and show it as it lies there.
    Sent(SentArgs),
    /// Check that everything that was sent is there, unchanged. Asks for no code; exit code 0 complete, 5 incomplete,
    /// 6 tampered.
    Verify(VerifyArgs),
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
    /// Show the record in a browser on this computer, until nobody has looked for ten minutes.
    Dashboard {
        /// Listen on this port of 127.0.0.1 instead of any free one.
        #[arg(long, default_value_t = 0, value_name = "N", hide_default_value = true)]
        port: u16,
        /// Print the link only; open no browser.
        #[arg(long)]
        no_open: bool,
    },
    /// Show, test or change which windows are never named and never pictured.
    Exclude(crate::commands::exclude::ExcludeArgs),
    /// Show or change settings.
    #[command(name = "config")]
    Settings {
        #[command(subcommand)]
        action: Option<ConfigAction>,
    },
    /// Show which old pictures leave this disk by the settings, and when; times and counts stay.
    Retention {
        /// Let them leave now.
        #[arg(long, conflicts_with = "json")]
        apply: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Send what is waiting, once, and say what was sent. The running instance does this by itself.
    Upload {
        /// Also what is still held back for you to look at.
        #[arg(long)]
        now: bool,
        /// Send nothing: print the IAM policy for a key that may store what this device sends, and no more.
        #[arg(long, conflicts_with_all = ["now", "json"])]
        policy: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
        /// The key of the running instance comes through standard input.
        #[arg(long, hide = true)]
        lease: bool,
    },
    /// Unlock the record for reading, for ten minutes after the last look at it.
    Unlock {
        /// For how long after the last look: 1m to 1h.
        #[arg(long = "for", value_name = "TIME", value_parser = crate::time::parse_length, default_value = "10m")]
        idle: std::time::Duration,
    },
    /// End an unlock now.
    Lock,
    /// Show and change who can open the record, and with what.
    Keys {
        #[command(subcommand)]
        action: Option<KeysAction>,
    },
    /// Get in again with a recovery code: after the phone or the passphrase is lost, or on another computer.
    Recover {
        /// A vault file, such as the copy beside the record in the bucket; then the key for `age -d -i` is printed.
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
        /// Print the key into this new file instead of on the screen.
        #[arg(long, value_name = "FILE", requires = "from")]
        identity: Option<PathBuf>,
    },
    /// Show the notice: what is recorded, who can read it, and when it was agreed to.
    Consent,
    /// What holds a run in the background; started by `uam run --background` alone.
    #[command(hide = true)]
    Supervisor(RunArgs),
    /// The recording process of a run; started by `uam run` alone.
    #[command(hide = true)]
    Worker(RunArgs),
    /// Holds an unlocked key; started by `uam unlock` alone.
    #[command(hide = true)]
    Keyholder,
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

#[derive(Debug, Subcommand)]
pub(crate) enum KeysAction {
    /// List the key slots and who else can read.
    List,
    /// Let a passphrase open the vault too.
    AddPassphrase,
    /// Let this computer's credential store open the vault too.
    AddStore,
    /// Remove a key slot.
    Remove {
        /// Its number, as `uam keys` lists it.
        slot: u32,
    },
    /// Make ten new recovery codes; the old ones are void.
    Recovery {
        /// Write them into this new file instead of showing them.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Set up a new phone: a new secret for the authenticator app.
    Phone {
        /// Keep an authenticator entry that exists already; the file holds its secret or otpauth:// URL.
        #[arg(long, value_name = "FILE")]
        import: Option<PathBuf>,
    },
    /// Let an organisation read what is recorded from now on.
    AddOrganisation {
        /// What it is called, as in "Acme Ltd, payroll".
        name: String,
        /// Its age public key (age1…).
        key: String,
    },
    /// An organisation reads nothing new from now on.
    RemoveOrganisation {
        /// Its name.
        name: String,
    },
    /// Replace every key. What was recorded stays readable for you.
    Rotate {
        /// Open the vault with a passphrase from now on, even where there is a credential store.
        #[arg(long)]
        passphrase: bool,
        /// Write the new recovery codes into this new file instead of showing them.
        #[arg(long, value_name = "FILE")]
        recovery_kit: Option<PathBuf>,
    },
}

/// Which days to report, and how.
#[derive(Clone, Debug, Args)]
pub(crate) struct ReportArgs {
    /// Which day: YYYY-MM-DD, `today` or `yesterday`.
    #[arg(
        long,
        default_value = "today",
        value_name = "DAY",
        conflicts_with = "many"
    )]
    pub(crate) day: String,
    /// The week (Monday to Sunday) of that day, one line a day; of today if not given.
    #[arg(long, value_name = "DAY", num_args = 0..=1, default_missing_value = "today", group = "many")]
    pub(crate) week: Option<String>,
    /// The month of that day, one line a day.
    #[arg(long, value_name = "DAY", num_args = 0..=1, default_missing_value = "today", group = "many")]
    pub(crate) month: Option<String>,
    /// The year of that day, one line a day.
    #[arg(long, value_name = "DAY", num_args = 0..=1, default_missing_value = "today", group = "many")]
    pub(crate) year: Option<String>,
    /// Every day from this one on, one line a day.
    #[arg(long, value_name = "DAY", group = "many")]
    pub(crate) from: Option<String>,
    /// Up to this day; today if not given.
    #[arg(long, value_name = "DAY", requires = "from")]
    pub(crate) to: Option<String>,
    /// As JSON.
    #[arg(long, conflicts_with = "csv")]
    pub(crate) json: bool,
    /// As CSV.
    #[arg(long)]
    pub(crate) csv: bool,
    /// Count a visit to another application that is shorter than this to the one it interrupted: 30s, 2m.
    #[arg(long, value_name = "TIME", value_parser = crate::time::parse_length)]
    pub(crate) merge: Option<std::time::Duration>,
    /// Write a page to hand over into this file: one HTML file with charts, which fetches and runs nothing.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "csv"])]
    pub(crate) html: Option<PathBuf>,
    /// The same as PDF.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "csv"])]
    pub(crate) pdf: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) letter: LetterArgs,
}

/// What a page to hand over says besides.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct LetterArgs {
    /// Who the page is for.
    #[arg(long = "for", value_name = "NAME")]
    pub(crate) client: Option<String>,
    /// Whose time it is.
    #[arg(long = "by", value_name = "NAME")]
    pub(crate) author: Option<String>,
    /// Put this picture into the page, by the number `uam shots` lists; at most 20.
    #[arg(long = "shot", value_name = "SEQ")]
    pub(crate) shots: Vec<u64>,
}

/// What makes a block of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BlocksBy {
    /// Projects.
    Project,
    /// Categories.
    Category,
    /// Applications.
    App,
}

/// `uam export`
#[derive(Clone, Debug, Args)]
pub(crate) struct ExportArgs {
    /// First line to print, by sequence number; with --subject or --ics the first day.
    #[arg(long, value_name = "SEQ|DAY")]
    pub(crate) from: Option<String>,
    /// With --subject: the last day, as YYYY-MM-DD (UTC). With --ics the last day; today if not given.
    #[arg(long, value_name = "DAY", requires = "file")]
    pub(crate) to: Option<String>,
    /// Put records, tables, notices and pictures into this new ZIP file, for the person the record is about.
    #[arg(long, value_name = "FILE", group = "file")]
    pub(crate) subject: Option<PathBuf>,
    /// Write blocks of work into this calendar file.
    #[arg(long, value_name = "FILE", group = "file")]
    pub(crate) ics: Option<PathBuf>,
    /// With --ics: what makes a block. Projects if there are rules for any, else categories.
    #[arg(long, value_enum, requires = "ics")]
    pub(crate) by: Option<BlocksBy>,
    /// With --ics: leave out blocks shorter than this.
    #[arg(long, value_name = "TIME", value_parser = crate::time::parse_length, default_value = "10m")]
    pub(crate) min: std::time::Duration,
}

impl ExportArgs {
    /// The first line to print.
    pub(crate) fn first(&self) -> anyhow::Result<u64> {
        self.from.as_deref().map_or(Ok(1), |text| {
            text.parse().map_err(|_| {
                model::UserError::usage(
                    format!("\"{text}\" is not a line's number"),
                    "For example: uam export --from 1000. Days go with --subject FILE.zip.",
                )
                .into()
            })
        })
    }
}

/// `uam delete`
#[derive(Clone, Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["last", "shot", "from"]))]
pub(crate) struct DeleteArgs {
    /// The last while: 10m, 1h, 1d.
    #[arg(long, value_name = "TIME", value_parser = crate::time::parse_while)]
    pub(crate) last: Option<std::time::Duration>,
    /// One picture, by the number `uam shots` lists.
    #[arg(long, value_name = "SEQ")]
    pub(crate) shot: Option<u64>,
    /// From this moment, as "YYYY-MM-DD HH:MM" in the time zone in force.
    #[arg(long, value_name = "WHEN", requires = "to")]
    pub(crate) from: Option<String>,
    /// Until this moment.
    #[arg(long, value_name = "WHEN", requires = "from")]
    pub(crate) to: Option<String>,
    /// Say only what it would come to.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask.
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
}

/// `uam erase`
#[derive(Clone, Debug, Args)]
pub(crate) struct EraseArgs {
    /// First day, as YYYY-MM-DD. Days are UTC days here, as the journal keeps them.
    #[arg(long, value_name = "DAY")]
    pub(crate) from: String,
    /// Last day, as YYYY-MM-DD (UTC).
    #[arg(long, value_name = "DAY")]
    pub(crate) to: String,
    /// Say only what it would come to.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask for the word ERASE (the factors are asked for all the same).
    #[arg(long)]
    pub(crate) yes: bool,
}

/// `uam sent`
#[derive(Clone, Debug, Args)]
pub(crate) struct SentArgs {
    /// Fetch this object, check it, open it and print it; by its name or the end of it.
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    pub(crate) show: Option<String>,
    /// The same with every object.
    #[arg(long)]
    pub(crate) all: bool,
    /// Save what --show opened (a picture, or lines) to this file.
    #[arg(long, value_name = "FILE", requires = "show")]
    pub(crate) save: Option<PathBuf>,
    /// How to draw a picture.
    #[arg(long, value_enum, default_value_t = Protocol::Auto)]
    pub(crate) protocol: Protocol,
    /// As JSON, one object a line.
    #[arg(long, conflicts_with_all = ["show", "all"])]
    pub(crate) json: bool,
}

/// What is checked.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// s3://bucket/prefix, or a directory that holds a copy of it; without it, where this computer sends to, compared
    /// with its journal.
    #[arg(value_name = "PLACE")]
    pub(crate) place: Option<String>,
    /// Compare PLACE with the journal of this computer too.
    #[arg(long)]
    pub(crate) journal: bool,
    /// The public key that may sign, as `uam keys` prints it on the device; may be given several times. Without it, the
    /// key of each device's first manifest counts.
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Vec<String>,
    /// What this earlier report (of `uam verify --json`) found must still be there.
    #[arg(long, value_name = "FILE")]
    pub(crate) since: Option<PathBuf>,
    /// Look at names and sizes alone.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Print the whole report as JSON.
    #[arg(long)]
    pub(crate) json: bool,
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
    /// Seal what is sent, so that only your keys can open it.
    #[arg(long, overrides_with = "no_seal")]
    pub(crate) seal: bool,
    /// Send records and pictures so that whoever can read the bucket can read them.
    #[arg(long)]
    pub(crate) no_seal: bool,
    /// Agree to the notice of what is recorded, without being asked (it is shown all the same).
    #[arg(long)]
    pub(crate) agree: bool,
    /// First run: keep an authenticator entry that exists already; the file holds its secret or otpauth:// URL.
    #[arg(long, value_name = "FILE")]
    pub(crate) import: Option<PathBuf>,
    /// First run: write the recovery codes into this new file instead of showing them.
    #[arg(long, value_name = "FILE")]
    pub(crate) recovery_kit: Option<PathBuf>,
    /// Print plain lines even on a terminal.
    #[arg(long)]
    pub(crate) plain: bool,
    /// Go on without this terminal once the code is given; `uam attach` shows it, `uam stop` ends it. Something on the desktop
    /// must show that uam runs: a tray or notifications.
    #[arg(long, conflicts_with = "plain")]
    pub(crate) background: bool,
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

impl RunArgs {
    /// The answer given by flags to "seal what is sent?", if any.
    pub(crate) fn seal_answer(&self) -> Option<bool> {
        answer(self.seal, self.no_seal)
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
    fn a_report_is_of_one_day_or_of_many() {
        let report = |words: &[&str]| {
            let line = ["uam", "report"].iter().chain(words);
            match Cli::try_parse_from(line).map(|cli| cli.command) {
                Ok(Some(Command::Report(args))) => Some(args),
                _ => None,
            }
        };
        assert!(report(&[]).is_some_and(|a| a.day == "today" && a.week.is_none()));
        let week = report(&["--week", "--json"]).and_then(|a| a.week);
        assert_eq!(week.as_deref(), Some("today"));
        let year = report(&["--year", "2025-06-01"]).and_then(|a| a.year);
        assert_eq!(year.as_deref(), Some("2025-06-01"));
        assert!(report(&["--from", "2025-01-01", "--to", "2025-02-01"]).is_some());
        for wrong in [
            &["--week", "--year"][..],
            &["--day", "today", "--month"],
            &["--to", "today"],
            &["--json", "--csv"],
        ] {
            assert!(report(wrong).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}

//! The command line. One definition gives parser, help and completions.

mod args;
mod help;
pub(crate) mod values;

pub(crate) use args::{
    BlocksBy, CategoriesArgs, DeleteArgs, EraseArgs, ExcludeArgs, ExportArgs, GraphicsChoice,
    ReportArgs, RunArgs, ShotsArgs, UploadedArgs, VerifyArgs,
};
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// The arguments of one call of `uam`: an optional command, and the options of a run for the call without one.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, help_template = help::TEXT)]
pub struct Cli {
    /// Keep settings, data and sockets under DIR.
    #[arg(long, global = true, env = "UAM_HOME", value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,

    #[command(subcommand)]
    pub(crate) command: Option<CliCommand>,

    #[command(flatten)]
    pub(crate) run: RunArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CliCommand {
    /// Record until stopped with Ctrl-C, `uam stop` or the end of the session.
    Run(RunArgs),
    /// Show what the running uam is doing.
    Status {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Pause recording. A restart does not end the pause.
    Pause {
        /// How long: 15m, 1h, 90s, or `tomorrow` (until the next day begins); without it, until `uam resume`.
        #[arg(value_name = "TIME", value_parser = values::parse_pause_length)]
        time: Option<protocol::PauseLength>,
        /// Same as TIME.
        #[arg(long = "for", value_name = "TIME", value_parser = values::parse_pause_length, conflicts_with = "time")]
        length: Option<protocol::PauseLength>,
    },
    /// Resume recording after a pause; outside the recording hours, until they begin.
    Resume,
    /// Show the live view of the running uam in this terminal. Asks for a code; leaving it does not stop recording.
    Attach {
        /// Print plain lines, even on a terminal.
        #[arg(long)]
        plain: bool,
    },
    /// Stop the running uam: it writes and uploads the remaining records, then ends.
    Stop,
    /// Take a screenshot of the active window now, under the same rules as any other.
    Shot,
    /// Check which sensors work on this desktop, where files are, and what is wrong.
    Doctor {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Report a day, a week, a month, a year, or a range of days.
    Report(ReportArgs),
    /// Show the category and project rules, or test them.
    Categories(CategoriesArgs),
    /// Export records as JSON lines, a calendar, or one ZIP file with everything.
    Export(ExportArgs),
    /// Delete window names, titles, counts and screenshots of a time range; the time and its state stay.
    Delete(DeleteArgs),
    /// Erase whole UTC days for good, here and (where allowed) in the uploads.
    Erase(EraseArgs),
    /// List the uploaded objects, or fetch, check and print them.
    Sent(UploadedArgs),
    /// Check that every uploaded object is there, unchanged. Needs no code. Exit code 0 complete, 5 incomplete,
    /// 6 tampered.
    Verify(VerifyArgs),
    /// List screenshots, show one in the terminal, or save one.
    Shots(ShotsArgs),
    /// Open the local page in a browser. It closes after ten minutes without use.
    Dashboard {
        /// Port of 127.0.0.1; default: any free one.
        #[arg(long, default_value_t = 0, value_name = "N", hide_default_value = true)]
        port: u16,
        /// Print the link without opening a browser.
        #[arg(long)]
        no_open: bool,
    },
    /// Show, test, add or remove exclusion rules: windows that are never named and never captured.
    Exclude(ExcludeArgs),
    /// Show or change settings.
    Config {
        #[command(subcommand)]
        action: Option<ConfigAction>,
    },
    /// Show which old screenshots will be deleted or archived, and when. Times and counts stay.
    Retention {
        /// Do it now.
        #[arg(long, conflicts_with = "json")]
        apply: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Upload the waiting records and screenshots, once. The running uam does this by itself.
    Upload {
        /// Also upload records that are still held back.
        #[arg(long)]
        now: bool,
        /// Print the IAM policy of a key that can only store this device's uploads; upload nothing.
        #[arg(long, conflicts_with_all = ["now", "json"])]
        policy: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// The key of the running uam comes through standard input.
        #[arg(long, hide = true)]
        lease: bool,
    },
    /// Unlock the record for reading, until ten minutes after the last access.
    Unlock {
        /// How long after the last access: 1m to 1h.
        #[arg(long = "for", value_name = "TIME", value_parser = values::parse_duration, default_value = "10m")]
        idle: std::time::Duration,
    },
    /// Lock the record now.
    Lock,
    /// Show or change who can open the record.
    Keys {
        #[command(subcommand)]
        action: Option<KeysAction>,
    },
    /// Regain access with a recovery code: lost phone, lost passphrase, or another computer.
    Recover {
        /// A vault file, such as the copy in the bucket; prints the key for `age -d -i`.
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
        /// Write that key to this new file instead.
        #[arg(long, value_name = "FILE", requires = "from")]
        identity: Option<PathBuf>,
    },
    /// Show the consent notice, and when you agreed to it.
    Consent,
    /// Holds the lease of a run in the background; started by `uam run --background` alone.
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
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigAction {
    /// Print the settings in force.
    Show,
    /// Print the path of the settings file.
    Path,
    /// Check the settings file and the environment.
    Check,
    /// Apply exclusion rules and recording hours from the settings file now.
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
    /// List key slots and readers.
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
    /// Make ten new recovery codes; the old ones become void.
    Recovery {
        /// Write them to this new file instead of showing them.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Set up a new phone: a new secret for the authenticator app.
    Phone {
        /// Keep an existing authenticator entry; FILE holds its secret or otpauth:// URL.
        #[arg(long, value_name = "FILE")]
        import: Option<PathBuf>,
    },
    /// Let an organisation read the records from now on.
    AddOrganisation {
        /// Its name, such as "Acme Ltd, payroll".
        name: String,
        /// Its age public key (age1…).
        key: String,
    },
    /// Stop that for new records.
    RemoveOrganisation {
        /// Its name.
        name: String,
    },
    /// Replace every key; recorded data stay readable for you.
    Rotate {
        /// Open the vault with a passphrase from now on, even where there is a credential store.
        #[arg(long)]
        passphrase: bool,
        /// Write the new recovery codes to this new file instead of showing them.
        #[arg(long, value_name = "FILE")]
        recovery_kit: Option<PathBuf>,
    },
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
                Ok(Some(CliCommand::Report(args))) => Some(args),
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

//! The command line: chores and their options.

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// The project's chores.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    disable_version_flag = true
)]
pub(crate) struct XtaskCli {
    /// What to do; without it the chores are listed.
    #[command(subcommand)]
    pub(crate) chore: Option<Chore>,
}

/// A chore and its options.
#[derive(Debug, PartialEq, Subcommand)]
pub(crate) enum Chore {
    /// Run the monitor: on this desktop, or on a virtual one when there is none
    Try(TryArgs),
    /// Set up and run every check and test, those of the Windows program under Wine last
    Test(TestArgs),
    /// Drive the page (`uam dashboard`) in a real headless Chromium; screenshots go to target/page
    PageTest,
    /// The Windows program: set up, lint, build, and test under Wine (Debian and Ubuntu on x86-64)
    Windows(WindowsArgs),
    /// Pack what people install, into target/dist: for Windows a setup program, an .msi and a .zip, for Linux a .deb and
    /// a .tar.gz, with their SHA-256 sums
    ///
    /// $UAM_SIGN signs: see docs/RELEASING.md.
    Dist(DistArgs),
    /// Break things on purpose and count what is lost: crashes, power cuts, failing disks and networks, damaged files
    Lab(LabArgs),
    /// Check the rules of the source text that no compiler checks (part of `test`)
    Rules,
    /// Check the words: the vocabulary in prose and names, and the subjects of commits (part of `test`)
    CheckLanguage(CheckLanguageArgs),
    /// Check the layout: circles between the files of a crate, long functions, long files (part of `test`)
    CheckLayout(CheckLayoutArgs),
    /// Check the workflows in .github against GitHub's schema (part of `test`)
    CheckWorkflows,
    /// Measure uam beside a Python program doing the same job
    Bench(BenchArgs),
}

/// Options of `try`.
#[derive(Args, Debug, PartialEq)]
pub(crate) struct TryArgs {
    /// How long the virtual desktop's day lasts, in seconds from 10 to 3600
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u64).range(10..=3600))]
    pub(crate) seconds: u64,
    /// Use a virtual desktop even where there is a real one
    #[arg(long = "virtual")]
    pub(crate) virtual_desktop: bool,
    /// Take the start-up questions' defaults on a real desktop, too
    #[arg(long)]
    pub(crate) yes: bool,
    /// A binary to run instead of a fresh build
    #[arg(long, value_name = "FILE")]
    pub(crate) uam: Option<PathBuf>,
}

/// Options of `test`.
#[derive(Args, Debug, PartialEq)]
pub(crate) struct TestArgs {
    /// Leave out the checks of the Windows program
    #[arg(long)]
    pub(crate) no_windows: bool,
}

/// Options of `windows`.
#[derive(Args, Debug, PartialEq)]
pub(crate) struct WindowsArgs {
    /// What to do; without it every check and test is run.
    #[command(subcommand)]
    pub(crate) chore: Option<WindowsChore>,
}

/// What to do for Windows alone.
#[derive(Debug, PartialEq, Subcommand)]
pub(crate) enum WindowsChore {
    /// Install the packages, then build Rust's standard library for Windows and a Wine prefix into the cache
    ///
    /// The cache is $XDG_CACHE_HOME/uam/windows or ~/.cache/uam/windows. It is filled once for each version of the
    /// compiler and of Wine.
    Setup,
    /// Debian's cargo for Windows, for example `cargo xtask windows cargo nextest run -p model`
    ///
    /// Output goes to `target` in the cache, or to $UAM_WINDOWS_TARGET_DIR. Programs run under Wine, on a display of
    /// their own.
    Cargo {
        /// Cargo's arguments
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Run a Windows program, on your desktop or, where there is none, on a display of its own
    ///
    /// What it writes stays in `own` in the cache, apart from the tests.
    Wine {
        /// The program and its arguments
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Print the environment of both for a script: eval "$(cargo xtask windows env)"
    ///
    /// It brings no display. With it, `wine` runs a second program beside the first.
    Env,
}

/// Options of `dist`.
#[derive(Args, Debug, Default, PartialEq)]
pub(crate) struct DistArgs {
    /// Where the packages go instead of target/dist
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Install, run, upgrade and remove each afterwards, the Windows ones under Wine
    #[arg(long)]
    pub(crate) check: bool,
    /// Leave Linux out
    #[arg(long, conflicts_with = "linux_only")]
    pub(crate) windows_only: bool,
    /// Leave Windows out
    #[arg(long)]
    pub(crate) linux_only: bool,
    /// The program to pack for Windows instead of a release build
    #[arg(long, value_name = "FILE")]
    pub(crate) windows_exe: Option<PathBuf>,
    /// The program to pack for Linux instead of a release build
    #[arg(long, value_name = "FILE")]
    pub(crate) linux_exe: Option<PathBuf>,
}

/// Options of `lab`.
#[derive(Args, Debug, Default, PartialEq)]
pub(crate) struct LabArgs {
    /// Which labs, such as kill,power; without it every lab runs
    pub(crate) names: Option<String>,
    /// The form whose figures are published; the short one takes minutes and is part of `test`
    #[arg(long)]
    pub(crate) long: bool,
}

/// Options of `check-language`.
#[derive(Args, Debug, PartialEq)]
pub(crate) struct CheckLanguageArgs {
    /// Print figures instead of checking
    #[arg(long, conflicts_with = "names")]
    pub(crate) stats: bool,
    /// Only files whose paths begin so, such as crates/journal; commits are then left out
    #[arg(value_name = "PATHS")]
    pub(crate) names: Vec<String>,
}

/// Options of `check-layout`.
#[derive(Args, Debug, PartialEq)]
pub(crate) struct CheckLayoutArgs {
    /// Only these crates, such as journal
    pub(crate) crates: Vec<String>,
}

/// Options of `bench`.
#[derive(Args, Debug, PartialEq)]
pub(crate) struct BenchArgs {
    /// Shorter windows and fewer screenshots; coarser figures
    #[arg(long)]
    pub(crate) quick: bool,
    /// Which groups of rows; without it all
    #[arg(long, value_name = "ROWS", value_delimiter = ',', value_parser = GROUPS)]
    pub(crate) only: Vec<String>,
    /// A release binary to measure instead of a fresh build
    #[arg(long, value_name = "FILE")]
    pub(crate) uam: Option<PathBuf>,
}

/// The groups of rows `bench --only` knows.
const GROUPS: [&str; 7] = [
    "agent", "shots", "uploads", "binary", "windows", "sealing", "page",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Option<Chore>, String> {
        let words = std::iter::once("xtask").chain(line.split_whitespace());
        let read = XtaskCli::try_parse_from(words);
        read.map(|cli| cli.chore).map_err(|error| error.to_string())
    }

    #[test]
    fn the_definition_holds_together() {
        use clap::CommandFactory;
        XtaskCli::command().debug_assert();
    }

    #[test]
    fn the_defaults_are_a_minute_on_whatever_desktop_there_is() {
        let expected = TryArgs {
            seconds: 60,
            virtual_desktop: false,
            yes: false,
            uam: None,
        };
        assert_eq!(parsed("try"), Ok(Some(Chore::Try(expected))));
        assert_eq!(parsed(""), Ok(None));
    }

    #[test]
    fn options_are_read_in_any_order() {
        let expected = TryArgs {
            seconds: 20,
            virtual_desktop: true,
            yes: true,
            uam: None,
        };
        assert_eq!(
            parsed("try --yes --virtual --seconds 20"),
            Ok(Some(Chore::Try(expected)))
        );
        let expected = BenchArgs {
            quick: true,
            only: vec!["agent".into(), "shots".into()],
            uam: Some("/tmp/uam".into()),
        };
        assert_eq!(
            parsed("bench --only agent,shots --quick --uam /tmp/uam"),
            Ok(Some(Chore::Bench(expected)))
        );
    }

    #[test]
    fn packages_are_for_both_systems_unless_one_is_left_out() {
        assert_eq!(parsed("dist"), Ok(Some(Chore::Dist(DistArgs::default()))));
        let expected = DistArgs {
            check: true,
            windows_only: true,
            windows_exe: Some("uam.exe".into()),
            ..DistArgs::default()
        };
        assert_eq!(
            parsed("dist --windows-exe uam.exe --windows-only --check"),
            Ok(Some(Chore::Dist(expected)))
        );
    }

    #[test]
    fn what_another_program_gets_is_left_alone() {
        assert_eq!(
            parsed("test"),
            Ok(Some(Chore::Test(TestArgs { no_windows: false })))
        );
        assert_eq!(
            parsed("test --no-windows"),
            Ok(Some(Chore::Test(TestArgs { no_windows: true })))
        );
        for (line, chore) in [
            ("windows", None),
            ("windows setup", Some(WindowsChore::Setup)),
            ("windows env", Some(WindowsChore::Env)),
            (
                "windows cargo test -p model -- --nocapture",
                Some(WindowsChore::Cargo {
                    args: ["test", "-p", "model", "--", "--nocapture"]
                        .map(str::to_owned)
                        .to_vec(),
                }),
            ),
            (
                "windows wine uam.exe --help",
                Some(WindowsChore::Wine {
                    args: vec!["uam.exe".into(), "--help".into()],
                }),
            ),
        ] {
            let expected = Chore::Windows(WindowsArgs { chore });
            assert_eq!(parsed(line), Ok(Some(expected)), "{line}");
        }
    }

    #[test]
    fn labs_are_all_of_them_unless_some_are_named() {
        assert_eq!(parsed("lab"), Ok(Some(Chore::Lab(LabArgs::default()))));
        let expected = LabArgs {
            names: Some("kill,power".into()),
            long: true,
        };
        assert_eq!(
            parsed("lab --long kill,power"),
            Ok(Some(Chore::Lab(expected)))
        );
    }

    #[test]
    fn wrong_arguments_are_named() {
        for (line, word) in [
            ("tyr", "tyr"),
            ("try --second 5", "--second"),
            ("try --seconds", "--seconds"),
            ("try --seconds 5", "5"),
            ("test --fast", "--fast"),
            ("rules all", "all"),
            ("check-language --statistics", "--statistics"),
            ("check-layout --all", "--all"),
            ("lab --short", "--short"),
            ("lab kill power", "power"),
            ("windows build", "build"),
            ("windows setup now", "now"),
            ("windows cargo", "<ARGS>..."),
            ("bench --only shot", "'shot'"),
            ("bench --uam", "--uam"),
            ("dist --out", "--out"),
            ("dist --chekc", "--chekc"),
            ("dist --windows-only --linux-only", "cannot be used"),
        ] {
            let wrong = parsed(line).err();
            assert!(
                wrong.as_deref().is_some_and(|w| w.contains(word)),
                "{line}: {wrong:?}"
            );
        }
    }
}

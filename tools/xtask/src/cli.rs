//! What the person typed.

use std::path::PathBuf;

/// Shown without arguments and after a wrong one.
pub(crate) const HELP: &str = "\
cargo xtask try [--seconds N] [--virtual] [--yes] [--uam FILE]
    Run the monitor: on this desktop, or on a virtual one when there is none (or with --virtual).
    --uam takes a binary instead of building one.
cargo xtask test [--no-windows]
    Set up and run every check and test, those of the Windows program under Wine last; --no-windows leaves these out.
cargo xtask page-test
    Drive the page (`uam dashboard`) in a real headless Chromium; screenshots go to target/page.
cargo xtask windows
    The Windows program alone: set up, lint, build, and test under Wine (Debian and Ubuntu on x86-64).
cargo xtask windows setup
    Install the packages, then build Rust's standard library for Windows and a Wine prefix into the cache
    ($XDG_CACHE_HOME/uam/windows or ~/.cache/uam/windows), once for each version of the compiler and of Wine.
cargo xtask windows cargo ARGS..
    Debian's cargo for Windows, for example `cargo xtask windows cargo nextest run -p model`. Output goes to `target` in
    that cache, or to $UAM_WINDOWS_TARGET_DIR. Programs run under Wine, on a display of their own.
cargo xtask windows wine ARGS..
    Run a Windows program, on your desktop or, where there is none, on a display of its own. What it writes stays in
    `own` in that cache, apart from the tests.
cargo xtask windows env
    Print the environment of both for a script: eval \"$(cargo xtask windows env)\". It brings no display. With it,
    `wine` runs a second program beside the first.
cargo xtask dist [--out DIR] [--check] [--windows-exe FILE] [--linux-exe FILE] [--windows-only | --linux-only]
    Pack what people install, into target/dist: for Windows a setup program, an .msi and a .zip, for Linux a .deb and a
    .tar.gz, with their SHA-256 sums. --check then installs, runs, upgrades and removes each, the Windows ones under
    Wine. The files are programs to pack instead of release builds. $UAM_SIGN signs: see docs/RELEASING.md.
cargo xtask lab [NAMES] [--long]
    Break things on purpose and count what is lost: crashes, power cuts, failing disks and networks, damaged files. NAMES
    is a list such as kill,power; without it every lab runs. The short form takes minutes and is part of `test`; --long is
    the one whose figures are published.
cargo xtask rules
    Check the house rules in the source text alone (part of `test`).
cargo xtask check-language [--stats] [PATHS]
    Check the words: vocabulary in prose and names, and the subjects of commits; --stats prints figures instead. PATHS
    limits it to files whose names begin so, such as crates/journal.
cargo xtask check-layout [CRATES]
    Check the layout: circles between files of a crate, long functions, long files; of all crates or those named.
cargo xtask bench [--quick] [--only ROWS] [--uam FILE]
    Measure uam beside a Python program doing the same job; ROWS is any of
    agent,shots,uploads,binary,windows,sealing,page.";

/// A chore and its options.
#[derive(Debug, PartialEq)]
pub(crate) enum Chore {
    /// List the chores.
    Help,
    /// Run the main job.
    Try(TryArgs),
    /// Run every check.
    Test(TestArgs),
    /// Drive the page in a browser.
    PageTest,
    /// Check the house rules alone.
    Rules,
    /// Check the words, or print figures about them.
    CheckLanguage { stats: bool, names: Vec<String> },
    /// Check the layout, of these crates or of all.
    CheckLayout(Vec<String>),
    /// Measure.
    Bench(BenchArgs),
    /// Build and test the Windows program.
    Windows(WindowsArgs),
    /// Pack what people install.
    Dist(DistArgs),
    /// Break things on purpose.
    Lab(LabArgs),
}

/// Options of `lab`.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct LabArgs {
    /// Which labs, as the lab program names them; empty means all.
    pub(crate) names: Option<String>,
    /// The long form.
    pub(crate) long: bool,
}

/// Options of `try`.
#[derive(Debug, PartialEq)]
pub(crate) struct TryArgs {
    /// How long the virtual desktop's day lasts, in seconds.
    pub(crate) seconds: u64,
    /// Use a virtual desktop even where there is a real one.
    pub(crate) virtual_desktop: bool,
    /// Take the start-up questions' defaults on a real desktop, too.
    pub(crate) yes: bool,
    /// A binary to run instead of a fresh build.
    pub(crate) uam: Option<PathBuf>,
}

/// Options of `test`.
#[derive(Debug, PartialEq)]
pub(crate) struct TestArgs {
    /// Check the Windows program, too.
    pub(crate) windows: bool,
}

/// What to do for Windows.
#[derive(Debug, PartialEq)]
pub(crate) enum WindowsArgs {
    /// Set up and run every check and test.
    Check,
    /// Set up only.
    Setup,
    /// Run Debian's cargo with these arguments.
    Cargo(Vec<String>),
    /// Run Wine with these arguments.
    Wine(Vec<String>),
    /// Print the environment.
    Env,
}

/// Options of `dist`.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct DistArgs {
    /// Where the packages go instead of `target/dist`.
    pub(crate) out: Option<PathBuf>,
    /// Install, run, upgrade and remove each afterwards.
    pub(crate) check: bool,
    /// Leave Linux out.
    pub(crate) windows_only: bool,
    /// Leave Windows out.
    pub(crate) linux_only: bool,
    /// The program to pack for Windows instead of a release build.
    pub(crate) windows_exe: Option<PathBuf>,
    /// The program to pack for Linux instead of a release build.
    pub(crate) linux_exe: Option<PathBuf>,
}

/// Options of `bench`.
#[derive(Debug, PartialEq)]
pub(crate) struct BenchArgs {
    /// Shorter windows and fewer pictures; coarser figures.
    pub(crate) quick: bool,
    /// Which groups of rows; empty means all.
    pub(crate) only: Vec<String>,
    /// A release binary to measure instead of a fresh build.
    pub(crate) uam: Option<PathBuf>,
}

/// The groups of rows `bench --only` knows.
pub(crate) const GROUPS: [&str; 7] = [
    "agent", "shots", "uploads", "binary", "windows", "sealing", "page",
];

/// Reads the arguments after the program's name.
///
/// # Errors
/// A sentence that names the argument that was not understood.
pub(crate) fn parse(args: impl Iterator<Item = String>) -> Result<Chore, String> {
    let mut args = args.peekable();
    let Some(chore) = args.next() else {
        return Ok(Chore::Help);
    };
    match chore.as_str() {
        "help" | "-h" | "--help" => Ok(Chore::Help),
        "try" => {
            let mut options = TryArgs {
                seconds: 60,
                virtual_desktop: false,
                yes: false,
                uam: None,
            };
            while let Some(arg) = args.next() {
                match arg.as_str() {
                    "--virtual" => options.virtual_desktop = true,
                    "--yes" => options.yes = true,
                    "--uam" => options.uam = Some(path("--uam", args.next())?),
                    "--seconds" => options.seconds = seconds(args.next())?,
                    other => return Err(format!("`try` does not know `{other}`")),
                }
            }
            Ok(Chore::Try(options))
        }
        "test" => {
            let mut options = TestArgs { windows: true };
            for arg in args {
                match arg.as_str() {
                    "--no-windows" => options.windows = false,
                    other => return Err(format!("`test` does not know `{other}`")),
                }
            }
            Ok(Chore::Test(options))
        }
        "page-test" => nothing_more("page-test", args).map(|()| Chore::PageTest),
        "windows" => windows(args).map(Chore::Windows),
        "dist" => dist(args).map(Chore::Dist),
        "lab" => {
            let mut options = LabArgs::default();
            for arg in args {
                match arg.as_str() {
                    "--long" => options.long = true,
                    name if !name.starts_with('-') && options.names.is_none() => {
                        options.names = Some(arg);
                    }
                    other => return Err(format!("`lab` does not know `{other}`")),
                }
            }
            Ok(Chore::Lab(options))
        }
        "check-language" => {
            let (flags, names): (Vec<_>, Vec<_>) = args.partition(|arg| arg.starts_with('-'));
            match flags.iter().find(|flag| *flag != "--stats") {
                Some(other) => Err(format!("`check-language` does not know `{other}`")),
                None => Ok(Chore::CheckLanguage {
                    stats: !flags.is_empty(),
                    names,
                }),
            }
        }
        "check-layout" => {
            let crates: Vec<String> = args.collect();
            match crates.iter().find(|name| name.starts_with('-')) {
                Some(other) => Err(format!("`check-layout` does not know `{other}`")),
                None => Ok(Chore::CheckLayout(crates)),
            }
        }
        "rules" => nothing_more("rules", args).map(|()| Chore::Rules),
        "bench" => {
            let mut options = BenchArgs {
                quick: false,
                only: Vec::new(),
                uam: None,
            };
            while let Some(arg) = args.next() {
                match arg.as_str() {
                    "--quick" => options.quick = true,
                    "--only" => options.only = groups(args.next())?,
                    "--uam" => options.uam = Some(path("--uam", args.next())?),
                    other => return Err(format!("`bench` does not know `{other}`")),
                }
            }
            Ok(Chore::Bench(options))
        }
        other => Err(format!("there is no chore `{other}`")),
    }
}

fn windows(mut args: impl Iterator<Item = String>) -> Result<WindowsArgs, String> {
    match args.next().as_deref() {
        None => Ok(WindowsArgs::Check),
        Some("setup") => nothing_more("windows setup", args).map(|()| WindowsArgs::Setup),
        Some("env") => nothing_more("windows env", args).map(|()| WindowsArgs::Env),
        Some("cargo") => some("windows cargo", "nextest run", args).map(WindowsArgs::Cargo),
        Some("wine") => some("windows wine", "uam.exe --help", args).map(WindowsArgs::Wine),
        Some(other) => Err(format!("`windows` does not know `{other}`")),
    }
}

fn dist(mut args: impl Iterator<Item = String>) -> Result<DistArgs, String> {
    let mut options = DistArgs::default();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--check" => options.check = true,
            "--windows-only" => options.windows_only = true,
            "--linux-only" => options.linux_only = true,
            "--out" => options.out = Some(path(&arg, args.next())?),
            "--windows-exe" => options.windows_exe = Some(path(&arg, args.next())?),
            "--linux-exe" => options.linux_exe = Some(path(&arg, args.next())?),
            other => return Err(format!("`dist` does not know `{other}`")),
        }
    }
    if options.windows_only && options.linux_only {
        return Err("`--windows-only` and `--linux-only` leave nothing to pack".into());
    }
    Ok(options)
}

/// All that is left belongs to another program; at least one word must be there.
fn some(
    chore: &str,
    example: &str,
    args: impl Iterator<Item = String>,
) -> Result<Vec<String>, String> {
    let args: Vec<String> = args.collect();
    if args.is_empty() {
        return Err(format!("`{chore}` needs arguments, such as `{example}`"));
    }
    Ok(args)
}

fn nothing_more(chore: &str, mut args: impl Iterator<Item = String>) -> Result<(), String> {
    args.next().map_or(Ok(()), |other| {
        Err(format!("`{chore}` takes no options, but got `{other}`"))
    })
}

fn seconds(value: Option<String>) -> Result<u64, String> {
    let value = value.ok_or("`--seconds` needs a number")?;
    value
        .parse()
        .ok()
        .filter(|s| (10..=3600).contains(s))
        .ok_or_else(|| format!("`--seconds` must be a whole number from 10 to 3600, not `{value}`"))
}

fn path(option: &str, value: Option<String>) -> Result<PathBuf, String> {
    let value = value.ok_or_else(|| format!("`{option}` needs a path"))?;
    Ok(PathBuf::from(value))
}

fn groups(value: Option<String>) -> Result<Vec<String>, String> {
    let value = value.ok_or("`--only` needs a list such as agent,shots")?;
    value
        .split(',')
        .map(|word| {
            if GROUPS.contains(&word) {
                Ok(word.to_owned())
            } else {
                Err(format!(
                    "`--only` knows {}, not `{word}`",
                    GROUPS.join(", ")
                ))
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Chore, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn the_defaults_are_a_minute_on_whatever_desktop_there_is() {
        let expected = TryArgs {
            seconds: 60,
            virtual_desktop: false,
            yes: false,
            uam: None,
        };
        assert_eq!(parsed("try"), Ok(Chore::Try(expected)));
        assert_eq!(parsed(""), Ok(Chore::Help));
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
            Ok(Chore::Try(expected))
        );
        let expected = BenchArgs {
            quick: true,
            only: vec!["agent".into(), "shots".into()],
            uam: Some("/tmp/uam".into()),
        };
        assert_eq!(
            parsed("bench --only agent,shots --quick --uam /tmp/uam"),
            Ok(Chore::Bench(expected))
        );
    }

    #[test]
    fn packages_are_for_both_systems_unless_one_is_left_out() {
        assert_eq!(parsed("dist"), Ok(Chore::Dist(DistArgs::default())));
        let expected = DistArgs {
            check: true,
            windows_only: true,
            windows_exe: Some("uam.exe".into()),
            ..DistArgs::default()
        };
        assert_eq!(
            parsed("dist --windows-exe uam.exe --windows-only --check"),
            Ok(Chore::Dist(expected))
        );
    }

    #[test]
    fn what_another_program_gets_is_left_alone() {
        assert_eq!(parsed("test"), Ok(Chore::Test(TestArgs { windows: true })));
        assert_eq!(
            parsed("test --no-windows"),
            Ok(Chore::Test(TestArgs { windows: false }))
        );
        for (line, expected) in [
            ("windows", WindowsArgs::Check),
            ("windows setup", WindowsArgs::Setup),
            ("windows env", WindowsArgs::Env),
            (
                "windows cargo test -p model -- --nocapture",
                WindowsArgs::Cargo(
                    ["test", "-p", "model", "--", "--nocapture"]
                        .map(str::to_owned)
                        .to_vec(),
                ),
            ),
            (
                "windows wine uam.exe --help",
                WindowsArgs::Wine(vec!["uam.exe".into(), "--help".into()]),
            ),
        ] {
            assert_eq!(parsed(line), Ok(Chore::Windows(expected)), "{line}");
        }
    }

    #[test]
    fn labs_are_all_of_them_unless_some_are_named() {
        assert_eq!(parsed("lab"), Ok(Chore::Lab(LabArgs::default())));
        let expected = LabArgs {
            names: Some("kill,power".into()),
            long: true,
        };
        assert_eq!(parsed("lab --long kill,power"), Ok(Chore::Lab(expected)));
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
            ("windows cargo", "needs arguments"),
            ("bench --only shot", "`shot`"),
            ("bench --uam", "--uam"),
            ("dist --out", "--out"),
            ("dist --chekc", "--chekc"),
            ("dist --windows-only --linux-only", "nothing"),
        ] {
            let wrong = parsed(line).err();
            assert!(
                wrong.as_deref().is_some_and(|w| w.contains(word)),
                "{line}: {wrong:?}"
            );
        }
    }
}

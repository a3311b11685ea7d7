//! The arguments of each command that has several.

use super::values;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// Which days to report, and how.
#[derive(Clone, Debug, Args)]
pub(crate) struct ReportArgs {
    /// The day: YYYY-MM-DD, `today` or `yesterday`.
    #[arg(
        long,
        default_value = "today",
        value_name = "DAY",
        conflicts_with = "many"
    )]
    pub(crate) day: String,
    /// The week (Monday to Sunday) that contains DAY, one line a day; without DAY, this week.
    #[arg(long, value_name = "DAY", num_args = 0..=1, default_missing_value = "today", group = "many")]
    pub(crate) week: Option<String>,
    /// The month that contains DAY, one line a day.
    #[arg(long, value_name = "DAY", num_args = 0..=1, default_missing_value = "today", group = "many")]
    pub(crate) month: Option<String>,
    /// The year that contains DAY, one line a day.
    #[arg(long, value_name = "DAY", num_args = 0..=1, default_missing_value = "today", group = "many")]
    pub(crate) year: Option<String>,
    /// First day of a range, one line a day.
    #[arg(long, value_name = "DAY", group = "many")]
    pub(crate) from: Option<String>,
    /// Last day of the range; default: today.
    #[arg(long, value_name = "DAY", requires = "from")]
    pub(crate) to: Option<String>,
    /// Print JSON.
    #[arg(long, conflicts_with = "csv")]
    pub(crate) json: bool,
    /// Print CSV.
    #[arg(long)]
    pub(crate) csv: bool,
    /// Count visits to another application shorter than this (30s, 2m) to the one they interrupted.
    #[arg(long, value_name = "TIME", value_parser = values::parse_duration)]
    pub(crate) merge: Option<Duration>,
    /// Write a printable report to FILE: one HTML file with charts, without scripts or external files.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "csv"])]
    pub(crate) html: Option<PathBuf>,
    /// Write the printable report as PDF.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "csv"])]
    pub(crate) pdf: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) cover: CoverArgs,
}

/// The cover of a printable report, and its screenshots.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct CoverArgs {
    /// Client on the cover of a printable report.
    #[arg(long = "for", value_name = "NAME")]
    pub(crate) client: Option<String>,
    /// Author on the cover of a printable report.
    #[arg(long = "by", value_name = "NAME")]
    pub(crate) author: Option<String>,
    /// Include this screenshot in a printable report, by its number in `uam shots`; at most 20.
    #[arg(long = "shot", value_name = "SEQ")]
    pub(crate) shots: Vec<u64>,
}

impl CoverArgs {
    /// Whether any of them was given.
    pub(crate) fn is_used(&self) -> bool {
        self.client.is_some() || self.author.is_some() || !self.shots.is_empty()
    }
}

/// Without an option, `uam categories` lists the rules in force.
#[derive(Debug, Args)]
pub(crate) struct CategoriesArgs {
    /// Print the category and project this window would get, and the rule.
    #[arg(long, num_args = 2, value_names = ["APP", "TITLE"])]
    pub(crate) test: Option<Vec<String>>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// The grouping of a calendar's blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BlocksBy {
    /// Projects.
    Project,
    /// Categories.
    Category,
    /// Applications.
    App,
}

/// Which records to export, and in which format.
#[derive(Clone, Debug, Args)]
pub(crate) struct ExportArgs {
    /// First record, by sequence number; with --subject or --ics the first day.
    #[arg(long, value_name = "SEQ|DAY")]
    pub(crate) from: Option<String>,
    /// With --subject: the last day, YYYY-MM-DD (UTC). With --ics: the last day; default: today.
    #[arg(long, value_name = "DAY", requires = "file")]
    pub(crate) to: Option<String>,
    /// Write records, tables, notices and screenshots to this new ZIP file, for the person they are about.
    #[arg(long, value_name = "FILE", group = "file")]
    pub(crate) subject: Option<PathBuf>,
    /// Write blocks of work to this calendar file.
    #[arg(long, value_name = "FILE", group = "file")]
    pub(crate) ics: Option<PathBuf>,
    /// With --ics: the grouping of blocks; default: projects if there are rules for any, else categories.
    #[arg(long, value_enum, requires = "ics")]
    pub(crate) by: Option<BlocksBy>,
    /// With --ics: skip blocks shorter than this.
    #[arg(long, value_name = "TIME", value_parser = values::parse_duration, default_value = "10m")]
    pub(crate) min: Duration,
}

impl ExportArgs {
    /// Sequence number of the first record to print.
    pub(crate) fn first_seq(&self) -> anyhow::Result<u64> {
        self.from.as_deref().map_or(Ok(1), |text| {
            text.parse().map_err(|_| {
                model::UserError::usage(
                    format!("\"{text}\" is not a record's number"),
                    "For example: uam export --from 1000. Days go with --subject FILE.zip.",
                )
                .into()
            })
        })
    }
}

/// The time range or screenshot to delete.
#[derive(Clone, Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["last", "shot", "from"]))]
pub(crate) struct DeleteArgs {
    /// The last 10m, 1h or 1d.
    #[arg(long, value_name = "TIME", value_parser = values::parse_duration_with_days)]
    pub(crate) last: Option<Duration>,
    /// One screenshot, by its number in `uam shots`.
    #[arg(long, value_name = "SEQ")]
    pub(crate) shot: Option<u64>,
    /// From this time on: "YYYY-MM-DD HH:MM", local time.
    #[arg(long, value_name = "WHEN", requires = "to")]
    pub(crate) from: Option<String>,
    /// Until this time.
    #[arg(long, value_name = "WHEN", requires = "from")]
    pub(crate) to: Option<String>,
    /// Print what would be deleted, without deleting it.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask.
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
}

/// The UTC days to erase.
#[derive(Clone, Debug, Args)]
pub(crate) struct EraseArgs {
    /// First day, YYYY-MM-DD (UTC).
    #[arg(long, value_name = "DAY")]
    pub(crate) from: String,
    /// Last day, YYYY-MM-DD (UTC).
    #[arg(long, value_name = "DAY")]
    pub(crate) to: String,
    /// Print what would be erased, without erasing it.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask for the word ERASE; the factors are asked for all the same.
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Which uploaded objects to list or open.
#[derive(Clone, Debug, Args)]
pub(crate) struct UploadedArgs {
    /// Fetch, check, open and print this object, by its name or the end of it.
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    pub(crate) show: Option<String>,
    /// Fetch, check, open and print every object.
    #[arg(long)]
    pub(crate) all: bool,
    /// Save what --show opened (a screenshot, or lines).
    #[arg(long, value_name = "FILE", requires = "show")]
    pub(crate) save: Option<PathBuf>,
    /// How to draw a screenshot.
    #[arg(long, value_enum, default_value_t = GraphicsChoice::Auto)]
    pub(crate) protocol: GraphicsChoice,
    /// Print JSON, one object a line.
    #[arg(long, conflicts_with_all = ["show", "all"])]
    pub(crate) json: bool,
}

/// The place to verify, and how thoroughly.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// s3://bucket/prefix, or a directory with a copy of it; default: this computer's destination, compared with its
    /// journal.
    #[arg(value_name = "PLACE")]
    pub(crate) place: Option<String>,
    /// Compare PLACE with this computer's journal too.
    #[arg(long)]
    pub(crate) journal: bool,
    /// Public key that may sign (`uam keys` prints it on the device); may be given several times. Default: the key of
    /// each device's first manifest.
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Vec<String>,
    /// Require everything that this earlier report (of `uam verify --json`) found.
    #[arg(long, value_name = "FILE")]
    pub(crate) since: Option<PathBuf>,
    /// Compare names and sizes only.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Print the whole report as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which screenshots to list, show or save.
#[derive(Clone, Debug, Args)]
pub(crate) struct ShotsArgs {
    /// How many of the newest to list.
    #[arg(long, short = 'n', default_value_t = 20, value_name = "COUNT")]
    pub(crate) count: usize,
    /// Show this screenshot in the terminal, by its sequence number; `last` is the newest.
    #[arg(long, value_name = "SEQ", conflicts_with = "save")]
    pub(crate) show: Option<String>,
    /// How to draw it.
    #[arg(long, value_enum, default_value_t = GraphicsChoice::Auto)]
    pub(crate) protocol: GraphicsChoice,
    /// Save the screenshot of --seq (or the newest) to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
    /// Which screenshot to save; default: the newest.
    #[arg(long, value_name = "SEQ", requires = "save")]
    pub(crate) seq: Option<u64>,
}

/// Without an option, `uam exclude` lists the rules in force.
#[derive(Debug, Args)]
pub(crate) struct ExcludeArgs {
    /// Print whether a window is protected, and by which rule. Give its title here, or its parts with --app, --exe and
    /// --title. The exit code does not depend on the answer.
    #[arg(long, value_name = "TITLE", num_args = 0..=1)]
    pub(crate) test: Option<Option<String>>,
    /// With --test: the application's name.
    #[arg(long, value_name = "NAME", requires = "test")]
    pub(crate) app: Option<String>,
    /// With --test: the executable's path.
    #[arg(long, value_name = "PATH", requires = "test")]
    pub(crate) exe: Option<String>,
    /// With --test: the title.
    #[arg(long, value_name = "TITLE", requires = "test")]
    pub(crate) title: Option<String>,
    /// Protect windows of applications whose name contains this word. --add options given together make one rule, all of
    /// whose parts must match. The running uam applies it at once.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["test", "remove"])]
    pub(crate) add_app: Option<String>,
    /// Protect windows whose title contains this word; with `*` at an end it may be part of a longer word (payroll*).
    #[arg(long, value_name = "WORD", conflicts_with_all = ["test", "remove"])]
    pub(crate) add_title: Option<String>,
    /// Protect windows of executables whose path contains this word.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["test", "remove"])]
    pub(crate) add_exe: Option<String>,
    /// Remove your rule of this number.
    #[arg(long, value_name = "NUMBER", conflicts_with = "test")]
    pub(crate) remove: Option<usize>,
    /// Print JSON (the list, or the answer of --test).
    #[arg(long, conflicts_with_all = ["add_app", "add_title", "add_exe", "remove"])]
    pub(crate) json: bool,
}

/// Answers to the questions at the start, and how a run is shown.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct RunArgs {
    /// Use the remembered answers (or the defaults) for the questions at the start.
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
    /// Take screenshots of the active window.
    #[arg(long, overrides_with = "no_capture")]
    pub(crate) capture: bool,
    /// Take no screenshots.
    #[arg(long)]
    pub(crate) no_capture: bool,
    /// Make screenshots unreadable before they are stored.
    #[arg(long, overrides_with = "no_blur")]
    pub(crate) blur: bool,
    /// Keep screenshots readable.
    #[arg(long)]
    pub(crate) no_blur: bool,
    /// One screenshot in each interval: 5m, 30s, 1h (a bare number is minutes).
    #[arg(long, value_name = "TIME", value_parser = values::parse_duration)]
    pub(crate) every: Option<Duration>,
    /// Seal uploads, so that only your keys open them.
    #[arg(long, overrides_with = "no_seal")]
    pub(crate) seal: bool,
    /// Upload readable data: anyone who can read the storage can read it.
    #[arg(long)]
    pub(crate) no_seal: bool,
    /// Agree to the consent notice without being asked (it is printed).
    #[arg(long)]
    pub(crate) agree: bool,
    /// First run: keep an existing authenticator entry; FILE holds its secret or otpauth:// URL.
    #[arg(long, value_name = "FILE")]
    pub(crate) import: Option<PathBuf>,
    /// First run: write the recovery codes to this new file instead of showing them.
    #[arg(long, value_name = "FILE")]
    pub(crate) recovery_kit: Option<PathBuf>,
    /// Print plain lines, even on a terminal.
    #[arg(long)]
    pub(crate) plain: bool,
    /// Go on in the background once the code is accepted (`uam attach` shows it, `uam stop` stops it); needs a tray or
    /// notifications.
    #[arg(long, conflicts_with = "plain")]
    pub(crate) background: bool,
    /// Also write every sensor event to FILE, one JSON object a line (with titles, never keys).
    #[arg(long, value_name = "FILE")]
    pub(crate) record_trace: Option<PathBuf>,
    /// Replay a recorded trace instead of watching the desktop; the run ends with it.
    #[arg(long, value_name = "FILE", conflicts_with = "record_trace")]
    pub(crate) replay: Option<PathBuf>,
}

impl RunArgs {
    /// The answer that flags give to "take screenshots?", if any.
    pub(crate) fn screenshots_answer(&self) -> Option<bool> {
        resolve_flag_pair(self.capture, self.no_capture)
    }

    /// The answer that flags give to "blur them?", if any.
    pub(crate) fn blur_answer(&self) -> Option<bool> {
        resolve_flag_pair(self.blur, self.no_blur)
    }

    /// The answer that flags give to "seal uploads?", if any.
    pub(crate) fn seal_answer(&self) -> Option<bool> {
        resolve_flag_pair(self.seal, self.no_seal)
    }
}

fn resolve_flag_pair(yes: bool, no: bool) -> Option<bool> {
    match (yes, no) {
        (_, true) => Some(false),
        (true, _) => Some(true),
        _ => None,
    }
}

/// How to draw a screenshot in a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphicsChoice {
    /// The best that the terminal can show.
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

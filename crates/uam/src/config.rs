//! Settings: defaults, then `config.toml`, then the answers of the start-up questions (which are written back there).
//!
//! Reading is strict: an unknown name or a value out of range is an error that names the line, never a silent default.

// Said in full, for the fault lab compiles these files too.
#[path = "config/meaning.rs"]
pub(crate) mod meaning;
#[path = "config/rules.rs"]
pub(crate) mod rules;

use crate::paths::Paths;
use anyhow::Context;
use model::UserError;
use recorder::{ExclusionRule, ExclusionRules, RecordingSchedule};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// All settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) record: RecordConfig,
    pub(crate) shots: ShotsConfig,
    pub(crate) upload: UploadConfig,
    pub(crate) power: PowerConfig,
    pub(crate) disk: DiskConfig,
    pub(crate) schedule: ScheduleConfig,
    pub(crate) exclude: ExcludeConfig,
    pub(crate) report: ReportConfig,
    pub(crate) indicator: IndicatorConfig,
    /// Rules that name the category of a window.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) category: Vec<report::meaning::ClassificationRule>,
    /// Rules that name its project.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) project: Vec<report::meaning::ClassificationRule>,
}

/// `[record]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RecordConfig {
    /// Time without input that counts as idle, in seconds, 10 to 7,200.
    pub(crate) idle_seconds: u64,
}

/// `[shots]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ShotsConfig {
    /// Take pictures?
    pub(crate) capture: bool,
    /// Make them unreadable?
    pub(crate) blur: bool,
    /// One in each interval of this many seconds, 5 to 86,400.
    pub(crate) every_seconds: u64,
    /// Readability against size.
    pub(crate) quality: Quality,
    /// Delivered pictures are kept this many days, 1 to 36,500 …
    pub(crate) keep_days: u32,
    /// … and up to this many megabytes, 1 to 1,000,000, whichever ends first.
    pub(crate) keep_mb: u64,
    /// What happens to them then.
    pub(crate) when_old: WhenOld,
    /// Where archived pictures go; empty means `archive` in the data folder.
    pub(crate) archive_dir: Option<PathBuf>,
}

/// `shots.quality`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Quality {
    /// About 0.6 of the bytes of JPEG at quality 50, and easier to read.
    Standard,
    /// About 0.5 of them.
    Small,
}

/// `shots.when_old`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WhenOld {
    /// Delete.
    Delete,
    /// Move to the archive folder.
    Archive,
}

/// `[upload]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct UploadConfig {
    /// Time between uploads in seconds, 5 to 86,400.
    pub(crate) every_seconds: u64,
    /// `s3://bucket/prefix` or `file:///folder`; without it the environment and `.env` decide.
    pub(crate) destination: Option<String>,
    /// Seal what is sent for the keys of the vault? Not said yet: yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seal: Option<bool>,
    /// How long everything waits before it may be sent, in seconds, 0 to 604,800 (a week).
    pub(crate) hold_seconds: u64,
    /// Send no faster than this many KiB a second, 16 to 1,000,000; 0 is no limit.
    pub(crate) limit_kib_per_s: u32,
    /// On a network that is paid for by use, as far as the system says so: wait for another one?
    pub(crate) on_metered: OnMetered,
}

/// `upload.on_metered`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OnMetered {
    /// Wait for a network that is not.
    Wait,
    /// Send all the same.
    Send,
}

impl UploadConfig {
    /// Is what is sent sealed?
    pub(crate) fn sealed(&self) -> bool {
        self.seal.unwrap_or(true)
    }
}

/// `[power]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PowerConfig {
    /// Recording suspends at this charge while on battery, percent, 0 to 99.
    pub(crate) low_percent: u8,
    /// It resumes at this charge, percent, above `low_percent`.
    pub(crate) resume_percent: u8,
}

/// `[disk]`: how much room is left alone, whichever is less.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DiskConfig {
    /// So many megabytes, 1 to 1,000,000 …
    pub(crate) floor_mb: u64,
    /// … or so many percent of the disk, 1 to 90.
    pub(crate) floor_percent: u8,
}

/// `[schedule]`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ScheduleConfig {
    /// When recording is wanted, week after week, such as `mon-fri 09:00-12:30`; always, if there are none.
    pub(crate) hours: Vec<String>,
}

/// `[exclude]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ExcludeConfig {
    /// Begin with the built-in rules?
    pub(crate) defaults: bool,
    /// Further rules.
    pub(crate) rules: Vec<ExclusionRule>,
}

/// `[report]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ReportConfig {
    /// When a day begins in reports, `00:00` to `12:00`.
    pub(crate) day_starts: String,
    /// Use the built-in categories after the user's own?
    pub(crate) default_categories: bool,
}

/// `[indicator]`: what the desktop shows of uam while it runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct IndicatorConfig {
    /// An icon in the tray, with its menu?
    pub(crate) tray: bool,
    /// Which bubbles are shown?
    pub(crate) notify: Notify,
}

/// `indicator.notify`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Notify {
    /// None.
    Off,
    /// What decides whether somebody is recorded, and whether the record is whole and arrives.
    Important,
    /// Every notice.
    All,
}

impl Default for IndicatorConfig {
    fn default() -> Self {
        Self {
            tray: true,
            notify: Notify::Important,
        }
    }
}

impl Default for ReportConfig {
    fn default() -> Self {
        Self {
            day_starts: "00:00".to_owned(),
            default_categories: true,
        }
    }
}

impl Default for RecordConfig {
    fn default() -> Self {
        Self { idle_seconds: 300 }
    }
}

impl Default for ShotsConfig {
    fn default() -> Self {
        Self {
            capture: true,
            blur: true,
            every_seconds: 300,
            quality: Quality::Standard,
            keep_days: 30,
            keep_mb: 2048,
            when_old: WhenOld::Delete,
            archive_dir: None,
        }
    }
}

impl Default for UploadConfig {
    fn default() -> Self {
        Self {
            every_seconds: 300,
            destination: None,
            seal: None,
            hold_seconds: 600,
            limit_kib_per_s: 0,
            on_metered: OnMetered::Wait,
        }
    }
}

impl Default for PowerConfig {
    fn default() -> Self {
        Self {
            low_percent: 20,
            resume_percent: 25,
        }
    }
}

impl Default for DiskConfig {
    fn default() -> Self {
        Self {
            floor_mb: 1_000,
            floor_percent: 5,
        }
    }
}

impl Default for ExcludeConfig {
    fn default() -> Self {
        Self {
            defaults: true,
            rules: Vec::new(),
        }
    }
}

impl Config {
    /// Reads the settings file; a missing one is the defaults.
    pub(crate) fn load(paths: &Paths) -> anyhow::Result<Self> {
        let file = paths.config_file();
        match fs::read_to_string(&file) {
            Ok(text) => Self::parse(&text, &file),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(e) => Err(UserError::usage(
                format!("cannot read {}: {e}", file.display()),
                "Make it a readable text file (UTF-8), or remove it to use the defaults.",
            )
            .into()),
        }
    }

    pub(crate) fn parse(text: &str, file: &Path) -> anyhow::Result<Self> {
        let config: Self = toml::from_str(text).map_err(|e| {
            UserError::usage(
                format!("{} is wrong:\n{}", file.display(), e.to_string().trim_end()),
                "Mend that line, or remove it to use the default. `uam config show` lists every setting.",
            )
        })?;
        config.check().map_err(|(key, why)| {
            UserError::usage(
                format!("{}: {key} {why}", file.display()),
                format!("Change it: uam config set {key} …"),
            )
        })?;
        meaning::check(&config, text, file)?;
        Ok(config)
    }

    /// The first value out of range: its dotted name and what is wrong with it.
    fn check(&self) -> Result<(), (&'static str, String)> {
        let within = |key, value: u64, low: u64, high: u64, unit: &str| {
            let ok = (low..=high).contains(&value);
            ok.then_some(()).ok_or((
                key,
                format!("is {value}, but must lie between {low} and {high} {unit}"),
            ))
        };
        within(
            "record.idle_seconds",
            self.record.idle_seconds,
            10,
            7_200,
            "seconds",
        )?;
        within(
            "shots.every_seconds",
            self.shots.every_seconds,
            5,
            86_400,
            "seconds",
        )?;
        within(
            "shots.keep_days",
            self.shots.keep_days.into(),
            1,
            36_500,
            "days",
        )?;
        within(
            "shots.keep_mb",
            self.shots.keep_mb,
            1,
            1_000_000,
            "megabytes",
        )?;
        within(
            "upload.every_seconds",
            self.upload.every_seconds,
            5,
            86_400,
            "seconds",
        )?;
        within(
            "upload.hold_seconds",
            self.upload.hold_seconds,
            0,
            604_800,
            "seconds",
        )?;
        if self.upload.limit_kib_per_s > 0 {
            within(
                "upload.limit_kib_per_s",
                self.upload.limit_kib_per_s.into(),
                16,
                1_000_000,
                "KiB a second (0 is no limit)",
            )?;
        }
        within(
            "power.low_percent",
            self.power.low_percent.into(),
            0,
            99,
            "percent",
        )?;
        let above = u64::from(self.power.low_percent) + 1;
        within(
            "power.resume_percent",
            self.power.resume_percent.into(),
            above,
            100,
            "percent (above power.low_percent)",
        )?;
        within(
            "disk.floor_mb",
            self.disk.floor_mb,
            1,
            1_000_000,
            "megabytes",
        )?;
        within(
            "disk.floor_percent",
            self.disk.floor_percent.into(),
            1,
            90,
            "percent",
        )?;
        if self
            .shots
            .archive_dir
            .as_ref()
            .is_some_and(|d| !d.is_absolute())
        {
            return Err(("shots.archive_dir", "must be an absolute path".to_owned()));
        }
        self.hours()
            .map_err(|e| ("schedule.hours", e.to_string()))?;
        self.day_starts().map_err(|e| ("report.day_starts", e))?;
        self.exclusions()
            .map(|_| ())
            .map_err(|e| ("exclude.rules", e.to_string()))
    }

    /// The recording hours in force.
    pub(crate) fn hours(&self) -> Result<RecordingSchedule, recorder::InvalidSchedule> {
        RecordingSchedule::parse(&self.schedule.hours)
    }

    /// The exclusion rules in force.
    pub(crate) fn exclusions(&self) -> Result<ExclusionRules, recorder::InvalidExclusionRule> {
        if self.exclude.defaults {
            ExclusionRules::with_built_in(&self.exclude.rules)
        } else {
            ExclusionRules::new(&self.exclude.rules)
        }
    }

    /// All settings as the file would hold them.
    pub(crate) fn to_toml(&self) -> anyhow::Result<String> {
        toml::to_string(self).context("cannot print the settings")
    }
}

/// Changes settings in the file, keeping its comments and order. Nothing is written unless the result is valid.
pub(crate) fn set(paths: &Paths, changes: &[(&str, toml_edit::Value)]) -> anyhow::Result<Config> {
    edit(paths, |doc| put(doc, changes))
}

/// What [`set`] would make of the settings; nothing is written.
pub(crate) fn preview(
    paths: &Paths,
    changes: &[(&str, toml_edit::Value)],
) -> anyhow::Result<Config> {
    changed(&paths.config_file(), |doc| put(doc, changes)).map(|(_, config)| config)
}

/// Changes the file with `change`, keeping its comments and order. Nothing is written unless the result is valid.
pub(crate) fn edit(
    paths: &Paths,
    change: impl FnOnce(&mut toml_edit::DocumentMut) -> anyhow::Result<()>,
) -> anyhow::Result<Config> {
    let file = paths.config_file();
    let (text, config) = changed(&file, change)?;
    platform::files::write_file_durably(&file, text.as_bytes())
        .with_context(|| format!("cannot write {}", file.display()))?;
    Ok(config)
}

fn put(
    doc: &mut toml_edit::DocumentMut,
    changes: &[(&str, toml_edit::Value)],
) -> anyhow::Result<()> {
    for (key, value) in changes {
        let (table, name) = key.split_once('.').ok_or_else(|| unknown(key))?;
        let section = doc.entry(table).or_insert_with(toml_edit::table);
        let section = section.as_table_like_mut().ok_or_else(|| unknown(key))?;
        section.insert(name, toml_edit::Item::Value(value.clone()));
    }
    Ok(())
}

/// The file's text after `change`, and the settings it holds.
fn changed(
    file: &Path,
    change: impl FnOnce(&mut toml_edit::DocumentMut) -> anyhow::Result<()>,
) -> anyhow::Result<(String, Config)> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(e).with_context(|| format!("cannot read {}", file.display())),
    };
    let mut doc: toml_edit::DocumentMut = text.parse().map_err(|e| {
        UserError::usage(
            format!("{} is wrong:\n{e}", file.display()),
            "Mend that line before changing settings here.",
        )
    })?;
    change(&mut doc)?;
    let text = doc.to_string();
    let config = Config::parse(&text, file)?;
    Ok((text, config))
}

fn unknown(key: &str) -> anyhow::Error {
    UserError::usage(
        format!("there is no setting \"{key}\""),
        "`uam config show` lists every setting as section and name.",
    )
    .into()
}

/// Reads a value as typed on the command line: a TOML value, or else a plain word.
pub(crate) fn value(text: &str) -> toml_edit::Value {
    text.parse().unwrap_or_else(|_| text.into())
}

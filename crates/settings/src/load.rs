//! Reading `config.toml`: strict, with the line or the setting in every error.

use crate::classification;
use crate::error::usage_error;
use crate::paths::AppPaths;
use crate::sections::Settings;
use anyhow::Context;
use recorder::{Exclusions, Hours};
use std::fs;
use std::path::Path;

impl Settings {
    /// Reads the settings file; without one, the defaults hold.
    ///
    /// # Errors
    /// When the file cannot be read, is no TOML, or holds a name or a value that is not allowed.
    pub fn load(paths: &AppPaths) -> anyhow::Result<Self> {
        let file = paths.config_file();
        match fs::read_to_string(&file) {
            Ok(text) => Self::parse(&text, &file),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(e) => Err(usage_error(
                format!("cannot read {}: {e}", file.display()),
                "Make it a readable text file (UTF-8), or remove it to use the defaults.",
            )),
        }
    }

    /// Reads settings from `text`; `file` is named in errors.
    ///
    /// # Errors
    /// As [`Settings::load`].
    pub fn parse(text: &str, file: &Path) -> anyhow::Result<Self> {
        let settings: Self = toml::from_str(text).map_err(|e| {
            usage_error(
                format!("{} is wrong:\n{}", file.display(), e.to_string().trim_end()),
                "Mend that line, or remove it to use the default. `uam config show` lists every setting.",
            )
        })?;
        settings.check_ranges().map_err(|(key, why)| {
            usage_error(
                format!("{}: {key} {why}", file.display()),
                format!("Change it: uam config set {key} …"),
            )
        })?;
        classification::check_rules(&settings, text, file)?;
        Ok(settings)
    }

    /// The first value out of range: its dotted name and what is wrong with it.
    fn check_ranges(&self) -> Result<(), (&'static str, String)> {
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
        self.recording_schedule()
            .map_err(|e| ("schedule.hours", e.to_string()))?;
        self.day_start().map_err(|e| ("report.day_starts", e))?;
        self.compile_exclusions()
            .map(|_| ())
            .map_err(|e| ("exclude.rules", e.to_string()))
    }

    /// The recording hours of `[schedule]`.
    ///
    /// # Errors
    /// The first entry that is none.
    pub fn recording_schedule(&self) -> Result<Hours, recorder::BadHours> {
        Hours::parse(&self.schedule.hours)
    }

    /// The exclusion rules of `[exclude]`, built-in ones included where they apply.
    ///
    /// # Errors
    /// The first rule that cannot be used.
    pub fn compile_exclusions(&self) -> Result<Exclusions, recorder::BadRule> {
        if self.exclude.defaults {
            Exclusions::with_built_in(&self.exclude.rules)
        } else {
            Exclusions::new(&self.exclude.rules)
        }
    }

    /// All settings as the file would hold them.
    ///
    /// # Errors
    /// When a value has no form in TOML, such as a path that is not UTF-8.
    pub fn to_toml(&self) -> anyhow::Result<String> {
        toml::to_string(self).context("cannot print the settings")
    }
}

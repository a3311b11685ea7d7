//! Reading `config.toml`: strict, with the line or the setting in every error.

use crate::classification;
use crate::paths::AppPaths;
use crate::sections::{ExcludeSection, ScheduleSection, Settings};
use crate::table::{self, SettingKind};
use anyhow::Context;
use model::UserError;
use recorder::{ExclusionRules, RecordingSchedule};
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
            Err(e) => Err(UserError::usage(
                format!("cannot read {}: {e}", file.display()),
                "Make it a readable text file (UTF-8), or remove it to use the defaults.",
            )
            .into()),
        }
    }

    /// Reads settings from `text`; `file` is named in errors.
    ///
    /// # Errors
    /// As [`Settings::load`].
    pub fn parse(text: &str, file: &Path) -> anyhow::Result<Self> {
        let settings: Self = toml::from_str(text).map_err(|e| {
            UserError::usage(
                format!("{} is invalid:\n{}", file.display(), e.to_string().trim_end()),
                "Fix that line, or remove it to use the default. `uam config show` lists every setting.",
            )
        })?;
        settings.check_ranges().map_err(|(key, why)| {
            UserError::usage(
                format!("{}: {key} {why}", file.display()),
                format!("Change it: uam config set {key} …"),
            )
        })?;
        classification::check_rules(&settings, text, file)?;
        Ok(settings)
    }

    /// The first value out of range, in the order of the file: its section and name, and its fault.
    fn check_ranges(&self) -> Result<(), (&'static str, String)> {
        let values = self.values();
        for spec in table::specs() {
            let Some(value) = table::find_value(&values, &spec.key) else {
                continue;
            };
            table::check_value(spec, value, &values)
                .and_then(|()| self.check_text(&spec.kind))
                .map_err(|why| (spec.key.as_str(), why))?;
        }
        Ok(())
    }

    /// Reads the one setting of a kind that has a grammar of its own.
    fn check_text(&self, kind: &SettingKind) -> Result<(), String> {
        match kind {
            SettingKind::Hours => self
                .schedule
                .recording_schedule()
                .map(drop)
                .map_err(|e| e.to_string()),
            SettingKind::TimeOfDay => self.day_start().map(drop),
            SettingKind::Rules => self
                .exclude
                .compile_rules()
                .map(drop)
                .map_err(|e| e.to_string()),
            _ => Ok(()),
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

impl ScheduleSection {
    /// The recording hours.
    ///
    /// # Errors
    /// The first entry that is none.
    pub fn recording_schedule(&self) -> Result<RecordingSchedule, recorder::InvalidSchedule> {
        RecordingSchedule::parse(&self.hours)
    }
}

impl ExcludeSection {
    /// The exclusion rules, built-in ones included where they apply.
    ///
    /// # Errors
    /// The first rule that cannot be used.
    pub fn compile_rules(&self) -> Result<ExclusionRules, recorder::InvalidExclusionRule> {
        if self.defaults {
            ExclusionRules::with_built_in(&self.rules)
        } else {
            ExclusionRules::new(&self.rules)
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        let error = Settings::parse(text, Path::new("config.toml")).unwrap_err();
        error.to_string()
    }

    #[test]
    fn the_first_value_out_of_range_is_named() {
        assert_eq!(
            refusal("[disk]\nfloor_percent = 0\n[record]\nidle_seconds = 9\n"),
            "config.toml: record.idle_seconds is 9, but must lie between 10 and 7200 seconds"
        );
        assert_eq!(
            refusal("[report]\nday_starts = \"25:00\"\n"),
            "config.toml: report.day_starts is \"25:00\", but must be a time of day from 00:00 to 12:00"
        );
        assert_eq!(
            refusal("[shots]\narchive_dir = \"archive\"\n"),
            "config.toml: shots.archive_dir must be an absolute path"
        );
    }

    #[test]
    fn a_number_beyond_every_range_is_named_too() {
        let huge = u64::MAX;
        let mut settings = Settings::default();
        settings.shots.keep_mb = huge;
        assert_eq!(
            settings.check_ranges(),
            Err((
                "shots.keep_mb",
                format!("is {huge}, but must lie between 1 and 1000000 megabytes")
            ))
        );
    }
}

//! The settings as the program reads them: one struct a section of `config.toml`.
//!
//! A section that lacks a setting takes its default from `default.toml`.

use crate::table;
use recorder::ExclusionRule;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::LazyLock;
use toml::Value;

/// Everything `config.toml` holds; settings that it leaves out have their defaults.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// When somebody counts as idle.
    pub record: RecordSection,
    /// Screenshots, and how long they stay on this computer.
    pub shots: ScreenshotsSection,
    /// Where and how records are uploaded.
    pub upload: UploadSection,
    /// When recording suspends on battery.
    pub power: PowerSection,
    /// How much space is left alone on the disk.
    pub disk: DiskSection,
    /// When recording is wanted.
    pub schedule: ScheduleSection,
    /// Windows that are never named and never captured.
    pub exclude: ExcludeSection,
    /// How reports count days and name categories.
    pub report: ReportSection,
    /// The icon and the notifications.
    pub indicator: IndicatorSection,
    /// Rules that name the category of a window.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub category: Vec<report::rules::ClassificationRule>,
    /// Rules that name its project.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub project: Vec<report::rules::ClassificationRule>,
}

/// The default of one setting: the value in `default.toml`, else none for a setting marked `unset`.
macro_rules! default_value {
    ($value:expr) => {
        $value.expect("default.toml holds every setting that is not marked as unset")
    };
    ($value:expr, unset) => {
        $value.flatten()
    };
}

/// The value of one setting as TOML, if it is set.
macro_rules! current_value {
    ($value:expr) => {
        Some(to_value(&$value))
    };
    ($value:expr, unset) => {
        $value.as_ref().map(to_value)
    };
}

/// Declares the sections: of each a struct with every setting, and a private one with the settings that a file gives.
/// `= unset` marks a setting without a default.
macro_rules! sections {
    ($(
        $(#[$doc:meta])*
        $name:ident, $partial:ident, $section:literal {
            $($(#[$field_doc:meta])* $field:ident: $type:ty $(= $unset:ident)?,)*
        }
    )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Serialize)]
            pub struct $name {
                $($(#[$field_doc])* pub $field: $type,)*
            }

            #[derive(Deserialize)]
            #[serde(deny_unknown_fields, expecting = "a table")]
            struct $partial {
                $($field: Option<$type>,)*
            }

            impl From<$partial> for $name {
                fn from(given: $partial) -> Self {
                    let default = Self::default();
                    Self { $($field: given.$field.unwrap_or(default.$field),)* }
                }
            }

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    $partial::deserialize(deserializer).map(Self::from)
                }
            }

            impl Default for $name {
                #[allow(clippy::expect_used, reason = "a test reads every default")]
                fn default() -> Self {
                    static DEFAULT: LazyLock<$name> = LazyLock::new(|| {
                        let default: $partial = table::default_section($section);
                        $name { $($field: default_value!(default.$field $(, $unset)?),)* }
                    });
                    DEFAULT.clone()
                }
            }

            impl $name {
                /// The settings of this section that are set.
                fn values(&self) -> toml::Table {
                    let values = [$((stringify!($field), current_value!(self.$field $(, $unset)?)),)*];
                    let set = values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
                    set.collect()
                }
            }
        )*
    };
}

sections! {
    /// `[record]`
    RecordSection, RecordPartial, "record" {
        /// Time without input that counts as idle, in seconds, 10 to 7,200.
        idle_seconds: u64,
    }

    /// `[shots]`
    ScreenshotsSection, ScreenshotsPartial, "shots" {
        /// Take screenshots of the active window?
        capture: bool,
        /// Make them unreadable before they are stored?
        blur: bool,
        /// One at a random moment in each interval of this many seconds, 5 to 86,400.
        every_seconds: u64,
        /// Readability against size.
        quality: QualitySetting,
        /// Uploaded screenshots stay on this computer for this many days, 1 to 36,500 …
        keep_days: u32,
        /// … and up to this many megabytes, 1 to 1,000,000; the limit reached first counts.
        keep_mb: u64,
        /// The action for them then.
        when_old: OldScreenshotAction,
        /// Where archived screenshots go, an absolute path; not set: `archive` in the data folder.
        archive_dir: Option<PathBuf> = unset,
    }

    /// `[upload]`
    UploadSection, UploadPartial, "upload" {
        /// Time between uploads in seconds, 5 to 86,400.
        every_seconds: u64,
        /// `s3://bucket/prefix` or `file:///folder`; not set: the environment and `.env` decide.
        destination: Option<String> = unset,
        /// Seal uploads with the keys of the vault? Not set: yes.
        seal: Option<bool> = unset,
        /// How long everything waits before it may be uploaded, in seconds, 0 to 604,800 (a week).
        hold_seconds: u64,
        /// Upload no faster than this many KiB a second, 16 to 1,000,000; 0 is no limit.
        limit_kib_per_s: u32,
        /// On a network that is paid for by use, as far as the system tells: wait for another one?
        on_metered: MeteredAction,
    }

    /// `[power]`
    PowerSection, PowerPartial, "power" {
        /// Recording suspends at this charge while on battery, percent, 0 to 99.
        low_percent: u8,
        /// It resumes at this charge, percent, above `low_percent`.
        resume_percent: u8,
    }

    /// `[disk]`: the free space that uam leaves alone; the smaller of the two counts.
    DiskSection, DiskPartial, "disk" {
        /// In megabytes, 1 to 1,000,000.
        floor_mb: u64,
        /// In percent of the disk, 1 to 90.
        floor_percent: u8,
    }

    /// `[schedule]`
    ScheduleSection, SchedulePartial, "schedule" {
        /// Hours of the week such as `mon-fri 09:00-12:30`; none: always.
        hours: Vec<String>,
    }

    /// `[exclude]`
    ExcludeSection, ExcludePartial, "exclude" {
        /// Apply the built-in rules?
        defaults: bool,
        /// The user's own rules.
        rules: Vec<ExclusionRule>,
    }

    /// `[report]`
    ReportSection, ReportPartial, "report" {
        /// When a day begins in reports, `00:00` to `12:00`.
        day_starts: String,
        /// Apply the built-in categories after the user's own rules?
        default_categories: bool,
    }

    /// `[indicator]`: the icon and the notifications while uam runs.
    IndicatorSection, IndicatorPartial, "indicator" {
        /// An icon in the tray, with its menu?
        tray: bool,
        /// Which notifications are shown?
        notify: NotificationLevel,
    }
}

/// `shots.quality`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QualitySetting {
    /// About 0.6 of the bytes of JPEG at quality 50, and easier to read.
    Standard,
    /// About 0.5 of them.
    Small,
}

/// `shots.when_old`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OldScreenshotAction {
    /// They are deleted.
    Delete,
    /// They are moved to the archive folder.
    Archive,
}

/// `upload.on_metered`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MeteredAction {
    /// Wait for a network that is not metered.
    Wait,
    /// Upload on a metered network too.
    Send,
}

/// `indicator.notify`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NotificationLevel {
    /// No notifications.
    Off,
    /// Recording starts, pauses, resumes or ends; a sensor is lost; the disk is full; uploads fail.
    Important,
    /// Every notice.
    All,
}

impl UploadSection {
    /// Are uploads sealed?
    pub fn is_sealed(&self) -> bool {
        self.seal.unwrap_or(true)
    }
}

impl Settings {
    /// Every setting that is set, by section and name; without the rules of categories and projects.
    pub(crate) fn values(&self) -> toml::Table {
        let sections = [
            ("record", self.record.values()),
            ("shots", self.shots.values()),
            ("upload", self.upload.values()),
            ("power", self.power.values()),
            ("disk", self.disk.values()),
            ("schedule", self.schedule.values()),
            ("exclude", self.exclude.values()),
            ("report", self.report.values()),
            ("indicator", self.indicator.values()),
        ];
        sections
            .into_iter()
            .map(|(section, values)| (section.to_owned(), Value::Table(values)))
            .collect()
    }
}

/// The value as TOML. One that TOML cannot hold, such as a number above its integers, comes as its text.
fn to_value<T: Serialize + Debug>(value: &T) -> Value {
    Value::try_from(value).unwrap_or_else(|_| Value::String(format!("{value:?}")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::table::{find_value, specs};

    /// All settings, those without a default included.
    fn all_set() -> Settings {
        let mut settings = Settings::default();
        settings.shots.archive_dir = Some("/a".into());
        settings.upload.destination = Some("file:///a".into());
        settings.upload.seal = Some(true);
        settings
    }

    #[test]
    fn rows_and_fields_are_the_same_settings() {
        let values = all_set().values();
        assert_eq!(values, toml::Table::try_from(all_set()).unwrap());
        let fields: usize = values.values().map(|v| v.as_table().unwrap().len()).sum();
        assert_eq!(fields, specs().len());
        for spec in specs() {
            assert!(find_value(&values, &spec.key).is_some(), "{}", spec.key);
        }
    }

    #[test]
    fn defaults_are_those_of_the_embedded_file() {
        let values = Settings::default().values();
        for spec in specs() {
            assert_eq!(
                find_value(&values, &spec.key),
                spec.default.as_ref(),
                "{}",
                spec.key
            );
        }
        assert_eq!(toml::from_str::<Settings>("").unwrap(), Settings::default());
        let text = toml::to_string(&all_set()).unwrap();
        assert_eq!(toml::from_str::<Settings>(&text).unwrap(), all_set());
    }

    #[test]
    fn a_setting_left_out_keeps_its_default() {
        let given = "[shots]\nkeep_days = 7\n[upload]\nseal = false\n";
        let mut expected = Settings::default();
        expected.shots.keep_days = 7;
        expected.upload.seal = Some(false);
        assert_eq!(toml::from_str::<Settings>(given).unwrap(), expected);
    }

    #[test]
    fn a_section_that_is_no_table_is_refused() {
        let error = toml::from_str::<Settings>("shots = 5").unwrap_err();
        assert!(error.to_string().contains("expected a table"), "{error}");
    }
}

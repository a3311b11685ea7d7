//! The settings as the program reads them: one struct a section of `config.toml`, each with its defaults.

use recorder::Rule;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Everything `config.toml` holds; what it leaves out has its default.
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
    /// What the desktop shows of uam.
    pub indicator: IndicatorSection,
    /// Rules that name the category of a window.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub category: Vec<report::meaning::Rule>,
    /// Rules that name its project.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub project: Vec<report::meaning::Rule>,
}

/// `[record]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecordSection {
    /// Time without input that counts as idle, in seconds, 10 to 7,200.
    pub idle_seconds: u64,
}

/// `[shots]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScreenshotsSection {
    /// Take screenshots of the active window?
    pub capture: bool,
    /// Make them unreadable before they are stored?
    pub blur: bool,
    /// One at a random moment in each interval of this many seconds, 5 to 86,400.
    pub every_seconds: u64,
    /// Readability against size.
    pub quality: QualitySetting,
    /// Uploaded screenshots stay on this computer for this many days, 1 to 36,500 …
    pub keep_days: u32,
    /// … and up to this many megabytes, 1 to 1,000,000; the limit reached first counts.
    pub keep_mb: u64,
    /// What happens to them then.
    pub when_old: OldScreenshotAction,
    /// Where archived screenshots go, an absolute path; not set: `archive` in the data folder.
    pub archive_dir: Option<PathBuf>,
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

/// `[upload]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UploadSection {
    /// Time between uploads in seconds, 5 to 86,400.
    pub every_seconds: u64,
    /// `s3://bucket/prefix` or `file:///folder`; not set: the environment and `.env` decide.
    pub destination: Option<String>,
    /// Seal uploads with the keys of the vault? Not set: yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seal: Option<bool>,
    /// How long everything waits before it may be uploaded, in seconds, 0 to 604,800 (a week).
    pub hold_seconds: u64,
    /// Upload no faster than this many KiB a second, 16 to 1,000,000; 0 is no limit.
    pub limit_kib_per_s: u32,
    /// On a network that is paid for by use, as far as the system tells: wait for another one?
    pub on_metered: MeteredAction,
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

impl UploadSection {
    /// Are uploads sealed?
    pub fn is_sealed(&self) -> bool {
        self.seal.unwrap_or(true)
    }
}

/// `[power]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PowerSection {
    /// Recording suspends at this charge while on battery, percent, 0 to 99.
    pub low_percent: u8,
    /// It resumes at this charge, percent, above `low_percent`.
    pub resume_percent: u8,
}

/// `[disk]`: the free space that uam leaves alone; the smaller of the two counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DiskSection {
    /// In megabytes, 1 to 1,000,000.
    pub floor_mb: u64,
    /// In percent of the disk, 1 to 90.
    pub floor_percent: u8,
}

/// `[schedule]`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScheduleSection {
    /// Hours of the week such as `mon-fri 09:00-12:30`; none: always.
    pub hours: Vec<String>,
}

/// `[exclude]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExcludeSection {
    /// Apply the built-in rules?
    pub defaults: bool,
    /// The user's own rules.
    pub rules: Vec<Rule>,
}

/// `[report]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReportSection {
    /// When a day begins in reports, `00:00` to `12:00`.
    pub day_starts: String,
    /// Apply the built-in categories after the user's own rules?
    pub default_categories: bool,
}

/// `[indicator]`: what the desktop shows of uam while it runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IndicatorSection {
    /// An icon in the tray, with its menu?
    pub tray: bool,
    /// Which notifications are shown?
    pub notify: NotificationLevel,
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

impl Default for IndicatorSection {
    fn default() -> Self {
        Self {
            tray: true,
            notify: NotificationLevel::Important,
        }
    }
}

impl Default for ReportSection {
    fn default() -> Self {
        Self {
            day_starts: "00:00".to_owned(),
            default_categories: true,
        }
    }
}

impl Default for RecordSection {
    fn default() -> Self {
        Self { idle_seconds: 300 }
    }
}

impl Default for ScreenshotsSection {
    fn default() -> Self {
        Self {
            capture: true,
            blur: true,
            every_seconds: 300,
            quality: QualitySetting::Standard,
            keep_days: 30,
            keep_mb: 2048,
            when_old: OldScreenshotAction::Delete,
            archive_dir: None,
        }
    }
}

impl Default for UploadSection {
    fn default() -> Self {
        Self {
            every_seconds: 300,
            destination: None,
            seal: None,
            hold_seconds: 600,
            limit_kib_per_s: 0,
            on_metered: MeteredAction::Wait,
        }
    }
}

impl Default for PowerSection {
    fn default() -> Self {
        Self {
            low_percent: 20,
            resume_percent: 25,
        }
    }
}

impl Default for DiskSection {
    fn default() -> Self {
        Self {
            floor_mb: 1_000,
            floor_percent: 5,
        }
    }
}

impl Default for ExcludeSection {
    fn default() -> Self {
        Self {
            defaults: true,
            rules: Vec::new(),
        }
    }
}

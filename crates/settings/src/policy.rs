//! Everything a run was agreed to, resolved once by the process that starts it.
//!
//! Options of reports and the rules of categories and projects are not part of it: they change views, never the record.

use crate::paths::AppPaths;
use crate::sections::{
    ExcludeSection, IndicatorSection, MeteredAction, NotificationLevel, OldScreenshotAction,
    PowerSection, QualitySetting, ScheduleSection, ScreenshotsSection, Settings, UploadSection,
};
use journal::disk_reserve::DiskReserve;
use journal::retention::{RetentionAction, RetentionRule};
use journal::{FreezeOptions, SegmentLimits};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;
use upload::Destination;

/// Characters of an organisation's key that are shown.
const KEY_END: usize = 8;

/// Everything a run was agreed to. Its JSON is the same for the same policy, and holds no secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Folder of everything that is recorded.
    pub data_dir: PathBuf,
    /// Time without input that counts as idle.
    #[serde(rename = "idle_limit_us", with = "model::micros")]
    pub idle_limit: Duration,
    /// How screenshots are taken.
    pub screenshots: ScreenshotPolicy,
    /// How long uploaded screenshots stay on this computer.
    pub retention: RetentionRule,
    /// How records are uploaded.
    pub upload: UploadPolicy,
    /// Where they are uploaded and by which way, without the secrets.
    pub destination: Destination,
    /// When recording suspends on battery.
    pub battery: BatteryPolicy,
    /// Free space that is left alone on the disk.
    pub disk_reserve: DiskReserve,
    /// When recording is wanted, as written; a running agent takes changes.
    pub schedule: ScheduleSection,
    /// Windows that are never named and never captured, as written; a running agent takes changes.
    pub exclusions: ExcludeSection,
    /// Who can read the record.
    pub readers: Readers,
    /// How the desktop shows that uam records.
    pub visibility: VisibilityPolicy,
}

/// How screenshots are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScreenshotPolicy {
    /// False when none are.
    pub enabled: bool,
    /// Are they made unreadable before they are stored?
    pub blurred: bool,
    /// One at a random moment in each interval.
    #[serde(rename = "interval_us", with = "model::micros")]
    pub interval: Duration,
    /// Readability against size.
    pub quality: QualitySetting,
}

/// How records are uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UploadPolicy {
    /// Time between two uploads.
    #[serde(rename = "interval_us", with = "model::micros")]
    pub interval: Duration,
    /// How long everything waits before it may be uploaded.
    #[serde(rename = "hold_us", with = "model::micros")]
    pub hold: Duration,
    /// Can only the readers' keys open the uploads?
    pub sealed: bool,
    /// The action on a metered network.
    pub on_metered: MeteredAction,
}

/// When recording suspends on battery, in percent of its charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatteryPolicy {
    /// Recording suspends at this charge.
    pub suspend_percent: u8,
    /// It resumes at this one.
    pub resume_percent: u8,
}

/// How the desktop shows that uam records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VisibilityPolicy {
    /// By an icon in the tray.
    pub tray: bool,
    /// By these notifications.
    pub notifications: NotificationLevel,
}

/// Who can read the record, as the vault says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Readers {
    viewer: bool,
    /// The viewer's public key; none before there is a vault.
    viewer_key: Option<String>,
    /// Name and public key of each organisation.
    organisations: Vec<(String, String)>,
}

impl Policy {
    /// Resolves the policy of a start.
    ///
    /// # Errors
    /// When the recording hours or the exclusion rules cannot be read.
    pub fn resolve(
        settings: &Settings,
        destination: Destination,
        paths: &AppPaths,
        readers: Readers,
    ) -> anyhow::Result<Self> {
        settings.schedule.recording_schedule()?;
        settings.exclude.compile_rules()?;
        Ok(Self {
            data_dir: paths.data.clone(),
            idle_limit: Duration::from_secs(settings.record.idle_seconds),
            screenshots: ScreenshotPolicy::from(&settings.shots),
            retention: resolve_retention(settings, paths),
            upload: UploadPolicy::from(&settings.upload),
            destination: destination.without_secrets(),
            battery: BatteryPolicy::from(&settings.power),
            disk_reserve: DiskReserve {
                bytes: settings.disk.floor_mb.saturating_mul(1_000_000),
                percent: settings.disk.floor_percent,
            },
            schedule: settings.schedule.clone(),
            exclusions: settings.exclude.clone(),
            readers,
            visibility: VisibilityPolicy::from(&settings.indicator),
        })
    }

    /// How records are made into segments; see [`UploadPolicy::freeze_options`].
    pub fn freeze_options(&self, last: bool) -> FreezeOptions {
        self.upload.freeze_options(last)
    }

    /// The screenshots in words, such as `a blurred screenshot about every 5 min`.
    pub fn describe_screenshots(&self) -> String {
        let shots = &self.screenshots;
        if !shots.enabled {
            return "no screenshots".to_owned();
        }
        let how = if shots.blurred {
            "a blurred screenshot"
        } else {
            "a readable screenshot"
        };
        format!("{how} about every {}", describe_interval(shots.interval))
    }

    /// Who can read, and whether uploads are sealed, in two or three sentences.
    pub fn describe_readers(&self) -> String {
        format!(
            "{} {}",
            self.readers.describe(),
            self.upload.describe_sealing()
        )
    }
}

/// The rule for old screenshots that the settings make.
pub fn resolve_retention(settings: &Settings, paths: &AppPaths) -> RetentionRule {
    let shots = &settings.shots;
    RetentionRule {
        max_age_days: shots.keep_days,
        max_bytes: shots.keep_mb.saturating_mul(1_000_000),
        action: match shots.when_old {
            OldScreenshotAction::Delete => RetentionAction::Delete,
            OldScreenshotAction::Archive => RetentionAction::Archive(
                shots
                    .archive_dir
                    .clone()
                    .unwrap_or_else(|| paths.archive_dir()),
            ),
        },
    }
}

impl UploadPolicy {
    /// How records are made into segments; `last`: at the end of a run or of a maintenance.
    pub fn freeze_options(&self, last: bool) -> FreezeOptions {
        FreezeOptions {
            limits: SegmentLimits::default(),
            hold: self.hold,
            last,
            readable: !self.sealed,
        }
    }

    /// Whether uploads can be read where they are stored.
    pub fn describe_sealing(&self) -> &'static str {
        match self.sealed {
            true => "Stored and uploaded data are sealed under these keys.",
            false => {
                "Stored data are sealed under these keys. UPLOADED DATA ARE READABLE for anyone who can read that storage."
            }
        }
    }
}

impl Readers {
    /// Of a vault: the public key of the viewer, where somebody on this computer can read; of each organisation its name
    /// and its public key.
    pub fn new<'a>(
        viewer: Option<&str>,
        organisations: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let organisations = organisations.into_iter();
        Self {
            viewer: viewer.is_some(),
            viewer_key: viewer.map(str::to_owned),
            organisations: organisations
                .map(|(name, key)| (name.to_owned(), key.to_owned()))
                .collect(),
        }
    }

    /// Before there is a vault: the person on this computer.
    pub fn of_new_vault() -> Self {
        Self {
            viewer: true,
            ..Self::default()
        }
    }

    /// Who can read, one reader a line.
    pub(crate) fn list(&self) -> String {
        let you = "You, on this computer, with your authenticator code and your key";
        let mut readers = self.list_organisations();
        if self.viewer {
            readers.insert(0, you.to_owned());
        }
        match readers.is_empty() {
            true => "Nobody".to_owned(),
            false => readers.join(";\n"),
        }
    }

    /// Who can read, in one sentence.
    fn describe(&self) -> String {
        let others = self.list_organisations().join(", and ");
        let factors = "with your authenticator code and the key on this computer";
        match (self.viewer, others.is_empty()) {
            (true, true) => format!("Only you can read it: {factors}."),
            (true, false) => format!("You can read it, {factors}; so can {others}."),
            (false, true) => "Nobody can read it.".to_owned(),
            (false, false) => format!("Only {others}, can read it."),
        }
    }

    fn list_organisations(&self) -> Vec<String> {
        let describe = |(name, key): &(String, String)| {
            let name = model::to_printable(name, 60);
            let cut = key.char_indices().rev().take(KEY_END).last();
            let key_end = cut.map_or("", |(at, _)| &key[at..]);
            format!("{name}, with their key (age1…{key_end})")
        };
        self.organisations.iter().map(describe).collect()
    }
}

impl From<&ScreenshotsSection> for ScreenshotPolicy {
    fn from(shots: &ScreenshotsSection) -> Self {
        Self {
            enabled: shots.capture,
            blurred: shots.blur,
            interval: Duration::from_secs(shots.every_seconds),
            quality: shots.quality,
        }
    }
}

impl From<&UploadSection> for UploadPolicy {
    fn from(upload: &UploadSection) -> Self {
        Self {
            interval: Duration::from_secs(upload.every_seconds),
            hold: Duration::from_secs(upload.hold_seconds),
            sealed: upload.is_sealed(),
            on_metered: upload.on_metered,
        }
    }
}

impl From<&PowerSection> for BatteryPolicy {
    fn from(power: &PowerSection) -> Self {
        Self {
            suspend_percent: power.low_percent,
            resume_percent: power.resume_percent,
        }
    }
}

impl From<&IndicatorSection> for VisibilityPolicy {
    fn from(indicator: &IndicatorSection) -> Self {
        Self {
            tray: indicator.tray,
            notifications: indicator.notify,
        }
    }
}

fn describe_interval(interval: Duration) -> String {
    match interval.as_secs() {
        s if s % 3600 == 0 => format!("{} h", s / 3600),
        s if s % 60 == 0 => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

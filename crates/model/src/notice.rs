//! Things the user or an auditor should know.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeCode {
    /// Recording began.
    Started,
    /// What is recorded, where it is kept and how to pause, told at each start and once a day.
    Daily,
    /// Recording ended cleanly.
    Stopped,
    /// The last run ended without saying so; its open span was closed at its last durable moment.
    Recovered,
    /// The user paused.
    Paused,
    /// The user resumed.
    Resumed,
    /// The recording hours ended: paused until they begin.
    OutsideHours,
    /// The recording hours began.
    InsideHours,
    /// A code was accepted.
    CodeAccepted,
    /// One or more codes were refused.
    CodeRefused,
    /// The wall clock was set.
    ClockJump,
    /// The time zone changed.
    ZoneChange,
    /// A sensor stopped working.
    SensorLost,
    /// A sensor works again.
    SensorBack,
    /// The recorder itself stood still.
    Stalled,
    /// Recording suspended on low battery.
    LowBattery,
    /// Recording resumed after low battery.
    PowerBack,
    /// Uploading stopped for a reason the user must mend.
    UploadStuck,
    /// Uploading works again.
    UploadBack,
    /// The disk floor was reached, or nothing can be written.
    DiskLow,
    /// The disk has room again.
    DiskBack,
    /// Old screenshots were archived or deleted.
    Retention,
    /// A damaged journal was set aside.
    Quarantined,
    /// Settings that change what is recorded were changed.
    Settings,
    /// Somebody agreed to the notice of what is recorded.
    Consent,
    /// Somebody looked at what was recorded, or unlocked it.
    Access,
    /// Who can open the record, or with what, was changed.
    Keys,
    /// Something was taken out of the record; the time it stood for is still there.
    Removed,
    /// Days of the record were erased for good.
    Erased,
    /// A code this version does not know (written by a newer one).
    #[serde(other)]
    Unknown,
}

impl fmt::Display for NoticeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Self::Started => "started",
            Self::Daily => "daily",
            Self::Stopped => "stopped",
            Self::Recovered => "recovered",
            Self::Paused => "paused",
            Self::Resumed => "resumed",
            Self::OutsideHours => "outside-hours",
            Self::InsideHours => "inside-hours",
            Self::CodeAccepted => "code-accepted",
            Self::CodeRefused => "code-refused",
            Self::ClockJump => "clock-jump",
            Self::ZoneChange => "zone-change",
            Self::SensorLost => "sensor-lost",
            Self::SensorBack => "sensor-back",
            Self::Stalled => "stalled",
            Self::LowBattery => "low-battery",
            Self::PowerBack => "power-back",
            Self::UploadStuck => "upload-stuck",
            Self::UploadBack => "upload-back",
            Self::DiskLow => "disk-low",
            Self::DiskBack => "disk-back",
            Self::Retention => "retention",
            Self::Quarantined => "quarantined",
            Self::Settings => "settings",
            Self::Consent => "consent",
            Self::Access => "access",
            Self::Keys => "keys",
            Self::Removed => "removed",
            Self::Erased => "erased",
            Self::Unknown => "unknown",
        };
        f.pad(word)
    }
}

/// One notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// When, in microseconds since the Unix epoch (UTC).
    #[serde(rename = "start")]
    pub at_us: i64,
    /// IANA name of the time zone in force.
    pub zone: String,
    /// What kind.
    pub code: NoticeCode,
    /// One sentence for people.
    pub text: String,
}

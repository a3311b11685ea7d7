//! Things the user or an auditor should know.

use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use strum::Display;

/// The kind of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum NoticeCode {
    /// Recording began.
    Started,
    /// A reminder, at each start and once a day: the recorded data, its place and how to pause.
    Daily,
    /// Recording ended cleanly.
    Stopped,
    /// The last run did not end cleanly; its open span was closed at its last durable moment.
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
    /// The recorder itself stalled.
    Stalled,
    /// Recording suspended on low battery.
    LowBattery,
    /// Recording resumed after low battery.
    PowerBack,
    /// Uploading stopped for a reason the user must fix.
    UploadStuck,
    /// Uploading works again.
    UploadBack,
    /// The disk reserve was reached, or nothing can be written.
    DiskLow,
    /// The disk has room again.
    DiskBack,
    /// Old screenshots were archived or deleted.
    Retention,
    /// A damaged journal was set aside.
    Quarantined,
    /// Settings that change what is recorded were changed.
    Settings,
    /// Somebody agreed to the consent notice.
    Consent,
    /// Somebody read the records, or unlocked them.
    Access,
    /// The keys or the recipients of the records were changed.
    Keys,
    /// Records were redacted; their time and state are still there.
    Removed,
    /// Days were erased for good.
    Erased,
    /// A code this version does not know (written by a newer one).
    #[serde(other)]
    Unknown,
}

/// One notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Its moment.
    #[serde(rename = "start")]
    pub at: Timestamp,
    /// IANA name of the time zone in force.
    pub zone: String,
    /// Its kind.
    pub code: NoticeCode,
    /// One sentence for people.
    pub text: String,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_notice_code_is_kept_as_unknown() {
        let n: Notice =
            serde_json::from_str(r#"{"start":1,"zone":"UTC","code":"from-the-future","text":"x"}"#)
                .unwrap();
        assert_eq!(n.code, NoticeCode::Unknown);
    }
}

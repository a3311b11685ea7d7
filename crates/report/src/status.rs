//! How the running instance is doing: the content of `uam status` and of the live panel.

use crate::calendar::load_zone;
use crate::columns::{ReportOutput, columns_of, count_phrases};
use crate::format::{
    format_age, format_bytes, format_clock_time, format_count, format_hms, format_relative_time,
};
use crate::totals::{StateTotal, Usage};
use model::{Counts, Coverage, PowerState, SensorKind, Timestamp, Unsupported, WindowInfo};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A last durable write younger than this counts as fresh: open counts are written every 5 s, and two of those writes may
/// be late on a busy machine.
pub const FRESH: Duration = Duration::from_secs(15);

/// Columns of a label of `uam status`, and one blank.
pub(crate) const LABEL_WIDTH: usize = 16;

/// The state of the running instance. As JSON (`uam status --json`, and between `uam` and the running instance) the
/// field names are stable, and all times are whole microseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentStatus {
    /// Version of the running program.
    pub version: String,
    /// Its process number.
    pub pid: u32,
    /// Where the journal lies.
    pub data_dir: String,
    /// IANA name of the zone in force.
    pub zone: String,
    /// The state of this second.
    pub state: Coverage,
    /// Since when `state` holds.
    #[serde(rename = "since_us")]
    pub since: Timestamp,
    /// True when an exclusion rule withholds the window's name; `window` is then none.
    pub protected: bool,
    /// The active window. Hostile text: show it through [`model::to_printable`] only.
    pub window: Option<WindowInfo>,
    /// Counts of the span that is open.
    pub span_counts: Counts,
    /// Counts of today.
    pub today_counts: Counts,
    /// Time of today in each state, in the order of [`Coverage::ALL`].
    pub today: Vec<StateTotal>,
    /// When something last reached the disk for good.
    #[serde(rename = "last_durable_us")]
    pub last_durable: Option<Timestamp>,
    /// Objects that the sink has not yet acknowledged.
    pub outbox: OutboxSummary,
    /// Where uploads go, for people: `s3://bucket/prefix` or a directory.
    pub destination: String,
    /// The last attempt to upload.
    pub last_upload: Option<UploadAttempt>,
    /// When the next upload is due.
    #[serde(rename = "next_upload_us")]
    pub next_upload: Option<Timestamp>,
    /// When the last screenshot was taken.
    #[serde(rename = "last_shot_us")]
    pub last_screenshot: Option<Timestamp>,
    /// When the next screenshot is due; none while screenshots are off.
    #[serde(rename = "next_shot_us")]
    pub next_screenshot: Option<Timestamp>,
    /// How long ago the last input was; none when it cannot be known.
    #[serde(rename = "idle_us", with = "model::micros::option")]
    pub idle: Option<Duration>,
    /// When a pause ends by itself; none when there is no pause or it lasts until resumed.
    #[serde(rename = "paused_until_us")]
    pub paused_until: Option<Timestamp>,
    /// The weekly recording hours; none when recording is always wanted.
    pub hours: Option<ScheduleStatus>,
    /// The power supply; none without a battery.
    pub power: Option<PowerState>,
    /// Sensors that do not work here, and why.
    pub missing: Vec<MissingSensor>,
    /// The disk, while it has less room than the disk reserve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk: Option<DiskStatus>,
}

/// A disk with less room than the disk reserve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskStatus {
    /// Bytes left.
    pub free: u64,
    /// The disk reserve in bytes: space that uam leaves free.
    pub floor: u64,
    /// True when nothing is recorded for want of room; otherwise only screenshots are suspended.
    pub stopped: bool,
}

impl DiskStatus {
    /// The consequence for recording, as one line.
    #[must_use]
    pub fn text(&self) -> String {
        let (free, floor) = (format_bytes(self.free), format_bytes(self.floor));
        match self.stopped {
            true => format!("only {free} left: nothing is recorded until there is space"),
            false => {
                format!("{free} left, the reserve is {floor}: no screenshots until there is space")
            }
        }
    }
}

/// The weekly recording hours now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleStatus {
    /// Is it inside them?
    pub inside: bool,
    /// When they next begin or end; none when they never do.
    #[serde(rename = "next_change_us")]
    pub next_change: Option<Timestamp>,
    /// True while nothing but them pauses the recording.
    pub pausing: bool,
}

/// Objects that the sink has not yet acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxSummary {
    /// Records of every kind.
    pub records: u64,
    /// Screenshots among them.
    pub shots: u64,
    /// Size of the screenshots and records together, in bytes.
    pub bytes: u64,
}

impl OutboxSummary {
    /// `42 records, 1 screenshot, 1.2 MB`, or `empty`.
    #[must_use]
    pub fn text(&self) -> String {
        if *self == Self::default() {
            return "empty".to_owned();
        }
        format!(
            "{}, {}, {}",
            format_count(self.records, "record", "records"),
            format_count(self.shots, "screenshot", "screenshots"),
            format_bytes(self.bytes)
        )
    }
}

/// How an upload ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadAttempt {
    /// When.
    #[serde(rename = "at_us")]
    pub at: Timestamp,
    /// One sentence for people; after a failure with its remedy.
    pub text: String,
    /// True when the sink acknowledged.
    pub ok: bool,
}

/// A sensor that does not work here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingSensor {
    /// Which.
    pub concern: SensorKind,
    /// The reason and the remedy.
    #[serde(flatten)]
    pub why: Unsupported,
}

impl AgentStatus {
    /// True when something reached the disk within [`FRESH`] of now, before or after: after the clock was set back a stamp
    /// is later than now, and one far in the future proves nothing.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.last_durable
            .is_some_and(|at| at.abs_diff(now) <= FRESH)
    }

    /// True while windows are being named and counted **and** the counts reach the disk. It follows from
    /// the age of the last durable write, never from intent.
    #[must_use]
    pub fn is_recording(&self, now: Timestamp) -> bool {
        self.state.is_recording() && self.is_fresh(now)
    }

    /// One sentence on whether it records.
    #[must_use]
    pub fn headline(&self, now: Timestamp) -> String {
        let lasting = format!(" for {}", format_age(now.duration_since(self.since)));
        self.format_headline(now, &lasting)
    }

    /// The same without how long it has been so: it changes with the state and not with each second.
    #[must_use]
    pub fn steady_headline(&self, now: Timestamp) -> String {
        self.format_headline(now, "")
    }

    fn format_headline(&self, now: Timestamp, lasting: &str) -> String {
        match (self.state, self.is_fresh(now)) {
            (_, false) => match self.last_durable {
                Some(at) => format!(
                    "NOT RECORDING: nothing reached the disk for {}",
                    format_age(at.abs_diff(now))
                ),
                None => "NOT RECORDING: nothing has reached the disk yet".to_owned(),
            },
            (state, true) if state.is_recording() => {
                format!("recording · {}{lasting}", state.label())
            }
            (Coverage::Paused, true) => {
                let when = |at| format_relative_time(at, now, &load_zone(&self.zone));
                let until = match (self.paused_until, self.hours) {
                    (Some(until), _) => format!("until {}", when(until)),
                    (None, Some(hours)) if hours.pausing => {
                        let begin = hours.next_change.map(|at| format!(" until {}", when(at)));
                        format!("outside the recording hours{}", begin.unwrap_or_default())
                    }
                    (None, _) => "until resumed".to_owned(),
                };
                format!("paused{lasting}, {until}")
            }
            (Coverage::NotRecorded, true) if self.disk.is_some_and(|disk| disk.stopped) => {
                let comma = if lasting.is_empty() { "" } else { "," };
                format!("NOT RECORDING: the disk is full{comma}{lasting}")
            }
            (Coverage::NotRecorded, true) => format!("not recorded{lasting}: a sensor is lost"),
            (state, true) => format!("not recording · {}{lasting}", state.label()),
        }
    }

    /// The window as one line, still raw: `Editor — main.rs`, `(protected)` or `(no window)`.
    #[must_use]
    pub fn window_label(&self) -> String {
        match &self.window {
            _ if self.protected => "(protected)".to_owned(),
            Some(window) => crate::format::window_label(&window.app, &window.title),
            None => "(no window)".to_owned(),
        }
    }

    /// The last upload and the next as one line.
    #[must_use]
    pub fn upload_text(&self, now: Timestamp) -> String {
        let mut text = match &self.last_upload {
            Some(last) => format!(
                "{}  {}{}",
                format_clock_time(last.at, &load_zone(&self.zone)),
                if last.ok { "" } else { "FAILED: " },
                last.text
            ),
            None => "none yet".to_owned(),
        };
        if let Some(next) = self.next_upload {
            text.push_str(&format!(
                " · next in {}",
                format_age(next.duration_since(now))
            ));
        }
        text
    }

    /// When the recording hours end or begin, as one line; none when they never do.
    #[must_use]
    pub fn hours_text(&self, now: Timestamp) -> Option<String> {
        let hours = self.hours?;
        let at = format_relative_time(hours.next_change?, now, &load_zone(&self.zone));
        Some(if hours.inside {
            format!("until {at}")
        } else {
            format!("begin {at}")
        })
    }

    /// The age of the last durable write as one line.
    #[must_use]
    pub fn durable_text(&self, now: Timestamp) -> String {
        match self.last_durable {
            Some(at) if at > now => format!("{} in the future", format_age(at.abs_diff(now))),
            Some(at) => format!("{} ago", format_age(now.duration_since(at))),
            None => "never".to_owned(),
        }
    }

    /// Today's time in each state that occurred, as one line.
    #[must_use]
    pub fn today_text(&self) -> String {
        let parts: Vec<String> = self
            .today
            .iter()
            .filter(|t| !t.duration.is_zero())
            .map(|t| format!("{} {}", t.state.label(), format_hms(t.duration)))
            .collect();
        if parts.is_empty() {
            "nothing yet".to_owned()
        } else {
            parts.join("  ")
        }
    }

    /// Plain lines for `uam status`; harmless to print.
    #[must_use]
    pub fn format_lines(&self, now: Timestamp) -> Vec<String> {
        let mut rows: Vec<(&str, String)> = vec![
            ("window", self.window_label()),
            ("this span", format_counts(&self.span_counts)),
            ("today", format_counts(&self.today_counts)),
            ("", self.today_text()),
            ("last saved", self.durable_text(now)),
            ("outbox", self.outbox.text()),
            ("last upload", self.upload_text(now)),
            ("destination", self.destination.clone()),
        ];
        if let Some(next) = self.next_screenshot {
            let left = format_age(next.duration_since(now).max(Duration::from_secs(1)));
            rows.push(("next screenshot", format!("within {left}")));
        }
        if let Some(hours) = self.hours_text(now) {
            rows.push(("hours", hours));
        }
        if let Some(idle) = self.idle {
            rows.push(("last input", format!("{} ago", format_age(idle))));
        }
        if let Some(power) = self.power {
            let source = if power.discharging {
                "on battery"
            } else {
                "on mains"
            };
            rows.push(("power", format!("{} %, {source}", power.percent)));
        }
        if let Some(disk) = self.disk {
            rows.push(("disk", disk.text()));
        }
        for missing in &self.missing {
            let text = match missing.why.remedy.as_str() {
                "" => format!("{}: {}", missing.concern, missing.why.reason),
                remedy => format!("{}: {} ({remedy})", missing.concern, missing.why.reason),
            };
            rows.push(("unavailable", text));
        }
        rows.push((
            "program",
            format!(
                "uam {}, process {}, {}",
                self.version, self.pid, self.data_dir
            ),
        ));
        std::iter::once(self.headline(now))
            .chain(
                rows.into_iter()
                    .map(|(label, text)| format!("  {label:<LABEL_WIDTH$}{text}")),
            )
            .map(|line| model::to_printable(&line, 400))
            .collect()
    }
}

/// `42 keys, 3 clicks, 1 scroll step`, and how much of it programs made.
#[must_use]
pub fn format_counts(counts: &Counts) -> String {
    let text = count_phrases(ReportOutput::LogLine, *counts).join(", ");
    let usage = Usage::from(*counts);
    let injected = columns_of(ReportOutput::MadeByPrograms).map(|column| (column.read)(&usage));
    match injected.sum() {
        0u64 => text,
        injected => format!("{text} ({injected} made by programs)"),
    }
}

#[cfg(test)]
mod tests;

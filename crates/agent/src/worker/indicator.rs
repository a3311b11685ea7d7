//! The icon in the tray and the notifications of the desktop.
//!
//! Always true: it shows the age of the last durable write, never an intent; nothing here waits for the desktop; a
//! notification says what the notice says or less, never a window's title.

use super::menu::TrayMenu;
use super::queue::AgentQueue;
use crate::app_context::AppContext;
use indicator::{
    Availability, Expiry, IconState, Indicator, IndicatorOptions, IndicatorStatus, Notification,
};
use model::{Coverage, Moment, Notice, NoticeCode, Record, SensorSupport, Timestamp};
use report::AgentStatus;
use report::status::FRESH;
use settings::{NotificationLevel, VisibilityPolicy};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the end waits for the desktop.
const PATIENCE: Duration = Duration::from_secs(1);

/// The icon in the tray and the notifications.
pub(super) struct DesktopIndicator {
    /// None when both are switched off, or no thread could be had.
    indicator: Option<Indicator>,
    options: IndicatorOptions,
    notifications: NotificationLevel,
}

impl DesktopIndicator {
    /// Starts it. Where this desktop cannot show them, the reason is in [`DesktopIndicator::describe_lines`].
    pub(super) fn start(
        visibility: VisibilityPolicy,
        context: AppContext,
        queue: &AgentQueue,
    ) -> Self {
        let options = indicator_options(visibility);
        let menu = TrayMenu::new(queue.clone(), context);
        let wanted = options.tray || options.notifications;
        Self {
            indicator: wanted
                .then(|| Indicator::start(options.clone(), Arc::new(menu)).ok())
                .flatten(),
            options,
            notifications: visibility.notifications,
        }
    }

    /// The desktop's availability in lines, for `uam status`.
    pub(super) fn describe_lines(&self) -> Vec<String> {
        describe_availability(&match &self.indicator {
            Some(indicator) => indicator.availability(),
            None => Availability::before_start(&self.options),
        })
    }

    /// Notifications for those of these records that a person should know of.
    pub(super) fn notify_records(&self, records: &[Record]) {
        let Some(indicator) = &self.indicator else {
            return;
        };
        for record in records {
            if let Record::Notice(notice) = record
                && let Some(text) = notification_text(self.notifications, notice)
            {
                indicator.notify(Notification::new(text));
            }
        }
    }

    /// Shows the state. Cheap: nothing is drawn unless it looks different.
    pub(super) fn show(&self, status: &AgentStatus, has_camera: bool, now: Moment) {
        if let Some(indicator) = &self.indicator {
            indicator.show_status(indicator_status(
                status,
                has_camera,
                now.utc,
                Instant::now(),
            ));
        }
    }

    /// The end has begun: nothing is recorded any more.
    pub(super) fn show_stopping(&self) {
        if let Some(indicator) = &self.indicator {
            let text = "not recording · stopping: the rest is written and uploaded";
            indicator.show_status(IndicatorStatus::new(IconState::NotRecording, text));
        }
    }

    /// Takes the icon away.
    pub(super) fn close(&mut self) {
        if let Some(indicator) = self.indicator.take() {
            indicator.close(PATIENCE);
        }
    }
}

/// For [`DesktopIndicator::start`] and for `uam doctor`.
pub fn indicator_options(visibility: VisibilityPolicy) -> IndicatorOptions {
    IndicatorOptions {
        tray: visibility.tray,
        notifications: visibility.notifications != NotificationLevel::Off,
        bus: None,
    }
}

/// Columns of a label, as in the rows of `uam status`.
const LABEL: usize = 16;

/// The availability of icon and notifications, as lines.
pub fn describe_availability(availability: &Availability) -> Vec<String> {
    let mut lines = describe_support("tray", LABEL, &availability.tray);
    lines.extend(describe_support(
        "notifications",
        LABEL,
        &availability.notifications,
    ));
    lines
}

/// Whether something works here, and by which means; or the reason why not and, on a second line, the remedy. `width`:
/// columns of the label.
pub fn describe_support(label: &str, width: usize, support: &SensorSupport) -> Vec<String> {
    let row = |label: &str, state: &str, text: &str| {
        model::to_printable(&format!("  {label:<width$}{state:<8}{text}"), 400)
    };
    match support {
        SensorSupport::By(means) => vec![row(label, "ok", means)],
        SensorSupport::Unsupported(why) => {
            let mut remedy = why.remedy.chars();
            let remedy = remedy
                .next()
                .map(|first| format!("{}{}.", first.to_uppercase(), remedy.as_str()));
            let remedy = remedy.map(|text| row("", "", &text));
            std::iter::once(row(label, "cannot", &why.reason))
                .chain(remedy)
                .collect()
        }
    }
}

/// How the desktop shows this state; `instant` is the same moment as `now`.
fn indicator_status(
    status: &AgentStatus,
    camera: bool,
    now: Timestamp,
    instant: Instant,
) -> IndicatorStatus {
    let fresh = status.is_fresh(now);
    let sign = match status.state {
        _ if !fresh => IconState::NotRecording,
        Coverage::Active => IconState::Active,
        Coverage::Idle => IconState::Idle,
        Coverage::Paused => IconState::Paused,
        _ => IconState::NotRecording,
    };
    let mut shown = IndicatorStatus::new(sign, &status.steady_headline(now));
    if !fresh || status.state == Coverage::NotRecorded {
        shown = shown.with_alarm();
    }
    if camera {
        shown = shown.with_camera();
    }
    match status.last_durable.filter(|_| fresh) {
        // Should this loop stand still from now on, the icon says so by itself.
        Some(at) => {
            let zone = report::load_zone(&status.zone);
            let since = report::format::format_clock_time(at, &zone);
            shown.with_expiry(Expiry {
                until: instant + FRESH.saturating_sub(now.duration_since(at)),
                then: format!("NOT RECORDING: nothing has reached the disk since {since}"),
            })
        }
        None => shown,
    }
}

/// The notification for a notice, if it gets one.
///
/// Important is what decides whether somebody is recorded from now on (also where a pause or the hours end by themselves),
/// and what is wrong with the record or its way: all of it may be missed by whoever looks elsewhere. Only such notices
/// are shown in their own words; the others, which may name a search or redacted data, by their kind alone.
fn notification_text(notify: NotificationLevel, notice: &Notice) -> Option<&str> {
    use NoticeCode as Code;
    let text = match notice.code {
        Code::Started
        | Code::Stopped
        | Code::Paused
        | Code::Resumed
        | Code::OutsideHours
        | Code::InsideHours
        | Code::LowBattery
        | Code::PowerBack
        | Code::SensorLost
        | Code::UploadStuck
        | Code::DiskLow
        | Code::Quarantined => return (notify != NotificationLevel::Off).then_some(&notice.text),
        Code::SensorBack
        | Code::UploadBack
        | Code::DiskBack
        | Code::Daily
        | Code::Stalled
        | Code::ClockJump
        | Code::ZoneChange
        | Code::Recovered => notice.text.as_str(),
        Code::Retention => "Old screenshots were deleted or archived.",
        Code::Settings => "Settings that change what is recorded were changed.",
        Code::Access => "The record was opened for reading.",
        Code::Keys => "The keys or the readers of the record were changed.",
        Code::Removed => "Something was deleted from the record.",
        Code::Erased => "Days of the record were erased.",
        Code::CodeRefused => "A wrong code was entered.",
        // Both belong to a start, which has a notification of its own.
        Code::CodeAccepted | Code::Consent | Code::Unknown => return None,
    };
    (notify == NotificationLevel::All).then_some(text)
}

#[cfg(test)]
mod tests;

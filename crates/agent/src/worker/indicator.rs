//! What the desktop shows of uam while it runs: the icon in the tray with its menu, and bubbles.
//!
//! Always true: what is shown follows the age of the last durable write, never what was wished; nothing here waits for the
//! desktop; and a bubble says what a notice says or less, so it never holds a window's title.

use super::agent::Agent;
use super::queue::AgentQueue;
use crate::app_context::AppContext;
use crate::keyholder;
use crate::page_launcher::open_page_and_wait;
use indicator::{
    Availability, Expiry, IconState, Indicator, IndicatorOptions, IndicatorStatus, MenuHandler,
    Notification, NotificationSender, PageAvailability,
};
use model::{Coverage, Moment, Notice, NoticeCode, Record, SensorSupport};
use platform::process::browser_command;
use protocol::{Request, Response, UserCommand};
use report::AgentStatus;
use report::status::FRESH_US;
use settings::{NotificationLevel, VisibilityPolicy};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// How long the end waits for the desktop.
const PATIENCE: Duration = Duration::from_secs(1);

/// So many wishes of the menu may be under way that take their time (a picture, a page that is open); a further one is
/// refused with a bubble.
const MOST_ERRANDS: usize = 4;

/// What becomes of the icon and the bubbles.
pub(crate) struct DesktopIndicator {
    /// None when both are switched off, or no thread could be had.
    indicator: Option<Indicator>,
    options: IndicatorOptions,
    notify: NotificationLevel,
}

impl DesktopIndicator {
    /// Starts it. What cannot be shown on this desktop is told by [`DesktopIndicator::lines`].
    pub(crate) fn open(visibility: VisibilityPolicy, context: AppContext, tx: &AgentQueue) -> Self {
        let options = indicator_options(visibility);
        let hand = TrayMenu {
            tx: tx.clone(),
            context,
            tasks: Arc::default(),
        };
        let wanted = options.tray || options.notifications;
        Self {
            indicator: wanted
                .then(|| Indicator::start(options.clone(), Arc::new(hand)).ok())
                .flatten(),
            options,
            notify: visibility.notifications,
        }
    }

    /// What the desktop shows, or why not, for `uam status`.
    pub(crate) fn lines(&self) -> Vec<String> {
        describe_availability(&match &self.indicator {
            Some(indicator) => indicator.availability(),
            None => Availability::before_start(&self.options),
        })
    }

    /// Bubbles for what a person should know of these.
    pub(crate) fn notices(&self, records: &[Record]) {
        let Some(indicator) = &self.indicator else {
            return;
        };
        for record in records {
            if let Record::Notice(notice) = record
                && let Some(text) = notification_text(self.notify, notice)
            {
                indicator.notify(Notification::new(text));
            }
        }
    }

    /// The end has begun: nothing is recorded any more.
    pub(crate) fn stopping(&self) {
        if let Some(indicator) = &self.indicator {
            let text = "not recording · stopping: what is left is written and sent";
            indicator.show_status(IndicatorStatus::new(IconState::NotRecording, text));
        }
    }

    /// Takes the icon away.
    pub(crate) fn close(&mut self) {
        if let Some(indicator) = self.indicator.take() {
            indicator.close(PATIENCE);
        }
    }
}

impl Agent {
    /// Tells the desktop what is the case. Cheap, and nothing is drawn unless it looks different.
    pub(super) fn show_tray(&self, now: Moment) {
        if let Some(indicator) = &self.tray.indicator {
            let camera = self.shooter.is_some() && self.disk.low().is_none();
            indicator.show_status(indicator_status(
                &self.glance(now),
                camera,
                now.utc_us,
                Instant::now(),
            ));
        }
    }
}

/// For [`DesktopIndicator::open`] and for `uam doctor`.
pub fn indicator_options(visibility: VisibilityPolicy) -> IndicatorOptions {
    IndicatorOptions {
        tray: visibility.tray,
        notifications: visibility.notifications != NotificationLevel::Off,
        bus: None,
    }
}

/// What the desktop shows, or why not, in two lines.
pub fn describe_availability(standing: &Availability) -> Vec<String> {
    let rows = [
        ("tray", &standing.tray),
        ("bubbles", &standing.notifications),
    ];
    let line = |(what, how): (&str, &SensorSupport)| {
        model::to_printable(&format!("  {what:<11}{}", describe_support(how)), 400)
    };
    rows.into_iter().map(line).collect()
}

/// Whether something is to be had here, and by what or why not.
pub fn describe_support(support: &SensorSupport) -> String {
    match support {
        SensorSupport::By(how) => format!("ok      {how}"),
        SensorSupport::Unsupported(why) if why.remedy.is_empty() => {
            format!("cannot  {}", why.reason)
        }
        SensorSupport::Unsupported(why) => format!("cannot  {}. {}", why.reason, why.remedy),
    }
}

/// How the desktop shows this state; `instant` is the same moment as `now_us`.
fn indicator_status(
    status: &AgentStatus,
    camera: bool,
    now_us: i64,
    instant: Instant,
) -> IndicatorStatus {
    let fresh = status.is_fresh(now_us);
    let sign = match status.state {
        _ if !fresh => IconState::NotRecording,
        Coverage::Active => IconState::Active,
        Coverage::Idle => IconState::Idle,
        Coverage::Paused => IconState::Paused,
        _ => IconState::NotRecording,
    };
    let mut shown = IndicatorStatus::new(sign, &status.steady_headline(now_us));
    if !fresh || status.state == Coverage::Blind {
        shown = shown.with_alarm();
    }
    if camera {
        shown = shown.with_camera();
    }
    match status.last_durable_us.filter(|_| fresh) {
        // Should this loop stand still from now on, the icon says so by itself.
        Some(at) => {
            let age = u64::try_from(now_us.saturating_sub(at)).unwrap_or(0);
            let zone = report::text::load_zone(&status.zone);
            let since = report::text::format_clock_time(at, &zone);
            shown.with_expiry(Expiry {
                until: instant + Duration::from_micros(FRESH_US.saturating_sub(age)),
                then: format!("NOT RECORDING: nothing has reached the disk since {since}"),
            })
        }
        None => shown,
    }
}

/// The bubble for a notice, if it gets one.
///
/// Important is what decides whether somebody is recorded from now on (also where a pause or the hours end by themselves),
/// and what is wrong with the record or its way: all of it may be missed by whoever looks elsewhere. Only such notices
/// are shown in their own words; of the others, which may name what was looked for or taken out, it is said what kind
/// they are.
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
        Code::Retention => "Old pictures were put away.",
        Code::Settings => "Settings that change what is recorded were changed.",
        Code::Access => "Somebody looked at the record.",
        Code::Keys => "Who can open the record was changed.",
        Code::Removed => "Something was taken out of the record.",
        Code::Erased => "Days of the record were erased.",
        Code::CodeRefused => "A wrong code was given.",
        // Both belong to a start, which is told.
        Code::CodeAccepted | Code::Consent | Code::Unknown => return None,
    };
    (notify == NotificationLevel::All).then_some(text)
}

/// Carries out what is wished through the menu.
struct TrayMenu {
    tx: AgentQueue,
    context: AppContext,
    tasks: Arc<AtomicUsize>,
}

impl MenuHandler for TrayMenu {
    fn handle_command(&self, command: UserCommand, tell: &NotificationSender) {
        match command {
            UserCommand::TakeScreenshot => {
                let tx = self.tx.clone();
                self.run_in_background(tell, move || match tx.ask(Request::TakeScreenshot) {
                    Response::Refused(why) => Some(why),
                    _ => None,
                });
            }
            UserCommand::OpenPage => {
                let context = self.context.clone();
                self.run_in_background(tell, move || open_page_and_wait(&context));
            }
            command => {
                if let Some(request) = Request::for_command(&command) {
                    self.tx.post(request);
                }
            }
        }
    }

    fn page_availability(&self) -> PageAvailability {
        if browser_command("").is_none() {
            return PageAvailability::Needs("run `uam dashboard` in a terminal".to_owned());
        }
        match keyholder::is_unlocked(&self.context.paths) {
            true => PageAvailability::Ready,
            // A code is typed where one can see what asks for it.
            false => PageAvailability::Needs("first run `uam unlock` in a terminal".to_owned()),
        }
    }
}

impl TrayMenu {
    /// Does something that takes its time on a thread of its own; what it gives back is told.
    fn run_in_background(
        &self,
        tell: &NotificationSender,
        work: impl FnOnce() -> Option<String> + Send + 'static,
    ) {
        if self.tasks.fetch_add(1, Ordering::SeqCst) >= MOST_ERRANDS {
            self.tasks.fetch_sub(1, Ordering::SeqCst);
            tell.send(Notification::new("That is under way already."));
            return;
        }
        let under_way = BackgroundTask(Arc::clone(&self.tasks));
        let told = tell.clone();
        let started = Builder::new().name("uam-errand".into()).spawn(move || {
            let _under_way = under_way;
            if let Some(text) = work() {
                told.send(Notification::new(&text));
            }
        });
        if let Err(e) = started {
            tell.send(Notification::new(&format!("That cannot be done now: {e}")));
        }
    }
}

/// One that is under way; it is over when this goes.
struct BackgroundTask(Arc<AtomicUsize>);

impl Drop for BackgroundTask {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests;

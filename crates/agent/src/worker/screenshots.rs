//! When a screenshot is taken and when it is stored.
//!
//! A screenshot is held for a second before it is stored: a title that protects the window comes up to a quarter of a
//! second after its pixels, and a screenshot made in between must not survive.

use super::camera_thread::CameraThread;
use super::effect::{Effect, Effects};
use super::queue::CaptureResult;
use crate::random::random_u64;
use model::{ActiveWindow, Moment, Timestamp};
use recorder::SkipReason;
use report::{DiskStatus, LogSubject};
use screenshots::EncodedScreenshot;
use screenshots::{CaptureDue, CaptureSchedule};
use std::time::Duration;

/// How long a screenshot is held.
const HOLD: Duration = Duration::from_secs(1);

/// A screenshot that is not stored yet.
pub(super) struct HeldScreenshot {
    /// When it was taken.
    pub(super) at: Moment,
    pub(super) window: ActiveWindow,
    pub(super) image: Box<EncodedScreenshot>,
}

/// Orders screenshots and holds the newest one.
pub(super) struct Screenshots {
    camera: Option<CameraThread>,
    timer: Option<CaptureSchedule>,
    held: Option<HeldScreenshot>,
    last_taken: Option<Timestamp>,
    /// Somebody asked for the screenshot that is being taken.
    user_waits: bool,
    /// Orders whose answer is still to come.
    pending_orders: u32,
    /// So many of them show pixels that were redacted meanwhile, and are not stored.
    discarded_orders: u32,
    /// False when the settings say so.
    is_enabled: bool,
}

impl Screenshots {
    /// `interval`: one screenshot at a random moment in each interval.
    pub(super) fn new(
        camera: Option<CameraThread>,
        is_enabled: bool,
        interval: Duration,
        now: Moment,
    ) -> Self {
        let timer = camera
            .is_some()
            .then(|| CaptureSchedule::new(interval, now.boot, random_u64()));
        Self {
            camera,
            timer,
            held: None,
            last_taken: None,
            user_waits: false,
            pending_orders: 0,
            discarded_orders: 0,
            is_enabled,
        }
    }

    /// True at the random moment of each interval. A moment at which none may be taken passes; it is not made up for.
    pub(super) fn poll_timer(&mut self, now: Moment) -> bool {
        self.timer
            .as_mut()
            .is_some_and(|timer| timer.poll(now.boot, random_u64()) == CaptureDue::Now)
    }

    /// Orders a screenshot of the window that `target` names, or says why there is none.
    pub(super) fn order(
        &mut self,
        target: impl FnOnce() -> Result<ActiveWindow, SkipReason>,
        low_space: Option<DiskStatus>,
    ) -> Result<(), String> {
        let camera = self.camera.as_ref().ok_or_else(|| match self.is_enabled {
            true => "this desktop offers no screenshots (see `uam doctor`)".to_owned(),
            false => "screenshots are switched off".to_owned(),
        })?;
        if let Some(disk) = low_space {
            return Err(format!("the disk is full: {}", disk.text()));
        }
        let window = target().map_err(describe_skip_reason)?;
        if !camera.order_screenshot(window) {
            return Err("the last screenshot is still being taken".to_owned());
        }
        self.pending_orders += 1;
        Ok(())
    }

    /// As [`Self::order`], for somebody who waits for the outcome.
    pub(super) fn order_for_user(
        &mut self,
        target: impl FnOnce() -> Result<ActiveWindow, SkipReason>,
        low_space: Option<DiskStatus>,
    ) -> Result<(), String> {
        self.order(target, low_space)?;
        self.user_waits = true;
        Ok(())
    }

    /// The camera's answer: a screenshot is held. By itself a refusal happens all the time; only somebody who waits gets
    /// to know.
    pub(super) fn receive(&mut self, result: CaptureResult, now: Moment) -> Effects {
        self.pending_orders = self.pending_orders.saturating_sub(1);
        let is_discarded = self.discarded_orders > 0;
        self.discarded_orders = self.discarded_orders.saturating_sub(1);
        let user_waits = std::mem::take(&mut self.user_waits);
        match result {
            CaptureResult::Screenshot(..) if is_discarded => Effects::new(),
            CaptureResult::Screenshot(window, image) => {
                self.held = Some(HeldScreenshot {
                    at: now,
                    window,
                    image,
                });
                Effects::new()
            }
            CaptureResult::None(why) if user_waits => {
                vec![Effect::Log(
                    LogSubject::Shot,
                    format!("No screenshot: {why}."),
                )]
            }
            CaptureResult::None(_) => Effects::new(),
        }
    }

    /// The screenshot that was held long enough.
    pub(super) fn take_held(&mut self, now: Moment) -> Option<HeldScreenshot> {
        self.held.take_if(|held| now.since(held.at) >= HOLD)
    }

    /// The held screenshot, at the end of the run.
    pub(super) fn take_held_now(&mut self) -> Option<HeldScreenshot> {
        self.held.take()
    }

    /// Drops the held screenshot if `is_redacted` says so of its moment.
    pub(super) fn discard_held_if(&mut self, is_redacted: impl FnOnce(Moment) -> bool) {
        self.held.take_if(|held| is_redacted(held.at));
    }

    /// The screenshots under way will not be stored: their pixels may be older than a redaction.
    pub(super) fn discard_pending(&mut self) {
        self.discarded_orders = self.pending_orders;
    }

    /// A screenshot of this time is in the journal.
    pub(super) fn mark_stored(&mut self, taken_at: Timestamp) {
        self.last_taken = Some(taken_at);
    }

    /// When the last stored one was taken.
    pub(super) fn last_taken(&self) -> Option<Timestamp> {
        self.last_taken
    }

    /// When the next one is due.
    pub(super) fn next_due(&self, now: Moment) -> Option<Timestamp> {
        let timer = self.timer.as_ref()?;
        Some(now.utc + timer.moment().saturating_sub(now.boot))
    }

    /// Until a screenshot is due or was held long enough.
    pub(super) fn time_until_wake(&self, now: Moment) -> Duration {
        let timer = self.timer.as_ref().map(CaptureSchedule::moment);
        let held = self.held.as_ref().map(|held| held.at.boot + HOLD);
        let next = timer.into_iter().chain(held).min();
        next.map_or(Duration::MAX, |at| at.saturating_sub(now.boot))
    }

    pub(super) fn has_camera(&self) -> bool {
        self.camera.is_some()
    }

    /// Ends the camera thread.
    pub(super) fn stop_camera(&mut self) {
        self.camera = None;
    }
}

fn describe_skip_reason(reason: SkipReason) -> String {
    match reason {
        SkipReason::State(state) => format!("no screenshots while {state}"),
        SkipReason::Protected => "this window is protected".to_owned(),
        SkipReason::NoWindow => "no window is active".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::effect::describe_effects;
    use super::*;

    const NOW: Moment = Moment {
        utc: Timestamp::UNIX_EPOCH,
        boot: Duration::ZERO,
        awake: Duration::ZERO,
    };

    #[test]
    fn without_a_camera_the_reason_is_in_the_settings_or_the_desktop() {
        let refuse = |is_enabled| {
            let mut screenshots = Screenshots::new(None, is_enabled, HOLD, NOW);
            assert!(!screenshots.has_camera() && !screenshots.poll_timer(NOW));
            screenshots.order_for_user(|| Err(SkipReason::NoWindow), None)
        };
        assert_eq!(
            refuse(false),
            Err("screenshots are switched off".to_owned())
        );
        let why = "this desktop offers no screenshots (see `uam doctor`)";
        assert_eq!(refuse(true), Err(why.to_owned()));
    }

    #[test]
    fn only_a_person_who_waits_gets_to_know_a_refusal() {
        let mut screenshots = Screenshots::new(None, true, HOLD, NOW);
        let refusal = || CaptureResult::None("unchanged".to_owned());
        assert!(screenshots.receive(refusal(), NOW).is_empty());
        screenshots.user_waits = true;
        let effects = screenshots.receive(refusal(), NOW);
        assert_eq!(
            describe_effects(&effects),
            ["log Shot: No screenshot: unchanged."]
        );
        assert!(screenshots.receive(refusal(), NOW).is_empty(), "once");
    }
}

//! Ordering pictures and keeping them.

use super::agent::Agent;
use super::queue::CaptureResult;
use crate::random::random_u64;
use model::{Moment, Screenshot};
use report::LogSubject;
use screenshots::schedule::CaptureDue;
use std::sync::Arc;

/// How long a picture waits before it is kept, in microseconds. A title that tells that the window must be protected
/// comes up to a quarter of a second after the pixels changed; a picture made in between must not survive.
pub(super) const HOLD_US: u64 = 1_000_000;

impl Agent {
    /// Orders a picture when its random moment has come and the recorder permits it; keeps one that was held long enough.
    pub(crate) fn maybe_shoot(&mut self, now: Moment) {
        if self
            .held
            .as_ref()
            .is_some_and(|(at, ..)| now.since_us(*at) >= HOLD_US)
        {
            self.keep_shot(now);
        }
        let due = self
            .schedule
            .as_mut()
            .is_some_and(|s| s.poll(now.boot_us, random_u64()) == CaptureDue::Now);
        if due {
            // A forbidden moment passes without a picture: the slot is not made up for.
            let _ = self.shoot();
        }
    }

    pub(super) fn shoot(&mut self) -> Result<(), String> {
        let shooter =
            self.shooter
                .as_ref()
                .ok_or_else(|| match self.policy.screenshots.enabled {
                    true => "this desktop gives no pictures (see uam doctor)".to_owned(),
                    false => "pictures are switched off".to_owned(),
                })?;
        if let Some(disk) = self.disk.low() {
            return Err(format!("the disk is full: {}", disk.text()));
        }
        let target = self
            .recorder
            .screenshot_target()
            .map_err(|skip| match skip {
                recorder::SkipReason::State(state) => format!("no pictures while {state}"),
                recorder::SkipReason::Protected => "this window is protected".to_owned(),
                recorder::SkipReason::NoWindow => "no window is active".to_owned(),
            })?;
        if shooter.order_screenshot(target) {
            self.ordered_shots += 1;
            Ok(())
        } else {
            Err("the last picture is still being taken".to_owned())
        }
    }

    /// The camera is done: a picture is held for a moment before it is kept.
    pub(super) fn taken(&mut self, taken: CaptureResult, now: Moment) {
        self.ordered_shots = self.ordered_shots.saturating_sub(1);
        let void = self.void_shots > 0;
        self.void_shots = self.void_shots.saturating_sub(1);
        // By itself a refusal happens all the time; only somebody who asked wants to know.
        let wanted = std::mem::take(&mut self.shot_wanted);
        match taken {
            CaptureResult::Screenshot(..) if void => {}
            CaptureResult::Screenshot(target, picture) => self.held = Some((now, target, picture)),
            CaptureResult::None(why) if wanted => {
                self.note(LogSubject::Shot, now, &format!("No picture: {why}."));
            }
            CaptureResult::None(_) => {}
        }
    }

    /// Keeps the held picture unless the window turned out to be protected meanwhile.
    pub(super) fn keep_shot(&mut self, now: Moment) {
        let Some((at, target, picture)) = self.held.take() else {
            return;
        };
        if self.disk.low().is_some() {
            return;
        }
        match self.recorder.screenshot_target() {
            Err(recorder::SkipReason::Protected | recorder::SkipReason::State(_)) => return,
            Ok(_) | Err(recorder::SkipReason::NoWindow) => {}
        }
        let shot = Screenshot {
            at_us: self.recorder.timestamp_of(at),
            zone: Arc::clone(self.recorder.zone()),
            sha256: picture.sha256.clone(),
            bytes: picture.bytes.len() as u64,
            media: picture.media.to_string(),
            width: picture.width,
            height: picture.height,
            screen_width: picture.screen_width,
            screen_height: picture.screen_height,
            blurred: picture.blurred,
            removed: false,
            window: Some(target.window),
        };
        match self
            .journal
            .add_screenshot(&shot, &picture.bytes, now.utc_us)
        {
            Ok(seq) => {
                self.last_shot_us = Some(shot.at_us);
                let seen = self.display.wants_status();
                let picture = seen.then(|| self.newest_shot()).flatten();
                self.display.shot(&shot, seq, picture);
            }
            Err(e) => {
                self.in_trouble(&e);
                let text = format!("A picture could not be kept: {e}");
                self.note(LogSubject::Shot, now, &text);
            }
        }
    }
}

//! From "this is active now" to the changes that are reported.
//!
//! Always true:
//! * "none" between two windows is part of the switch; it is reported only when it lasts [`DesktopOptions::none_after`];
//! * titles that change faster than [`DesktopOptions::title_debounce`] become one change, and the last one is reported; a title
//!   that never rests is reported every [`RESTLESS`] times that;
//! * each reported change differs from the one before.

use crate::options::DesktopOptions;
use model::{ActiveWindow, Moment};
use std::time::{Duration, Instant};

/// After how many times the debounce a title that keeps changing is reported anyway.
const RESTLESS: u32 = 4;

/// A change to report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WindowChange {
    pub(crate) at: Moment,
    pub(crate) active: Option<ActiveWindow>,
}

/// A change held back for a while.
#[derive(Debug)]
struct DelayedChange {
    /// When it happened.
    at: Moment,
    first: Instant,
    due: Instant,
}

/// A change that was held back and is due.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum DueChange {
    /// No window was active for long enough.
    None(WindowChange),
    /// The title rests (or never will): ask for the facts and pass them to [`WindowDebouncer::emit_if_changed`].
    Facts(Moment),
}

/// The last reported window, and the changes held back.
#[derive(Debug)]
pub(crate) struct WindowDebouncer {
    title_debounce: Duration,
    none_after: Duration,
    /// The window reported last; the outer `None` before the first report.
    emitted: Option<Option<ActiveWindow>>,
    none: Option<DelayedChange>,
    facts: Option<DelayedChange>,
}

impl WindowDebouncer {
    pub(crate) fn new(options: &DesktopOptions) -> Self {
        Self {
            title_debounce: options.title_debounce,
            none_after: options.none_after,
            emitted: None,
            none: None,
            facts: None,
        }
    }

    /// The active window at the beginning.
    pub(crate) fn set_initial(&mut self, at: Moment, active: Option<ActiveWindow>) -> WindowChange {
        self.emitted = Some(active.clone());
        WindowChange { at, active }
    }

    /// `active` was the active window at `at`. Returns up to two changes: a "none" that lasted, and the
    /// window after it.
    pub(crate) fn observe(
        &mut self,
        at: Moment,
        active: Option<ActiveWindow>,
    ) -> [Option<WindowChange>; 2] {
        if active.is_none() {
            // Titles of the window that was left are of no interest any more.
            self.facts = None;
            if self.none.is_none() && self.emitted != Some(None) {
                let now = Instant::now();
                self.none = Some(DelayedChange {
                    at,
                    first: now,
                    due: now + self.none_after,
                });
            }
            return [None, None];
        }
        let lasted = (self.none.take()).filter(|none| at.since(none.at) >= self.none_after);
        let none = lasted.and_then(|none| self.emit_if_changed(none.at, None));
        // Numbers are used again, so the same number with another program is another window.
        let same_window = match (&self.emitted, &active) {
            (Some(Some(last)), Some(active)) => {
                let (was, is) = (&last.window, &active.window);
                last.handle == active.handle && was.app == is.app && was.exe == is.exe
            }
            _ => false,
        };
        if same_window {
            // Not a switch; a new title waits for its debounce.
            if self.emitted.as_ref() != Some(&active) {
                self.delay_facts(at);
            }
            return [none, None];
        }
        self.facts = None;
        let change = self.emit_if_changed(at, active);
        [none, change]
    }

    /// The active window's title or program may have changed at `at`.
    pub(crate) fn delay_facts(&mut self, at: Moment) {
        let now = Instant::now();
        let first = self.facts.as_ref().map_or(now, |facts| facts.first);
        let due = (now + self.title_debounce).min(first + self.title_debounce * RESTLESS);
        self.facts = Some(DelayedChange { at, first, due });
    }

    /// When [`WindowDebouncer::take_due`] wants to be called next.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let due = |pending: &Option<DelayedChange>| pending.as_ref().map(|pending| pending.due);
        match (due(&self.none), due(&self.facts)) {
            (Some(none), Some(facts)) => Some(none.min(facts)),
            (none, facts) => none.or(facts),
        }
    }

    /// The change that was held back long enough at `now`.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<DueChange> {
        if let Some(none) = self.none.take_if(|none| none.due <= now) {
            return self.emit_if_changed(none.at, None).map(DueChange::None);
        }
        let facts = self.facts.take_if(|facts| facts.due <= now)?;
        Some(DueChange::Facts(facts.at))
    }

    /// The change to report, if it is one.
    pub(crate) fn emit_if_changed(
        &mut self,
        at: Moment,
        active: Option<ActiveWindow>,
    ) -> Option<WindowChange> {
        if self.emitted.as_ref() == Some(&active) {
            return None;
        }
        self.emitted = Some(active.clone());
        Some(WindowChange { at, active })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Timestamp;
    use model::{WindowHandle, WindowInfo};
    use std::sync::Arc;

    const AT: Moment = Moment {
        utc: Timestamp::UNIX_EPOCH,
        boot: Duration::ZERO,
        awake: Duration::ZERO,
    };

    fn window(handle: u64, app: &str, title: &str) -> Option<ActiveWindow> {
        Some(ActiveWindow {
            handle: WindowHandle(handle),
            window: Arc::new(WindowInfo {
                app: app.into(),
                exe: String::new(),
                title: title.into(),
            }),
        })
    }

    fn switches() -> WindowDebouncer {
        let mut switches = WindowDebouncer::new(&DesktopOptions::default());
        switches.set_initial(AT, window(1, "Editor", "a"));
        switches
    }

    #[test]
    fn a_short_none_is_part_of_the_switch_and_a_long_one_is_told() {
        let mut switches = switches();
        assert_eq!(switches.observe(AT, None), [None, None]);
        let after = AT + Duration::from_millis(50);
        let [none, change] = switches.observe(after, window(2, "Mail", "b"));
        assert_eq!(none, None);
        assert_eq!(change.map(|c| c.at), Some(after));

        assert_eq!(
            switches.observe(AT + Duration::from_millis(60), None),
            [None, None]
        );
        let [none, change] =
            switches.observe(AT + Duration::from_millis(900), window(1, "Editor", "a"));
        assert_eq!(
            none.map(|c| (c.at.boot, c.active)),
            Some((Duration::from_millis(60), None))
        );
        assert!(change.is_some());
    }

    #[test]
    fn a_title_waits_and_a_reused_number_does_not() {
        let mut switches = switches();
        assert_eq!(
            switches.observe(AT, window(1, "Editor", "b")),
            [None, None],
            "a title waits for its debounce"
        );
        let later = Instant::now() + Duration::from_secs(60);
        assert_eq!(switches.take_due(later), Some(DueChange::Facts(AT)));
        assert!(
            switches
                .emit_if_changed(AT, window(1, "Editor", "b"))
                .is_some()
        );
        assert_eq!(switches.emit_if_changed(AT, window(1, "Editor", "b")), None);
        let [_, change] = switches.observe(AT, window(1, "Mail", "b"));
        assert!(change.is_some(), "the same number with another program");
    }
}

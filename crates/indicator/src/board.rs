//! Where the agent writes what is the case, and the desktop's thread reads it.
//!
//! # What is always true
//! * The lock is held for a few assignments and never while anybody else is called.
//! * What is shown is one value: the newest. Bubbles that wait are at most [`MOST_BUBBLES`]; the oldest gives way.
//! * A value whose time is over becomes "not recording" by itself.

use crate::Options;
use crate::shown::{Bubble, Shown, Sign};
use model::{SensorSupport, Unsupported};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// So many bubbles wait for a desktop that is slow.
pub const MOST_BUBBLES: usize = 8;

/// A bubble that could not be shown for so long is no news any more.
const STALE: Duration = Duration::from_secs(60);

/// Whether the desktop shows the icon and the bubbles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The icon in the tray.
    pub tray: SensorSupport,
    /// The bubbles.
    pub bubbles: SensorSupport,
}

impl Standing {
    /// Before the desktop was asked: what is switched off says so.
    #[must_use]
    pub fn before(options: &Options) -> Self {
        let begin = |wanted: bool, setting: &str| {
            SensorSupport::Unsupported(match wanted {
                true => Unsupported::new("the desktop has not answered yet", ""),
                false => Unsupported::new(format!("switched off ({setting})"), ""),
            })
        };
        Self {
            tray: begin(options.tray, "indicator.tray"),
            bubbles: begin(options.bubbles, "indicator.notify"),
        }
    }
}

/// Wakes whoever waits for the desktop; it must not wait itself.
type Wake = Arc<dyn Fn() + Send + Sync>;

/// The shared state.
pub(crate) struct Board {
    state: Mutex<State>,
    changed: Condvar,
    /// Is an icon wanted?
    tray: bool,
    /// Are bubbles wanted?
    wanted: bool,
}

struct State {
    shown: Option<Arc<Shown>>,
    bubbles: VecDeque<Bubble>,
    ended: bool,
    wake: Option<Wake>,
    standing: Standing,
}

/// What a look at the board gives.
pub(crate) struct News {
    /// What is to be shown; none until the agent has said something.
    pub(crate) shown: Option<Arc<Shown>>,
    /// Bubbles to be shown now, the oldest first. Each is given out once.
    pub(crate) bubbles: Vec<Bubble>,
    /// Is everything to be taken away?
    pub(crate) ended: bool,
}

impl Board {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            state: Mutex::new(State {
                shown: None,
                bubbles: VecDeque::new(),
                ended: false,
                wake: None,
                standing: Standing::before(options),
            }),
            changed: Condvar::new(),
            tray: options.tray,
            wanted: options.bubbles,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Values that are written as a whole; a panic cannot leave one half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the desktop's thread, and the one that lets things grow old.
    fn ring(&self, state: MutexGuard<'_, State>) {
        let wake = state.wake.clone();
        drop(state);
        self.changed.notify_all();
        if let Some(wake) = wake {
            wake();
        }
    }

    pub(crate) fn show(&self, shown: Shown) {
        let mut state = self.state();
        if state.ended {
            return;
        }
        let same = state.shown.as_deref().is_some_and(|s| s.looks_like(&shown));
        // A moment that moves further away needs nobody to be woken: whoever waits for the old one looks again then.
        let quiet = same && state.deadline().is_some() && shown.fresh.is_some();
        self.put(&mut state, shown);
        if !quiet {
            self.ring(state);
        }
    }

    fn put(&self, state: &mut State, shown: Shown) {
        let alarmed = state.shown.as_deref().is_some_and(|s| s.alarm);
        if shown.alarm && !alarmed {
            self.push(state, Bubble::new(&shown.headline));
        }
        state.shown = Some(Arc::new(shown));
    }

    pub(crate) fn tell(&self, bubble: Bubble) {
        let mut state = self.state();
        if self.wanted && !state.ended {
            self.push(&mut state, bubble);
            self.ring(state);
        }
    }

    fn push(&self, state: &mut State, bubble: Bubble) {
        if self.wanted {
            if state.bubbles.len() >= MOST_BUBBLES {
                state.bubbles.pop_front();
            }
            state.bubbles.push_back(bubble);
        }
    }

    pub(crate) fn end(&self) {
        let mut state = self.state();
        if !state.ended {
            state.ended = true;
            self.ring(state);
        }
    }

    /// Lets what is shown grow old, until the end. For a thread of its own.
    pub(crate) fn grow_old(&self) {
        let mut state = self.state();
        while !state.ended {
            let left = state
                .deadline()
                .map(|d| d.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                self.expire(&mut state);
                self.ring(state);
                state = self.state();
                continue;
            }
            // Without a deadline somebody rings when there is one.
            let left = left.unwrap_or(Duration::from_secs(3_600));
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn expire(&self, state: &mut State) {
        if let Some(fresh) = state.shown.as_deref().and_then(|s| s.fresh.clone()) {
            self.put(
                state,
                Shown::new(Sign::NotRecording, &fresh.then).alarming(),
            );
        }
    }

    /// `wake` is called at each change from now on, and once now.
    pub(crate) fn on_change(&self, wake: impl Fn() + Send + Sync + 'static) {
        let mut state = self.state();
        state.wake = Some(Arc::new(wake));
        self.ring(state);
    }

    /// What is to be shown now.
    pub(crate) fn news(&self) -> News {
        let mut state = self.state();
        let bubbles = std::mem::take(&mut state.bubbles);
        News {
            shown: state.shown.clone(),
            bubbles: bubbles
                .into_iter()
                .filter(|b| b.made.elapsed() < STALE)
                .collect(),
            ended: state.ended,
        }
    }

    /// Waits at most `time` for the end; true when it has come.
    #[allow(
        dead_code,
        reason = "only a backend that has to look for its desktop again waits"
    )]
    pub(crate) fn ends_within(&self, time: Duration) -> bool {
        let deadline = Instant::now() + time;
        let mut state = self.state();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if state.ended || left.is_zero() {
                return state.ended;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    pub(crate) fn standing(&self) -> Standing {
        self.state().standing.clone()
    }

    /// What is known of the icon.
    pub(crate) fn tray_is(&self, support: SensorSupport) {
        self.state().standing.tray = support;
    }

    /// What is known of the bubbles.
    pub(crate) fn bubbles_are(&self, support: SensorSupport) {
        self.state().standing.bubbles = support;
    }

    /// Neither, as far as they are wanted.
    pub(crate) fn refuse(&self, reason: &str, remedy: &str) {
        let why = || SensorSupport::Unsupported(Unsupported::new(reason, remedy));
        let mut state = self.state();
        if self.tray {
            state.standing.tray = why();
        }
        if self.wanted {
            state.standing.bubbles = why();
        }
    }
}

impl State {
    fn deadline(&self) -> Option<Instant> {
        self.shown.as_deref()?.fresh.as_ref().map(|f| f.until)
    }
}

#[cfg(test)]
mod tests;

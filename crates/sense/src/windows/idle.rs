//! How long ago the last input was (`GetLastInputInfo`): of any kind, mouse moves and input to other users' programs
//! included.
#![allow(unsafe_code, reason = "calls of the Windows API")]

use std::time::Duration;
use windows_sys::Win32::System::SystemInformation::GetTickCount;
use windows_sys::Win32::UI::Input::KeyboardAndMouse::{GetLastInputInfo, LASTINPUTINFO};

/// The system's millisecond counter, which messages and input are stamped with. It wraps after 49.7 days.
pub(super) fn tick_ms() -> u32 {
    // SAFETY: no pointers.
    unsafe { GetTickCount() }
}

/// Milliseconds since the last input at [`tick_ms`] `now_ms`.
pub(super) fn quiet_ms(now_ms: u32) -> u32 {
    let mut last = LASTINPUTINFO {
        cbSize: size_of::<LASTINPUTINFO>() as u32,
        dwTime: now_ms,
    };
    // SAFETY: a structure of the size it says; it stays as it is when the call fails.
    unsafe { GetLastInputInfo(&mut last) };
    age_ms(now_ms, last.dwTime)
}

/// Milliseconds from `then` to `now`, 0 when `then` is later: the counters are read one after the other.
pub(super) fn age_ms(now: u32, then: u32) -> u32 {
    let age = now.wrapping_sub(then);
    if age > u32::MAX / 2 { 0 } else { age }
}

/// A change that the idle sensor reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IdleChange {
    Idle { idle: Duration },
    Present,
}

/// The idle sensor's state.
pub(super) struct IdleWatch {
    limit: Duration,
    idle: bool,
}

impl IdleWatch {
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit, idle: false }
    }

    /// Nobody has been there for `quiet`.
    pub(super) fn update(&mut self, quiet: Duration) -> Option<IdleChange> {
        let idle = quiet >= self.limit;
        if idle == self.idle {
            return None;
        }
        self.idle = idle;
        Some(if idle {
            IdleChange::Idle { idle: quiet }
        } else {
            IdleChange::Present
        })
    }

    /// How long after a moment with `quiet` the limit may be reached; `None` while idle.
    pub(super) fn deadline(&self, quiet: Duration) -> Option<Duration> {
        (!self.idle).then(|| self.limit.saturating_sub(quiet))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counter_may_wrap() {
        assert_eq!(age_ms(5, u32::MAX - 4), 10);
        assert_eq!(age_ms(5, 6), 0);
    }

    #[test]
    fn each_change_is_told_once() {
        let ms = Duration::from_millis;
        let mut idle = IdleWatch::new(ms(300));
        assert_eq!(idle.update(ms(299)), None);
        assert_eq!(idle.deadline(ms(299)), Some(ms(1)));
        assert_eq!(
            idle.update(ms(300)),
            Some(IdleChange::Idle { idle: ms(300) })
        );
        assert_eq!((idle.update(ms(900)), idle.deadline(ms(900))), (None, None));
        assert_eq!(idle.update(ms(10)), Some(IdleChange::Present));
        assert_eq!(idle.update(ms(10)), None);
    }
}

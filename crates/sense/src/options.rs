//! The options of a desktop.

use platform::bus::BusAddress;
use std::path::PathBuf;
use std::time::Duration;

/// How to open a desktop. [`DesktopOptions::default`] is right for the desktop the program runs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesktopOptions {
    /// X11 display, such as `":0"`; `None` takes the environment's `DISPLAY`.
    pub display: Option<String>,
    /// How long without any input until [`model::SensorEvent::Idle`]; at least one millisecond.
    pub idle_limit: Duration,
    /// Where the kernel lists the power supplies.
    pub power_root: PathBuf,
    /// How often the power supplies are read when no service reports changes; only where there is a battery.
    pub power_poll: Duration,
    /// Title changes closer together than this become one: the last of them is kept. A title that never rests is reported
    /// every four times this.
    pub title_debounce: Duration,
    /// How long no window must be active before that is reported; window managers pass through "none" at each switch.
    pub none_after: Duration,
    /// Which bus to ask for lock, sleep and power changes. With [`BusAddress::Unused`] lock and sleep are not reported, and
    /// power supplies are read now and then.
    pub bus: BusAddress,
    /// The session's name for logind; `None` takes the environment's `XDG_SESSION_ID`, then asks logind itself.
    pub session: Option<String>,
}

impl Default for DesktopOptions {
    fn default() -> Self {
        Self {
            display: None,
            idle_limit: Duration::from_secs(300),
            power_root: PathBuf::from("/sys/class/power_supply"),
            power_poll: Duration::from_secs(30),
            title_debounce: Duration::from_millis(250),
            none_after: Duration::from_millis(150),
            bus: BusAddress::System,
            session: None,
        }
    }
}

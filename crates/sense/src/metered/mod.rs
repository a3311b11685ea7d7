//! Whether the network is paid for by use.

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod imp;
#[cfg(not(target_os = "linux"))]
#[path = "portable.rs"]
mod imp;

use crate::options::Bus;

/// What the system says of its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metered {
    /// It is paid for by use, or looks like it (a phone that shares its line).
    Yes,
    /// It is not.
    No,
    /// Nobody says.
    Unknown,
}

/// Asks NetworkManager on the bus, where it runs; elsewhere nobody is asked, and the answer is [`Metered::Unknown`]. Takes
/// three seconds for a service that is stuck.
#[must_use]
pub fn metered(bus: &Bus) -> Metered {
    imp::metered(bus)
}

//! Whether the network is paid for by use.

#[cfg(target_os = "linux")]
#[path = "network_manager.rs"]
mod imp;
#[cfg(not(target_os = "linux"))]
#[path = "unknown.rs"]
mod imp;
mod types;

pub use types::Metered;

use crate::bus::BusAddress;

/// Asks NetworkManager on the bus where it runs; on other systems nothing is asked, and the answer is
/// [`Metered::Unknown`]. Takes three seconds for a service that is stuck.
#[must_use]
pub fn query_metered(bus: &BusAddress) -> Metered {
    imp::query_metered(bus)
}

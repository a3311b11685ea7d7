//! Connections with a time limit.

use super::address::BusAddress;
use std::time::Duration;
use zbus::{Connection, connection::Builder};

/// How long a service may take to answer; one that is stuck must not hold up the start.
const METHOD_TIMEOUT: Duration = Duration::from_secs(3);

/// Connects to the bus; for [`BusAddress::Unused`], which callers check first, to the system bus. Each call over the
/// connection fails after three seconds without an answer.
///
/// # Errors
/// There is no bus at the address, or it refuses the connection.
pub async fn connect_bus(bus: &BusAddress) -> zbus::Result<Connection> {
    let builder = match bus {
        BusAddress::At(address) => Builder::address(address.as_str()),
        BusAddress::System | BusAddress::Unused => Builder::system(),
    };
    builder.method_timeout(METHOD_TIMEOUT).build().await
}

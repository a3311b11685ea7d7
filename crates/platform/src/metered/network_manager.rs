//! NetworkManager's property `Metered`. <https://networkmanager.dev/docs/api/latest/nm-dbus-types.html#NMMetered>

use super::types::Metered;
use crate::bus::BusAddress;
use crate::bus::connection::connect_bus;
use zbus::wire::OwnedVariant;

const NAME: &str = "org.freedesktop.NetworkManager";
const PATH: &str = "/org/freedesktop/NetworkManager";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

pub(super) fn query_metered(bus: &BusAddress) -> Metered {
    match zbus::block_on(ask_network_manager(bus)) {
        // Set by a person, or guessed from the kind of connection.
        Ok(1 | 3) => Metered::Yes,
        Ok(2 | 4) => Metered::No,
        Ok(_) | Err(_) => Metered::Unknown,
    }
}

async fn ask_network_manager(bus: &BusAddress) -> zbus::Result<u32> {
    if *bus == BusAddress::Unused {
        return Ok(0);
    }
    let conn = connect_bus(bus).await?;
    let dbus = "org.freedesktop.DBus";
    let owned = conn
        .call_method(
            Some(dbus),
            "/org/freedesktop/DBus",
            Some(dbus),
            "NameHasOwner",
            &NAME,
        )
        .await?;
    // A call would start a service that does not run.
    if !owned.body().deserialize::<bool>()? {
        return Ok(0);
    }
    let reply = conn
        .call_method(
            Some(NAME),
            PATH,
            Some(PROPERTIES),
            "Get",
            &(NAME, "Metered"),
        )
        .await?;
    let value: OwnedVariant = reply.body().deserialize()?;
    u32::try_from(value).map_err(|_| zbus::Error::Failure("Metered is not a number".into()))
}

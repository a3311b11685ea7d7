//! NetworkManager's word. <https://networkmanager.dev/docs/api/latest/nm-dbus-types.html#NMMetered>

use super::Metered;
use crate::linux::bus::{PROPERTIES, connect};
use crate::options::Bus;
use zbus::wire::OwnedVariant;

const NAME: &str = "org.freedesktop.NetworkManager";
const PATH: &str = "/org/freedesktop/NetworkManager";

pub(super) fn metered(bus: &Bus) -> Metered {
    match zbus::block_on(ask(bus)) {
        // Said so, and guessed from the kind of line.
        Ok(1 | 3) => Metered::Yes,
        Ok(2 | 4) => Metered::No,
        Ok(_) | Err(_) => Metered::Unknown,
    }
}

async fn ask(bus: &Bus) -> zbus::Result<u32> {
    if *bus == Bus::Unused {
        return Ok(0);
    }
    let conn = connect(bus).await?;
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
    // Asking one that does not run would start it.
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
    u32::try_from(value).map_err(|_| zbus::Error::Failure("Metered is no number".into()))
}

//! Names on the session bus, and whether a panel and a notification service are there.

use crate::options::IndicatorOptions;
use model::{SensorSupport, Unsupported};
use std::time::Duration;
use zbus::wire::OwnedVariant;
use zbus::{Connection, connection::Builder};

pub(super) const DBUS: &str = "org.freedesktop.DBus";
pub(super) const DBUS_PATH: &str = "/org/freedesktop/DBus";
pub(super) const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
pub(super) const WATCHER: &str = "org.kde.StatusNotifierWatcher";
pub(super) const WATCHER_PATH: &str = "/StatusNotifierWatcher";
/// The watcher's property: true when a panel shows the items.
pub(super) const HOST: &str = "IsStatusNotifierHostRegistered";
pub(super) const NOTIFY: &str = "org.freedesktop.Notifications";
pub(super) const NOTIFY_PATH: &str = "/org/freedesktop/Notifications";

/// The remedy where no panel shows a tray.
const NO_PANEL_REMEDY: &str =
    "panels with a tray show it; GNOME does with its AppIndicator extension";

/// How long the bus itself may take to answer while connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

pub(super) async fn connect_session_bus(options: &IndicatorOptions) -> zbus::Result<Connection> {
    let builder = match &options.bus {
        Some(address) => Builder::address(address.as_str()),
        None => Builder::session(),
    };
    builder.method_timeout(CONNECT_TIMEOUT).build().await
}

/// Calls a method of the bus itself.
pub(super) async fn call_bus<B>(
    conn: &Connection,
    method: &str,
    body: &B,
) -> zbus::Result<zbus::Message>
where
    B: serde::Serialize + zbus::DynamicType,
{
    conn.call_method(Some(DBUS), DBUS_PATH, Some(DBUS), method, body)
        .await
}

/// True when a process owns this name now.
pub(super) async fn has_owner(conn: &Connection, name: &str) -> bool {
    match call_bus(conn, "NameHasOwner", &name).await {
        Ok(reply) => reply.body().deserialize().unwrap_or(false),
        Err(_) => false,
    }
}

/// Whether a panel would show the icon.
pub(super) async fn tray_support(conn: &Connection) -> SensorSupport {
    if !has_owner(conn, WATCHER).await {
        return no_watcher_support();
    }
    let reply = conn
        .call_method(
            Some(WATCHER),
            WATCHER_PATH,
            Some(PROPERTIES),
            "Get",
            &(WATCHER, HOST),
        )
        .await;
    match reply {
        Ok(reply) => support_from_host(reply.body().deserialize().ok()),
        // A watcher without the property counts as one with a panel.
        Err(_) => support_from_host(None),
    }
}

/// The support that follows from the watcher's property [`HOST`].
pub(super) fn support_from_host(host: Option<OwnedVariant>) -> SensorSupport {
    match host.and_then(|host| bool::try_from(host).ok()) {
        Some(false) => SensorSupport::Unsupported(Unsupported::new(
            "a tray is there, but no panel shows it",
            NO_PANEL_REMEDY,
        )),
        _ => SensorSupport::By("StatusNotifierItem".to_owned()),
    }
}

pub(super) fn no_watcher_support() -> SensorSupport {
    SensorSupport::Unsupported(Unsupported::new("no tray on this desktop", NO_PANEL_REMEDY))
}

/// Whether a notification would be shown: the service runs, or would be started by a call.
pub(super) async fn notification_support(conn: &Connection) -> SensorSupport {
    for method in ["ListNames", "ListActivatableNames"] {
        let Ok(reply) = call_bus(conn, method, &()).await else {
            continue;
        };
        let names: Vec<String> = reply.body().deserialize().unwrap_or_default();
        if names.iter().any(|name| name == NOTIFY) {
            return notifications_supported();
        }
    }
    notifications_unsupported()
}

pub(super) fn notifications_supported() -> SensorSupport {
    SensorSupport::By(NOTIFY.to_owned())
}

pub(super) fn notifications_unsupported() -> SensorSupport {
    SensorSupport::Unsupported(Unsupported::new(
        "no notification service on this desktop",
        "most desktops bring one; dunst is a small one",
    ))
}

/// The reason why neither icon nor notifications are available; `error` is the connection's.
pub(super) fn no_bus_reason(error: &str) -> Unsupported {
    Unsupported::new(
        model::to_printable(&format!("no session bus: {error}"), 200),
        "a desktop session has one; set DBUS_SESSION_BUS_ADDRESS to reach it from elsewhere",
    )
}

//! Names on the session bus, and who is there.

use super::NO_PANEL;
use crate::Options;
use model::{SensorSupport, Unsupported};
use std::time::Duration;
use zbus::wire::OwnedVariant;
use zbus::{Connection, connection::Builder};

pub(super) const DBUS: &str = "org.freedesktop.DBus";
pub(super) const DBUS_PATH: &str = "/org/freedesktop/DBus";
pub(super) const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
pub(super) const WATCHER: &str = "org.kde.StatusNotifierWatcher";
pub(super) const WATCHER_PATH: &str = "/StatusNotifierWatcher";
/// The watcher's property: does anybody show the items?
pub(super) const HOST: &str = "IsStatusNotifierHostRegistered";
pub(super) const NOTIFY: &str = "org.freedesktop.Notifications";
pub(super) const NOTIFY_PATH: &str = "/org/freedesktop/Notifications";

/// How long the bus itself may take to answer at the beginning.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) async fn connect(options: &Options) -> zbus::Result<Connection> {
    let builder = match &options.bus {
        Some(address) => Builder::address(address.as_str()),
        None => Builder::session(),
    };
    builder.method_timeout(PATIENCE).build().await
}

/// Asks the bus itself.
pub(super) async fn ask<B>(conn: &Connection, method: &str, body: &B) -> zbus::Result<zbus::Message>
where
    B: serde::Serialize + zbus::DynamicType,
{
    conn.call_method(Some(DBUS), DBUS_PATH, Some(DBUS), method, body)
        .await
}

/// Does somebody have this name now?
pub(super) async fn has(conn: &Connection, name: &str) -> bool {
    match ask(conn, "NameHasOwner", &name).await {
        Ok(reply) => reply.body().deserialize().unwrap_or(false),
        Err(_) => false,
    }
}

/// Would an icon be seen?
pub(super) async fn panel(conn: &Connection) -> SensorSupport {
    if !has(conn, WATCHER).await {
        return no_watcher();
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
        Ok(reply) => shown_by(reply.body().deserialize().ok()),
        // A watcher without the property is believed to have a panel.
        Err(_) => shown_by(None),
    }
}

/// What the watcher's word on its panel comes to.
pub(super) fn shown_by(host: Option<OwnedVariant>) -> SensorSupport {
    match host.and_then(|host| bool::try_from(host).ok()) {
        Some(false) => SensorSupport::Unsupported(Unsupported::new(
            "a tray is there, but no panel shows it",
            NO_PANEL,
        )),
        _ => SensorSupport::By("StatusNotifierItem".to_owned()),
    }
}

pub(super) fn no_watcher() -> SensorSupport {
    SensorSupport::Unsupported(Unsupported::new("no tray on this desktop", NO_PANEL))
}

/// Would a bubble be seen? The service is there, or would be started when it is called.
pub(super) async fn notifications(conn: &Connection) -> SensorSupport {
    for method in ["ListNames", "ListActivatableNames"] {
        let Ok(reply) = ask(conn, method, &()).await else {
            continue;
        };
        let names: Vec<String> = reply.body().deserialize().unwrap_or_default();
        if names.iter().any(|name| name == NOTIFY) {
            return notified();
        }
    }
    no_notifications()
}

pub(super) fn notified() -> SensorSupport {
    SensorSupport::By(NOTIFY.to_owned())
}

pub(super) fn no_notifications() -> SensorSupport {
    SensorSupport::Unsupported(Unsupported::new(
        "no notification service on this desktop",
        "most desktops bring one; dunst is a small one",
    ))
}

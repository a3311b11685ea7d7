//! The services on the system bus: logind and UPower.

use model::Unsupported;
use platform::bus::BusAddress;
use platform::bus::connection::connect_bus;
use zbus::Connection;

pub(super) const LOGIN: &str = "org.freedesktop.login1";
pub(super) const LOGIN_PATH: &str = "/org/freedesktop/login1";
pub(super) const MANAGER: &str = "org.freedesktop.login1.Manager";
pub(super) const SESSION: &str = "org.freedesktop.login1.Session";
pub(super) const UPOWER: &str = "org.freedesktop.UPower";
pub(super) const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const DBUS: &str = "org.freedesktop.DBus";

/// The services that can be reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct BusServices {
    pub(super) logind: bool,
    pub(super) upower: bool,
    /// The object of the session that uam runs in.
    pub(super) session: Option<String>,
    pub(super) notes: Vec<String>,
}

/// Asks which services are on the bus. The connection is closed again: the thread that listens makes its own.
pub(super) fn probe_bus(
    bus: &BusAddress,
    session: Option<&str>,
) -> Result<BusServices, Unsupported> {
    if *bus == BusAddress::Unused {
        return Err(Unsupported::new("the system bus is not used", ""));
    }
    zbus::block_on(async {
        let conn = connect_bus(bus).await.map_err(|error| {
            Unsupported::new(
                format!("no system bus: {error}"),
                "lock and sleep are reported over D-Bus; install and start dbus and systemd-logind",
            )
        })?;
        Ok(query_services(&conn, session).await)
    })
}

pub(super) async fn query_services(conn: &Connection, session: Option<&str>) -> BusServices {
    let mut services = BusServices::default();
    for (name, found) in [
        (LOGIN, &mut services.logind),
        (UPOWER, &mut services.upower),
    ] {
        *found = is_available(conn, name).await;
        let word = if *found { "there" } else { "not there" };
        services.notes.push(format!("{name} is {word}"));
    }
    if services.logind {
        match find_session(conn, session).await {
            Ok(path) => {
                services.notes.push(format!("session {path}"));
                services.session = Some(path);
            }
            Err(error) => services
                .notes
                .push(format!("no session of our own: {error}")),
        }
    }
    services
}

/// Whether `name` runs or would be started when called.
async fn is_available(conn: &Connection, name: &str) -> bool {
    let call = async |method: &str| {
        conn.call_method(Some(DBUS), "/org/freedesktop/DBus", Some(DBUS), method, &())
            .await
    };
    for method in ["ListNames", "ListActivatableNames"] {
        let Ok(reply) = call(method).await else {
            continue;
        };
        let names: Vec<String> = reply.body().deserialize().unwrap_or_default();
        if names.iter().any(|known| known == name) {
            return true;
        }
    }
    false
}

/// The object path of our session: by its name, by our process, or the user's session with a display.
async fn find_session(conn: &Connection, name: Option<&str>) -> zbus::Result<String> {
    let named = match name {
        Some(name) => Some(name.to_owned()),
        None => std::env::var("XDG_SESSION_ID").ok(),
    };
    let to = (Some(LOGIN), Some(MANAGER));
    let answer = match named {
        Some(name) => {
            conn.call_method(to.0, LOGIN_PATH, to.1, "GetSession", &name)
                .await
        }
        // 0 is the caller.
        None => {
            conn.call_method(to.0, LOGIN_PATH, to.1, "GetSessionByPID", &0u32)
                .await
        }
    };
    if let Ok(reply) = answer {
        let path: zbus::wire::OwnedObjectPath = reply.body().deserialize()?;
        return Ok(path.as_str().to_owned());
    }
    // A program started by a user service belongs to no session: take the user's own one at a seat.
    let reply = conn
        .call_method(Some(LOGIN), LOGIN_PATH, Some(MANAGER), "ListSessions", &())
        .await?;
    type LogindSession = (String, u32, String, String, zbus::wire::OwnedObjectPath);
    let rows: Vec<LogindSession> = reply.body().deserialize()?;
    let me = rustix::process::getuid().as_raw();
    rows.into_iter()
        .filter(|(_, user, ..)| *user == me)
        .max_by_key(|(_, _, _, seat, _)| !seat.is_empty())
        .map(|row| row.4.as_str().to_owned())
        .ok_or_else(|| zbus::Error::Failure("logind lists no session of this user".into()))
}

//! The real thing: gnome-keyring on a private bus with a home of its own (Debian: `gnome-keyring`).

use crate::bus::{Bus, PATIENCE};
use crate::{DEVICE, OTHER, keeps_its_word};
use futures::StreamExt;
use rustix::process::{Pid, Signal, kill_process};
use std::collections::HashMap;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use vault::credential_store::secret_service::SecretService;
use vault::{CredentialStore, CredentialStoreError, CredentialStoreUnavailable, UnavailableCause};
use zbus::{Message, MessageStream, OwnedObjectPath, OwnedVariant, Variant};

const MISSING: &str =
    "this test needs the Debian package gnome-keyring: sudo apt-get install gnome-keyring";
const SECRETS: &str = "org.freedesktop.secrets";
const SECRETS_PATH: &str = "/org/freedesktop/secrets";
const SERVICE: &str = "org.freedesktop.Secret.Service";
const LOGIN: &str = "/org/freedesktop/secrets/collection/login";
const KEY: [u8; 32] = [7; 32];
const PASSWORD: &str = "the password of this login";

/// gnome-keyring on a bus; killed on drop.
struct Keyring {
    daemon: Child,
    bus: Bus,
}

impl Keyring {
    /// With a login keyring that is open, as after logging in with a password.
    fn unlocked() -> Self {
        let bus = Bus::start();
        let daemon = start(&bus, Some(PASSWORD));
        Self { daemon, bus }
    }

    /// Without a keyring, as where nobody ever logged in with a password.
    fn empty() -> Self {
        let bus = Bus::start();
        let daemon = start(&bus, None);
        Self { daemon, bus }
    }

    /// Calls the service as another program would.
    fn call<B>(&self, path: &str, interface: &str, method: &str, body: &B) -> Message
    where
        B: serde::Serialize + zbus::DynamicType,
    {
        zbus::block_on(async {
            let conn = self.bus.connect().await;
            conn.call_method(Some(SECRETS), path, Some(interface), method, body)
                .await
                .unwrap()
        })
    }

    /// Locks the login keyring, as some desktops do with the screen.
    fn lock(&self) {
        let paths = vec![OwnedObjectPath::try_from(LOGIN).unwrap()];
        let reply = self.call(SECRETS_PATH, SERVICE, "Lock", &paths);
        let (locked, prompt): (Vec<OwnedObjectPath>, OwnedObjectPath) =
            reply.body().deserialize().unwrap();
        assert_eq!((locked, prompt.as_str()), (paths, "/"));
    }

    /// The items of an account that are unlocked.
    fn search(&self, account: &str) -> Vec<OwnedObjectPath> {
        let attributes = HashMap::from([("application", "uam"), ("device", account)]);
        let reply = self.call(SECRETS_PATH, SERVICE, "SearchItems", &attributes);
        let (unlocked, _): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) =
            reply.body().deserialize().unwrap();
        unlocked
    }

    /// Adds an item beside the ones that are there.
    fn add(&self, account: &str, secret: &str) {
        zbus::block_on(async {
            // A session ends with its connection.
            let conn = self.bus.connect().await;
            let open = ("plain", Variant::from(""));
            let session = conn
                .call_method(
                    Some(SECRETS),
                    SECRETS_PATH,
                    Some(SERVICE),
                    "OpenSession",
                    &open,
                )
                .await
                .unwrap();
            let (_, session): (OwnedVariant, OwnedObjectPath) =
                session.body().deserialize().unwrap();
            let attributes = HashMap::from([("application", "uam"), ("device", account)]);
            let properties = HashMap::from([(
                "org.freedesktop.Secret.Item.Attributes",
                Variant::from(attributes),
            )]);
            let none: &[u8] = &[];
            let secret = (session, none, secret.as_bytes(), "text/plain");
            let collection = Some("org.freedesktop.Secret.Collection");
            let body = (properties, secret, false);
            conn.call_method(Some(SECRETS), LOGIN, collection, "CreateItem", &body)
                .await
                .unwrap();
        });
    }

    fn kill(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }

    /// Another start of the same daemon with the same home, as after logging in again.
    fn log_in_again(&mut self, password: Option<&str>) {
        self.kill();
        self.daemon = start(&self.bus, password);
    }
}

impl Drop for Keyring {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Starts the daemon and waits until it has its name on the bus.
fn start(bus: &Bus, password: Option<&str>) -> Child {
    let mut messages = zbus::block_on(async {
        let conn = bus.connect().await;
        let messages = MessageStream::from(&conn);
        let dbus = Some("org.freedesktop.DBus");
        let rule = format!("type='signal',member='NameOwnerChanged',arg0='{SECRETS}'");
        conn.call_method(dbus, "/org/freedesktop/DBus", dbus, "AddMatch", &rule)
            .await
            .unwrap();
        messages
    });
    let daemon = spawn(bus, password);
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        zbus::block_on(wait_for_name(&mut messages));
        tell.send(()).unwrap();
    });
    told.recv_timeout(PATIENCE)
        .expect("gnome-keyring-daemon never took its name");
    daemon
}

/// Waits until somebody has the name of the service.
async fn wait_for_name(messages: &mut MessageStream) {
    while let Some(message) = messages.next().await {
        let message = message.unwrap();
        let header = message.header();
        if header
            .member()
            .is_none_or(|name| name.as_str() != "NameOwnerChanged")
        {
            continue;
        }
        let body = message.body();
        let (name, _, owner): (&str, &str, &str) = body.deserialize().unwrap();
        if name == SECRETS && !owner.is_empty() {
            return;
        }
    }
    panic!("the bus went away");
}

fn spawn(bus: &Bus, password: Option<&str>) -> Child {
    let home = bus.home.path();
    let mut command = Command::new("gnome-keyring-daemon");
    command
        .args(["--foreground", "--components=secrets"])
        // Nothing of the person who runs the tests, and no window on their screen.
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_RUNTIME_DIR", home)
        .env("DBUS_SESSION_BUS_ADDRESS", &bus.address)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if password.is_some() {
        command.arg("--unlock");
    }
    let mut daemon = command.spawn().expect(MISSING);
    let mut stdin = daemon.stdin.take().unwrap();
    if let Some(password) = password {
        stdin.write_all(password.as_bytes()).unwrap();
    }
    daemon
}

fn why(result: Result<(), CredentialStoreUnavailable>) -> (UnavailableCause, String) {
    let why = result.unwrap_err();
    assert!(!why.remedy.is_empty());
    (why.cause, why.reason)
}

pub(crate) fn cause<T: std::fmt::Debug>(
    result: Result<T, CredentialStoreError>,
) -> UnavailableCause {
    match result.unwrap_err() {
        CredentialStoreError::Unavailable(why) => why.cause,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_open_keyring_keeps_its_word() {
    let keyring = Keyring::unlocked();
    let store = keyring.bus.store();
    store.check().unwrap();
    keeps_its_word(&store);
    assert_eq!(store.name(), "Secret Service");
}

#[test]
fn a_key_is_there_after_the_next_login_and_only_with_the_password() {
    let mut keyring = Keyring::unlocked();
    let store = keyring.bus.store();
    store.set(DEVICE, &KEY).unwrap();
    keyring.log_in_again(Some(PASSWORD));
    assert_eq!(store.get(DEVICE).unwrap().unwrap().as_slice(), KEY);
    keyring.log_in_again(None);
    assert_eq!(why(store.check()).0, UnavailableCause::Locked);
    assert_eq!(cause(store.get(DEVICE)), UnavailableCause::Locked);
}

#[test]
fn the_key_lies_in_the_keyring_of_the_login_under_its_label() {
    let keyring = Keyring::unlocked();
    keyring.bus.store().set(DEVICE, &KEY).unwrap();
    let items = keyring.search(DEVICE);
    let [item] = items.as_slice() else {
        panic!("{items:?}");
    };
    let login = "/org/freedesktop/secrets/collection/login/";
    assert!(item.as_str().starts_with(login), "{item}");
    let label = keyring.call(
        item.as_str(),
        "org.freedesktop.DBus.Properties",
        "Get",
        &("org.freedesktop.Secret.Item", "Label"),
    );
    let label: OwnedVariant = label.body().deserialize().unwrap();
    assert_eq!(
        String::try_from(label).unwrap(),
        vault::credential_store::LABEL
    );
}

#[test]
fn a_locked_keyring_is_not_asked_where_nobody_can_answer() {
    let keyring = Keyring::unlocked();
    let store = keyring.bus.store();
    store.set(DEVICE, &KEY).unwrap();
    keyring.lock();
    let (cause_of_check, reason) = why(store.check());
    assert_eq!(cause_of_check, UnavailableCause::Locked);
    assert!(reason.contains("locked"), "{reason}");
    assert_eq!(cause(store.get(DEVICE)), UnavailableCause::Locked);
    assert_eq!(cause(store.set(DEVICE, &KEY)), UnavailableCause::Locked);
    assert_eq!(cause(store.remove(DEVICE)), UnavailableCause::Locked);
    // Not even whether there is one.
    assert_eq!(cause(store.get(OTHER)), UnavailableCause::Locked);
}

#[test]
fn a_locked_keyring_whose_question_nobody_sees_stays_locked() {
    let keyring = Keyring::unlocked();
    let store = keyring.bus.store().may_ask(true);
    store.set(DEVICE, &KEY).unwrap();
    keyring.lock();
    // It would ask when it is needed.
    store.check().unwrap();
    // This bus has no program that shows questions; the daemon gives up at once.
    assert_eq!(cause(store.get(DEVICE)), UnavailableCause::Declined);
}

#[test]
fn a_service_without_a_keyring_is_no_store_yet() {
    let keyring = Keyring::empty();
    let store = keyring.bus.store();
    let (cause_of_check, reason) = why(store.check());
    assert_eq!(cause_of_check, UnavailableCause::NoKeyring, "{reason}");
    assert_eq!(store.get(DEVICE), Ok(None));
    assert_eq!(store.remove(DEVICE), Ok(false));
    assert_eq!(cause(store.set(DEVICE, &KEY)), UnavailableCause::NoKeyring);
}

#[test]
fn two_items_of_one_account_become_one() {
    let keyring = Keyring::unlocked();
    let store = keyring.bus.store();
    for secret in ["one", "another"] {
        keyring.add(DEVICE, secret);
    }
    assert_eq!(keyring.search(DEVICE).len(), 2);
    assert!(store.get(DEVICE).unwrap().is_some());
    store.set(DEVICE, &KEY).unwrap();
    assert_eq!(keyring.search(DEVICE).len(), 1);
    assert_eq!(store.get(DEVICE).unwrap().unwrap().as_slice(), KEY);
    keyring.add(DEVICE, "one more");
    assert_eq!(store.remove(DEVICE), Ok(true));
    assert_eq!(keyring.search(DEVICE), []);
}

#[test]
fn a_daemon_that_is_gone_or_stuck_is_told_and_waited_for_no_longer() {
    let mut keyring = Keyring::unlocked();
    let store = keyring.bus.store();
    store.set(DEVICE, &KEY).unwrap();
    let daemon = Pid::from_child(&keyring.daemon);
    kill_process(daemon, Signal::STOP).unwrap();
    let short = Duration::from_millis(100);
    let hasty = store.clone().patience(short, short);
    assert_eq!(cause(hasty.get(DEVICE)), UnavailableCause::Silent);
    assert_eq!(why(hasty.check()).0, UnavailableCause::Silent);
    kill_process(daemon, Signal::CONT).unwrap();
    assert!(
        store.get(DEVICE).unwrap().is_some(),
        "the same store still works"
    );
    keyring.kill();
    assert_eq!(cause(store.get(DEVICE)), UnavailableCause::NoService);
    assert_eq!(why(store.check()).0, UnavailableCause::NoService);
}

#[test]
fn a_bus_without_a_secret_service_says_what_to_install() {
    let bus = Bus::start();
    let store = bus.store();
    let why = store.check().unwrap_err();
    assert_eq!(why.cause, UnavailableCause::NoService);
    assert_eq!(why.reason, "no Secret Service is running");
    assert!(why.remedy.contains("gnome-keyring"), "{why}");
    assert_eq!(cause(store.get(DEVICE)), UnavailableCause::NoService);
}

#[test]
fn no_bus_is_no_store() {
    for (address, words) in [
        ("unix:path=/nonexistent/bus", "/nonexistent/bus"),
        ("no address", "no session bus"),
        // The key would cross the network as it is.
        ("tcp:host=127.0.0.1,port=1", "not on this computer"),
    ] {
        let (cause_of_check, reason) = why(SecretService::at(address).check());
        assert_eq!(cause_of_check, UnavailableCause::NoSession, "{reason}");
        assert!(reason.contains(words), "{reason}");
        let store = SecretService::at(address);
        assert_eq!(cause(store.set(DEVICE, &KEY)), UnavailableCause::NoSession);
    }
}

/// What [`the_session_bus_and_the_display_come_from_the_environment`] runs in a process of its own, because a test must
/// not change the environment it runs in.
#[test]
#[ignore = "run by another test, in an environment made for it"]
fn in_an_environment_of_its_own() {
    let line = match vault::open_os_store() {
        Ok(store) => format!("there is {}", store.name()),
        Err(why) => format!("there is none: {why}"),
    };
    writeln!(std::io::stdout(), "{line}").unwrap();
}

#[test]
fn the_session_bus_and_the_display_come_from_the_environment() {
    let keyring = Keyring::unlocked();
    let here = keyring.bus.address.as_str();
    let told = |address: &str, display: Option<(&str, &str)>| {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--ignored", "--nocapture"])
            .arg("gnome_keyring::in_an_environment_of_its_own")
            .env_clear()
            .env("DBUS_SESSION_BUS_ADDRESS", address)
            .envs(display)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let line = text.lines().find(|line| line.contains("there is"));
        line.unwrap_or_else(|| panic!("{text}")).to_owned()
    };
    let there = told(here, None);
    assert!(there.ends_with("there is Secret Service"), "{there}");
    let none = told("unix:path=/nonexistent/bus", None);
    assert!(none.contains("there is none: no session bus ("), "{none}");
    keyring.lock();
    for (display, asks) in [
        (None, false),
        (Some(("DISPLAY", "")), false),
        (Some(("DISPLAY", ":4242")), true),
        (Some(("WAYLAND_DISPLAY", "wayland-4242")), true),
    ] {
        let line = told(here, display);
        assert_eq!(line.contains("there is none"), !asks, "{display:?}: {line}");
    }
}

//! Faults of a service, and a person's answers to its questions.

use crate::bus::Bus;
use crate::gnome_keyring::cause;
use crate::puppet::{
    COLLECTION, Puppet, Say, completed, path, property, refuse, reply, say, secret,
};
use crate::{DEVICE, OTHER};
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use vault::credential_store::secret_service::SecretService;
use vault::{CredentialStore, CredentialStoreError, UnavailableCause};
use zbus::{Message, ObjectPath, Variant};

const KEY: [u8; 32] = [7; 32];
const SHORT: Duration = Duration::from_millis(100);
const PROMPT: &str = "/prompt/1";

/// The answer to a search.
fn found(call: &Message, unlocked: &[&str], locked: &[&str]) -> Say {
    let paths = |list: &[&str]| list.iter().map(|text| path(text)).collect::<Vec<_>>();
    say(call, &(paths(unlocked), paths(locked)))
}

fn damaged<T: std::fmt::Debug>(result: Result<T, CredentialStoreError>) -> String {
    match result.unwrap_err() {
        error @ CredentialStoreError::Damaged { .. } => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_well_behaved_puppet_is_a_store() {
    let bus = Bus::start();
    let _puppet = Puppet::on(&bus, |_, _| Say::AsUsual);
    let store = bus.store();
    store.check().unwrap();
    assert_eq!(store.get(DEVICE), Ok(None));
    store.set(DEVICE, &KEY).unwrap();
    assert_eq!(store.remove(DEVICE), Ok(false));
}

#[test]
fn a_bus_that_never_greets_is_not_waited_for() {
    let dir = tempfile::TempDir::new().unwrap();
    let socket = dir.path().join("bus");
    // Connecting works, as the system queues it; nobody ever answers.
    let _silent = UnixListener::bind(&socket).unwrap();
    let store = SecretService::at(format!("unix:path={}", socket.display())).patience(SHORT, SHORT);
    assert_eq!(store.check().unwrap_err().cause, UnavailableCause::Silent);
    assert_eq!(cause(store.get(DEVICE)), UnavailableCause::Silent);
}

#[test]
fn a_service_that_falls_silent_or_leaves_is_told() {
    for method in ["OpenSession", "SearchItems", "Get", "GetSecret"] {
        for leaves in [false, true] {
            let bus = Bus::start();
            let _puppet = Puppet::on(&bus, move |name, call| match name {
                name if name == method && leaves => Say::Leave,
                name if name == method => Say::Nothing,
                "SearchItems" => found(call, &["/item/1"], &[]),
                _ => Say::AsUsual,
            });
            // With so much patience one that left must be noticed, not waited for.
            let store = match leaves {
                true => bus.store(),
                false => bus.store().patience(SHORT, SHORT),
            };
            let expected = match leaves {
                true => UnavailableCause::Gone,
                false => UnavailableCause::Silent,
            };
            assert_eq!(cause(store.get(DEVICE)), expected, "{method} {leaves}");
        }
    }
}

#[test]
fn nonsense_is_no_key() {
    for method in ["OpenSession", "SearchItems", "GetSecret"] {
        let bus = Bus::start();
        let _puppet = Puppet::on(&bus, move |name, call| match name {
            name if name == method => say(call, &("nonsense", 42_u32)),
            "SearchItems" => found(call, &["/item/1"], &[]),
            _ => Say::AsUsual,
        });
        let words = damaged(bus.store().get(DEVICE));
        assert!(!words.contains("nonsense"), "{words}");
    }
    let bus = Bus::start();
    let _puppet = Puppet::on(&bus, |name, call| match name {
        "Get" if property(call) == "Locked" => say(call, &Variant::from("perhaps")),
        _ => Say::AsUsual,
    });
    let why = bus.store().check().unwrap_err();
    assert_eq!(why.cause, UnavailableCause::NoService);
    damaged(bus.store().get(DEVICE));
}

#[test]
fn a_secret_without_a_length_that_was_ever_saved_is_no_key() {
    for bytes in [0, 513, 1_000_000] {
        let bus = Bus::start();
        let _puppet = Puppet::on(&bus, move |name, call| match name {
            "SearchItems" => found(call, &["/item/1"], &[]),
            "GetSecret" => Say::Send(vec![secret(call, &vec![7; bytes])]),
            _ => Say::AsUsual,
        });
        let words = damaged(bus.store().get(DEVICE));
        assert!(words.contains(&format!("{bytes} bytes")), "{words}");
    }
}

#[test]
fn a_service_that_saves_something_else_is_caught() {
    let bus = Bus::start();
    let _puppet = Puppet::on(&bus, |name, call| match name {
        "GetSecret" => Say::Send(vec![secret(call, &[8; 32])]),
        _ => Say::AsUsual,
    });
    let words = damaged(bus.store().set(DEVICE, &KEY));
    assert!(words.contains("another one than was saved"), "{words}");
}

#[test]
fn a_refusal_is_told_in_the_services_words() {
    let bus = Bus::start();
    let _puppet = Puppet::on(&bus, |name, call| match name {
        "CreateItem" => refuse(call, "org.example.NotToday", "not\ntoday, and not tomorrow"),
        _ => Say::AsUsual,
    });
    let error = bus.store().set(DEVICE, &KEY).unwrap_err();
    let words = error.to_string();
    assert!(
        words.contains("cannot save the key: not today, and not tomorrow;"),
        "{words}"
    );
}

#[test]
fn an_item_deleted_since_it_was_found_is_no_item() {
    for error in [
        "org.freedesktop.Secret.Error.NoSuchObject",
        "org.freedesktop.DBus.Error.UnknownObject",
        "org.freedesktop.DBus.Error.UnknownMethod",
    ] {
        let bus = Bus::start();
        let gone = move |call: &Message| call.header().path().unwrap().as_str() == "/item/gone";
        let _puppet = Puppet::on(&bus, move |name, call| match name {
            "SearchItems" => {
                let body = call.body();
                let wanted: std::collections::HashMap<&str, &str> = body.deserialize().unwrap();
                match wanted["device"] {
                    DEVICE => found(call, &["/item/gone"], &[]),
                    _ => found(call, &["/item/gone", "/item/1"], &[]),
                }
            }
            "Get" | "GetSecret" | "Delete" if gone(call) => refuse(call, error, "no such item"),
            _ => Say::AsUsual,
        });
        let store = bus.store();
        assert_eq!(store.get(DEVICE), Ok(None), "{error}");
        assert_eq!(store.remove(DEVICE), Ok(false), "{error}");
        assert_eq!(store.get(OTHER).unwrap().unwrap().as_slice(), KEY);
        assert_eq!(store.remove(OTHER), Ok(true), "{error}");
    }
}

#[test]
fn the_newest_of_two_items_counts_and_the_other_goes() {
    let bus = Bus::start();
    let puppet = Puppet::on(&bus, |name, call| {
        let new = call.header().path().unwrap().as_str() == "/item/new";
        match name {
            "SearchItems" => found(call, &["/item/old", "/item/new", "/item/1"], &[]),
            "Get" if property(call) == "Modified" => {
                let at = if new { 1_900_000_000_u64 } else { 5 };
                say(call, &Variant::from(at))
            }
            "GetSecret" if new => Say::Send(vec![secret(call, &[9; 32])]),
            _ => Say::AsUsual,
        }
    });
    let store = bus.store();
    assert_eq!(store.get(DEVICE).unwrap().unwrap().as_slice(), [9; 32]);
    store.set(DEVICE, &KEY).unwrap();
    for old in ["/item/old", "/item/new"] {
        assert!(puppet.was_asked(&format!("Delete {old}")), "{old}");
    }
    assert!(!puppet.was_asked("Delete /item/1"), "the one just made");
}

#[test]
fn a_keyring_that_ends_with_the_session_is_none() {
    let fleeting = "/org/freedesktop/secrets/collection/session";
    for stays in [false, true] {
        let bus = Bus::start();
        let puppet = Puppet::on(&bus, move |name, call| match name {
            "ReadAlias" => {
                let body = call.body();
                let alias: &str = body.deserialize().unwrap();
                say(call, &path(if alias == "default" { fleeting } else { "/" }))
            }
            "Get" if property(call) == "Collections" => {
                let mut all = vec![path(fleeting)];
                if stays {
                    all.push(path(COLLECTION));
                }
                say(call, &Variant::from(all))
            }
            _ => Say::AsUsual,
        });
        let result = bus.store().set(DEVICE, &KEY);
        match stays {
            true => result.unwrap(),
            false => assert_eq!(cause(result), UnavailableCause::NoKeyring),
        }
        assert!(!puppet.was_asked(&format!("CreateItem {fleeting}")));
    }
}

/// A puppet whose item lies behind a lock, and what it does when it is to ask its question.
fn behind_a_lock(
    bus: &Bus,
    mut asks: impl FnMut(&Message) -> Say + Send + 'static,
) -> (Puppet, Arc<AtomicBool>) {
    let open = Arc::new(AtomicBool::new(false));
    let is_open = Arc::clone(&open);
    let puppet = Puppet::on(bus, move |name, call| {
        let open = is_open.load(Ordering::SeqCst);
        match name {
            "SearchItems" if open => found(call, &["/item/1"], &[]),
            "SearchItems" => found(call, &[], &["/item/1"]),
            "Get" if property(call) == "Locked" => say(call, &Variant::from(!open)),
            "Unlock" => say(call, &(Vec::<ObjectPath<'_>>::new(), path(PROMPT))),
            "Prompt" => asks(call),
            _ => Say::AsUsual,
        }
    });
    (puppet, open)
}

/// The question was asked and answered.
fn answered(call: &Message, dismissed: bool) -> Say {
    Say::Send(vec![reply(call, &()), completed(call, PROMPT, dismissed)])
}

#[test]
fn a_person_opens_the_keyring() {
    let bus = Bus::start();
    let (tell, told) = mpsc::channel::<Arc<AtomicBool>>();
    let (puppet, open) = behind_a_lock(&bus, move |call| {
        told.recv().unwrap().store(true, Ordering::SeqCst);
        answered(call, false)
    });
    tell.send(open).unwrap();
    let store = bus.store().may_ask(true);
    assert_eq!(store.get(DEVICE).unwrap().unwrap().as_slice(), KEY);
    assert!(puppet.was_asked(&format!("Prompt {PROMPT}")));
    assert!(!puppet.was_asked(&format!("Dismiss {PROMPT}")));
    // Once is enough.
    store.set(DEVICE, &KEY).unwrap();
    assert_eq!(store.remove(DEVICE), Ok(true));
}

#[test]
fn a_keyring_that_says_it_opened_and_did_not_is_locked() {
    let bus = Bus::start();
    let _puppet = behind_a_lock(&bus, |call| answered(call, false));
    assert_eq!(
        cause(bus.store().may_ask(true).get(DEVICE)),
        UnavailableCause::Locked
    );
}

#[test]
fn a_person_declines() {
    let bus = Bus::start();
    let _puppet = behind_a_lock(&bus, |call| answered(call, true));
    let store = bus.store().may_ask(true);
    store.check().unwrap();
    assert_eq!(cause(store.get(DEVICE)), UnavailableCause::Declined);
    assert_eq!(cause(store.set(DEVICE, &KEY)), UnavailableCause::Declined);
    assert_eq!(cause(store.remove(DEVICE)), UnavailableCause::Declined);
}

#[test]
fn a_question_that_nobody_answers_is_taken_back() {
    let bus = Bus::start();
    let (puppet, _) = behind_a_lock(&bus, |_| Say::AsUsual);
    let store = bus
        .store()
        .may_ask(true)
        .patience(crate::bus::PATIENCE, SHORT);
    assert_eq!(cause(store.get(DEVICE)), UnavailableCause::Silent);
    assert!(puppet.was_asked(&format!("Dismiss {PROMPT}")));
}

#[test]
fn a_service_that_leaves_with_its_question_open_is_told() {
    let bus = Bus::start();
    let _puppet = behind_a_lock(&bus, |call| Say::Last(vec![reply(call, &())]));
    assert_eq!(
        cause(bus.store().may_ask(true).get(DEVICE)),
        UnavailableCause::Gone
    );
}

#[test]
fn where_nobody_may_be_asked_nobody_is() {
    let bus = Bus::start();
    let (puppet, _) = behind_a_lock(&bus, |call| answered(call, false));
    let store = bus.store();
    assert_eq!(store.check().unwrap_err().cause, UnavailableCause::Locked);
    assert_eq!(cause(store.get(DEVICE)), UnavailableCause::Locked);
    assert!(!puppet.was_asked(&format!("Prompt {PROMPT}")));
    assert!(puppet.was_asked(&format!("Dismiss {PROMPT}")));
}

#[test]
fn another_programs_word_does_not_answer_the_question() {
    let bus = Bus::start();
    let stranger = zbus::block_on(bus.connect());
    let (_puppet, _) = behind_a_lock(&bus, move |call| {
        let lie = completed(call, PROMPT, false);
        // In a thread of its own: this one is busy being the puppet.
        std::thread::scope(|scope| {
            let sends = scope.spawn(|| {
                zbus::block_on(async {
                    stranger.send(&lie).await.unwrap();
                    // Answered after the bus has passed the lie on.
                    let dbus = Some("org.freedesktop.DBus");
                    let path = "/org/freedesktop/DBus";
                    let id = stranger.call_method(dbus, path, dbus, "GetId", &());
                    id.await.unwrap();
                });
            });
            sends.join().unwrap();
        });
        answered(call, true)
    });
    assert_eq!(
        cause(bus.store().may_ask(true).get(DEVICE)),
        UnavailableCause::Declined
    );
}

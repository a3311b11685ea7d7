//! A Secret Service that does whatever a test wants.

use crate::bus::Bus;
use futures::StreamExt;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use zbus::message::Type;
use zbus::{Connection, Message, MessageStream, ObjectPath, Variant};

pub(crate) const COLLECTION: &str = "/org/freedesktop/secrets/collection/home";

/// The service's reaction to a call.
pub(crate) enum Say {
    /// Sends these, in this order.
    Send(Vec<Message>),
    /// Sends these and leaves the bus.
    Last(Vec<Message>),
    /// Nothing at all.
    Nothing,
    /// Leaves the bus.
    Leave,
    /// The reaction of a well-behaved one.
    AsUsual,
}

/// Answers `call` with `body`.
pub(crate) fn reply<B: serde::Serialize + zbus::DynamicType>(call: &Message, body: &B) -> Message {
    let reply = Message::method_return(&call.header());
    reply.build(body).unwrap()
}

/// [`reply`] and nothing more.
pub(crate) fn say<B: serde::Serialize + zbus::DynamicType>(call: &Message, body: &B) -> Say {
    Say::Send(vec![reply(call, body)])
}

/// Answers `call` with an error.
pub(crate) fn refuse(call: &Message, name: &str, words: &str) -> Say {
    let error = Message::error(&call.header(), name);
    Say::Send(vec![error.build(&words).unwrap()])
}

pub(crate) fn path(text: &str) -> ObjectPath<'static> {
    ObjectPath::try_from(text.to_owned()).unwrap()
}

/// The signal that the question at `prompt` was answered, for who made `call`.
pub(crate) fn completed(call: &Message, prompt: &str, dismissed: bool) -> Message {
    let to = call.header().sender().unwrap().to_owned();
    Message::signal(prompt, "org.freedesktop.Secret.Prompt", "Completed")
        .destination(to)
        .build(&(dismissed, Variant::from("")))
        .unwrap()
}

/// A service on a bus, with the calls it received.
pub(crate) struct Puppet {
    asked: Arc<Mutex<Vec<String>>>,
}

impl Puppet {
    /// Takes its name on `bus`; `act` sees each call, with its method's name, before anything is done about it.
    pub(crate) fn on(
        bus: &Bus,
        mut act: impl FnMut(&str, &Message) -> Say + Send + 'static,
    ) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let conn: Connection = zbus::block_on(bus.connect());
        let mut calls = MessageStream::from(&conn);
        zbus::block_on(conn.request_name("org.freedesktop.secrets")).unwrap();
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            zbus::block_on(async move {
                while let Some(Ok(call)) = calls.next().await {
                    if call.message_type() != Type::MethodCall {
                        continue;
                    }
                    let method = call.header().member().unwrap().as_str().to_owned();
                    let at = call.header().path().unwrap().as_str().to_owned();
                    log.lock().unwrap().push(format!("{method} {at}"));
                    let mut leaves = false;
                    let messages = match act(&method, &call) {
                        Say::Send(messages) => messages,
                        Say::Last(messages) => {
                            leaves = true;
                            messages
                        }
                        Say::Nothing => continue,
                        Say::Leave => return,
                        Say::AsUsual => vec![usual(&method, &call)],
                    };
                    for message in messages {
                        conn.send(&message).await.unwrap();
                    }
                    if leaves {
                        return;
                    }
                }
            });
        });
        Self { asked }
    }

    /// Whether it was asked this, as "Method /its/object".
    pub(crate) fn was_asked(&self, what: &str) -> bool {
        self.asked.lock().unwrap().iter().any(|asked| asked == what)
    }
}

/// One open collection, nothing in it.
fn usual(method: &str, call: &Message) -> Message {
    let none = path("/");
    match method {
        "OpenSession" => reply(call, &(Variant::from(""), path("/session"))),
        "ReadAlias" => reply(call, &path(COLLECTION)),
        "SearchItems" => reply(
            call,
            &(Vec::<ObjectPath<'_>>::new(), Vec::<ObjectPath<'_>>::new()),
        ),
        "Get" => match property(call).as_str() {
            "Locked" => reply(call, &Variant::from(false)),
            "Modified" => reply(call, &Variant::from(1_790_000_000_u64)),
            "Collections" => reply(call, &Variant::from(vec![path(COLLECTION)])),
            other => panic!("{other}"),
        },
        "Unlock" => reply(call, &(Vec::<ObjectPath<'_>>::new(), none)),
        "CreateItem" => reply(call, &(path("/item/1"), none)),
        "GetSecret" => secret(call, &[7; 32]),
        "Delete" => reply(call, &none),
        "Prompt" | "Dismiss" => reply(call, &()),
        // The bus's own calls to everybody.
        _ => reply(call, &HashMap::<String, String>::new()),
    }
}

/// The name of the property that `call` asks for.
pub(crate) fn property(call: &Message) -> String {
    let body = call.body();
    let (_, name): (&str, &str) = body.deserialize().unwrap();
    name.to_owned()
}

/// The answer to `GetSecret`.
pub(crate) fn secret(call: &Message, secret: &[u8]) -> Message {
    let none: &[u8] = &[];
    reply(call, &((path("/session"), none, secret, "text/plain"),))
}

//! One connection to the session bus, from its beginning to its end.

use super::bell::Bell;
use super::bubbles::{Abilities, Bubbles, Next};
use super::bus::{
    self, DBUS, HOST, NOTIFY, NOTIFY_PATH, PROPERTIES, WATCHER, WATCHER_PATH, no_notifications,
    no_watcher, notified, shown_by,
};
use super::dbusmenu::{self, MENU, MENU_PATH, Menu};
use super::item::{self, ITEM, ITEM_PATH};
use super::value::Properties;
use crate::board::Board;
use crate::menu::menu;
use crate::shown::Shown;
use crate::{Options, Owner, Tell};
use futures::StreamExt;
use futures::future::{Either, select};
use model::{SensorSupport, Unsupported};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::Arc;
use zbus::message::{Flags, Header, Type};
use zbus::wire::OwnedVariant;
use zbus::{Connection, DynamicType, Message, MessageStream};

/// So many calls of ours may wait for their answers; there are few, and a service that never answers loses its place.
const MOST_CALLS: usize = 32;

/// How a connection ends.
pub(super) enum End {
    /// The board has ended.
    Asked,
    /// There is no bus (any more); why.
    Lost(String),
}

impl From<zbus::Error> for End {
    fn from(error: zbus::Error) -> Self {
        Self::Lost(model::printable(
            &format!("the session bus went away: {error}"),
            200,
        ))
    }
}

/// What a call of ours was about.
#[derive(Clone, Copy)]
enum Asked {
    Register,
    Host,
    Abilities,
    Notify,
}

pub(super) struct Link<'a> {
    conn: Connection,
    board: &'a Board,
    options: &'a Options,
    owner: &'a dyn Owner,
    tell: Tell,
    /// How panels find the item.
    name: String,
    shown: Option<Arc<Shown>>,
    menu: Menu,
    bubbles: Bubbles,
    watcher: bool,
    registered: bool,
    calls: HashMap<NonZeroU32, Asked>,
}

impl<'a> Link<'a> {
    /// Connects and serves until the end; whether there was a bus at all.
    pub(super) async fn live(
        board: &'a Arc<Board>,
        options: &'a Options,
        owner: &'a Arc<dyn Owner>,
        bell: &Bell,
    ) -> (End, bool) {
        let conn = match bus::connect(options).await {
            Ok(conn) => conn,
            Err(error) => return (End::Lost(super::no_bus(&error.to_string()).reason), false),
        };
        let messages = MessageStream::from(&conn);
        let mut link = Self {
            name: conn
                .unique_name()
                .map(ToString::to_string)
                .unwrap_or_default(),
            conn,
            board,
            options,
            owner: &**owner,
            tell: Tell(Arc::clone(board)),
            shown: None,
            menu: Menu::default(),
            bubbles: Bubbles::default(),
            watcher: false,
            registered: false,
            calls: HashMap::new(),
        };
        let end = match link.serve(messages, bell).await {
            Ok(end) | Err(end) => end,
        };
        let _ = link.conn.close().await;
        (end, true)
    }

    async fn serve(&mut self, mut messages: MessageStream, bell: &Bell) -> Result<End, End> {
        self.begin().await?;
        // What the board holds already is news to this connection.
        let mut news = true;
        loop {
            if std::mem::take(&mut news) && self.news().await? {
                return Ok(End::Asked);
            }
            let message = match select(messages.next(), pin!(bell.rung())).await {
                Either::Left((Some(message), _)) => message?,
                Either::Left((None, _)) => {
                    return Err(End::Lost("the session bus closed the connection".into()));
                }
                Either::Right(_) => {
                    news = true;
                    continue;
                }
            };
            match message.message_type() {
                Type::MethodCall => self.answer(&message).await?,
                Type::Signal => self.signal(&message).await?,
                Type::MethodReturn | Type::Error => {
                    self.heard(&message).await?;
                    // The last bubble may have waited for this.
                    news = true;
                }
            }
        }
    }

    /// Asks the bus for the signals that matter, takes the item's name, and looks who is there.
    async fn begin(&mut self) -> zbus::Result<()> {
        for rule in [
            format!(
                "type='signal',sender='{DBUS}',interface='{DBUS}',member='NameOwnerChanged',arg0='{WATCHER}'"
            ),
            format!(
                "type='signal',sender='{DBUS}',interface='{DBUS}',member='NameOwnerChanged',arg0='{NOTIFY}'"
            ),
            format!("type='signal',sender='{WATCHER}',interface='{WATCHER}'"),
        ] {
            bus::ask(&self.conn, "AddMatch", &rule).await?;
        }
        if self.options.bubbles {
            self.board.bubbles_are(bus::notifications(&self.conn).await);
        }
        if self.options.tray {
            let name = format!("{ITEM}-{}-1", std::process::id());
            // Not waited for (4). Only when it is ours (1) is it told: in a container another may have this number.
            let answer = bus::ask(&self.conn, "RequestName", &(&name, 4u32)).await;
            let ours = answer.is_ok_and(|a| a.body().deserialize().ok() == Some(1u32));
            if ours {
                self.name = name;
            }
            self.watcher = bus::has(&self.conn, WATCHER).await;
            if !self.watcher {
                self.board.tray_is(no_watcher());
            }
        }
        Ok(())
    }

    /// Takes what is new on the board; true at the end.
    async fn news(&mut self) -> Result<bool, End> {
        let news = self.board.news();
        for bubble in news.bubbles {
            self.bubbles.push(bubble.text);
        }
        self.send_bubbles().await?;
        if news.ended {
            return Ok(self.bubbles.is_idle());
        }
        let Some(shown) = news.shown.filter(|_| self.options.tray) else {
            return Ok(false);
        };
        let first = self.shown.is_none();
        let same = self.shown.as_deref().is_some_and(|s| s.looks_like(&shown));
        self.shown = Some(shown);
        if first {
            self.rebuild();
            self.register().await?;
        } else if !same {
            for signal in item::CHANGES {
                self.conn
                    .emit_signal(None::<&str>, ITEM_PATH, ITEM, signal, &())
                    .await?;
            }
            if self.rebuild() {
                self.tell_layout().await?;
            }
        }
        Ok(false)
    }

    /// Makes the menu anew; true when it changed.
    fn rebuild(&mut self) -> bool {
        let Some(shown) = &self.shown else {
            return false;
        };
        let entries = menu(shown, &self.owner.page());
        self.menu.take(entries)
    }

    async fn tell_layout(&self) -> zbus::Result<()> {
        let body = (self.menu.revision, 0i32);
        self.conn
            .emit_signal(None::<&str>, MENU_PATH, MENU, "LayoutUpdated", &body)
            .await
    }

    /// Shows the item, where there is a watcher and something to show.
    async fn register(&mut self) -> Result<(), End> {
        if self.watcher && !self.registered && self.shown.is_some() {
            self.registered = true;
            let name = self.name.clone();
            self.call(
                Asked::Register,
                (WATCHER, WATCHER_PATH, WATCHER),
                "RegisterStatusNotifierItem",
                &name,
            )
            .await?;
        }
        Ok(())
    }

    async fn ask_host(&mut self) -> Result<(), End> {
        let body = (WATCHER, HOST);
        self.call(
            Asked::Host,
            (WATCHER, WATCHER_PATH, PROPERTIES),
            "Get",
            &body,
        )
        .await
    }

    async fn send_bubbles(&mut self) -> Result<(), End> {
        let to = (NOTIFY, NOTIFY_PATH, NOTIFY);
        match self.bubbles.next() {
            None => Ok(()),
            Some(Next::Ask) => {
                self.call(Asked::Abilities, to, "GetCapabilities", &())
                    .await
            }
            Some(Next::Show(over, title, text)) => {
                let (icon, actions, hints) = ("", Vec::<&str>::new(), Properties::new());
                // -1: for as long as the service shows such things.
                let body = ("uam", over, icon, title, text, actions, hints, -1i32);
                self.call(Asked::Notify, to, "Notify", &body).await
            }
        }
    }

    /// Sends a call; its answer comes to [`Link::heard`].
    async fn call<B>(
        &mut self,
        asked: Asked,
        (to, path, interface): (&str, &str, &str),
        method: &str,
        body: &B,
    ) -> Result<(), End>
    where
        B: serde::Serialize + DynamicType,
    {
        let message = Message::method_call(path, method)
            .destination(to)
            .interface(interface)
            .build(body)?;
        if self.calls.len() >= MOST_CALLS {
            self.calls.clear();
        }
        self.calls
            .insert(message.primary_header().serial_num(), asked);
        Ok(self.conn.send(&message).await?)
    }

    /// An answer to a call of ours.
    async fn heard(&mut self, message: &Message) -> Result<(), End> {
        let header = message.header();
        let asked = header.reply_serial().and_then(|n| self.calls.remove(&n));
        let Some(asked) = asked else {
            return Ok(());
        };
        let ok = message.message_type() == Type::MethodReturn;
        let body = message.body();
        match asked {
            Asked::Register if ok => self.ask_host().await?,
            Asked::Register => {
                let why: String = body.deserialize().unwrap_or_default();
                let why = model::printable(&format!("the tray refused the icon: {why}"), 200);
                self.board
                    .tray_is(SensorSupport::Unsupported(Unsupported::new(why, "")));
            }
            Asked::Host => {
                let host: Option<OwnedVariant> = Some(&body)
                    .filter(|_| ok)
                    .and_then(|b| b.deserialize().ok());
                self.board.tray_is(shown_by(host));
            }
            Asked::Abilities if ok => {
                let words: Vec<String> = body.deserialize().unwrap_or_default();
                self.board.bubbles_are(notified());
                self.bubbles.able(Abilities::of(&words));
                self.send_bubbles().await?;
            }
            Asked::Notify if ok => {
                self.bubbles.shown(body.deserialize().unwrap_or(0));
                self.send_bubbles().await?;
            }
            Asked::Abilities | Asked::Notify => {
                let error = header.error_name().map(|name| name.as_str());
                let nobody = matches!(
                    error,
                    Some(name) if name.ends_with(".ServiceUnknown") || name.contains(".Spawn.")
                );
                self.bubbles.failed();
                self.board.bubbles_are(match nobody {
                    true => no_notifications(),
                    false => {
                        let why: String = body.deserialize().unwrap_or_default();
                        let why = format!("the notification service refused: {why}");
                        SensorSupport::Unsupported(Unsupported::new(
                            model::printable(&why, 200),
                            "",
                        ))
                    }
                });
            }
        }
        Ok(())
    }

    async fn signal(&mut self, message: &Message) -> Result<(), End> {
        let header = message.header();
        let member = header.member().map(|member| member.as_str());
        match member {
            Some("NameOwnerChanged") => {
                let body = message.body();
                let Ok((name, _, new)) = body.deserialize::<(String, String, String)>() else {
                    return Ok(());
                };
                match name.as_str() {
                    WATCHER if self.options.tray => {
                        self.watcher = !new.is_empty();
                        self.registered = false;
                        if !self.watcher {
                            self.board.tray_is(no_watcher());
                        }
                        self.register().await?;
                    }
                    NOTIFY if self.options.bubbles => {
                        self.bubbles.another();
                        // Nobody answers these any more, or for another service.
                        self.calls
                            .retain(|_, asked| matches!(asked, Asked::Register | Asked::Host));
                        self.board.bubbles_are(match new.is_empty() {
                            // It may be started again when it is called.
                            true => bus::notifications(&self.conn).await,
                            false => notified(),
                        });
                        self.send_bubbles().await?;
                    }
                    _ => {}
                }
            }
            Some("StatusNotifierHostRegistered" | "StatusNotifierHostUnregistered")
                if self.registered =>
            {
                self.ask_host().await?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Somebody calls the item or its menu.
    async fn answer(&mut self, message: &Message) -> Result<(), End> {
        let header = message.header();
        let path = header
            .path()
            .map(|p| p.as_str().to_owned())
            .unwrap_or_default();
        let interface = header.interface().map(|i| i.as_str().to_owned());
        let member = header
            .member()
            .map(|m| m.as_str().to_owned())
            .unwrap_or_default();
        let interface = interface.unwrap_or_default();
        match (path.as_str(), interface.as_str()) {
            (_, "org.freedesktop.DBus.Peer") if member == "Ping" => self.reply(&header, &()).await,
            (MENU_PATH, MENU) => self.answer_menu(message, &header, &member).await,
            (ITEM_PATH | MENU_PATH, PROPERTIES) => {
                self.answer_properties(message, &header, &path, &member)
                    .await
            }
            (ITEM_PATH | MENU_PATH, "org.freedesktop.DBus.Introspectable") => {
                let xml = match path == ITEM_PATH {
                    true => item::INTROSPECTION,
                    false => dbusmenu::INTROSPECTION,
                };
                self.reply(&header, &xml).await
            }
            // Also `Activate`: a panel that is refused it opens the menu, which is the one way to act.
            _ => self.unknown(&header, &member).await,
        }
    }

    async fn answer_properties(
        &mut self,
        message: &Message,
        header: &Header<'_>,
        path: &str,
        member: &str,
    ) -> Result<(), End> {
        let mut all = match (path == ITEM_PATH, &self.shown) {
            (true, Some(shown)) => item::properties(shown),
            (true, None) => Properties::new(),
            (false, _) => dbusmenu::object(),
        };
        let body = message.body();
        match member {
            "GetAll" => self.reply(header, &all).await,
            "Get" => {
                let asked: (String, String) = body.deserialize().unwrap_or_default();
                match all.remove(asked.1.as_str()) {
                    Some(value) => self.reply(header, &value).await,
                    None => {
                        let error = "org.freedesktop.DBus.Error.UnknownProperty";
                        self.refuse(header, error, "uam has no such property").await
                    }
                }
            }
            _ => self.unknown(header, member).await,
        }
    }

    async fn answer_menu(
        &mut self,
        message: &Message,
        header: &Header<'_>,
        member: &str,
    ) -> Result<(), End> {
        let body = message.body();
        match member {
            "GetLayout" => {
                let (id, depth, _): (i32, i32, Vec<String>) =
                    body.deserialize().unwrap_or((0, -1, Vec::new()));
                match self.menu.layout(id, depth) {
                    Some(layout) => self.reply(header, &(self.menu.revision, layout)).await,
                    None => self.no_entry(header).await,
                }
            }
            "GetGroupProperties" => {
                let (ids, _): (Vec<i32>, Vec<String>) = body.deserialize().unwrap_or_default();
                self.reply(header, &self.menu.group(&ids)).await
            }
            "GetProperty" => {
                let (id, name): (i32, String) = body.deserialize().unwrap_or_default();
                let value = self
                    .menu
                    .properties(id)
                    .and_then(|mut p| p.remove(name.as_str()));
                match value {
                    Some(value) => self.reply(header, &value).await,
                    None => self.no_entry(header).await,
                }
            }
            "Event" => {
                let event: Result<(i32, String, OwnedVariant, u32), _> = body.deserialize();
                // Answered first: the wish may be the last thing this process does.
                self.reply(header, &()).await?;
                if let Ok((id, event, ..)) = event {
                    self.clicked(id, &event);
                }
                Ok(())
            }
            "EventGroup" => {
                let events: Vec<(i32, String, OwnedVariant, u32)> =
                    body.deserialize().unwrap_or_default();
                let unknown: Vec<i32> = events
                    .iter()
                    .map(|(id, ..)| *id)
                    .filter(|id| !self.menu.knows(*id))
                    .collect();
                self.reply(header, &unknown).await?;
                for (id, event, ..) in events {
                    self.clicked(id, &event);
                }
                Ok(())
            }
            "AboutToShow" => {
                let changed = self.look_again().await?;
                self.reply(header, &changed).await
            }
            "AboutToShowGroup" => {
                let changed = match self.look_again().await? {
                    true => vec![0i32],
                    false => Vec::new(),
                };
                self.reply(header, &(changed, Vec::<i32>::new())).await
            }
            _ => self.unknown(header, member).await,
        }
    }

    /// The menu is about to be seen: what it says of the page must hold now.
    async fn look_again(&mut self) -> Result<bool, End> {
        let changed = self.rebuild();
        if changed {
            self.tell_layout().await?;
        }
        Ok(changed)
    }

    fn clicked(&self, id: i32, event: &str) {
        if let Some(wish) = self.menu.wish(id, event) {
            self.owner.wish(wish, &self.tell);
        }
    }

    async fn no_entry(&self, header: &Header<'_>) -> Result<(), End> {
        let error = "org.freedesktop.DBus.Error.InvalidArgs";
        self.refuse(header, error, "the menu has no such entry")
            .await
    }

    async fn unknown(&self, header: &Header<'_>, member: &str) -> Result<(), End> {
        let error = "org.freedesktop.DBus.Error.UnknownMethod";
        let text = format!("uam has no method {member} here");
        self.refuse(header, error, &text).await
    }

    async fn reply<B>(&self, header: &Header<'_>, body: &B) -> Result<(), End>
    where
        B: serde::Serialize + DynamicType,
    {
        if wants_answer(header) {
            self.conn.reply(header, body).await?;
        }
        Ok(())
    }

    async fn refuse(&self, header: &Header<'_>, error: &str, text: &str) -> Result<(), End> {
        if wants_answer(header) {
            self.conn.reply_error(header, error, &text).await?;
        }
        Ok(())
    }
}

fn wants_answer(header: &Header<'_>) -> bool {
    !header.primary().flags().contains(Flags::NO_REPLY_EXPECTED)
}

//! The item and its menu on the bus: answers to the calls of the panel, and signals of their changes.

use super::bus::PROPERTIES;
use super::dbusmenu::{self, DbusMenu, MENU, MENU_PATH};
use super::item::{self, ITEM, ITEM_PATH};
use super::variant::Properties;
use crate::handler::{MenuHandler, NotificationSender};
use crate::menu::build_menu;
use crate::status::IndicatorStatus;
use std::sync::Arc;
use zbus::message::{Flags, Header};
use zbus::wire::OwnedVariant;
use zbus::{Connection, DynamicType, Message};

/// The item and its menu, as panels see them.
pub(super) struct PanelServices<'a> {
    conn: Connection,
    handler: &'a dyn MenuHandler,
    notifications: NotificationSender,
    /// None until the agent has set one; then the item can be shown.
    status: Option<Arc<IndicatorStatus>>,
    menu: DbusMenu,
}

impl<'a> PanelServices<'a> {
    pub(super) fn new(
        conn: Connection,
        handler: &'a dyn MenuHandler,
        notifications: NotificationSender,
    ) -> Self {
        Self {
            conn,
            handler,
            notifications,
            status: None,
            menu: DbusMenu::default(),
        }
    }

    /// True once there is something to show.
    pub(super) fn has_status(&self) -> bool {
        self.status.is_some()
    }

    /// Takes over a status, and tells the panel when it looks different.
    pub(super) async fn set_status(&mut self, status: Arc<IndicatorStatus>) -> zbus::Result<()> {
        let former = self.status.replace(status);
        let same = match (&former, &self.status) {
            (Some(former), Some(status)) => former.looks_same_as(status),
            _ => false,
        };
        if former.is_none() {
            // No panel knows the item yet.
            self.rebuild_menu();
        } else if !same {
            for signal in item::CHANGES {
                self.conn
                    .emit_signal(None::<&str>, ITEM_PATH, ITEM, signal, &())
                    .await?;
            }
            self.refresh_menu().await?;
        }
        Ok(())
    }

    /// Builds the menu again; true when it changed.
    fn rebuild_menu(&mut self) -> bool {
        let Some(status) = &self.status else {
            return false;
        };
        let entries = build_menu(status, &self.handler.page_availability());
        self.menu.replace_entries(entries)
    }

    /// Builds the menu again, and tells the panel when it changed; true when it did.
    async fn refresh_menu(&mut self) -> zbus::Result<bool> {
        let changed = self.rebuild_menu();
        if changed {
            self.emit_layout_changed().await?;
        }
        Ok(changed)
    }

    async fn emit_layout_changed(&self) -> zbus::Result<()> {
        let body = (self.menu.revision, 0i32);
        self.conn
            .emit_signal(None::<&str>, MENU_PATH, MENU, "LayoutUpdated", &body)
            .await
    }

    /// Answers a call of the item or its menu.
    pub(super) async fn answer_call(&mut self, message: &Message) -> zbus::Result<()> {
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
            (_, "org.freedesktop.DBus.Peer") if member == "Ping" => {
                self.send_reply(&header, &()).await
            }
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
                self.send_reply(&header, &xml).await
            }
            // Also `Activate`: a panel that gets an error for it opens the menu, which is the one way to act.
            _ => self.reply_unknown_member(&header, &member).await,
        }
    }

    async fn answer_properties(
        &mut self,
        message: &Message,
        header: &Header<'_>,
        path: &str,
        member: &str,
    ) -> zbus::Result<()> {
        let mut all = match (path == ITEM_PATH, &self.status) {
            (true, Some(status)) => item::item_properties(status),
            (true, None) => Properties::new(),
            (false, _) => dbusmenu::object_properties(),
        };
        let body = message.body();
        match member {
            "GetAll" => self.send_reply(header, &all).await,
            "Get" => {
                let (_, name): (String, String) = body.deserialize().unwrap_or_default();
                match all.remove(name.as_str()) {
                    Some(value) => self.send_reply(header, &value).await,
                    None => {
                        let error = "org.freedesktop.DBus.Error.UnknownProperty";
                        self.send_error(header, error, "uam has no such property")
                            .await
                    }
                }
            }
            _ => self.reply_unknown_member(header, member).await,
        }
    }

    async fn answer_menu(
        &mut self,
        message: &Message,
        header: &Header<'_>,
        member: &str,
    ) -> zbus::Result<()> {
        let body = message.body();
        match member {
            "GetLayout" => {
                let (id, depth, _): (i32, i32, Vec<String>) =
                    body.deserialize().unwrap_or((0, -1, Vec::new()));
                match self.menu.layout_node(id, depth) {
                    Some(layout) => self.send_reply(header, &(self.menu.revision, layout)).await,
                    None => self.reply_no_entry(header).await,
                }
            }
            "GetGroupProperties" => {
                let (ids, _): (Vec<i32>, Vec<String>) = body.deserialize().unwrap_or_default();
                self.send_reply(header, &self.menu.group_properties(&ids))
                    .await
            }
            "GetProperty" => {
                let (id, name): (i32, String) = body.deserialize().unwrap_or_default();
                let value = self
                    .menu
                    .properties_of(id)
                    .and_then(|mut p| p.remove(name.as_str()));
                match value {
                    Some(value) => self.send_reply(header, &value).await,
                    None => self.reply_no_entry(header).await,
                }
            }
            "Event" => {
                let event: Result<(i32, String, OwnedVariant, u32), _> = body.deserialize();
                // Answered first: the command may be the last thing this process does.
                self.send_reply(header, &()).await?;
                if let Ok((id, event, ..)) = event {
                    self.handle_click(id, &event);
                }
                Ok(())
            }
            "EventGroup" => {
                let events: Vec<(i32, String, OwnedVariant, u32)> =
                    body.deserialize().unwrap_or_default();
                let unknown: Vec<i32> = events
                    .iter()
                    .map(|(id, ..)| *id)
                    .filter(|id| !self.menu.has_entry(*id))
                    .collect();
                self.send_reply(header, &unknown).await?;
                for (id, event, ..) in events {
                    self.handle_click(id, &event);
                }
                Ok(())
            }
            // The menu is about to be shown: its words on the page must be true now.
            "AboutToShow" => {
                let changed = self.refresh_menu().await?;
                self.send_reply(header, &changed).await
            }
            "AboutToShowGroup" => {
                let changed = match self.refresh_menu().await? {
                    true => vec![0i32],
                    false => Vec::new(),
                };
                self.send_reply(header, &(changed, Vec::<i32>::new())).await
            }
            _ => self.reply_unknown_member(header, member).await,
        }
    }

    fn handle_click(&self, id: i32, event: &str) {
        if let Some(command) = self.menu.command_for_event(id, event) {
            self.handler.handle_command(command, &self.notifications);
        }
    }

    async fn reply_no_entry(&self, header: &Header<'_>) -> zbus::Result<()> {
        let error = "org.freedesktop.DBus.Error.InvalidArgs";
        self.send_error(header, error, "the menu has no such entry")
            .await
    }

    async fn reply_unknown_member(&self, header: &Header<'_>, member: &str) -> zbus::Result<()> {
        let error = "org.freedesktop.DBus.Error.UnknownMethod";
        let text = format!("uam has no method {member} here");
        self.send_error(header, error, &text).await
    }

    async fn send_reply<B>(&self, header: &Header<'_>, body: &B) -> zbus::Result<()>
    where
        B: serde::Serialize + DynamicType,
    {
        if expects_reply(header) {
            self.conn.reply(header, body).await?;
        }
        Ok(())
    }

    async fn send_error(&self, header: &Header<'_>, error: &str, text: &str) -> zbus::Result<()> {
        if expects_reply(header) {
            self.conn.reply_error(header, error, &text).await?;
        }
        Ok(())
    }
}

fn expects_reply(header: &Header<'_>) -> bool {
    !header.primary().flags().contains(Flags::NO_REPLY_EXPECTED)
}

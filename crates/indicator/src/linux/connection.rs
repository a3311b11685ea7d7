//! One connection to the session bus, from its start to its end.

use super::bus::{
    self, DBUS, HOST, NOTIFY, NOTIFY_PATH, PROPERTIES, WATCHER, WATCHER_PATH, no_watcher_support,
    notifications_supported, notifications_unsupported, support_from_host,
};
use super::item::ITEM;
use super::notifications::{NextCall, NotificationQueue, ServerCapabilities};
use super::services::PanelServices;
use super::variant::Properties;
use super::waker::BusWaker;
use crate::handler::{MenuHandler, NotificationSender};
use crate::options::IndicatorOptions;
use crate::shared_state::SharedState;
use futures::StreamExt;
use futures::future::{Either, select};
use model::{SensorSupport, Unsupported};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::Arc;
use zbus::message::Type;
use zbus::wire::OwnedVariant;
use zbus::{Connection, DynamicType, Message, MessageStream};

/// This many calls may wait for their answers. There are few; where a service never answers, all are given up.
const MAX_PENDING_CALLS: usize = 32;

/// How a connection ends.
pub(super) enum ConnectionEnd {
    /// The agent ended the indicator.
    Requested,
    /// There is no bus any more, or there never was; the reason.
    Lost(String),
}

impl From<zbus::Error> for ConnectionEnd {
    fn from(error: zbus::Error) -> Self {
        Self::Lost(model::to_printable(
            &format!("the session bus went away: {error}"),
            200,
        ))
    }
}

/// A call that waits for its answer.
#[derive(Clone, Copy)]
enum PendingCall {
    RegisterItem,
    GetHost,
    GetCapabilities,
    Notify,
}

/// The connection, and the state of the services on its other end.
pub(super) struct BusConnection<'a> {
    conn: Connection,
    state: &'a SharedState,
    options: &'a IndicatorOptions,
    /// The name by which panels find the item.
    name: String,
    services: PanelServices<'a>,
    notifications: NotificationQueue,
    /// There is a watcher, which tells panels about items.
    watcher: bool,
    registered: bool,
    calls: HashMap<NonZeroU32, PendingCall>,
}

impl<'a> BusConnection<'a> {
    /// Connects and serves until the end; also returns whether there was a bus at all.
    pub(super) async fn run_connection(
        state: &'a Arc<SharedState>,
        options: &'a IndicatorOptions,
        handler: &'a Arc<dyn MenuHandler>,
        waker: &BusWaker,
    ) -> (ConnectionEnd, bool) {
        let conn = match bus::connect_session_bus(options).await {
            Ok(conn) => conn,
            Err(error) => {
                let reason = bus::no_bus_reason(&error.to_string()).reason;
                return (ConnectionEnd::Lost(reason), false);
            }
        };
        let messages = MessageStream::from(&conn);
        let sender = NotificationSender(Arc::clone(state));
        let mut connection = Self {
            name: conn
                .unique_name()
                .map(ToString::to_string)
                .unwrap_or_default(),
            services: PanelServices::new(conn.clone(), &**handler, sender),
            conn,
            state,
            options,
            notifications: NotificationQueue::default(),
            watcher: false,
            registered: false,
            calls: HashMap::new(),
        };
        let end = match connection.serve_until_end(messages, waker).await {
            Ok(end) | Err(end) => end,
        };
        let _ = connection.conn.close().await;
        (end, true)
    }

    async fn serve_until_end(
        &mut self,
        mut messages: MessageStream,
        waker: &BusWaker,
    ) -> Result<ConnectionEnd, ConnectionEnd> {
        self.set_up().await?;
        // The state of before is new to this connection.
        let mut changed = true;
        loop {
            if std::mem::take(&mut changed) && self.apply_changes().await? {
                return Ok(ConnectionEnd::Requested);
            }
            let message = match select(messages.next(), pin!(waker.wait_for_wake())).await {
                Either::Left((Some(message), _)) => message?,
                Either::Left((None, _)) => {
                    return Err(ConnectionEnd::Lost(
                        "the session bus closed the connection".into(),
                    ));
                }
                Either::Right(_) => {
                    changed = true;
                    continue;
                }
            };
            match message.message_type() {
                Type::MethodCall => self.services.answer_call(&message).await?,
                Type::Signal => self.handle_signal(&message).await?,
                Type::MethodReturn | Type::Error => {
                    self.handle_reply(&message).await?;
                    // The last notification may have waited for this.
                    changed = true;
                }
            }
        }
    }

    /// Subscribes to the signals that matter, takes the item's name, and looks for watcher and notification service.
    async fn set_up(&mut self) -> zbus::Result<()> {
        for rule in [
            format!(
                "type='signal',sender='{DBUS}',interface='{DBUS}',member='NameOwnerChanged',arg0='{WATCHER}'"
            ),
            format!(
                "type='signal',sender='{DBUS}',interface='{DBUS}',member='NameOwnerChanged',arg0='{NOTIFY}'"
            ),
            format!("type='signal',sender='{WATCHER}',interface='{WATCHER}'"),
        ] {
            bus::call_bus(&self.conn, "AddMatch", &rule).await?;
        }
        if self.options.notifications {
            self.state
                .set_notification_support(bus::notification_support(&self.conn).await);
        }
        if self.options.tray {
            let name = format!("{ITEM}-{}-1", std::process::id());
            // Without queueing for it (4). Only a name that is ours (1) is used: a process in a container may have the
            // same number.
            let answer = bus::call_bus(&self.conn, "RequestName", &(&name, 4u32)).await;
            let ours = answer.is_ok_and(|a| a.body().deserialize().ok() == Some(1u32));
            if ours {
                self.name = name;
            }
            self.watcher = bus::has_owner(&self.conn, WATCHER).await;
            if !self.watcher {
                self.state.set_tray_support(no_watcher_support());
            }
        }
        Ok(())
    }

    /// Shows the changes of the shared state; true at the end.
    async fn apply_changes(&mut self) -> Result<bool, ConnectionEnd> {
        let changes = self.state.take_changes();
        for notification in changes.notifications {
            self.notifications.enqueue_text(notification.text);
        }
        self.send_notifications().await?;
        if changes.ended {
            return Ok(self.notifications.is_empty());
        }
        if let Some(status) = changes.status.filter(|_| self.options.tray) {
            let first = !self.services.has_status();
            self.services.set_status(status).await?;
            if first {
                self.register_item().await?;
            }
        }
        Ok(false)
    }

    /// Shows the item, where there is a watcher and a status to show.
    async fn register_item(&mut self) -> Result<(), ConnectionEnd> {
        if self.watcher && !self.registered && self.services.has_status() {
            self.registered = true;
            let name = self.name.clone();
            self.send_call(
                PendingCall::RegisterItem,
                (WATCHER, WATCHER_PATH, WATCHER),
                "RegisterStatusNotifierItem",
                &name,
            )
            .await?;
        }
        Ok(())
    }

    /// Asks the watcher whether a panel shows its items.
    async fn query_host(&mut self) -> Result<(), ConnectionEnd> {
        let body = (WATCHER, HOST);
        self.send_call(
            PendingCall::GetHost,
            (WATCHER, WATCHER_PATH, PROPERTIES),
            "Get",
            &body,
        )
        .await
    }

    async fn send_notifications(&mut self) -> Result<(), ConnectionEnd> {
        let to = (NOTIFY, NOTIFY_PATH, NOTIFY);
        match self.notifications.next_call() {
            None => Ok(()),
            Some(NextCall::GetCapabilities) => {
                self.send_call(PendingCall::GetCapabilities, to, "GetCapabilities", &())
                    .await
            }
            Some(NextCall::Notify(replaces, title, text)) => {
                let (icon, actions, hints) = ("", Vec::<&str>::new(), Properties::new());
                // -1: for as long as the service shows notifications.
                let body = ("uam", replaces, icon, title, text, actions, hints, -1i32);
                self.send_call(PendingCall::Notify, to, "Notify", &body)
                    .await
            }
        }
    }

    /// Sends a call; its answer comes to [`Self::handle_reply`].
    async fn send_call<B>(
        &mut self,
        call: PendingCall,
        (to, path, interface): (&str, &str, &str),
        method: &str,
        body: &B,
    ) -> Result<(), ConnectionEnd>
    where
        B: serde::Serialize + DynamicType,
    {
        let message = Message::method_call(path, method)
            .destination(to)
            .interface(interface)
            .build(body)?;
        if self.calls.len() >= MAX_PENDING_CALLS {
            self.calls.clear();
        }
        self.calls
            .insert(message.primary_header().serial_num(), call);
        Ok(self.conn.send(&message).await?)
    }

    /// Handles the answer to a call.
    async fn handle_reply(&mut self, message: &Message) -> Result<(), ConnectionEnd> {
        let header = message.header();
        let call = header.reply_serial().and_then(|n| self.calls.remove(&n));
        let Some(call) = call else {
            return Ok(());
        };
        let ok = message.message_type() == Type::MethodReturn;
        let body = message.body();
        match call {
            PendingCall::RegisterItem if ok => self.query_host().await?,
            PendingCall::RegisterItem => {
                let reason: String = body.deserialize().unwrap_or_default();
                let reason = format!("the tray refused the icon: {reason}");
                self.state.set_tray_support(refusal(&reason));
            }
            PendingCall::GetHost => {
                let host: Option<OwnedVariant> = Some(&body)
                    .filter(|_| ok)
                    .and_then(|b| b.deserialize().ok());
                self.state.set_tray_support(support_from_host(host));
            }
            PendingCall::GetCapabilities if ok => {
                let words: Vec<String> = body.deserialize().unwrap_or_default();
                self.state
                    .set_notification_support(notifications_supported());
                self.notifications
                    .set_capabilities(ServerCapabilities::from_words(&words));
                self.send_notifications().await?;
            }
            PendingCall::Notify if ok => {
                self.notifications
                    .confirm_shown(body.deserialize().unwrap_or(0));
                self.send_notifications().await?;
            }
            PendingCall::GetCapabilities | PendingCall::Notify => {
                let error = header.error_name().map(|name| name.as_str());
                let no_service = matches!(
                    error,
                    Some(name) if name.ends_with(".ServiceUnknown") || name.contains(".Spawn.")
                );
                self.notifications.discard_waiting();
                self.state.set_notification_support(match no_service {
                    true => notifications_unsupported(),
                    false => {
                        let reason: String = body.deserialize().unwrap_or_default();
                        refusal(&format!("the notification service refused: {reason}"))
                    }
                });
            }
        }
        Ok(())
    }

    async fn handle_signal(&mut self, message: &Message) -> Result<(), ConnectionEnd> {
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
                            self.state.set_tray_support(no_watcher_support());
                        }
                        self.register_item().await?;
                    }
                    NOTIFY if self.options.notifications => {
                        self.notifications.reset_server();
                        // The former service does not answer its calls any more.
                        self.calls.retain(|_, call| {
                            matches!(call, PendingCall::RegisterItem | PendingCall::GetHost)
                        });
                        self.state.set_notification_support(match new.is_empty() {
                            // A call may start it again.
                            true => bus::notification_support(&self.conn).await,
                            false => notifications_supported(),
                        });
                        self.send_notifications().await?;
                    }
                    _ => {}
                }
            }
            Some("StatusNotifierHostRegistered" | "StatusNotifierHostUnregistered")
                if self.registered =>
            {
                self.query_host().await?;
            }
            _ => {}
        }
        Ok(())
    }
}

fn refusal(reason: &str) -> SensorSupport {
    SensorSupport::Unsupported(Unsupported::new(model::to_printable(reason, 200), ""))
}

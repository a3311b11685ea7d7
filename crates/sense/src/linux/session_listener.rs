//! The thread that listens to logind and UPower.
//!
//! A lock is believed from either word: the `Lock` signal, by which logind asks the screen locker, and `LockedHint`,
//! by which the locker answers; it ends by `Unlock` or by the hint. A locker that obeys the signal but never sets the
//! hint when it opens again leaves the session locked in our eyes; every common one sets it.

use super::power_supplies::PowerSupplies;
use super::services::{self, BusServices, LOGIN, LOGIN_PATH, MANAGER, PROPERTIES, SESSION, UPOWER};
use crate::event_sender::{EventSender, ReceiverGone};
use crate::options::DesktopOptions;
use crate::sensor_task::{SensorContext, SensorExit, SensorTask};
use futures::StreamExt;
use futures::channel::oneshot;
use futures::future::{Either, select};
use model::{Clock, PowerState, SensorEvent, SensorKind};
use platform::bus::BusAddress;
use platform::bus::connection::connect_bus;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use zbus::wire::OwnedVariant;
use zbus::{Connection, Message, MessageStream, message::Type};

pub(super) struct SessionListener {
    bus: BusAddress,
    session_name: Option<String>,
    services: BusServices,
    supplies: Option<PowerSupplies>,
    clock: Arc<dyn Clock>,
    /// The state that was sent last.
    locked: Option<bool>,
    asleep: bool,
    power: Option<PowerState>,
}

impl From<zbus::Error> for SensorExit {
    fn from(error: zbus::Error) -> Self {
        Self::Broken(format!("the system bus went away: {error}"))
    }
}

impl SensorTask for SessionListener {
    fn name(&self) -> &'static str {
        "sense-bus"
    }

    fn sensor_kinds(&self) -> Vec<SensorKind> {
        match self.services.logind {
            true => vec![SensorKind::Session],
            false => Vec::new(),
        }
    }

    fn run(&mut self, context: &SensorContext) -> SensorExit {
        // Power is readable without a bus, too.
        if self.send_power(&context.out).is_err() {
            return SensorExit::Stopped;
        }
        // The end wakes the wait below from another thread, by dropping the other half of the channel.
        let (half, stopped) = oneshot::channel::<()>();
        let half = Mutex::new(Some(half));
        context.stop.on_stop(move || {
            drop(half.lock().unwrap_or_else(PoisonError::into_inner).take());
        });
        zbus::block_on(self.run_listener(context, stopped))
    }
}

impl SessionListener {
    pub(super) fn new(
        options: &DesktopOptions,
        clock: &Arc<dyn Clock>,
        services: BusServices,
        supplies: Option<PowerSupplies>,
    ) -> Self {
        Self {
            bus: options.bus.clone(),
            session_name: options.session.clone(),
            services,
            supplies,
            clock: Arc::clone(clock),
            locked: None,
            asleep: false,
            power: None,
        }
    }

    async fn run_listener(
        &mut self,
        context: &SensorContext,
        mut stopped: oneshot::Receiver<()>,
    ) -> SensorExit {
        let result = async {
            let conn = connect_bus(&self.bus).await?;
            if context.is_lost() {
                // Another bus daemon, other object paths.
                let services = services::query_services(&conn, self.session_name.as_deref()).await;
                if !services.logind {
                    return Err(SensorExit::Broken("logind is not on the bus".into()));
                }
                self.services.session = services.session;
            }
            let mut messages = MessageStream::from(&conn);
            self.subscribe(&conn).await?;
            context.report_working(self.clock.now())?;
            self.query_lock(&conn, &context.out).await?;
            self.send_power(&context.out)?;
            loop {
                let message = match select(messages.next(), &mut stopped).await {
                    Either::Left((Some(message), _)) => message?,
                    Either::Left((None, _)) => {
                        return Err(SensorExit::Broken(
                            "the system bus closed the connection".into(),
                        ));
                    }
                    Either::Right(_) => return Ok::<(), SensorExit>(()),
                };
                self.handle_event(&message, &context.out)?;
            }
        };
        match result.await {
            Ok(()) => SensorExit::Stopped,
            Err(end) => end,
        }
    }

    /// Asks the bus for the signals that matter, and for no others.
    async fn subscribe(&self, conn: &Connection) -> zbus::Result<()> {
        let mut rules = Vec::new();
        if self.services.logind {
            rules.push(format!(
                "type='signal',sender='{LOGIN}',path='{LOGIN_PATH}',interface='{MANAGER}',member='PrepareForSleep'"
            ));
        }
        if let Some(session) = &self.services.session {
            rules.push(format!("type='signal',sender='{LOGIN}',path='{session}'"));
        }
        if self.services.upower && self.supplies.is_some() {
            rules.push(format!(
                "type='signal',sender='{UPOWER}',path_namespace='/org/freedesktop/UPower'"
            ));
        }
        for rule in rules {
            conn.call_method(
                Some("org.freedesktop.DBus"),
                "/org/freedesktop/DBus",
                Some("org.freedesktop.DBus"),
                "AddMatch",
                &rule,
            )
            .await?;
        }
        Ok(())
    }

    /// Whether the session is locked at the beginning.
    async fn query_lock(&mut self, conn: &Connection, out: &EventSender) -> Result<(), SensorExit> {
        let Some(session) = self.services.session.clone() else {
            return Ok(());
        };
        let reply = conn
            .call_method(
                Some(LOGIN),
                session.as_str(),
                Some(PROPERTIES),
                "Get",
                &(SESSION, "LockedHint"),
            )
            .await;
        let hint = match reply {
            Ok(reply) => reply.body().deserialize::<OwnedVariant>().ok(),
            // An old logind has no such property; a broken bus shows itself at the next message.
            Err(_) => None,
        };
        match hint.and_then(|hint| bool::try_from(hint).ok()) {
            Some(locked) => Ok(self.send_lock(locked, out)?),
            None => Ok(()),
        }
    }

    fn handle_event(&mut self, message: &Message, out: &EventSender) -> Result<(), ReceiverGone> {
        if message.message_type() != Type::Signal {
            return Ok(());
        }
        let header = message.header();
        let text = |part: Option<&str>| part.unwrap_or_default().to_owned();
        let path = text(header.path().map(|path| path.as_str()));
        let interface = text(header.interface().map(|interface| interface.as_str()));
        let member = text(header.member().map(|member| member.as_str()));
        if path.starts_with("/org/freedesktop/UPower") {
            return self.send_power(out);
        }
        let ours = self.services.session.as_deref() == Some(path.as_str());
        match (interface.as_str(), member.as_str()) {
            (MANAGER, "PrepareForSleep") => {
                let body = message.body();
                let Ok(asleep) = body.deserialize::<bool>() else {
                    return Ok(());
                };
                if asleep == self.asleep {
                    return Ok(());
                }
                self.asleep = asleep;
                out.send(self.clock.now(), SensorEvent::Sleep { asleep })?;
                // The battery after a night is another one.
                self.send_power(out)
            }
            (SESSION, "Lock") if ours => self.send_lock(true, out),
            (SESSION, "Unlock") if ours => self.send_lock(false, out),
            (PROPERTIES, "PropertiesChanged") if ours => {
                let body = message.body();
                let Ok((_, mut changed, _)) =
                    body.deserialize::<(String, HashMap<String, OwnedVariant>, Vec<String>)>()
                else {
                    return Ok(());
                };
                match changed
                    .remove("LockedHint")
                    .and_then(|hint| bool::try_from(hint).ok())
                {
                    Some(locked) => self.send_lock(locked, out),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// Sends a change; "unlocked" at the beginning is no news.
    fn send_lock(&mut self, locked: bool, out: &EventSender) -> Result<(), ReceiverGone> {
        if self.locked.unwrap_or(false) == locked {
            self.locked = Some(locked);
            return Ok(());
        }
        self.locked = Some(locked);
        out.send(self.clock.now(), SensorEvent::Lock { locked })
    }

    fn send_power(&mut self, out: &EventSender) -> Result<(), ReceiverGone> {
        let Some(power) = self.supplies.as_ref().and_then(PowerSupplies::read_state) else {
            return Ok(());
        };
        if self.power == Some(power) {
            return Ok(());
        }
        self.power = Some(power);
        out.send(self.clock.now(), SensorEvent::Power { power })
    }
}

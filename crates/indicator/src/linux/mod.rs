//! The session bus: a `StatusNotifierItem` with its menu, and the notification service.
//!
//! One connection, one thread. Nothing here waits for an answer: calls are sent, and their answers are messages among
//! others, so a panel or a notification service that hangs delays nothing. Where there is no bus, it is looked for again
//! (at most once a minute); where there is no panel, its signal is waited for.

mod bus;
mod connection;
mod dbusmenu;
mod item;
mod notifications;
mod services;
mod variant;
mod waker;

use crate::availability::Availability;
use crate::handler::MenuHandler;
use crate::options::IndicatorOptions;
use crate::shared_state::SharedState;
use connection::{BusConnection, ConnectionEnd};
use model::SensorSupport;
use std::sync::Arc;
use std::time::Duration;
use waker::BusWaker;

/// The first wait before the bus is looked for again; each further wait is twice as long, up to [`MAX_RETRY`].
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// The longest wait before the bus is looked for again.
const MAX_RETRY: Duration = Duration::from_secs(60);

/// Shows the shared state until its end.
pub(crate) fn run_backend(
    state: &Arc<SharedState>,
    options: &IndicatorOptions,
    handler: &Arc<dyn MenuHandler>,
) {
    let waker = Arc::new(BusWaker::default());
    let wake = Arc::clone(&waker);
    state.set_waker(move || wake.wake());
    let mut retry = FIRST_RETRY;
    loop {
        let (end, had_bus) = zbus::block_on(BusConnection::run_connection(
            state, options, handler, &waker,
        ));
        match end {
            ConnectionEnd::Requested => return,
            ConnectionEnd::Lost(reason) => {
                state.set_unsupported(&reason, "it comes back with the session bus");
            }
        }
        retry = if had_bus { FIRST_RETRY } else { retry };
        if state.wait_for_end(retry) {
            return;
        }
        retry = (retry * 2).min(MAX_RETRY);
    }
}

/// Asks the bus for a panel and a notification service.
pub(crate) fn probe_desktop(options: &IndicatorOptions) -> Availability {
    let before = Availability::before_start(options);
    if !options.tray && !options.notifications {
        return before;
    }
    zbus::block_on(async {
        match bus::connect_session_bus(options).await {
            Ok(conn) => Availability {
                tray: match options.tray {
                    true => bus::tray_support(&conn).await,
                    false => before.tray,
                },
                notifications: match options.notifications {
                    true => bus::notification_support(&conn).await,
                    false => before.notifications,
                },
            },
            Err(error) => {
                let no_bus = || SensorSupport::Unsupported(bus::no_bus_reason(&error.to_string()));
                Availability {
                    tray: match options.tray {
                        true => no_bus(),
                        false => before.tray,
                    },
                    notifications: match options.notifications {
                        true => no_bus(),
                        false => before.notifications,
                    },
                }
            }
        }
    })
}

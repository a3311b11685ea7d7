//! The session bus: a `StatusNotifierItem` with its menu, and the notification service.
//!
//! One connection, one thread. Nothing here waits for an answer: calls are sent, and what comes back is one message
//! among others, so a panel or a notification service that hangs holds nothing up. Where there is no bus, it is looked
//! for again (at most once a minute); where there is no panel, its coming is waited for.

mod bell;
mod bubbles;
mod bus;
mod dbusmenu;
mod item;
mod link;
mod value;

use crate::board::{Board, Standing};
use crate::{Options, Owner};
use bell::Bell;
use link::{End, Link};
use model::{SensorSupport, Unsupported};
use std::sync::Arc;
use std::time::Duration;

/// How long a bus that went away is left alone at first; each time twice as long, up to [`LONGEST`].
const FIRST: Duration = Duration::from_secs(1);
/// See [`FIRST`].
const LONGEST: Duration = Duration::from_secs(60);

/// What a person can do where there is no panel.
const NO_PANEL: &str = "panels with a tray show it; GNOME does with its AppIndicator extension";

/// Shows what is on the board until it has ended.
pub(crate) fn run(board: &Arc<Board>, options: &Options, owner: &Arc<dyn Owner>) {
    let bell = Arc::new(Bell::default());
    let rings = Arc::clone(&bell);
    board.on_change(move || rings.ring());
    let mut pause = FIRST;
    loop {
        let (end, had_bus) = zbus::block_on(Link::live(board, options, owner, &bell));
        match end {
            End::Asked => return,
            End::Lost(why) => board.refuse(&why, "it comes back with the session bus"),
        }
        pause = if had_bus { FIRST } else { pause };
        if board.ends_within(pause) {
            return;
        }
        pause = (pause * 2).min(LONGEST);
    }
}

/// Asks the bus who is there.
pub(crate) fn probe(options: &Options) -> Standing {
    let standing = Standing::before(options);
    if !options.tray && !options.bubbles {
        return standing;
    }
    zbus::block_on(async {
        match bus::connect(options).await {
            Ok(conn) => Standing {
                tray: match options.tray {
                    true => bus::panel(&conn).await,
                    false => standing.tray,
                },
                bubbles: match options.bubbles {
                    true => bus::notifications(&conn).await,
                    false => standing.bubbles,
                },
            },
            Err(error) => {
                let why = || SensorSupport::Unsupported(no_bus(&error.to_string()));
                Standing {
                    tray: if options.tray { why() } else { standing.tray },
                    bubbles: match options.bubbles {
                        true => why(),
                        false => standing.bubbles,
                    },
                }
            }
        }
    })
}

fn no_bus(why: &str) -> Unsupported {
    Unsupported::new(
        model::printable(&format!("no session bus: {why}"), 200),
        "a desktop session has one; set DBUS_SESSION_BUS_ADDRESS to reach it from elsewhere",
    )
}

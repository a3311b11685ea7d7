//! The live view's other half: what its keys wish is carried out here, on a thread of its own, for the console of a run
//! and for one that was attached later.
//!
//! Always true: a key never blocks the view; of wishes that come faster than they are carried out, further ones are dropped
//! (the person sees that nothing happened, and may press again); what takes a code is done with a recent unlock or after
//! the code.

mod hand;

use crate::commands::Home;
use console::{ConsoleEvent, ShownScreenshot, ViewUpdates};
use data_encoding::BASE64;
use protocol::{Request, Response, ViewTicket, ViewedScreenshot};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Wishes that may wait.
const WAITING: usize = 8;

/// How the running instance is asked.
pub(crate) type Ask = Box<dyn Fn(Request) -> anyhow::Result<Response> + Send>;

/// Where the keys of a view put what they wish.
pub(crate) struct Wishes(SyncSender<ConsoleEvent>);

impl Wishes {
    /// Hands a wish over; one too many is dropped.
    pub(crate) fn wish(&self, event: ConsoleEvent) {
        let _ = self.0.try_send(event);
    }
}

/// What was wished, for whoever carries it out.
pub(crate) struct Wished(Receiver<ConsoleEvent>);

/// A place for wishes.
pub(crate) fn wishes() -> (Wishes, Wished) {
    let (tx, rx) = sync_channel(WAITING);
    (Wishes(tx), Wished(rx))
}

impl Wished {
    /// Starts the thread that carries them out; it ends with the [`Wishes`]. The view is told through `updates` what became
    /// of each, and `each` is called after it.
    pub(crate) fn carry_out(
        self,
        home: Home,
        ask: Ask,
        ticket: Option<ViewTicket>,
        updates: ViewUpdates,
        each: impl Fn(&ConsoleEvent) + Send + 'static,
    ) -> std::io::Result<()> {
        let mut hand = hand::Hand::new(home, ask, ticket, updates);
        std::thread::Builder::new()
            .name("uam-wishes".into())
            .spawn(move || {
                while let Ok(event) = self.0.recv() {
                    hand.carry_out(&event);
                    each(&event);
                }
            })?;
        Ok(())
    }
}

/// A picture as the view takes it; none when it is no picture.
pub(crate) fn picture(shown: &ViewedScreenshot) -> Option<ShownScreenshot> {
    Some(ShownScreenshot {
        seq: shown.seq,
        place: shown.position,
        of: shown.total,
        at_us: shown.taken_at,
        bytes: BASE64.decode(shown.base64.as_bytes()).ok()?,
        blurred: shown.is_blurred,
    })
}

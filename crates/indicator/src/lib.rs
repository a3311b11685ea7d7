//! What the desktop shows of uam: an icon in the tray with its menu, and bubbles (notifications).
//!
//! The agent tells [`Indicator::show`] what is the case, and [`Indicator::tell`] what a person should know at once. What
//! somebody wishes through the menu comes back as a [`Wish`] through the [`Owner`].
//!
//! What is always true:
//! * Telling never waits: what is shown is one place that is written over, and at most [`MOST_BUBBLES`] bubbles wait (the
//!   oldest gives way). The desktop is spoken to on a thread of its own, which may hang or die without anybody noticing
//!   but this icon.
//! * What is shown grows old by itself. An agent that stands still is shown as not recording once the word it gave is
//!   no longer fresh.
//! * Nothing here knows a window or its title; every text went through [`model::printable`].
//! * "Cannot on this desktop" is a value ([`Standing`]), and the icon comes by itself when the desktop can.

mod board;
mod icon;
mod menu;
mod shown;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(any(target_os = "linux", windows)))]
mod unsupported;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
use linux as backend;
#[cfg(not(any(target_os = "linux", windows)))]
use unsupported as backend;
#[cfg(windows)]
use windows as backend;

pub use board::{MOST_BUBBLES, Standing};
pub use icon::pixels;
pub use menu::{Page, Wish};
pub use shown::{Bubble, Fresh, Shown, Sign};

use board::Board;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Builder;
use std::time::Duration;

/// What the desktop is to show, and where it is found.
#[derive(Clone, Debug)]
pub struct Options {
    /// An icon in the tray?
    pub tray: bool,
    /// Bubbles?
    pub bubbles: bool,
    /// The address of the session bus; none means the environment's. Only Linux has one.
    pub bus: Option<String>,
}

/// Who is asked and told by the menu. Both are called on the indicator's own thread and should not take long: the icon
/// stands still meanwhile.
pub trait Owner: Send + Sync + 'static {
    /// Somebody chose an entry. What comes of it can be told later.
    fn wish(&self, wish: Wish, tell: &Tell);

    /// The menu is about to be seen: would the page open?
    fn page(&self) -> Page;
}

/// Tells bubbles from anywhere, as long as they are wanted and there is an indicator.
#[derive(Clone)]
pub struct Tell(Arc<Board>);

impl Tell {
    /// As [`Indicator::tell`].
    pub fn tell(&self, bubble: Bubble) {
        self.0.tell(bubble);
    }
}

/// The icon and the bubbles, while they are there. Dropping it takes the icon away without waiting for that.
pub struct Indicator {
    board: Arc<Board>,
    done: Receiver<()>,
}

impl Indicator {
    /// Starts the threads. Whether the desktop shows anything is told by [`Indicator::standing`].
    ///
    /// # Errors
    /// When no thread can be had.
    pub fn start(options: Options, owner: Arc<dyn Owner>) -> io::Result<Self> {
        let board = Arc::new(Board::new(&options));
        let (alive, done) = sync_channel::<()>(0);
        let ageing = Arc::clone(&board);
        Builder::new()
            .name("uam-indicator".into())
            .spawn(move || ageing.grow_old())?;
        // Made before the second thread, so that a failure there ends the first.
        let this = Self { board, done };
        let board = Arc::clone(&this.board);
        Builder::new().name("uam-tray".into()).spawn(move || {
            let ran = catch_unwind(AssertUnwindSafe(|| backend::run(&board, &options, &owner)));
            if ran.is_err() {
                board.refuse("the indicator crashed; this is a mistake in uam", "");
            }
            drop(alive);
        })?;
        Ok(this)
    }

    /// What is the case now; what was told before and not yet shown is forgotten. Never waits.
    pub fn show(&self, shown: Shown) {
        self.board.show(shown);
    }

    /// Something a person should know at once. Never waits; with [`Options::bubbles`] off nothing comes of it.
    pub fn tell(&self, bubble: Bubble) {
        self.board.tell(bubble);
    }

    /// Whether the desktop shows the icon and the bubbles, and why not.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.board.standing()
    }

    /// Shows the bubbles that still wait, takes the icon away, and waits for that at most `patience`.
    pub fn close(self, patience: Duration) {
        self.board.end();
        // Nothing is ever sent: it ends with the thread, or with the patience.
        let _ = self.done.recv_timeout(patience);
    }
}

impl Drop for Indicator {
    fn drop(&mut self) {
        self.board.end();
    }
}

/// Looks whether this desktop would show an icon and bubbles; nothing is shown. For `uam doctor`.
#[must_use]
pub fn probe(options: &Options) -> Standing {
    backend::probe(options)
}

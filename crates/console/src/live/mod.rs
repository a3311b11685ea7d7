//! The live view: a thread of its own that waits, draws and listens.

mod options;
mod terminal_guard;
mod view_loop;

pub use options::{LiveOptions, ViewEnd, wants_colour};
pub use terminal_guard::restore_terminal;

use crate::error::ConsoleError;
use crate::event::ConsoleEvent;
use crate::input::TerminalInput;
use crate::updates::ViewUpdates;
use model::Clock;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

/// The running view. Dropping it ends the view and gives the terminal back.
#[derive(Debug)]
pub struct LiveView {
    updates: ViewUpdates,
    thread: Option<JoinHandle<ViewEnd>>,
}

impl LiveView {
    /// Starts the view on standard input and output, in a thread of its own. `commands` is called from that thread
    /// and should not block.
    ///
    /// # Errors
    /// [`ConsoleError::NotATerminal`], or when the thread or its wake-up cannot be created.
    pub fn start(
        options: LiveOptions,
        time: Arc<dyn Clock>,
        commands: impl FnMut(ConsoleEvent) + Send + 'static,
    ) -> Result<Self, ConsoleError> {
        if !TerminalInput::is_terminal() {
            return Err(ConsoleError::NotATerminal);
        }
        let (input, waker) = TerminalInput::open_terminal()?;
        let updates = ViewUpdates::new(waker);
        let pending = updates.clone();
        let thread = thread::Builder::new()
            .name("console".to_owned())
            .spawn(move || {
                let end = view_loop::run_view(input, &pending, options, &*time, commands);
                pending.mark_closed();
                end
            })?;
        Ok(Self {
            updates,
            thread: Some(thread),
        })
    }

    /// The handle that sends updates to the view; every thread with something to show gets a clone.
    #[must_use]
    pub fn updates(&self) -> &ViewUpdates {
        &self.updates
    }

    /// Shows the updates that still wait, ends the view, gives the terminal back, and returns how the view ended.
    pub fn finish(mut self) -> ViewEnd {
        self.end_and_join()
    }

    fn end_and_join(&mut self) -> ViewEnd {
        self.updates.end_view();
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(end)) => end,
            Some(Err(_)) => ViewEnd::Failed(ConsoleError::Terminal(io::Error::other(
                "the live view crashed; the recording is not affected",
            ))),
            None => ViewEnd::Requested,
        }
    }
}

impl Drop for LiveView {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.end_and_join();
        }
    }
}

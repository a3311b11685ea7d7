//! The bounded hand-over of commands from a view to the thread that carries them out.

use super::executor::{AgentCall, CommandExecutor};
use crate::app_context::AppContext;
use console::{ConsoleEvent, ViewUpdates};
use protocol::ViewTicket;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Commands that may wait.
const WAITING: usize = 8;

/// The end of the queue that a view has.
pub struct CommandQueue(SyncSender<ConsoleEvent>);

impl CommandQueue {
    /// Hands a command over; one too many is dropped.
    pub fn submit(&self, event: ConsoleEvent) {
        let _ = self.0.try_send(event);
    }
}

/// The end of the queue that an executor reads.
pub struct QueuedCommands(Receiver<ConsoleEvent>);

/// A queue for the commands of one view.
pub fn command_queue() -> (CommandQueue, QueuedCommands) {
    let (tx, rx) = sync_channel(WAITING);
    (CommandQueue(tx), QueuedCommands(rx))
}

impl QueuedCommands {
    /// Starts the thread that carries them out; it ends with the [`CommandQueue`]. The view gets the outcome of each through
    /// `updates`, and `each` is called after it.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn run_executor(
        self,
        context: AppContext,
        call: AgentCall,
        ticket: Option<ViewTicket>,
        updates: ViewUpdates,
        each: impl Fn(&ConsoleEvent) + Send + 'static,
    ) -> std::io::Result<()> {
        let mut executor = CommandExecutor::new(context, call, ticket, updates);
        std::thread::Builder::new()
            .name("uam-wishes".into())
            .spawn(move || {
                while let Ok(event) = self.0.recv() {
                    executor.execute_event(&event);
                    each(&event);
                }
            })?;
        Ok(())
    }
}

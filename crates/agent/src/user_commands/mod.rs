//! The commands that a person gives to a view, for the console of a run and for one that was attached later.
//!
//! Always true: a key never blocks the view; commands that come too fast are dropped (the person sees that nothing
//! happened, and may press again); commands that need a code run with a recent unlock or after the code.

mod executor;
mod queue;

pub use executor::{AgentCall, decode_screenshot};
pub use queue::{CommandQueue, QueuedCommands, command_queue};

//! Viewers of the running agent.

mod display;
mod recent_lines;
mod tickets;

pub use display::TerminalMode;
pub(super) use display::Viewers;
pub(super) use tickets::Tickets;

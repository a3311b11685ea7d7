//! Win32 helpers that several crates need: strings, hidden windows, message loops, a waker.

mod file_time;
mod hidden_window;
mod message_loop;
mod text;
mod waker;

pub use file_time::to_ticks;
pub use hidden_window::{HiddenWindow, WindowProcedure, default_procedure};
pub use message_loop::{next_message, post_message, quit_message_loop, run_message_loop};
pub use text::{to_utf16, write_utf16_field};
pub use waker::Waker;

//! An unlock: a small process that holds the viewer's identity in memory until nobody has asked for ten minutes.
//!
//! Always true: the identity is in no file; it goes to processes of the same user alone, through an endpoint only they can
//! open; it is wiped when the time is over, at `uam lock`, when the desktop is locked, and after eight hours whatever
//! happens.

mod client;
mod server;

pub(crate) use client::end_unlock_in_background;
pub use client::{READY_LINE, end_unlock, fetch_identity, is_unlocked, start_keyholder};
pub use server::run_keyholder;

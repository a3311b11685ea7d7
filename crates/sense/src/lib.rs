//! Sensors: what the desktop can tell, one backend per desktop, chosen at run time.
//!
//! [`Desktop::open_replay`] asks each backend what it can serve here and never fails: what cannot be sensed is a
//! [`model::Unsupported`] with a reason and a remedy. [`Desktop::start`] then runs the sensors on threads of their own
//! and sends one ordered stream of [`model::TimedEvent`] events; [`WindowCapture`] lends screenshots of the active window.
//! [`script`] replays a recorded trace through the same types.
//!
//! Always true:
//! * Sensors wait for the desktop to tell them something; where nothing happens, no thread wakes up.
//! * A key's identity is read and dropped inside one module of a backend (`x11/input.rs`); no type here can hold it.
//! * Nothing is lost when the receiver is slow: a full queue makes the sensor wait, and the desktop's own queue holds
//!   what comes meanwhile.
//! * A window that vanishes, a server that dies, a malformed property: all of it is normal and none of it panics.

mod batch;
mod desktop;
mod keep;
#[cfg(target_os = "linux")]
mod linux;
mod options;
mod outlet;
mod screen;
pub mod script;
mod stop;
mod switches;
mod title;
#[cfg(not(any(target_os = "linux", windows)))]
mod unsupported;
#[cfg(windows)]
mod windows;
#[cfg(target_os = "linux")]
mod x11;

pub use desktop::{Desktop, ProbeNote};
pub use keep::SensorSupervisor;
pub use options::DesktopOptions;
pub use screen::{CaptureError, WindowCapture};

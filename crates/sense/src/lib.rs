//! Sensors of the desktop, one backend per desktop, chosen at run time.
//!
//! [`Desktop::open`] asks each backend for its sensors and never fails: a sensor that is not available is a
//! [`model::Unsupported`] with a reason and a remedy. [`Desktop::start`] runs the sensors on threads of their own and
//! sends one ordered stream of [`model::TimedEvent`]s into a bounded queue. A [`WindowCapture`] passes on the pixels of the
//! active window. [`replay`] plays a recorded trace through the same types.
//!
//! Always true:
//! * Sensors wait for the desktop to report; where nothing happens, no thread wakes up.
//! * A key's identity is read and dropped inside one module of a backend (`x11/input.rs`, `windows/input.rs`).
//! * A slow receiver loses nothing: a full queue makes the sensor wait, and the desktop's own queue holds the rest.
//! * A sensor that fails or hangs is restarted; its kinds are reported as lost, once, and as back when it works.
//! * A window that vanishes, a server that dies, a malformed property is normal and never a panic.

mod capture;
mod desktop;
mod desktop_builder;
mod event_sender;
mod heartbeat;
mod input_batch;
#[cfg(target_os = "linux")]
mod linux;
mod options;
pub mod replay;
mod sensor_task;
mod stop_signal;
mod supervisor;
#[cfg(not(any(target_os = "linux", windows)))]
mod unsupported;
mod window_debounce;
mod window_title;
#[cfg(windows)]
mod windows;
#[cfg(target_os = "linux")]
mod x11;

pub use capture::{CaptureError, WindowCapture};
pub use desktop::Desktop;
pub use desktop_builder::ProbeNote;
pub use options::DesktopOptions;
pub use supervisor::SensorSupervisor;

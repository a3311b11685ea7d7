//! The words every room of uam speaks: clocks, counts, coverage, windows, events and records.
//!
//! This crate does no I/O and knows no operating system. Two promises are kept here by types alone:
//! * **No key identity.** Nothing in this crate (and so nothing that travels between rooms) can hold which key was
//!   pressed; a press arrives as a number in [`InputCounts`].
//! * **No raw screenshot.** A [`Frame`] borrows its pixels, so it cannot outlive the capture that lent them.

mod counts;
mod coverage;
mod event;
mod frame;
mod notice;
mod record;
mod sensor;
mod text;
mod time;
mod user_error;
mod window;

pub use counts::{Counts, InputCounts};
pub use coverage::Coverage;
pub use event::{PowerState, SensorEvent, TimedEvent};
pub use frame::{Frame, Rect};
pub use notice::{Notice, NoticeCode};
pub use record::{
    DeviceId, RECORD_SCHEMA, Record, RecordLine, RecordLineRef, Screenshot, Span, touches,
};
pub use sensor::{SensorCapability, SensorKind, SensorSupport, Unsupported};
pub use text::to_printable;
pub use time::{Clock, MICROS_PER_SECOND, Moment};
pub use user_error::{ErrorKind, UserError, describe_error, error_kind, find_user_error};
pub use window::{ActiveWindow, MAX_TITLE_BYTES, WindowHandle, WindowInfo};

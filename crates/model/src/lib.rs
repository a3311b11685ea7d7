//! Records, counts, coverage and time: the types every crate shares. No I/O, no operating system.
//!
//! Always true:
//! * **No key identity.** No type here can hold which key was pressed; a press is a number in [`InputCounts`].
//! * **No raw pixels.** A [`Frame`] borrows its pixels, so it cannot outlive the capture that owns them.
//! * **One type of time.** An instant is a [`Timestamp`], a length a [`Duration`](std::time::Duration); JSON has whole microseconds ([`micros`]).
//!
//! Sensors make a [`TimedEvent`]; the recorder turns events into a [`Record`]; a [`RecordLine`] is its JSON form, the same
//! bytes in the journal and in the bucket.

mod clock;
mod counts;
mod coverage;
mod device_id;
mod frame;
pub mod micros;
mod notice;
mod record;
mod record_line;
mod sensor;
mod sensor_event;
mod text;
mod timestamp;
mod user_error;
mod window;

pub use clock::{Clock, MICROS_PER_SECOND, Moment};
pub use counts::{Counts, InputCounts};
pub use coverage::Coverage;
pub use device_id::DeviceId;
pub use frame::{Frame, Rect};
pub use notice::{Notice, NoticeCode};
pub use record::{Record, Screenshot, Span, touches};
pub use record_line::{RECORD_SCHEMA, RecordLine, RecordLineRef};
pub use sensor::{SensorCapability, SensorKind, SensorSupport, Unsupported};
pub use sensor_event::{PowerState, SensorEvent, TimedEvent};
pub use text::to_printable;
pub use timestamp::Timestamp;
pub use user_error::{ErrorKind, UserError, describe_error, error_kind, find_user_error};
pub use window::{ActiveWindow, MAX_TITLE_BYTES, WindowHandle, WindowInfo};

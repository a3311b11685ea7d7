//! A recorded trace as a desktop: the same types, the same threads, no operating system.
//!
//! A trace is a text file with one JSON object of [`model::TimedEvent`] per line; empty lines and lines that start with
//! `#` are skipped. [`TraceWriter`] makes one.

mod capture;
mod task;
mod trace;

pub use capture::test_pattern_pixel;
pub use task::{ReplayPace, ReplayTimestamps};
pub use trace::{MAX_LINE_BYTES, TraceError, TraceWriter, read_trace};

use crate::desktop::Desktop;
use crate::desktop_builder::DesktopBuilder;
use model::{Clock, SensorEvent, SensorKind};
use std::io::BufRead;
use std::sync::{Arc, Mutex};

/// Opens a trace as a desktop. Every kind of sensor that the trace has events of is served, as are
/// [`SensorKind::Window`], [`SensorKind::Input`] and [`SensorKind::Screen`]; screenshots show a pattern ([`test_pattern_pixel`]) that depends on the window's handle.
///
/// # Errors
/// [`TraceError`] with the line number when the trace cannot be read or a line is not an event.
pub fn open_replay(
    trace: impl BufRead,
    pace: ReplayPace,
    stamps: ReplayTimestamps,
    clock: Arc<dyn Clock>,
) -> Result<Desktop, TraceError> {
    let events = read_trace(trace)?;
    let mut builder = DesktopBuilder::default();
    let by = format!("a recorded trace of {} events", events.len());
    builder.add_note("script", by.clone());
    for concern in [SensorKind::Window, SensorKind::Input, SensorKind::Screen] {
        builder.declare_supported(concern, by.clone());
    }
    for item in &events {
        builder.declare_supported(sensor_kind_of(&item.event), by.clone());
    }
    let active = Arc::new(Mutex::new(None));
    builder.set_capture(Box::new(capture::ReplayCapture::new(Arc::clone(&active))));
    builder.add_task(Box::new(task::ReplayTask {
        events,
        pace,
        stamps,
        clock: Arc::clone(&clock),
        active,
    }));
    Ok(Desktop::new(builder, clock))
}

/// Which sensor an event comes from.
fn sensor_kind_of(event: &SensorEvent) -> SensorKind {
    match event {
        SensorEvent::Window { .. } => SensorKind::Window,
        SensorEvent::Input { .. } => SensorKind::Input,
        SensorEvent::Idle { .. } | SensorEvent::Present => SensorKind::Idle,
        SensorEvent::Lock { .. } | SensorEvent::Sleep { .. } => SensorKind::Session,
        SensorEvent::Power { .. } => SensorKind::Power,
        SensorEvent::Lost { concern, .. } | SensorEvent::Back { concern } => *concern,
    }
}

#[cfg(test)]
mod tests;

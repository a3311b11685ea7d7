//! A recorded trace as a desktop: the same types, the same threads, no operating system.
//!
//! A trace is a text file with one JSON object of [`model::TimedEvent`] per line; empty lines and lines that start with
//! `#` are skipped. [`TraceWriter`] makes one.

mod camera;
mod replay;
mod trace;

pub use camera::test_pattern_pixel;
pub use trace::{MAX_LINE_BYTES, TraceError, TraceWriter, read_trace};

use crate::Desktop;
use crate::keep::SensorTask;
use model::{Clock, SensorEvent, SensorKind};
use std::io::BufRead;
use std::sync::{Arc, Mutex};

/// How fast a trace is replayed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReplayPace {
    /// With the pauses it was recorded with (measured on the awake clock: sleep takes no time).
    #[default]
    RealTime,
    /// Without any pause.
    Fast,
}

/// Which stamps the replayed events carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReplayTimestamps {
    /// Those of the trace.
    Kept,
    /// Those of the trace, moved on all three clocks so that the first event happens at the moment of the start.
    #[default]
    Moved,
}

/// Opens a trace as a desktop. Every concern that the trace speaks of is served, as are [`Concern::Window`],
/// [`Concern::RawInputReader`] and [`Concern::WindowCapture`]; screenshots show a pattern ([`test_pattern_pixel`]) that depends on the window's handle.
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
    let mut desktop = Desktop::empty(Arc::clone(&clock));
    let by = format!("a recorded trace of {} events", events.len());
    desktop.note("script", by.clone());
    for concern in [SensorKind::Window, SensorKind::Input, SensorKind::Screen] {
        desktop.declare_supported(concern, by.clone());
    }
    for item in &events {
        desktop.declare_supported(concern_of(&item.event), by.clone());
    }
    let active = Arc::new(Mutex::new(None));
    desktop.set_screen(Box::new(camera::ReplayCapture::new(Arc::clone(&active))));
    desktop.add_task(Box::new(replay::ReplayTask {
        events,
        pace,
        stamps,
        clock,
        active,
    }) as Box<dyn SensorTask>);
    desktop.fill_missing();
    Ok(desktop)
}

/// Which sensor an event comes from.
fn concern_of(event: &SensorEvent) -> SensorKind {
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

//! A desktop: its capabilities, and the threads that listen to it.

use crate::capture::WindowCapture;
use crate::desktop_builder::{DesktopBuilder, FoundSensors, ProbeNote};
use crate::options::DesktopOptions;
use crate::supervisor::{RestartDelays, SensorSupervisor};
use model::{Clock, SensorCapability, TimedEvent};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

#[cfg(target_os = "linux")]
use crate::linux as backend;
#[cfg(not(any(target_os = "linux", windows)))]
use crate::unsupported as backend;
#[cfg(windows)]
use crate::windows as backend;

/// Sensors that were found but do not run yet.
pub struct Desktop {
    found: FoundSensors,
    clock: Arc<dyn Clock>,
}

impl Desktop {
    /// Asks every backend for the sensors it can serve here. Never fails: a sensor that cannot run is a reasoned
    /// [`model::Unsupported`] in [`Desktop::capabilities`]. Blocks for a few round trips to the desktop.
    #[must_use]
    pub fn open(options: &DesktopOptions, clock: Arc<dyn Clock>) -> Self {
        let mut builder = DesktopBuilder::default();
        backend::add_sensors(&mut builder, options, &clock);
        Self::new(builder, clock)
    }

    pub(crate) fn new(builder: DesktopBuilder, clock: Arc<dyn Clock>) -> Self {
        Self {
            found: builder.finish(),
            clock,
        }
    }

    /// Every kind of sensor once, in [`model::SensorKind::ALL`]'s order: the means that serves it, or why none does.
    #[must_use]
    pub fn capabilities(&self) -> &[SensorCapability] {
        &self.found.capabilities
    }

    /// The probe log, in order; for `uam doctor`.
    #[must_use]
    pub fn notes(&self) -> &[ProbeNote] {
        &self.found.notes
    }

    /// The capture, once; `None` where [`model::SensorKind::Screen`] is unsupported or it was taken before.
    pub fn take_capture(&mut self) -> Option<Box<dyn WindowCapture>> {
        self.found.capture.take()
    }

    /// Starts the sensors. The present window, power and lock state are sent first, then every change.
    ///
    /// `tx` is the bounded queue: when it is full, sensors wait (the desktop keeps events meanwhile), so a slow
    /// receiver delays events but loses none. When the receiver is dropped, the sensors end by themselves; when they
    /// have all ended (a trace), or were stopped, the receiver sees the queue closed. A sensor that fails is restarted.
    #[must_use = "dropping it stops the sensors"]
    pub fn start(self, tx: SyncSender<TimedEvent>) -> SensorSupervisor {
        SensorSupervisor::start(self.found.tasks, &tx, self.clock, RestartDelays::default())
    }
}

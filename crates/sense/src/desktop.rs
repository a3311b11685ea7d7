//! A desktop: what it can tell, and the threads that listen to it.

use crate::keep::{RestartDelays, SensorSupervisor, SensorTask};
use crate::{DesktopOptions, WindowCapture};
use model::{Clock, SensorCapability, SensorKind, SensorSupport, TimedEvent, Unsupported};
use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

#[cfg(target_os = "linux")]
use crate::linux as backend;
#[cfg(not(any(target_os = "linux", windows)))]
use crate::unsupported as backend;
#[cfg(windows)]
use crate::windows as backend;

/// One line of the probe log: what was tried, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeNote {
    /// Which backend: `x11`, `logind`, `power`, `script`.
    pub backend: &'static str,
    /// What it tried and what came of it.
    pub text: String,
}

impl fmt::Display for ProbeNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.backend, self.text)
    }
}

/// Sensors that were found but do not run yet.
pub struct Desktop {
    capabilities: Vec<SensorCapability>,
    notes: Vec<ProbeNote>,
    screen: Option<Box<dyn WindowCapture>>,
    sources: Vec<Box<dyn SensorTask>>,
    clock: Arc<dyn Clock>,
}

impl Desktop {
    /// Asks every backend what it can serve here. Never fails: what cannot run is a reasoned
    /// [`Unsupported`] in [`Desktop::capabilities`]. Blocks for a few round trips to the desktop.
    #[must_use]
    pub fn open(options: &DesktopOptions, clock: Arc<dyn Clock>) -> Self {
        let mut desktop = Self::empty(Arc::clone(&clock));
        backend::open(&mut desktop, options, &clock);
        desktop.fill_missing();
        desktop
    }

    pub(crate) fn empty(clock: Arc<dyn Clock>) -> Self {
        Self {
            capabilities: Vec::new(),
            notes: Vec::new(),
            screen: None,
            sources: Vec::new(),
            clock,
        }
    }

    /// Every concern once, in [`Concern::ALL`]'s order: served by what, or why not.
    #[must_use]
    pub fn capabilities(&self) -> &[SensorCapability] {
        &self.capabilities
    }

    /// What was tried while opening, in order; for `uam doctor`.
    #[must_use]
    pub fn notes(&self) -> &[ProbeNote] {
        &self.notes
    }

    /// The camera, once; `None` where [`Concern::WindowCapture`] is unsupported or it was taken before.
    pub fn take_capture(&mut self) -> Option<Box<dyn WindowCapture>> {
        self.screen.take()
    }

    /// Starts the sensors. The present window, power and lock state are sent first, then every change.
    ///
    /// `tx` is the bounded queue: when it is full, sensors wait (the desktop keeps what comes meanwhile), so a slow
    /// receiver delays events but loses none. When the receiver is dropped, the sensors end by themselves; when they
    /// have all ended (a trace), or were stopped, the receiver sees the queue closed. What breaks is restarted.
    #[must_use = "dropping it stops the sensors"]
    pub fn start(self, tx: SyncSender<TimedEvent>) -> SensorSupervisor {
        SensorSupervisor::start(self.sources, &tx, self.clock, RestartDelays::default())
    }

    pub(crate) fn note(&mut self, backend: &'static str, text: impl Into<String>) {
        self.notes.push(ProbeNote {
            backend,
            text: text.into(),
        });
    }

    /// States that `concern` is served. The first backend that serves a concern wins.
    pub(crate) fn declare_supported(&mut self, concern: SensorKind, by: impl Into<String>) {
        self.set(concern, SensorSupport::By(by.into()));
    }

    /// States why `concern` is not served; kept only if no backend serves it and none gave a reason before.
    pub(crate) fn declare_unsupported(&mut self, concern: SensorKind, why: Unsupported) {
        self.set(concern, SensorSupport::Unsupported(why));
    }

    fn set(&mut self, concern: SensorKind, support: SensorSupport) {
        match self.capabilities.iter_mut().find(|c| c.concern == concern) {
            Some(known) => {
                // Serving beats refusing; of two alike the first, closer to the cause, stands.
                if matches!(
                    (&known.support, &support),
                    (SensorSupport::Unsupported(_), SensorSupport::By(_))
                ) {
                    known.support = support;
                }
            }
            None => self
                .capabilities
                .push(SensorCapability { concern, support }),
        }
    }

    pub(crate) fn add_task(&mut self, source: Box<dyn SensorTask>) {
        self.sources.push(source);
    }

    pub(crate) fn set_screen(&mut self, screen: Box<dyn WindowCapture>) {
        self.screen = Some(screen);
    }

    /// Makes sure that every concern is listed once and in order.
    pub(crate) fn fill_missing(&mut self) {
        for concern in SensorKind::ALL {
            if !self.capabilities.iter().any(|c| c.concern == concern) {
                self.declare_unsupported(
                    concern,
                    Unsupported::new("no backend of this system serves it", ""),
                );
            }
        }
        self.capabilities
            .sort_by_key(|c| SensorKind::ALL.iter().position(|known| *known == c.concern));
    }
}

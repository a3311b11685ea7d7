//! Collects the backends' findings: capabilities, probe notes, the capture and the tasks.

use crate::capture::WindowCapture;
use crate::sensor_task::SensorTask;
use model::{SensorCapability, SensorKind, SensorSupport, Unsupported};
use std::fmt;

/// One line of the probe log: the attempt, and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeNote {
    /// The backend: `x11`, `windows`, `logind`, `power`, `script`.
    pub backend: &'static str,
    /// The attempt and its result.
    pub text: String,
}

impl fmt::Display for ProbeNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.backend, self.text)
    }
}

/// Everything the backends found.
#[derive(Default)]
pub(crate) struct FoundSensors {
    /// Every kind once, in [`SensorKind::ALL`]'s order.
    pub(crate) capabilities: Vec<SensorCapability>,
    pub(crate) notes: Vec<ProbeNote>,
    pub(crate) capture: Option<Box<dyn WindowCapture>>,
    pub(crate) tasks: Vec<Box<dyn SensorTask>>,
}

/// Passed from backend to backend while a desktop is opened.
#[derive(Default)]
pub(crate) struct DesktopBuilder {
    found: FoundSensors,
}

impl DesktopBuilder {
    /// Adds a line to the probe log.
    pub(crate) fn add_note(&mut self, backend: &'static str, text: impl Into<String>) {
        self.found.notes.push(ProbeNote {
            backend,
            text: text.into(),
        });
    }

    /// States that `kind` is served. The first backend that serves a kind wins.
    pub(crate) fn declare_supported(&mut self, kind: SensorKind, by: impl Into<String>) {
        self.declare(kind, SensorSupport::By(by.into()));
    }

    /// States why `kind` is not served; kept only if no backend serves it and none gave a reason before.
    pub(crate) fn declare_unsupported(&mut self, kind: SensorKind, why: Unsupported) {
        self.declare(kind, SensorSupport::Unsupported(why));
    }

    fn declare(&mut self, concern: SensorKind, support: SensorSupport) {
        let capabilities = &mut self.found.capabilities;
        match capabilities.iter_mut().find(|c| c.concern == concern) {
            Some(known) => {
                // Serving beats refusing; of two alike the first, closer to the cause, stands.
                if matches!(
                    (&known.support, &support),
                    (SensorSupport::Unsupported(_), SensorSupport::By(_))
                ) {
                    known.support = support;
                }
            }
            None => capabilities.push(SensorCapability { concern, support }),
        }
    }

    pub(crate) fn add_task(&mut self, task: Box<dyn SensorTask>) {
        self.found.tasks.push(task);
    }

    pub(crate) fn set_capture(&mut self, capture: Box<dyn WindowCapture>) {
        self.found.capture = Some(capture);
    }

    /// Gives out everything found; kinds that no backend spoke of are refused, so that each is listed once and in order.
    pub(crate) fn finish(mut self) -> FoundSensors {
        for kind in SensorKind::ALL {
            if !self.found.capabilities.iter().any(|c| c.concern == kind) {
                let why = Unsupported::new("no backend of this system serves it", "");
                self.declare_unsupported(kind, why);
            }
        }
        self.found
            .capabilities
            .sort_by_key(|c| SensorKind::ALL.iter().position(|known| *known == c.concern));
        self.found
    }
}

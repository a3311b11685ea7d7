//! A desktop, the sensors on it, and their events so far.

use lab::desktop::{VirtualDesktop, wait_until};
use model::{ActiveWindow, Counts, SensorEvent, TimedEvent};
use platform::clock::SystemClock;
use sense::{Desktop, DesktopOptions, SensorSupervisor, WindowCapture};
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

pub(crate) struct Listening {
    running: Option<SensorSupervisor>,
    rx: Receiver<TimedEvent>,
    seen: RefCell<Vec<TimedEvent>>,
    pub(crate) screen: Option<Box<dyn WindowCapture>>,
}

/// Options for a virtual desktop; nothing of the machine's own buses and batteries.
pub(crate) fn options(desktop: &VirtualDesktop) -> DesktopOptions {
    DesktopOptions {
        display: Some(desktop.display()),
        bus: platform::bus::BusAddress::Unused,
        power_root: "/nonexistent".into(),
        ..DesktopOptions::default()
    }
}

pub(crate) fn open(options: &DesktopOptions) -> Desktop {
    Desktop::open(options, Arc::new(SystemClock))
}

impl Listening {
    pub(crate) fn to(desktop: &VirtualDesktop) -> Self {
        Self::with(&options(desktop))
    }

    pub(crate) fn with(options: &DesktopOptions) -> Self {
        let mut desktop = open(options);
        let screen = desktop.take_capture();
        let (tx, rx) = sync_channel(1024);
        let listening = Self {
            running: Some(desktop.start(tx)),
            rx,
            seen: RefCell::new(Vec::new()),
            screen,
        };
        // The first event says that the sensors listen.
        listening.until("the first window", |seen| {
            seen.iter()
                .any(|s| matches!(s.event, SensorEvent::Window { .. }))
        });
        listening
    }

    fn drain(&self) {
        self.seen.borrow_mut().extend(self.rx.try_iter());
    }

    /// Waits until the events so far satisfy `done`.
    pub(crate) fn until(&self, what: &str, done: impl Fn(&[TimedEvent]) -> bool) {
        let waited = wait_until(what, || {
            self.drain();
            Ok(done(&self.seen.borrow()).then_some(()))
        });
        if let Err(error) = waited {
            panic!("{error}; seen: {:#?}", self.seen.borrow());
        }
    }

    /// Waits until the window with this title is reported as active.
    pub(crate) fn until_title(&self, title: &str) {
        self.until(title, |seen| last_title(seen).as_deref() == Some(title));
    }

    pub(crate) fn seen(&self) -> Vec<TimedEvent> {
        self.drain();
        self.seen.borrow().clone()
    }

    /// Drops the events so far.
    pub(crate) fn forget(&self) {
        self.drain();
        self.seen.borrow_mut().clear();
    }

    /// Stops the sensors and returns all they said.
    pub(crate) fn finish(mut self) -> Vec<TimedEvent> {
        self.running.take().unwrap().stop();
        let mut seen = std::mem::take(&mut *self.seen.borrow_mut());
        seen.extend(self.rx.iter());
        assert_ordered(&seen);
        seen
    }
}

/// Stamps of the X11 sensors never go backwards.
fn assert_ordered(seen: &[TimedEvent]) {
    for pair in seen.windows(2) {
        assert!(pair[0].at.boot <= pair[1].at.boot, "{pair:#?}");
    }
}

pub(crate) fn windows(seen: &[TimedEvent]) -> Vec<(model::Moment, Option<ActiveWindow>)> {
    seen.iter()
        .filter_map(|s| match &s.event {
            SensorEvent::Window { active } => Some((s.at, active.clone())),
            _ => None,
        })
        .collect()
}

pub(crate) fn titles(seen: &[TimedEvent]) -> Vec<String> {
    windows(seen)
        .into_iter()
        .map(|(_, active)| active.map_or("none".into(), |a| a.window.title.clone()))
        .collect()
}

pub(crate) fn last_title(seen: &[TimedEvent]) -> Option<String> {
    titles(seen).pop()
}

pub(crate) fn counts(seen: &[TimedEvent]) -> Counts {
    let mut sum = Counts::default();
    for item in seen {
        if let SensorEvent::Input { counts } = item.event {
            sum += counts;
        }
    }
    sum
}

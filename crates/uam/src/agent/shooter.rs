//! The camera thread: takes the picture the recorder permitted, and nothing else.

use super::Message;
use model::ActiveWindow;
use screenshots::{EncodedScreenshot, PipelineOutcome, ScreenshotPipeline, ScreenshotSettings};
use sense::{CaptureError, WindowCapture};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// What came of an order.
#[derive(Debug)]
pub(crate) enum Taken {
    /// A picture of this window.
    Picture(ActiveWindow, Box<EncodedScreenshot>),
    /// None, for this reason.
    Not(String),
}

/// The camera thread's end.
pub(crate) struct Shooter {
    orders: Option<SyncSender<ActiveWindow>>,
    thread: Option<JoinHandle<()>>,
}

impl Shooter {
    /// Starts the thread. At most one order waits; a further one is refused by [`Shooter::take`].
    pub(crate) fn start(
        screen: Box<dyn WindowCapture>,
        settings: ScreenshotSettings,
        out: SyncSender<Message>,
    ) -> std::io::Result<Self> {
        let (orders, inbox) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("uam-shots".into())
            .spawn(move || work(screen, settings, &inbox, &out))?;
        Ok(Self {
            orders: Some(orders),
            thread: Some(thread),
        })
    }

    /// Orders a picture of `target`; `false` while the last order is still being worked on.
    pub(crate) fn take(&self, target: ActiveWindow) -> bool {
        self.orders
            .as_ref()
            .is_some_and(|o| o.try_send(target).is_ok())
    }
}

impl Drop for Shooter {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn work(
    mut screen: Box<dyn WindowCapture>,
    settings: ScreenshotSettings,
    inbox: &Receiver<ActiveWindow>,
    out: &SyncSender<Message>,
) {
    let mut pipeline = ScreenshotPipeline::new(settings);
    while let Ok(target) = inbox.recv() {
        let taken = catch_unwind(AssertUnwindSafe(|| {
            shoot(screen.as_mut(), &mut pipeline, target)
        }));
        let taken = taken.unwrap_or_else(|_| {
            pipeline = ScreenshotPipeline::new(settings);
            Taken::Not("the camera crashed; this is a mistake in uam".to_owned())
        });
        // Between two pictures lie minutes: the memory is the desktop's in the meantime.
        screen.release_memory();
        // The agent may be on its way out and no longer read.
        if out.try_send(Message::Shot(taken)).is_err() {
            return;
        }
    }
}

fn shoot(
    screen: &mut dyn WindowCapture,
    pipeline: &mut ScreenshotPipeline,
    target: ActiveWindow,
) -> Taken {
    let mut outcome = None;
    let grabbed = screen.capture_window(target.handle, &mut |frame| {
        outcome = Some(pipeline.process(frame))
    });
    match (grabbed, outcome) {
        (Err(e), _) => {
            // The grab checks again afterwards that the window was still the active one; a picture made of the
            // pixels of a failed grab must not count as "the last one" either.
            pipeline.forget_last();
            Taken::Not(why(&e))
        }
        (Ok(()), Some(Ok(PipelineOutcome::Screenshot(picture)))) => {
            Taken::Picture(target, Box::new(picture))
        }
        (Ok(()), Some(Ok(PipelineOutcome::Unchanged))) => {
            Taken::Not("the picture has not changed".into())
        }
        (Ok(()), Some(Ok(other))) => Taken::Not(format!("{other:?}").to_lowercase()),
        (Ok(()), Some(Err(e))) => Taken::Not(e.to_string()),
        (Ok(()), None) => Taken::Not("the desktop gave no pixels".into()),
    }
}

fn why(error: &CaptureError) -> String {
    error.to_string()
}

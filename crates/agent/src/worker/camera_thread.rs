//! The camera thread: takes the screenshot that the recorder permits, and nothing else.

use super::queue::{AgentQueue, CaptureResult, Message};
use model::ActiveWindow;
use screenshots::{PipelineOutcome, ScreenshotPipeline, ScreenshotSettings};
use sense::{CaptureError, WindowCapture};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// The camera thread's end.
pub(crate) struct CameraThread {
    orders: Option<SyncSender<ActiveWindow>>,
    thread: Option<JoinHandle<()>>,
}

impl CameraThread {
    /// Starts the thread. At most one order waits; a further one is refused by [`CameraThread::order_screenshot`].
    pub(crate) fn start(
        screen: Box<dyn WindowCapture>,
        settings: ScreenshotSettings,
        out: AgentQueue,
    ) -> std::io::Result<Self> {
        let (orders, inbox) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("uam-shots".into())
            .spawn(move || run_thread(screen, settings, &inbox, &out))?;
        Ok(Self {
            orders: Some(orders),
            thread: Some(thread),
        })
    }

    /// Orders a screenshot of `target`; `false` while the last order is still being worked on.
    pub(crate) fn order_screenshot(&self, target: ActiveWindow) -> bool {
        self.orders
            .as_ref()
            .is_some_and(|o| o.try_send(target).is_ok())
    }
}

impl Drop for CameraThread {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run_thread(
    mut screen: Box<dyn WindowCapture>,
    settings: ScreenshotSettings,
    inbox: &Receiver<ActiveWindow>,
    out: &AgentQueue,
) {
    let mut pipeline = ScreenshotPipeline::new(settings);
    while let Ok(target) = inbox.recv() {
        let taken = catch_unwind(AssertUnwindSafe(|| {
            capture_screenshot(screen.as_mut(), &mut pipeline, target)
        }));
        let taken = taken.unwrap_or_else(|_| {
            pipeline = ScreenshotPipeline::new(settings);
            CaptureResult::None("taking screenshots crashed; this is a bug in uam".to_owned())
        });
        // Minutes pass between two screenshots: the memory is the desktop's in the meantime.
        screen.release_memory();
        // The agent may be on its way out and no longer read.
        if out.try_send(Message::ScreenshotTaken(taken)).is_err() {
            return;
        }
    }
}

fn capture_screenshot(
    screen: &mut dyn WindowCapture,
    pipeline: &mut ScreenshotPipeline,
    target: ActiveWindow,
) -> CaptureResult {
    let mut outcome = None;
    let grabbed = screen.capture_window(target.handle, &mut |frame| {
        outcome = Some(pipeline.process(frame))
    });
    match (grabbed, outcome) {
        (Err(e), _) => {
            // The grab checks again afterwards that the window was still the active one; a screenshot made of the
            // pixels of a failed grab must not count as "the last one" either.
            pipeline.forget_last();
            CaptureResult::None(describe_grab_error(&e))
        }
        (Ok(()), Some(Ok(PipelineOutcome::Screenshot(picture)))) => {
            CaptureResult::Screenshot(target, Box::new(picture))
        }
        (Ok(()), Some(Ok(PipelineOutcome::Unchanged))) => {
            CaptureResult::None("the window has not changed".into())
        }
        (Ok(()), Some(Ok(other))) => CaptureResult::None(format!("{other:?}").to_lowercase()),
        (Ok(()), Some(Err(e))) => CaptureResult::None(e.to_string()),
        (Ok(()), None) => CaptureResult::None("the desktop gave no pixels".into()),
    }
}

fn describe_grab_error(error: &CaptureError) -> String {
    error.to_string()
}

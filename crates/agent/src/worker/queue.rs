//! The one queue of the agent: everything the loop deals with, in one order.

use crate::uploader::UploadSummary;
use model::{ActiveWindow, TimedEvent};
use protocol::{Request, Response};
use screenshots::EncodedScreenshot;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

/// Messages that may wait for the loop. Sensors batch input per second, so this is minutes of a busy desktop.
pub(super) const CAPACITY: usize = 1024;

/// The loop answers so much before the time limit of a request.
const SLACK: Duration = Duration::from_secs(2);

/// One thing for the loop to deal with.
pub(super) enum Message {
    /// A sensor saw something.
    Sensed(TimedEvent),
    /// Every sensor has ended.
    SensorsEnded,
    /// A caller at the endpoint, the console or the tray's menu asks.
    Request(Request, SyncSender<Response>),
    /// The agent is to end, by this cause.
    Shutdown(&'static str),
    /// The camera answers an order.
    ScreenshotTaken(CaptureResult),
    /// The upload thread is about to upload; it waits for the answer that everything is frozen.
    FreezeForUpload(SyncSender<()>),
    /// An upload has ended.
    UploadFinished(UploadRun),
}

/// The camera's answer to an order.
#[derive(Debug)]
pub(super) enum CaptureResult {
    /// A screenshot of this window.
    Screenshot(ActiveWindow, Box<EncodedScreenshot>),
    /// None, for this reason.
    None(String),
}

/// One run of `uam upload`.
#[derive(Clone, Debug)]
pub(super) struct UploadRun {
    /// Its summary, or why it gave none.
    pub(super) result: Result<UploadSummary, String>,
    /// When the next one is due.
    pub(super) next_in: Duration,
}

/// The loop is gone, or the queue is full; the message is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct QueueRefused;

/// A sender of the queue. Bounded: sensors wait while it is full.
#[derive(Clone)]
pub(super) struct AgentQueue(SyncSender<Message>);

impl AgentQueue {
    /// The queue, and its end for the loop.
    pub(super) fn bounded() -> (Self, Receiver<Message>) {
        let (queue, messages) = sync_channel(CAPACITY);
        (Self(queue), messages)
    }

    /// Puts a request into the queue and waits for the loop's answer.
    pub(super) fn ask(&self, request: Request) -> Response {
        let (reply, answer) = sync_channel(1);
        let time_limit = request.time_limit().saturating_sub(SLACK);
        if self.send(Message::Request(request, reply)).is_err() {
            return Response::refused("uam is ending.");
        }
        answer
            .recv_timeout(time_limit)
            .unwrap_or_else(|_| Response::refused("uam is busy; ask again in a moment."))
    }

    /// Puts a request into the queue without waiting for its answer; a full queue drops it, and the caller may ask again.
    pub(super) fn post(&self, request: Request) {
        let (reply, _) = sync_channel(1);
        let _ = self.try_send(Message::Request(request, reply));
    }

    /// Waits while the queue is full; fails once the loop is gone.
    pub(super) fn send(&self, message: Message) -> Result<(), QueueRefused> {
        self.0.send(message).map_err(|_| QueueRefused)
    }

    /// Fails when the queue is full or the loop is gone.
    pub(super) fn try_send(&self, message: Message) -> Result<(), QueueRefused> {
        self.0.try_send(message).map_err(|_| QueueRefused)
    }
}

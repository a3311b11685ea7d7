//! The backend's thread: one question after the other, because a journal's reader is one connection with one set of
//! keys.

use crate::backend::Backend;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use tokio::sync::oneshot;

/// Questions that may wait; further ones are refused until one is answered.
pub const MAX_WAITING_QUESTIONS: usize = 32;

type BackendJob = Box<dyn FnOnce(&mut dyn Backend) + Send>;

/// Too many questions wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QueueFull;

/// Sends questions to the backend's thread.
#[derive(Clone)]
pub(crate) struct BackendQueue(SyncSender<BackendJob>);

impl BackendQueue {
    /// Starts the thread. It ends when the last clone of the queue is dropped.
    pub(crate) fn start(mut backend: Box<dyn Backend>) -> std::io::Result<Self> {
        let (sender, jobs) = sync_channel::<BackendJob>(MAX_WAITING_QUESTIONS);
        std::thread::Builder::new()
            .name("uam-page-desk".into())
            .spawn(move || {
                while let Ok(job) = jobs.recv() {
                    job(&mut *backend);
                }
            })?;
        Ok(Self(sender))
    }

    /// Asks a question and waits for its answer.
    pub(crate) async fn ask_backend<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut dyn Backend) -> T + Send + 'static,
    ) -> Result<T, QueueFull> {
        let (sender, answer) = oneshot::channel();
        self.post_job(move |backend| {
            // A caller that hung up needs no answer.
            if !sender.is_closed() {
                let _ = sender.send(question(backend));
            }
        })?;
        answer.await.map_err(|_| QueueFull)
    }

    /// Queues a job that sends its own answers.
    pub(crate) fn post_job(
        &self,
        job: impl FnOnce(&mut dyn Backend) + Send + 'static,
    ) -> Result<(), QueueFull> {
        match self.0.try_send(Box::new(job)) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(QueueFull),
        }
    }
}

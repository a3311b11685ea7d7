//! Where questions are answered: one thread, one question after the other, because a journal's reader is one
//! connection with one ring of keys.

use crate::api::day::{Sent, Setting};
use crate::verification::Checking;
use journal::Reader;
use report::{DayStart, Meaning, Status};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// Questions that may wait; further ones are refused until one is answered.
pub const QUEUE: usize = 32;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The record is locked (again): nothing is shown any more.
    Locked,
    /// The code or the passphrase was not right; in words for the person.
    Denied(String),
    /// There is no such thing; in words for the person.
    Missing(String),
    /// Something failed; in words for the person.
    Failed(String),
}

/// Both factors, given with a wish.
pub struct Proof {
    /// The six digits.
    pub code: Zeroizing<String>,
    /// The passphrase, where no credential store opens the vault.
    pub passphrase: Option<Zeroizing<String>>,
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Proof(..)")
    }
}

/// How the settings want days to be told.
#[derive(Clone, Debug)]
pub struct Telling {
    /// When days begin.
    pub starts: DayStart,
    /// The rules for categories and projects.
    pub meaning: Arc<Meaning>,
    /// The version of uam, which a report names.
    pub version: &'static str,
}

/// Reads for the page, and carries out what its owner wishes. The binary has it.
pub trait Desk: Send {
    /// The journal, if it is unlocked at this moment; with the notice "Read: `what`." in it already, unless the very
    /// same was noted within the last ten minutes.
    ///
    /// # Errors
    /// [`Refused`].
    fn look(&mut self, what: &str) -> Result<&Reader, Refused>;

    /// How days are to be told now. The page does not begin to answer without it.
    ///
    /// # Errors
    /// [`Refused`].
    fn telling(&mut self) -> Result<Telling, Refused>;

    /// Begins to check what was sent and returns at once. The check goes on by itself, tells `checking` how far it is, and
    /// ends when that says so; it opens nothing. `quick`: names and sizes alone.
    ///
    /// # Errors
    /// [`Refused`]; no check runs then.
    fn check(&mut self, quick: bool, checking: Checking) -> Result<(), Refused>;

    /// What left this computer, newest first, at most `limit`. Noted as [`Self::look`] is.
    ///
    /// # Errors
    /// [`Refused`].
    fn sent(&mut self, limit: usize) -> Result<Vec<Sent>, Refused>;

    /// The settings in force.
    ///
    /// # Errors
    /// [`Refused`].
    fn settings(&mut self) -> Result<Vec<Setting>, Refused>;

    /// Checks both factors, before something leaves the page for good.
    ///
    /// # Errors
    /// [`Refused`].
    fn prove(&mut self, proof: &Proof) -> Result<(), Refused>;

    /// Takes a picture out of the record, here and where it was sent; in words what became of it.
    ///
    /// # Errors
    /// [`Refused`]; nothing was changed then, or the words say what was.
    fn take_out(&mut self, seq: u64, proof: &Proof) -> Result<String, Refused>;

    /// True when the vault opens with a passphrase alone, so that wishes need it.
    fn needs_passphrase(&mut self) -> bool;
}

/// Watches the running instance and the unlock. Neither question prolongs the unlock.
pub trait Watch: Send + Sync {
    /// What the running instance is doing; `None` when none runs.
    fn status(&self) -> Option<Status>;

    /// Is the record still unlocked?
    fn is_unlocked(&self) -> bool;
}

type Job = Box<dyn FnOnce(&mut dyn Desk) + Send>;

/// The way to the desk's thread.
#[derive(Clone)]
pub(crate) struct Queue(SyncSender<Job>);

impl Queue {
    /// Starts the thread; it ends with the last copy of what this gives.
    pub(crate) fn start(mut desk: Box<dyn Desk>) -> std::io::Result<Self> {
        let (tx, rx) = sync_channel::<Job>(QUEUE);
        std::thread::Builder::new()
            .name("uam-page-desk".into())
            .spawn(move || {
                while let Ok(job) = rx.recv() {
                    job(&mut *desk);
                }
            })?;
        Ok(Self(tx))
    }

    /// Asks; `None` when too many wait.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut dyn Desk) -> T + Send + 'static,
    ) -> Option<T> {
        let (tx, rx) = oneshot::channel();
        self.put(move |desk| {
            // Who asked may have gone away; then nothing need be read.
            if !tx.is_closed() {
                let _ = tx.send(question(desk));
            }
        })
        .ok()?;
        rx.await.ok()
    }

    /// Puts a question that answers by itself.
    pub(crate) fn put(&self, job: impl FnOnce(&mut dyn Desk) + Send + 'static) -> Result<(), ()> {
        match self.0.try_send(Box::new(job)) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(()),
        }
    }
}

//! A time limit for every wait.

use super::errors::{NAME, no_answer};
use crate::credential_store::interface::CredentialStoreError;
use futures::channel::oneshot;
use futures::future::{Either, select};
use std::future::Future;
use std::pin::pin;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

/// The result of `work`, or [`no_answer`] when it takes longer than `patience`; it is dropped then.
///
/// The clock is a thread of its own that ends with the work: zbus bounds calls of methods, but neither the greeting of
/// a bus nor the wait for a signal, and it shows its timers to nobody.
pub(super) async fn with_timeout<T, E: From<CredentialStoreError>>(
    patience: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let (ring, rung) = oneshot::channel::<()>();
    let (working, end) = sync_channel::<()>(0);
    let clock = thread::Builder::new().name("vault-limit".into());
    let started = clock.spawn(move || {
        if end.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            // Nobody listens any more when the work ended at the same moment.
            let _ = ring.send(());
        }
    });
    if let Err(error) = started {
        return Err(E::from(CredentialStoreError::Refused {
            store: NAME,
            doing: "be asked",
            why: error.to_string(),
        }));
    }
    let result = match select(pin!(work), rung).await {
        Either::Left((result, _)) => result,
        Either::Right(_) => Err(E::from(no_answer(patience).into())),
    };
    drop(working);
    result
}

//! The keyholder's process: it holds the identity, answers, and wipes it.

use crate::app_context::AppContext;
use anyhow::Context;
use platform::endpoint::EndpointListener;
use protocol::{KeyholderOrders, KeyholderRequest, KeyholderResponse};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

/// The longest an unlock lasts.
const LONGEST: Duration = Duration::from_secs(8 * 3600);

/// Longest first line, in bytes.
const MAX_LINE: u64 = 4096;

/// Runs the process that holds the identity, until its time is over; `on_ready` is called once it can be asked.
///
/// # Errors
/// When no orders come through standard input, or the endpoint cannot be had.
pub fn run_keyholder(context: &AppContext, on_ready: impl FnOnce()) -> anyhow::Result<()> {
    let orders: KeyholderOrders = protocol::read_line(std::io::stdin(), MAX_LINE)
        .context("`uam unlock` starts the keyholder; do not start it by hand")?;
    let idle = Duration::from_secs(orders.idle_seconds).min(LONGEST);
    let listener =
        EndpointListener::bind(&context.paths.keyholder_endpoint()).with_context(|| {
            format!(
                "cannot listen at {}",
                context.paths.keyholder_endpoint().display()
            )
        })?;
    let (tx, rx) = sync_channel(4);
    std::thread::Builder::new()
        .name("uam-keyholder".into())
        .spawn(move || {
            while let Ok(stream) = listener.accept() {
                if tx.send(stream).is_err() {
                    return;
                }
            }
        })?;
    on_ready();
    let begun = Instant::now();
    let mut looked = begun;
    loop {
        let (last, all) = (looked.elapsed(), begun.elapsed());
        let left = idle.saturating_sub(last).min(LONGEST.saturating_sub(all));
        match rx.recv_timeout(left) {
            Ok(stream) => {
                let mut locked = false;
                protocol::serve_connection(stream, |request| match request {
                    Ok(KeyholderRequest::FetchIdentity) => {
                        looked = Instant::now();
                        KeyholderResponse {
                            identity: Some(orders.identity.clone()),
                        }
                    }
                    Ok(KeyholderRequest::IsUnlocked) | Err(_) => KeyholderResponse::default(),
                    Ok(KeyholderRequest::EndUnlock) => {
                        locked = true;
                        KeyholderResponse::default()
                    }
                });
                if locked {
                    break;
                }
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    let _ = std::fs::remove_file(context.paths.keyholder_endpoint());
    Ok(())
}

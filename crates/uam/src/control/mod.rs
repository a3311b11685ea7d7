//! Talking to the running uam through a local socket (on Windows a named pipe) that only its owner can open.

mod instance;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

pub(crate) use instance::Instance;
#[cfg(unix)]
use unix as transport;
#[cfg(windows)]
use windows as transport;

pub(crate) use transport::Listener;

use crate::paths::Paths;
use model::UserError;
use protocol::{CallError, REQUEST_TIMEOUT, Request, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::path::Path;
use std::time::Duration;

/// Removes the socket at the end of a run; a run that ends otherwise leaves it, and the next one replaces it.
pub(crate) fn withdraw(paths: &Paths) {
    let _ = std::fs::remove_file(paths.socket());
}

/// Asks the running uam of these folders.
pub(crate) fn call(paths: &Paths, request: &Request) -> anyhow::Result<Response> {
    Ok(call_agent(&paths.socket(), request).map_err(UserError::from)?)
}

/// Asks the running uam at `endpoint`.
pub(crate) fn call_agent(endpoint: &Path, request: &Request) -> Result<Response, CallError> {
    let request = request.clone();
    call_within(endpoint, request.time_limit(), move |stream| {
        protocol::exchange_request(stream, &request)
    })?
    .ok_or(CallError::NotRunning)
}

/// Asks whoever listens at `endpoint`; `None` when nobody does.
pub(crate) fn call_endpoint<Q, A>(
    endpoint: &Path,
    question: &Q,
    limit: Duration,
) -> Result<Option<A>, CallError>
where
    Q: Serialize + Clone + Send + 'static,
    A: DeserializeOwned + Send + 'static,
{
    let question = question.clone();
    call_within(endpoint, limit, move |stream| {
        protocol::exchange(stream, &question)
    })
}

fn call_within<A: Send + 'static>(
    endpoint: &Path,
    limit: Duration,
    exchange: impl FnOnce(&mut transport::Stream) -> io::Result<A> + Send + 'static,
) -> Result<Option<A>, CallError> {
    let mut stream = match transport::connect(endpoint) {
        Ok(stream) => stream,
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
            ) =>
        {
            return Ok(None);
        }
        Err(error) => {
            return Err(CallError::Unreachable {
                endpoint: endpoint.to_owned(),
                error,
            });
        }
    };
    transport::within(limit, move || {
        transport::set_patience(&stream, limit)?;
        let answer = exchange(&mut stream)?;
        transport::is_answered(&stream);
        Ok(answer)
    })
    .map(Some)
    .map_err(CallError::NoAnswer)
}

/// Answers one caller of the running uam. A caller that is slow, silent or speaks nonsense is told so and dropped.
pub(crate) fn serve_agent_request(
    stream: transport::Stream,
    answer: impl FnOnce(Request) -> Response,
) {
    if transport::set_patience(&stream, REQUEST_TIMEOUT).is_ok() {
        protocol::serve_agent_request(stream, answer);
    }
}

/// Answers one caller in whatever words question and answer have.
pub(crate) fn serve_connection<Q: DeserializeOwned, A: Serialize>(
    stream: transport::Stream,
    answer: impl FnOnce(io::Result<Q>) -> A,
) {
    if transport::set_patience(&stream, REQUEST_TIMEOUT).is_ok() {
        protocol::serve_connection(stream, answer);
    }
}

//! Asking the running agent, or another process of uam.

use crate::codec::{MAX_RESPONSE_BYTES, read_line, write_line};
use crate::request::Request;
use crate::response::{Response, WireResponse};
use model::{ErrorKind, UserError};
use platform::endpoint::{
    EndpointStream, connect_endpoint, mark_answered, run_with_timeout, set_timeouts,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Nobody listens at the endpoint.
    #[error("uam is not running")]
    NotRunning,
    /// The endpoint cannot be opened.
    #[error("cannot talk to uam at {}: {error}", endpoint.display())]
    Unreachable {
        /// The endpoint.
        endpoint: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// The other side did not answer in time, or not with a response.
    #[error("the running uam did not answer: {0}")]
    NoAnswer(io::Error),
}

impl From<CallError> for UserError {
    fn from(error: CallError) -> Self {
        let (kind, hint) = match &error {
            CallError::NotRunning => (ErrorKind::Instance, "Start it with `uam`."),
            CallError::Unreachable { .. } => (
                ErrorKind::Failed,
                "Only the user who started it can talk to it.",
            ),
            CallError::NoAnswer(_) => (
                ErrorKind::Failed,
                "Try again; if there is still no answer, `uam doctor` shows where its files are.",
            ),
        };
        Self::new(kind, error.to_string(), hint)
    }
}

/// Asks the agent at `endpoint`, within the time limit of the request.
///
/// # Errors
/// Nobody listens, the endpoint is somebody else's, or there is no response in time.
pub fn call_agent(endpoint: &Path, request: &Request) -> Result<Response, CallError> {
    let request = request.clone();
    call(endpoint, request.time_limit(), move |stream| {
        write_line(&mut *stream, &request)?;
        read_response(stream, &request)
    })?
    .ok_or(CallError::NotRunning)
}

/// Asks whoever listens at `endpoint`; `None` when nobody does.
///
/// # Errors
/// The endpoint is somebody else's, or there is no answer within `limit`.
pub fn call_endpoint<Q, A>(
    endpoint: &Path,
    question: &Q,
    limit: Duration,
) -> Result<Option<A>, CallError>
where
    Q: Serialize + Clone + Send + 'static,
    A: DeserializeOwned + Send + 'static,
{
    let question = question.clone();
    call(endpoint, limit, move |stream| {
        write_line(&mut *stream, &question)?;
        read_line(stream, MAX_RESPONSE_BYTES)
    })
}

/// Reads the agent's response to `request`.
///
/// # Errors
/// Whatever the stream gives, and a line that is no response.
pub fn read_response(stream: impl Read, request: &Request) -> io::Result<Response> {
    let response: WireResponse = read_line(stream, MAX_RESPONSE_BYTES)?;
    Ok(response.into_response(request.takes_ticket()))
}

fn call<A: Send + 'static>(
    endpoint: &Path,
    limit: Duration,
    exchange: impl FnOnce(&mut EndpointStream) -> io::Result<A> + Send + 'static,
) -> Result<Option<A>, CallError> {
    use io::ErrorKind::{ConnectionRefused, NotFound};
    let mut stream = match connect_endpoint(endpoint) {
        Ok(stream) => stream,
        Err(e) if matches!(e.kind(), NotFound | ConnectionRefused) => return Ok(None),
        Err(error) => {
            return Err(CallError::Unreachable {
                endpoint: endpoint.to_owned(),
                error,
            });
        }
    };
    run_with_timeout(limit, move || {
        set_timeouts(&stream, limit)?;
        let answer = exchange(&mut stream)?;
        mark_answered(&stream);
        Ok(answer)
    })
    .map(Some)
    .map_err(CallError::NoAnswer)
}

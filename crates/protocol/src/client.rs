//! Asking the running agent, or another process of uam.

use crate::codec::{MAX_RESPONSE_BYTES, read_line, write_line};
use crate::request::Request;
use crate::response::{Response, WireResponse};
use model::{ErrorKind, UserError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, Read, Write};
use std::path::PathBuf;

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
                "Is it yours? Only the user who started it can talk to it.",
            ),
            CallError::NoAnswer(_) => (
                ErrorKind::Failed,
                "Try again; if it stays silent, `uam doctor` shows where its files are.",
            ),
        };
        Self::new(kind, error.to_string(), hint)
    }
}

/// Reads the agent's response to `request`.
///
/// # Errors
/// Whatever the stream gives, and a line that is no response.
pub fn read_response(stream: impl Read, request: &Request) -> io::Result<Response> {
    let response: WireResponse = read_line(stream, MAX_RESPONSE_BYTES)?;
    Ok(response.into_response(request.takes_ticket()))
}

/// Sends a request to the agent and reads its response.
///
/// # Errors
/// Whatever the stream gives, and a line that is no response.
pub fn exchange_request(
    stream: &mut (impl Read + Write),
    request: &Request,
) -> io::Result<Response> {
    write_line(&mut *stream, request)?;
    read_response(stream, request)
}

/// Sends a line and reads the one that answers it.
///
/// # Errors
/// Whatever the stream gives, and a line that is no `A`.
pub fn exchange<Q: Serialize, A: DeserializeOwned>(
    stream: &mut (impl Read + Write),
    question: &Q,
) -> io::Result<A> {
    write_line(&mut *stream, question)?;
    read_line(stream, MAX_RESPONSE_BYTES)
}

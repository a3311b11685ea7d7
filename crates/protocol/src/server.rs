//! Answering one caller.

use crate::codec::{MAX_REQUEST_BYTES, read_line, write_line};
use crate::request::{REQUEST_TIMEOUT, Request};
use crate::response::{Response, WireResponse};
use platform::endpoint::{EndpointStream, set_timeouts};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, Write};

/// Answers one caller of the agent. Nonsense is answered with a refusal and reaches no further.
pub fn serve_agent_request(stream: EndpointStream, answer: impl FnOnce(Request) -> Response) {
    serve_connection(stream, |request| {
        WireResponse::from(match request {
            Ok(request) => answer(request),
            Err(e) => Response::refused(format!("this is not a request uam knows: {e}")),
        })
    });
}

/// Answers one caller, whatever is asked and answered. One that is slow or silent is dropped.
pub fn serve_connection<Q: DeserializeOwned, A: Serialize>(
    mut stream: EndpointStream,
    answer: impl FnOnce(io::Result<Q>) -> A,
) {
    if set_timeouts(&stream, REQUEST_TIMEOUT).is_err() {
        return;
    }
    let response = answer(read_line(&mut stream, MAX_REQUEST_BYTES));
    // A caller that left does not want the response.
    let _ = write_line(&mut stream, &response);
}

/// Writes the agent's response.
///
/// # Errors
/// Whatever the stream gives.
pub fn write_response(stream: impl Write, response: Response) -> io::Result<()> {
    write_line(stream, &WireResponse::from(response))
}

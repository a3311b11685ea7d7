//! Answering one caller.

use crate::codec::{MAX_REQUEST_BYTES, read_line, write_line};
use crate::request::Request;
use crate::response::{Response, WireResponse};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, Read, Write};

/// Answers one caller of the agent. Nonsense is answered with a refusal and reaches no further.
pub fn serve_agent_request(
    mut stream: impl Read + Write,
    answer: impl FnOnce(Request) -> Response,
) {
    let response = match read_line(&mut stream, MAX_REQUEST_BYTES) {
        Ok(request) => answer(request),
        Err(e) => Response::refused(format!("this is not a request uam knows: {e}")),
    };
    // A caller that left does not want the response.
    let _ = write_response(&mut stream, response);
}

/// Writes the agent's response.
///
/// # Errors
/// Whatever the stream gives.
pub fn write_response(stream: impl Write, response: Response) -> io::Result<()> {
    write_line(stream, &WireResponse::from(response))
}

/// Answers one caller, whatever is asked and answered.
pub fn serve_connection<Q: DeserializeOwned, A: Serialize>(
    mut stream: impl Read + Write,
    answer: impl FnOnce(io::Result<Q>) -> A,
) {
    let response = answer(read_line(&mut stream, MAX_REQUEST_BYTES));
    // A caller that left does not want the response.
    let _ = write_line(&mut stream, &response);
}

//! The requests and responses between the programs of one user: one line of JSON each way through a local endpoint that
//! only that user can open.
//!
//! Always true:
//! * The words on the wire do not change with a rename in the code: a running uam and a command of another version
//!   understand each other. `tests/wire.rs` holds a sample of each line.
//! * A line is read up to a limit in bytes, and its buffer is wiped after use: some lines carry a key.
//! * A caller can ask for nothing but a [`Request`]; anything else is answered with a refusal and dropped.

mod client;
mod codec;
mod keyholder;
mod redaction;
mod request;
mod response;
mod server;
mod user_command;
mod view;

pub use client::{CallError, call_agent, call_endpoint, read_response};
pub use codec::{MAX_REQUEST_BYTES, MAX_RESPONSE_BYTES, read_line, write_line};
pub use keyholder::{KeyholderOrders, KeyholderRequest, KeyholderResponse};
pub use redaction::{AffectedObject, RedactionScope, RedactionSummary, ViewerKey};
pub use request::{REQUEST_TIMEOUT, Request};
pub use response::Response;
pub use server::{serve_agent_request, serve_connection, write_response};
pub use user_command::{OneTimeCode, PauseLength, ScreenshotStep, UserCommand};
pub use view::{AttachedView, ViewTicket, ViewedScreenshot};

//! The page: the record in a browser on the same computer.
//!
//! Always true:
//! * It listens on 127.0.0.1 only; no other address can be configured.
//! * Without the token of its one session it shows only its empty frame. Before each answer it asks its [`Backend`] for
//!   the right to read.
//! * It writes nothing. The [`Backend`] deletes, for a code given with the request.
//! * No recorded text becomes markup: answers are JSON, and the page puts them into text nodes.
//! * No request names a file: the page's own files are part of the program, and downloads are named after their days.
//!
//! Bounds: [`PageLimits::connections`] connections (further ones are closed at once), [`MAX_WAITING_QUESTIONS`] questions
//! waiting for the backend (further ones are answered with 503), one verification of the uploads (a second one is
//! refused), [`MAX_BODY`] bytes of a body (413), one session (a new one ends the former).

mod api;
mod app_state;
mod assets;
mod backend;
mod backend_queue;
mod guard;
mod handlers;
mod json_body;
mod live;
mod peer;
mod query_params;
mod response;
mod routes;
mod server;
mod session;
mod text;
mod verification;

pub use backend::{
    AgentMonitor, Backend, BackendError, ReportConfig, SettingRow, TypedFactors, UploadedObjectRow,
};
pub use backend_queue::MAX_WAITING_QUESTIONS;
pub use json_body::MAX_BODY;
pub use server::{PageEnd, PageLimits, PageServer, WebError};
pub use session::LinkIssuer;
pub use verification::{
    RunningVerification, VerificationFinding, VerificationProgress, VerificationResult,
    VerificationVerdict,
};

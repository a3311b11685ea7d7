//! The page: the record in a browser on the same computer.
//!
//! Always true:
//! * It listens on 127.0.0.1 and nowhere else; there is no way to name another address.
//! * Without the token of its one session it shows nothing but its own empty frame, and it asks its [`Desk`] for the
//!   right to read before each answer.
//! * It writes nothing. What is taken out is taken out by the [`Desk`], for a code given with the wish.
//! * No text of a record becomes markup: answers are JSON, and the page puts them into text nodes.
//! * Nothing in a request names a file; the page's own files are part of the program, and what is downloaded has a name
//!   made of its days.
//!
//! Bounds: [`Limits::connections`] connections (further ones are closed at once), [`QUEUE`] questions waiting for the
//! desk (further ones are answered with 503), one check of what was sent (a second one is refused), [`MAX_BODY`] bytes of a body (413), one session (a new one ends the old).

mod api;
mod assets;
mod backend;
mod guard;
mod live;
mod peer;
mod query_params;
mod response;
mod routes;
mod server;
mod session;
mod verification;

pub use api::day::{Sent, Setting};
pub use verification::{Checked, Checking, Finding, Step, Verdict};
pub use backend::{Desk, Proof, QUEUE, Refused, Telling, Watch};
pub use session::Links;
pub use response::MAX_BODY;
pub use server::{Ended, Limits, Server, WebError};

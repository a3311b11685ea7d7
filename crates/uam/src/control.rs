//! Talking to the running uam of an installation.

use crate::paths::Paths;
use model::UserError;
use protocol::{Request, Response, call_agent};

/// Asks the running uam.
///
/// # Errors
/// A [`UserError`] of kind `Instance` when none runs.
pub(crate) fn call(paths: &Paths, request: &Request) -> anyhow::Result<Response> {
    Ok(call_agent(&paths.socket(), request).map_err(UserError::from)?)
}

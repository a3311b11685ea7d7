//! Talking to the running uam of an installation.

use model::UserError;
use protocol::{Request, Response, call_agent};
use settings::AppPaths;

/// Asks the running uam.
///
/// # Errors
/// A [`UserError`] of kind `Instance` when none runs.
pub(crate) fn call(paths: &AppPaths, request: &Request) -> anyhow::Result<Response> {
    Ok(call_agent(&paths.agent_endpoint(), request).map_err(UserError::from)?)
}

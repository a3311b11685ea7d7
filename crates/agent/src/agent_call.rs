//! One request to the running uam of an installation.

use model::UserError;
use protocol::{Request, Response};
use settings::AppPaths;

/// Sends a request to the running uam and waits for its answer.
///
/// # Errors
/// A [`UserError`] of kind `Instance` when none runs.
pub fn call_running_agent(paths: &AppPaths, request: &Request) -> anyhow::Result<Response> {
    Ok(protocol::call_agent(&paths.agent_endpoint(), request).map_err(UserError::from)?)
}

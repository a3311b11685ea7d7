//! Questions to the keyholder, and its start.

use crate::app_context::AppContext;
use anyhow::Context;
use model::UserError;
use platform::process::separate_from_terminal;
use protocol::{KeyholderOrders, KeyholderRequest, KeyholderResponse, REQUEST_TIMEOUT};
use settings::AppPaths;
use std::io::{BufRead, Read};
use std::process::Stdio;
use std::time::Duration;
use vault::Identity;

/// Printed by the new process once it can be asked.
pub const READY_LINE: &str = "ready";

/// Longest line that the new process answers with, in bytes.
const MAX_LINE: u64 = 4096;

/// Asks the keyholder; `None` when there is none.
fn call_keyholder(
    paths: &AppPaths,
    request: KeyholderRequest,
) -> anyhow::Result<Option<KeyholderResponse>> {
    protocol::call_endpoint(&paths.keyholder_endpoint(), &request, REQUEST_TIMEOUT)
        .map_err(|e| UserError::from(e).into())
}

/// The identity, if one is unlocked.
///
/// # Errors
/// When the keyholder does not answer, or with no key.
pub fn fetch_identity(paths: &AppPaths) -> anyhow::Result<Option<Identity>> {
    let Some(response) = call_keyholder(paths, KeyholderRequest::FetchIdentity)? else {
        return Ok(None);
    };
    response
        .identity
        .as_deref()
        .map(str::parse)
        .transpose()
        .context("the unlocked key is not valid")
}

/// Is one unlocked? Asking prolongs nothing.
pub fn is_unlocked(paths: &AppPaths) -> bool {
    matches!(
        call_keyholder(paths, KeyholderRequest::IsUnlocked),
        Ok(Some(_))
    )
}

/// Ends an unlock; true when there was one.
///
/// # Errors
/// When the keyholder does not answer.
pub fn end_unlock(paths: &AppPaths) -> anyhow::Result<bool> {
    Ok(call_keyholder(paths, KeyholderRequest::EndUnlock)?.is_some())
}

/// Ends an unlock on a thread of its own.
pub(crate) fn end_unlock_in_background(paths: &AppPaths) {
    let paths = paths.clone();
    // Without a thread the unlock ends by its own time.
    let _ = std::thread::Builder::new()
        .name("uam-lock".into())
        .spawn(move || end_unlock(&paths));
}

/// Starts a keyholder; one that runs already ends.
///
/// # Errors
/// When the process cannot be started.
pub fn start_keyholder(
    context: &AppContext,
    identity: &Identity,
    idle: Duration,
) -> anyhow::Result<()> {
    context.paths.create_dirs()?;
    end_unlock(&context.paths)?;
    let mut command = context.self_command()?;
    command.arg("keyholder");
    separate_from_terminal(&mut command);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start the process that holds the key")?;
    let orders = KeyholderOrders {
        identity: identity.reveal().to_string(),
        idle_seconds: idle.as_secs(),
    };
    if let Some(pipe) = child.stdin.take() {
        protocol::write_line(pipe, &orders).context("the key could not be handed over")?;
    }
    // It answers once it can be asked.
    let mut ready = String::new();
    if let Some(out) = child.stdout.take() {
        std::io::BufReader::new(out.take(MAX_LINE)).read_line(&mut ready)?;
    }
    anyhow::ensure!(
        ready.trim() == READY_LINE,
        "the process that holds the key did not start"
    );
    Ok(())
}

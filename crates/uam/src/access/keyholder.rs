//! An unlock: a small process that holds the viewer's identity in memory until nobody has asked for ten minutes.
//!
//! Always true: the identity is in no file; it goes to processes of the same user alone, through a socket only they can
//! open; it is wiped when the time is over, at `uam lock`, when the desktop is locked, and after eight hours whatever
//! happens.

use crate::commands::Home;
use anyhow::Context;
use model::UserError;
use platform::endpoint::EndpointListener;
use platform::process::separate_from_terminal;
use protocol::{KeyholderOrders, KeyholderRequest, KeyholderResponse, REQUEST_TIMEOUT};
use settings::AppPaths;
use std::io::{BufRead, Read};
use std::process::{ExitCode, Stdio};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};
use vault::Identity;

/// The longest an unlock lasts.
const LONGEST: Duration = Duration::from_secs(8 * 3600);

/// Longest first line, in bytes.
const MAX_LINE: u64 = 4096;

/// Asks the keyholder; `None` when there is none.
fn call(paths: &AppPaths, request: KeyholderRequest) -> anyhow::Result<Option<KeyholderResponse>> {
    protocol::call_endpoint(&paths.keyholder_endpoint(), &request, REQUEST_TIMEOUT)
        .map_err(|e| UserError::from(e).into())
}

/// The identity, if one is unlocked.
pub(crate) fn ask(paths: &AppPaths) -> anyhow::Result<Option<Identity>> {
    let Some(response) = call(paths, KeyholderRequest::FetchIdentity)? else {
        return Ok(None);
    };
    response
        .identity
        .as_deref()
        .map(str::parse)
        .transpose()
        .context("the unlocked key is none")
}

/// Is one unlocked? Asking prolongs nothing.
pub(crate) fn is_there(paths: &AppPaths) -> bool {
    matches!(call(paths, KeyholderRequest::IsUnlocked), Ok(Some(_)))
}

/// Ends an unlock; true when there was one.
pub(crate) fn lock(paths: &AppPaths) -> anyhow::Result<bool> {
    Ok(call(paths, KeyholderRequest::EndUnlock)?.is_some())
}

/// Ends an unlock on a thread of its own.
pub(crate) fn lock_soon(paths: &AppPaths) {
    let paths = paths.clone();
    // Without a thread the unlock ends by its own time.
    let _ = std::thread::Builder::new()
        .name("uam-lock".into())
        .spawn(move || lock(&paths));
}

/// Starts a keyholder; one that runs already ends.
pub(crate) fn start(home: &Home, identity: &Identity, idle: Duration) -> anyhow::Result<()> {
    home.paths.create_dirs()?;
    lock(&home.paths)?;
    let mut command = home.uam()?;
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
        ready.trim() == READY,
        "the process that holds the key did not start"
    );
    Ok(())
}

const READY: &str = "ready";

/// `uam keyholder`.
pub(crate) fn run(home: &Home) -> anyhow::Result<ExitCode> {
    let orders: KeyholderOrders = protocol::read_line(std::io::stdin(), MAX_LINE)
        .context("the keyholder is started by `uam unlock`, never by hand")?;
    let idle = Duration::from_secs(orders.idle_seconds).min(LONGEST);
    let listener = EndpointListener::bind(&home.paths.keyholder_endpoint()).with_context(|| {
        format!(
            "cannot listen at {}",
            home.paths.keyholder_endpoint().display()
        )
    })?;
    let (tx, rx) = sync_channel(4);
    std::thread::Builder::new()
        .name("uam-keyholder".into())
        .spawn(move || {
            while let Ok(stream) = listener.accept() {
                if tx.send(stream).is_err() {
                    return;
                }
            }
        })?;
    crate::output::line(READY);
    let begun = Instant::now();
    let mut looked = begun;
    loop {
        let (last, all) = (looked.elapsed(), begun.elapsed());
        let left = idle.saturating_sub(last).min(LONGEST.saturating_sub(all));
        match rx.recv_timeout(left) {
            Ok(stream) => {
                let mut locked = false;
                protocol::serve_connection(stream, |request| match request {
                    Ok(KeyholderRequest::FetchIdentity) => {
                        looked = Instant::now();
                        KeyholderResponse {
                            identity: Some(orders.identity.clone()),
                        }
                    }
                    Ok(KeyholderRequest::IsUnlocked) | Err(_) => KeyholderResponse::default(),
                    Ok(KeyholderRequest::EndUnlock) => {
                        locked = true;
                        KeyholderResponse::default()
                    }
                });
                if locked {
                    break;
                }
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    let _ = std::fs::remove_file(home.paths.keyholder_endpoint());
    Ok(ExitCode::SUCCESS)
}

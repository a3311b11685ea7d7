//! Talking to the running instance: one line of JSON each way over a local socket (on Windows a named pipe) that only its
//! owner can open.

mod instance;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

pub(crate) use instance::Instance;
#[cfg(unix)]
use unix as transport;
#[cfg(windows)]
use windows as transport;

pub(crate) use transport::Listener;

use crate::failure::{Exit, Failure};
use crate::paths::Paths;
use crate::time::PauseLength;
use report::Status;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Read, Write};
use std::time::Duration;

/// Longest line either side accepts, in bytes; a status with long titles stays far below it.
const MAX_LINE: u64 = 256 * 1024;

/// How long either side waits for the other, in seconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// What can be asked of the running instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "ask")]
pub(crate) enum Request {
    /// What are you doing?
    Status,
    /// Stop recording for a while.
    Pause {
        /// For how long.
        length: PauseLength,
    },
    /// Record again.
    Resume,
    /// End.
    Stop,
    /// Take a picture now.
    Shot,
    /// Take exclusion rules and recording hours from the settings file.
    Reload,
}

/// The answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Reply {
    /// Was it done?
    pub(crate) ok: bool,
    /// One sentence for people.
    pub(crate) text: String,
    /// With [`Request::Status`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<Box<Status>>,
}

impl Reply {
    pub(crate) fn done(text: impl Into<String>) -> Self {
        Self {
            ok: true,
            text: text.into(),
            status: None,
        }
    }

    pub(crate) fn refused(text: impl Into<String>) -> Self {
        Self {
            ok: false,
            text: text.into(),
            status: None,
        }
    }
}

/// Takes the socket away at the end of a run; a run that ends otherwise leaves it, and the next one replaces it.
pub(crate) fn withdraw(paths: &Paths) {
    let _ = std::fs::remove_file(paths.socket());
}

/// Asks the running instance.
pub(crate) fn call(paths: &Paths, request: &Request) -> anyhow::Result<Reply> {
    let stream = transport::connect(&paths.socket()).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused => not_running(),
        _ => Failure::with_exit(
            Exit::Failed,
            format!(
                "cannot talk to the running instance at {}: {e}",
                paths.socket().display()
            ),
            "Is it yours? Only the user who started it can talk to it.",
        ),
    })?;
    let request = request.clone();
    transport::within(PATIENCE, move || exchange(stream, &request)).map_err(|e| {
        Failure::with_exit(
            Exit::Failed,
            format!("the running instance did not answer: {e}"),
            "Try again; if it stays silent, `uam doctor` shows where its files are.",
        )
    })
}

pub(crate) fn not_running() -> anyhow::Error {
    Failure::with_exit(Exit::Instance, "uam is not running", "Start it with `uam`.")
}

fn exchange(mut stream: transport::Stream, request: &Request) -> std::io::Result<Reply> {
    transport::set_patience(&stream, PATIENCE)?;
    write_line(&mut stream, request)?;
    let reply = read_line(&mut stream)?;
    transport::is_answered(&stream);
    Ok(reply)
}

fn write_line<T: Serialize>(stream: &mut transport::Stream, value: &T) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    stream.write_all(&line)
}

fn read_line<T: for<'de> Deserialize<'de>>(stream: &mut transport::Stream) -> std::io::Result<T> {
    let mut line = String::new();
    BufReader::new(stream.take(MAX_LINE)).read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}

/// Answers one caller with `answer`. A caller that is slow, silent or speaks nonsense is told so and dropped; nothing
/// it sends can reach further than a [`Request`].
pub(crate) fn serve(mut stream: transport::Stream, answer: impl FnOnce(Request) -> Reply) {
    if transport::set_patience(&stream, PATIENCE).is_err() {
        return;
    }
    let reply = match read_line::<Request>(&mut stream) {
        Ok(request) => answer(request),
        Err(e) => Reply::refused(format!("this is not a request uam knows: {e}")),
    };
    // A caller that left does not want the answer.
    let _ = write_line(&mut stream, &reply);
}

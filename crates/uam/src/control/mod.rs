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
use crate::yours::{Lent, Told, Wish};
use model::NoticeCode;
use report::Status;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::path::Path;
use std::time::Duration;
use zeroize::Zeroizing;

/// Longest line either side accepts, in bytes; a status with long titles stays far below it.
const MAX_LINE: u64 = 256 * 1024;

/// Longest answer, in bytes: it may name every object that was sent.
const MAX_ANSWER: u64 = 16 << 20;

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
    /// Pack everything for sending, also what would be held back.
    Pack,
    /// Put these into the record: somebody looked at it, or changed who can.
    Note {
        /// What and in which words.
        notices: Vec<(NoticeCode, String)>,
    },
    /// Take something out of the record.
    TakeOut {
        /// What.
        wish: Wish,
        /// Say only what it would come to.
        rehearsal: bool,
        /// The viewer's key, lent for this one wish where it is needed. The running instance cannot open what earlier
        /// starts wrote, and while it runs nobody else may write the journal. Whoever sends the key has just shown both
        /// factors; it travels between two processes of the same user through a socket that only that user can open, is
        /// kept nowhere, and is wiped on both sides when the answer is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<Lent>,
    },
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
    /// With [`Request::TakeOut`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) told: Option<Box<Told>>,
}

impl Request {
    /// How long its answer may take: the journal is rewritten for some of them.
    pub(crate) fn patience(&self) -> Duration {
        match self {
            Self::TakeOut { .. } => Duration::from_secs(300),
            _ => PATIENCE,
        }
    }
}

impl Reply {
    pub(crate) fn done(text: impl Into<String>) -> Self {
        Self {
            ok: true,
            text: text.into(),
            status: None,
            told: None,
        }
    }

    pub(crate) fn refused(text: impl Into<String>) -> Self {
        Self {
            ok: false,
            text: text.into(),
            status: None,
            told: None,
        }
    }
}

/// Takes the socket away at the end of a run; a run that ends otherwise leaves it, and the next one replaces it.
pub(crate) fn withdraw(paths: &Paths) {
    let _ = std::fs::remove_file(paths.socket());
}

/// Asks the running instance.
pub(crate) fn call(paths: &Paths, request: &Request) -> anyhow::Result<Reply> {
    call_within(&paths.socket(), request, request.patience())?.ok_or_else(not_running)
}

/// Asks whoever listens at `place`; `None` when nobody does.
pub(crate) fn call_at<Q, A>(place: &Path, question: &Q) -> anyhow::Result<Option<A>>
where
    Q: Serialize + Clone + Send + 'static,
    A: DeserializeOwned + Send + 'static,
{
    call_within(place, question, PATIENCE)
}

fn call_within<Q, A>(place: &Path, question: &Q, patience: Duration) -> anyhow::Result<Option<A>>
where
    Q: Serialize + Clone + Send + 'static,
    A: DeserializeOwned + Send + 'static,
{
    let stream = match transport::connect(place) {
        Ok(stream) => stream,
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(e) => {
            return Err(Failure::with_exit(
                Exit::Failed,
                format!("cannot talk to uam at {}: {e}", place.display()),
                "Is it yours? Only the user who started it can talk to it.",
            ));
        }
    };
    let question = question.clone();
    transport::within(patience, move || exchange(stream, &question, patience))
        .map(Some)
        .map_err(|e| {
            Failure::with_exit(
                Exit::Failed,
                format!("the running uam did not answer: {e}"),
                "Try again; if it stays silent, `uam doctor` shows where its files are.",
            )
        })
}

pub(crate) fn not_running() -> anyhow::Error {
    Failure::with_exit(Exit::Instance, "uam is not running", "Start it with `uam`.")
}

fn exchange<Q: Serialize, A: DeserializeOwned>(
    mut stream: transport::Stream,
    question: &Q,
    patience: Duration,
) -> std::io::Result<A> {
    transport::set_patience(&stream, patience)?;
    write_line(&mut stream, question)?;
    let reply = read_line(&mut stream, MAX_ANSWER)?;
    transport::is_answered(&stream);
    Ok(reply)
}

fn write_line<T: Serialize>(stream: &mut transport::Stream, value: &T) -> std::io::Result<()> {
    let mut line = Zeroizing::new(serde_json::to_vec(value)?);
    line.push(b'\n');
    stream.write_all(&line)
}

fn read_line<T: DeserializeOwned>(stream: &mut transport::Stream, most: u64) -> std::io::Result<T> {
    let mut line = Zeroizing::new(String::new());
    BufReader::new(stream.take(most)).read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}

/// Answers one caller with `answer`. A caller that is slow, silent or speaks nonsense is told so and dropped; nothing
/// it sends can reach further than a [`Request`].
pub(crate) fn serve(stream: transport::Stream, answer: impl FnOnce(Request) -> Reply) {
    serve_at(stream, |asked| match asked {
        Ok(request) => answer(request),
        Err(e) => Reply::refused(format!("this is not a request uam knows: {e}")),
    });
}

/// Answers one caller in whatever words question and answer have.
pub(crate) fn serve_at<Q: DeserializeOwned, A: Serialize>(
    mut stream: transport::Stream,
    answer: impl FnOnce(std::io::Result<Q>) -> A,
) {
    if transport::set_patience(&stream, PATIENCE).is_err() {
        return;
    }
    let reply = answer(read_line(&mut stream, MAX_LINE));
    // A caller that left does not want the answer.
    let _ = write_line(&mut stream, &reply);
}

//! Talking to the running instance: one line of JSON each way over a local socket (on Windows a named pipe) that only its
//! owner can open.

mod words;

use words::{MAX_ANSWER, MAX_LINE, read_line};
pub(crate) use words::{Reply, Request, Scene, Shown, Step};

use crate::failure::{Exit, Failure};
use crate::paths::Paths;
use platform::endpoint::{
    EndpointStream, connect_endpoint, mark_answered, run_with_timeout, set_timeouts,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::time::Duration;
use zeroize::Zeroizing;

/// How long either side waits for the other, in seconds.
const PATIENCE: Duration = Duration::from_secs(10);

impl Request {
    /// How long its answer may take: the journal is rewritten for some of them.
    pub(crate) fn patience(&self) -> Duration {
        match self {
            Self::TakeOut { .. } => Duration::from_secs(300),
            _ => PATIENCE,
        }
    }
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
    let stream = match connect_endpoint(place) {
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
    run_with_timeout(patience, move || exchange(stream, &question, patience))
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
    mut stream: EndpointStream,
    question: &Q,
    patience: Duration,
) -> std::io::Result<A> {
    set_timeouts(&stream, patience)?;
    write_line(&mut stream, question)?;
    let reply = read_line(&mut stream, MAX_ANSWER)?;
    mark_answered(&stream);
    Ok(reply)
}

fn write_line<T: Serialize>(stream: &mut EndpointStream, value: &T) -> std::io::Result<()> {
    let mut line = Zeroizing::new(serde_json::to_vec(value)?);
    line.push(b'\n');
    stream.write_all(&line)
}

/// Answers one caller with `answer`. A caller that is slow, silent or speaks nonsense is told so and dropped; nothing
/// it sends can reach further than a [`Request`].
pub(crate) fn serve(stream: EndpointStream, answer: impl FnOnce(Request) -> Reply) {
    serve_at(stream, |asked| match asked {
        Ok(request) => answer(request),
        Err(e) => Reply::refused(format!("this is not a request uam knows: {e}")),
    });
}

/// Answers one caller in whatever words question and answer have.
pub(crate) fn serve_at<Q: DeserializeOwned, A: Serialize>(
    mut stream: EndpointStream,
    answer: impl FnOnce(std::io::Result<Q>) -> A,
) {
    if set_timeouts(&stream, PATIENCE).is_err() {
        return;
    }
    let reply = answer(read_line(&mut stream, MAX_LINE));
    // A caller that left does not want the answer.
    let _ = write_line(&mut stream, &reply);
}

//! What went wrong, for people: what, where, what to do; and the exit code that says it to scripts.

use crate::output;
use std::fmt;

/// Exit codes, as the manual lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Something failed that is nobody's input.
    Failed = 1,
    /// The command line, the configuration or the environment is wrong.
    Usage = 2,
    /// No good code was given.
    Denied = 3,
    /// Another instance runs (for `run`), or none runs (for `status`, `pause`, …).
    Instance = 4,
    /// Something that was sent is not there any more (`verify`).
    Incomplete = 5,
    /// Something that lies there is not what was sent (`verify`).
    Tampered = 6,
    /// The recording process wants to be started anew; no program of ours ends with it.
    Again = 7,
}

/// An error with its remedy.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) what: String,
    pub(crate) hint: String,
}

impl Failure {
    pub(crate) fn with_exit(
        exit: Exit,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) -> anyhow::Error {
        Self {
            exit,
            what: what.into(),
            hint: hint.into(),
        }
        .into()
    }

    pub(crate) fn usage(what: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
        Self::with_exit(Exit::Usage, what, hint)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Failure {}

/// Exit code, message and hint of the failure an error is, as itself or as the context of one, or has among its causes.
fn failure_of(error: &anyhow::Error) -> Option<(Exit, &str, &str)> {
    fn found<T: std::error::Error + Send + Sync + 'static>(error: &anyhow::Error) -> Option<&T> {
        error
            .downcast_ref()
            .or_else(|| error.chain().find_map(|e| e.downcast_ref()))
    }
    found::<Failure>(error)
        .map(|f| (f.exit, f.what.as_str(), f.hint.as_str()))
        .or_else(|| {
            let wrong = found::<settings::SettingsError>(error)?;
            Some((Exit::Usage, &wrong.message, &wrong.hint))
        })
}

/// The exit code an error stands for.
pub(crate) fn exit_of(error: &anyhow::Error) -> Exit {
    failure_of(error).map_or(Exit::Failed, |(exit, ..)| exit)
}

/// Prints the error with its causes and hint, and says how to exit.
pub(crate) fn report(error: &anyhow::Error) -> Exit {
    let failure = failure_of(error);
    let mut text = format!("uam: {error}\n");
    let mut said = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !said.contains(&cause) {
            text.push_str(&format!("  because {cause}\n"));
            said.push_str(&cause);
        }
    }
    if let Some(hint) = failure.map(|(.., hint)| hint).filter(|h| !h.is_empty()) {
        text.push_str(&format!("  {hint}\n"));
    }
    output::err(&text);
    exit_of(error)
}

/// The error in one line, for a view: what went wrong and what to do; the causes where nobody said so in words.
pub(crate) fn in_words(error: &anyhow::Error) -> String {
    match failure_of(error) {
        Some((_, what, hint)) => format!("{what}. {hint}").trim_end().to_owned(),
        None => format!("{error:#}"),
    }
}

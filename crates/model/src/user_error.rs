//! Errors a person can act on: what happened, what to do, and the exit code for scripts.

use std::error::Error;
use std::fmt;

/// What kind of error ended a command. Each kind has an exit code of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Something failed that is nobody's input: 1.
    Failed,
    /// The command line, the settings or the environment is wrong: 2.
    Usage,
    /// No valid code or key was given: 3.
    Denied,
    /// uam runs already (for `run`), or does not run (for `status`, `pause`, …): 4.
    Instance,
    /// An uploaded object is missing (`verify`): 5.
    Incomplete,
    /// An uploaded object differs from what was uploaded (`verify`): 6.
    Tampered,
    /// The recording process asks to be restarted: 7. No command of a person ends with it.
    RestartWorker,
}

impl ErrorKind {
    /// The exit code of the process: 1 to 7.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Denied => 3,
            Self::Instance => 4,
            Self::Incomplete => 5,
            Self::Tampered => 6,
            Self::RestartWorker => 7,
        }
    }
}

/// An error with its remedy. It is displayed as its message alone.
#[derive(Debug)]
pub struct UserError {
    kind: ErrorKind,
    message: String,
    hint: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl UserError {
    /// An error of this kind. `message` says what happened; `hint` says what to do, and may be empty.
    pub fn new(kind: ErrorKind, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: hint.into(),
            source: None,
        }
    }

    /// An error in the command line, the settings or the environment.
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message, hint)
    }

    /// The same error with its cause.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(cause.into());
        self
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What happened.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The remedy; may be empty.
    #[must_use]
    pub fn hint(&self) -> &str {
        &self.hint
    }
}

impl fmt::Display for UserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for UserError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|cause| cause as _)
    }
}

/// The first [`UserError`] among an error and its causes.
#[must_use]
pub fn find_user_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a UserError> {
    list_causes(error).find_map(|cause| cause.downcast_ref())
}

/// The kind of an error: that of the first [`UserError`] among it and its causes, else [`ErrorKind::Failed`].
#[must_use]
pub fn error_kind(error: &(dyn Error + 'static)) -> ErrorKind {
    find_user_error(error).map_or(ErrorKind::Failed, UserError::kind)
}

/// The error in one line for a view: its message and hint; without a [`UserError`] it is itself with all its causes.
#[must_use]
pub fn describe_error(error: &(dyn Error + 'static)) -> String {
    match find_user_error(error) {
        Some(found) => format!("{}. {}", found.message, found.hint)
            .trim_end()
            .to_owned(),
        None => list_causes(error)
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(": "),
    }
}

/// The error itself, then each cause in turn.
fn list_causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[derive(Debug)]
    struct Outer(UserError);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("outer")
        }
    }

    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn a_user_error_is_found_among_the_causes() {
        let outer = Outer(UserError::usage("no such day", "Write YYYY-MM-DD."));
        assert_eq!(error_kind(&outer), ErrorKind::Usage);
        assert_eq!(describe_error(&outer), "no such day. Write YYYY-MM-DD.");
        let other = io::Error::other("disk");
        assert_eq!(error_kind(&other), ErrorKind::Failed);
        assert_eq!(describe_error(&other), "disk");
        assert!(find_user_error(&other).is_none());
    }

    #[test]
    fn a_cause_is_its_source_and_an_empty_hint_leaves_no_blank() {
        let denied = UserError::new(ErrorKind::Denied, "the vault stays locked", "")
            .caused_by(io::Error::other("no session bus"));
        assert_eq!(denied.to_string(), "the vault stays locked");
        assert_eq!(
            denied.source().map(ToString::to_string).as_deref(),
            Some("no session bus")
        );
        assert_eq!(describe_error(&denied), "the vault stays locked.");
    }

    #[test]
    fn exit_codes_are_those_of_the_manual() {
        use ErrorKind as Kind;
        let kinds = [
            Kind::Failed,
            Kind::Usage,
            Kind::Denied,
            Kind::Instance,
            Kind::Incomplete,
            Kind::Tampered,
            Kind::RestartWorker,
        ];
        assert_eq!(kinds.map(Kind::exit_code), [1, 2, 3, 4, 5, 6, 7]);
    }
}

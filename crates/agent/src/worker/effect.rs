//! Changes that a component asks for in other components.
//!
//! A component never calls another one; the agent applies its effects in order, at the same moment, before anything else
//! happens. Applying an effect yields no further effects.

use model::NoticeCode;
use recorder::RecorderInput;
use report::{LogSubject, UploadAttempt};

/// One change for another component.
#[derive(Debug)]
pub(super) enum Effect {
    /// An input to the recorder.
    Record(RecorderInput),
    /// A line in the log outside the record.
    Log(LogSubject, String),
    /// An upload that ended, for the log.
    LogUpload(UploadAttempt),
    /// The next pass of the loop commits.
    CommitSoon,
    /// The journal is checked for damage.
    CheckJournal,
    /// The desktop was locked: the unlock ends, and every viewer's ticket is revoked.
    DesktopLocked,
}

impl Effect {
    /// A notice in the record.
    pub(super) fn notice(code: NoticeCode, text: String) -> Self {
        Self::Record(RecorderInput::Notice(code, text))
    }

    /// A line in the log outside the record that looks like a notice.
    pub(super) fn log_notice(code: NoticeCode, text: impl Into<String>) -> Self {
        Self::Log(LogSubject::Notice(code), text.into())
    }
}

/// Changes for other components, in the order in which they are applied.
pub(super) type Effects = Vec<Effect>;

/// The kind of each effect, for tests that compare the order.
#[cfg(test)]
pub(super) fn describe_effects(effects: &Effects) -> Vec<String> {
    effects
        .iter()
        .map(|effect| match effect {
            Effect::Record(RecorderInput::Notice(code, _)) => format!("notice {code:?}"),
            Effect::Record(input) => format!("record {input:?}"),
            Effect::Log(subject, text) => format!("log {subject:?}: {text}"),
            Effect::LogUpload(upload) => format!("log upload {}", upload.ok),
            other => format!("{other:?}"),
        })
        .collect()
}

//! The journal, opened for a command that reads the record.

use crate::sign_in::read_access::open_for_reading;
use agent::AppContext;
use journal::Reader;
use model::UserError;

/// Opens the journal after a recent unlock or both factors. The notice of the access names `subject`.
pub(super) fn open_reader(context: &AppContext, subject: &str) -> anyhow::Result<Reader> {
    require_journal(context)?;
    open_for_reading(context, subject)?.open_reader(context)
}

/// Fails with a hint while nothing is recorded.
pub(super) fn require_journal(context: &AppContext) -> anyhow::Result<()> {
    if context.paths.has_journal() {
        return Ok(());
    }
    Err(UserError::usage(
        format!(
            "nothing is recorded yet in {}",
            context.paths.data.display()
        ),
        "Start recording with `uam`.",
    )
    .into())
}

//! Segments made while no agent runs.

use journal::{Journal, JournalError};
use model::Timestamp;
use settings::{AppPaths, Settings, UploadPolicy};

/// Freezes the records that journal maintenance wrote while they can be opened: the next start's lease could not. A
/// settings file that cannot be read leaves that for the next time.
pub(crate) fn freeze_after_maintenance(
    paths: &AppPaths,
    journal: &mut Journal,
    now: Timestamp,
) -> Result<(), JournalError> {
    if let Ok(settings) = Settings::load(paths) {
        let options = UploadPolicy::from(&settings.upload).freeze_options(true);
        journal.freeze(now, &options)?;
    }
    Ok(())
}

//! Where the journal begins, and looking back far enough: a span that began long ago may reach into the days asked for.

use journal::{JournalError, Reader};

/// How far back a day's first span is looked for, in microseconds: a machine may sleep for weeks within one span.
const FARTHEST_US: i64 = 400 * 24 * 3600 * 1_000_000;

/// When the journal begins: the start of its first record, or its making while there is none. Microseconds since
/// the Unix epoch (UTC).
///
/// # Errors
/// See [`JournalError`].
pub fn journal_began(reader: &Reader) -> Result<i64, JournalError> {
    let first = reader.read_after(0, 1)?;
    Ok(first.lines.first().map_or_else(
        || i64::try_from(reader.epoch().saturating_mul(1_000_000)).unwrap_or(i64::MAX),
        |line| line.record.start().as_micros(),
    ))
}

/// Reads from before `certain` on, further and further back, until `read` finds a span that begins before `certain`, or the
/// beginning of the journal is reached. `read` gets the instant to read from, and says whether it found such a span.
/// `back`: how far to look at first. All in microseconds, instants since the Unix epoch (UTC).
pub(super) fn widen_until(
    until: i64,
    mut back: i64,
    began_us: i64,
    mut read: impl FnMut(i64) -> Result<bool, JournalError>,
) -> Result<(), JournalError> {
    loop {
        let from = until.saturating_sub(back);
        if read(from)? || from <= began_us || back > FARTHEST_US {
            return Ok(());
        }
        back = back.saturating_mul(2);
    }
}

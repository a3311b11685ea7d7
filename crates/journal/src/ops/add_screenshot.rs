//! A screenshot: its file, then its row.

use crate::error::JournalError;
use crate::object::hash_bytes;
use crate::ops::commit::append_record;
use crate::ops::writer::Writer;
use crate::screenshot_files::{remove_file, write_file};
use crate::tables::screenshots::{self, NewScreenshotRow};
use crate::utc_day::UtcDay;
use data_encoding::HEXLOWER;
use model::{Record, Screenshot, Timestamp};

/// Stores a screenshot and its facts; the record's number. After an error neither file nor row is left.
pub(crate) fn add_screenshot(
    writer: &mut Writer,
    shot: &Screenshot,
    encoded: &[u8],
    at: Timestamp,
) -> Result<u64, JournalError> {
    if HEXLOWER.encode(&hash_bytes(encoded)) != shot.sha256 {
        return Err(JournalError::ScreenshotMismatch { what: "sha256" });
    }
    if encoded.len() as u64 != shot.bytes {
        return Err(JournalError::ScreenshotMismatch { what: "size" });
    }
    writer.reverify()?;
    let day = UtcDay::of(shot.at);
    let seq = writer.counters.next_seq;
    let file = write_file(&writer.db.dir, &writer.sealer, day, seq, encoded);
    let file = writer.note_io_error(file)?;
    let record = Record::Shot(shot.clone());
    let written = writer.write(at, |txn| {
        let seq = append_record(txn, &record)?;
        screenshots::insert_row(
            txn.tx,
            &NewScreenshotRow {
                seq,
                path: &file.path,
                sha256: file.sha256,
                bytes: file.bytes,
                media: &shot.media,
                day,
            },
        )?;
        Ok(seq)
    });
    if written.is_err() {
        if writer.suspect {
            // The row may be there after all, and then it needs its file.
            writer.uncertain_files.push(file.file);
        } else {
            // Best effort: the next start removes a file without a row.
            let _ = remove_file(&file.file);
        }
    }
    written
}

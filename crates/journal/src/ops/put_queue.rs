//! The order in which screenshots and segments go to the sink, and their acknowledgement.

use crate::database::Database;
use crate::error::JournalError;
use crate::object::{
    ObjectEncoding, ScreenshotFile, Segment, WaitingScreenshot, hash_bytes, parse_hash,
};
use crate::ops::open_screenshot::open_file;
use crate::tables::meta::{self, key};
use crate::tables::segments::{self, WaitingSegmentRow};
use crate::tables::{screenshots, sequence};
use data_encoding::HEXLOWER;
use model::Timestamp;

/// True when a segment is held back at `now`. A clock that was set back to before the freezing would hold for as long
/// as it was ahead; so it holds nothing.
fn is_held(now: Option<Timestamp>, frozen_at: Option<Timestamp>, not_before: Timestamp) -> bool {
    now.is_some_and(|now| (frozen_at.unwrap_or(Timestamp::MIN)..not_before).contains(&now))
}

/// The oldest `limit` screenshots that go before the segment [`next_segment`] gives, or the last ones when it gives none.
/// `now`: leave objects alone that are held back then.
pub(crate) fn next_screenshots(
    db: &Database,
    limit: usize,
    now: Option<Timestamp>,
) -> Result<Vec<WaitingScreenshot>, JournalError> {
    db.query("read the waiting screenshots", |conn| {
        let up_to = match segments::first_waiting(conn)? {
            Some((_, frozen, before)) if is_held(now, frozen, before) => return Ok(Vec::new()),
            Some((last_seq, ..)) => last_seq,
            // Screenshots that were lost and came back after their segment had gone.
            None => sequence::frozen_through(conn)?,
        };
        screenshots::waiting_rows(conn, up_to, limit)
    })
}

/// A screenshot's file as it is here; a missing or changed one is marked lost and waits no more.
pub(crate) fn open_screenshot_file(
    db: &Database,
    seq: u64,
) -> Result<ScreenshotFile, JournalError> {
    let file = open_file(db, seq);
    if let Err(JournalError::ScreenshotLost { .. }) = file {
        db.query("mark a screenshot lost", |conn| {
            screenshots::mark_lost(conn, seq)
        })?;
    }
    file
}

/// Notes that puts of these screenshots begin; those that still wait.
pub(crate) fn begin_screenshot_puts(
    db: &mut Database,
    shots: &[(u64, ObjectEncoding)],
) -> Result<Vec<u64>, JournalError> {
    db.change("note the begin of a put", |tx| {
        let mut waiting = Vec::with_capacity(shots.len());
        for (seq, encoding) in shots {
            if screenshots::note_put(tx, *seq, *encoding)? {
                waiting.push(*seq);
            }
        }
        Ok(waiting)
    })
}

/// The sink has a screenshot.
pub(crate) fn acknowledge_screenshot(
    db: &mut Database,
    seq: u64,
    encoding: ObjectEncoding,
    at: Timestamp,
) -> Result<(), JournalError> {
    let known = db.change("note an acknowledged screenshot", |tx| {
        meta::set_time(tx, key::LAST_ACK, at)?;
        screenshots::acknowledge(tx, seq, encoding, at)
    })?;
    if !known {
        return Err(JournalError::NoScreenshot { seq });
    }
    Ok(())
}

/// The oldest segment the sink does not have, unless it is held back or still to be made.
pub(crate) fn next_segment(
    db: &Database,
    now: Option<Timestamp>,
) -> Result<Option<Segment>, JournalError> {
    db.query("read the next segment", |conn| {
        let Some(WaitingSegmentRow {
            row,
            body,
            frozen_at,
            not_before,
        }) = segments::next_waiting(conn)?
        else {
            return Ok(None);
        };
        let is_unbuilt = body.is_none() && row.tried.never();
        if is_unbuilt || is_held(now, frozen_at, not_before) {
            return Ok(None);
        }
        Ok(Some(Segment {
            first_seq: row.first_seq,
            last_seq: row.last_seq,
            count: row.count,
            day: row.day,
            encoding: ObjectEncoding::of(row.encoding)?,
            body: body.filter(|body| hash_bytes(body) == row.sha256),
            bytes: row.bytes,
            sha256: HEXLOWER.encode(&row.sha256),
            readable: row.unsealed_digest(),
            tried: row.tried,
        }))
    })
}

/// Notes that a put of a segment begins; false when it was withdrawn meanwhile.
pub(crate) fn begin_segment_put(
    db: &mut Database,
    segment: &Segment,
    encoding: ObjectEncoding,
) -> Result<bool, JournalError> {
    let range = (segment.first_seq, segment.last_seq);
    let sha256 = parse_hash(&segment.sha256);
    db.change("note the begin of a put", |tx| {
        segments::note_put(tx, range, &sha256, encoding)
    })
}

/// The sink has a segment.
pub(crate) fn acknowledge_segment(
    db: &mut Database,
    (first_seq, last_seq): (u64, u64),
    encoding: ObjectEncoding,
    at: Timestamp,
) -> Result<(), JournalError> {
    let known = db.change("note an acknowledged segment", |tx| {
        let acknowledged = segments::is_acknowledged(tx, first_seq, last_seq)?;
        if acknowledged == Some(false) {
            let through = meta::acked_through(tx)?.max(last_seq);
            segments::acknowledge(tx, first_seq, encoding, at)?;
            meta::set_value(tx, key::ACKED_THROUGH, &through)?;
            meta::set_time(tx, key::LAST_ACK, at)?;
        }
        Ok(acknowledged.is_some())
    })?;
    if !known {
        return Err(JournalError::NoSegment {
            first_seq,
            last_seq,
        });
    }
    Ok(())
}

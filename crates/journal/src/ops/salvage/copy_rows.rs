//! Saving rows from a damaged database.
//!
//! Always true:
//! * A saved row is one that opens (structure and seal were both checked), or one whose key is not at hand, so that
//!   nobody here can tell; whoever has the key will.
//! * Frozen segments stay as they are, with the same bytes, so the sink gets no second object of the same records. (One
//!   exception: an answer of the sink was lost, and then the very row of that segment.)
//! * From when on the roll-ups tell everything is not saved, for some may be lost: until it is noted again, the records
//!   are read.

use super::leaf_scan::LeafScan;
use crate::sealed_row::SealedRow;
use crate::sealing::KeyRing;
use crate::tables::meta::{self, key};
use crate::tables::{records, segments};
use crate::utc_day::UtcDay;
use model::{DeviceId, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, Statement, Transaction, params};
use vault::SealError;

/// How many missing numbers in a row end the search for further rows when the last number is unknown.
const SEARCH: u64 = 2_000;
/// The same when a last number is claimed, which may itself be damaged.
const GIVE_UP: u64 = 1_000_000;
/// A number above this is damage: at ten records a second it takes 3,000 years.
const PLAUSIBLE_SEQ: i64 = 1 << 40;
/// A fact above this is damage: microseconds in the year 4253, or any smaller unit.
const PLAUSIBLE_US: i64 = 1 << 56;

/// Fills the new database.
pub(super) struct Salvager<'a> {
    to: &'a Transaction<'a>,
    device: &'a DeviceId,
    ring: &'a KeyRing,
    /// The damaged file's own leaves.
    pages: Option<LeafScan>,
    /// The highest number seen anywhere.
    seen: u64,
    salvaged: u64,
    erased: u64,
}

/// The columns of a segment.
const SEGMENT: &str = "first_seq, last_seq, day, count, size, sha256, body, acked, form, tried,
    plain_sha256, plain_size, frozen_us, acked_us, not_before_us, manifest";
/// The same of a screenshot.
const BLOB: &str = "seq, path, sha256, size, stored, media, day, place, acked, form, tried,
    plain_sha256, plain_size, acked_us, manifest";

/// Every readable row of a query; the first unreadable one ends it.
fn readable_rows<T>(
    from: &Connection,
    sql: &str,
    mut row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Vec<T> {
    let mut out = Vec::new();
    let Ok(mut query) = from.prepare(sql) else {
        return out;
    };
    let Ok(mut rows) = query.query([]) else {
        return out;
    };
    while let Ok(Some(found)) = rows.next() {
        if let Ok(value) = row(found) {
            out.push(value);
        }
    }
    out
}

impl<'a> Salvager<'a> {
    /// `pages`: of the damaged file, if it can be read. `seen`: the highest number known to have been in use.
    pub(super) fn new(
        to: &'a Transaction<'a>,
        device: &'a DeviceId,
        ring: &'a KeyRing,
        pages: Option<LeafScan>,
        seen: u64,
    ) -> Self {
        Self {
            to,
            device,
            ring,
            pages,
            seen,
            salvaged: 0,
            erased: 0,
        }
    }

    /// Notes a number that was in use.
    fn note_seen(&mut self, seq: i64) {
        if seq < PLAUSIBLE_SEQ {
            self.seen = self.seen.max(u64::try_from(seq).unwrap_or(0));
        }
    }

    /// Saves the readable rows of `from`.
    pub(super) fn save_all(&mut self, from: &Connection) -> rusqlite::Result<()> {
        self.save_meta(from)?;
        self.save_sessions(from)?;
        self.save_segments(from)?;
        self.save_records(from)?;
        self.save_erased(from)?;
        self.save_manifests(from)?;
        let pending = "pending (run, id, session, sealed)";
        self.copy_rows(
            from,
            pending,
            "SELECT run, id, session, sealed FROM pending",
            4,
        )?;
        let rollup = "rollup (slot, session, sealed)";
        self.copy_rows(from, rollup, "SELECT slot, session, sealed FROM rollup", 3)
    }

    /// From both ends: one bad page in the middle does not hide the rows behind it.
    fn save_manifests(&self, from: &Connection) -> rusqlite::Result<()> {
        let columns = "no, day, through, sha256, size, body, at_us, acked";
        for order in ["ASC", "DESC"] {
            let select = format!("SELECT {columns} FROM manifest ORDER BY no {order}");
            self.copy_rows(from, &format!("manifest ({columns})"), &select, 8)?;
        }
        let columns = "first_seq, last_seq, day, sha256, form, media, at_us, manifest";
        let select = format!("SELECT {columns} FROM tombstone");
        self.copy_rows(from, &format!("tombstone ({columns})"), &select, 8)
    }

    fn save_meta(&mut self, from: &Connection) -> rusqlite::Result<()> {
        let facts = readable_rows(from, "SELECT key, value FROM meta", |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, Value>(1)?))
        });
        for (key, value) in facts {
            // A fact of the wrong type is damage too.
            match (key.as_str(), &value) {
                (key::SEQ_FLOOR, Value::Integer(floor)) => self.note_seen(*floor),
                (key::NOTE, Value::Text(_)) => {}
                (key::ACKED_THROUGH, Value::Integer(seq)) if *seq < PLAUSIBLE_SEQ => {
                    self.note_seen(*seq);
                }
                (
                    key::EPOCH
                    | key::LAST_DURABLE
                    | key::LAST_ACK
                    | key::RUN
                    | key::LOST
                    | key::KIT_SEQ
                    | key::KIT_ACKED
                    | key::KIT_LISTED,
                    Value::Integer(n),
                ) if (0..PLAUSIBLE_US).contains(n) => {}
                _ => continue,
            }
            meta::set_value(self.to, &key, &value)?;
        }
        // The last run cannot have ended cleanly.
        meta::set_value(self.to, key::CLEAN, &0)
    }

    fn save_sessions(&mut self, from: &Connection) -> rusqlite::Result<()> {
        let mut insert = self.to.prepare(
            "INSERT OR IGNORE INTO session (no, id, wrapped_key, schema, day)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        // From both ends: one bad page in the middle does not hide the rows behind it.
        for order in ["ASC", "DESC"] {
            let sql =
                format!("SELECT no, id, wrapped_key, schema, day FROM session ORDER BY no {order}");
            for row in readable_rows(from, &sql, all_columns::<5>) {
                insert_row(&mut insert, row)?;
            }
        }
        Ok(())
    }

    fn save_segments(&mut self, from: &Connection) -> rusqlite::Result<()> {
        let sql = format!(
            "INSERT OR IGNORE INTO segment ({SEGMENT}) VALUES ({})",
            placeholders(16)
        );
        let mut insert = self.to.prepare(&sql)?;
        for order in ["ASC", "DESC"] {
            // An encoding that was never written is damage, unless the segment is still to be made.
            let sql = format!(
                "SELECT {SEGMENT} FROM segment
                 WHERE form IN (1, 2) OR (acked = 0 AND tried = 0 AND body IS NULL)
                 ORDER BY first_seq {order}"
            );
            for row in readable_rows(from, &sql, all_columns::<16>) {
                if let Some(Value::Integer(last)) = row.get(1) {
                    self.note_seen(*last);
                }
                // A body that was damaged is found out by its hash, before it is sent.
                insert_row(&mut insert, row)?;
            }
        }
        Ok(())
    }

    fn save_records(&mut self, from: &Connection) -> rusqlite::Result<()> {
        if let Ok(last) = from.query_row("SELECT max(seq) FROM record", [], |row| {
            row.get::<_, Option<i64>>(0)
        }) {
            self.note_seen(last.unwrap_or(0));
        }
        let sql = "SELECT sealed, session, day, open_id FROM record WHERE seq = ?1";
        let Ok(mut find) = from.prepare(sql) else {
            return Ok(());
        };
        let mut key = self
            .to
            .prepare("SELECT id, wrapped_key, schema FROM session WHERE no = ?1")?;
        let mut insert = self.to.prepare(
            "INSERT INTO record (seq, session, day, total, sealed, open_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        let (mut total, mut missing) = (0u64, 0u64);
        let mut seq = 0;
        while missing < SEARCH || (seq < self.seen && missing < GIVE_UP) {
            seq += 1;
            missing += 1;
            let row = find.query_row([seq], |row| {
                let sealed: Vec<u8> = row.get(0)?;
                let open_id: Option<u64> = row.get(3)?;
                Ok((
                    sealed,
                    row.get::<_, i64>(1)?,
                    row.get::<_, i32>(2)?,
                    open_id,
                ))
            });
            // Where the way to a row is broken, the row itself may not be.
            let row = row.ok().or_else(|| {
                let found = self.pages.as_ref()?.find_record(seq)?;
                Some((found.sealed, found.session, found.day, found.open_id))
            });
            let Some((sealed, session, day, open_id)) = row else {
                continue;
            };
            self.seen = self.seen.max(seq);
            let row = key
                .query_row([session], |row| {
                    Ok(SealedRow {
                        seq,
                        sealed,
                        open_id,
                        session: row.get(0)?,
                        wrapped_key: row.get(1)?,
                        schema: row.get(2)?,
                    })
                })
                .optional()?;
            let Some(row) = row else {
                continue;
            };
            match row.open_content(self.device, self.ring) {
                Ok(_) | Err(SealError::Key { .. }) => {}
                Err(_) => continue,
            }
            total += row.sealed.len() as u64;
            insert.execute(params![seq, session, day, total, row.sealed, open_id])?;
            self.salvaged += 1;
            missing = 0;
            self.save_blob(from, seq)?;
        }
        Ok(())
    }

    fn save_blob(&self, from: &Connection, seq: u64) -> rusqlite::Result<()> {
        let row = from
            .prepare_cached(&format!(
                "SELECT {BLOB} FROM blob WHERE seq = ?1 AND form = 1"
            ))
            .and_then(|mut s| s.query_row([seq], all_columns::<15>));
        if let Ok(row) = row {
            let sql = format!("INSERT INTO blob ({BLOB}) VALUES ({})", placeholders(15));
            insert_row(&mut *self.to.prepare_cached(&sql)?, row)?;
        }
        Ok(())
    }

    /// The rows that explain missing numbers; a row about numbers that are there is damage.
    fn save_erased(&mut self, from: &Connection) -> rusqlite::Result<()> {
        let sql = "SELECT first_seq, last_seq, first_day, last_day, at_us FROM erased";
        let found = readable_rows(from, sql, |row| {
            let days: (i32, i32) = (row.get(2)?, row.get(3)?);
            Ok((row.get(0)?, row.get(1)?, days, row.get::<_, i64>(4)?))
        });
        for (first, last, days, at) in found {
            let (first, last): (i64, i64) = (first, last);
            if first < 1 || last < first || last >= PLAUSIBLE_SEQ {
                continue;
            }
            let range = (first.cast_unsigned(), last.cast_unsigned());
            if records::any_between(self.to, range.0, range.1)? {
                continue;
            }
            let kept = self
                .to
                .prepare_cached("INSERT OR IGNORE INTO erased VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![first, last, days.0, days.1, at])?;
            self.note_seen(last);
            if kept > 0 {
                self.erased += last.abs_diff(first) + 1;
            }
        }
        Ok(())
    }

    fn copy_rows(
        &self,
        from: &Connection,
        table: &str,
        select: &str,
        columns: usize,
    ) -> rusqlite::Result<()> {
        let sql = format!(
            "INSERT OR IGNORE INTO {table} VALUES ({})",
            placeholders(columns)
        );
        let mut insert = self.to.prepare(&sql)?;
        let row = |row: &Row<'_>| (0..columns).map(|n| row.get(n)).collect();
        for row in readable_rows(from, select, row) {
            insert_row(&mut insert, row)?;
        }
        Ok(())
    }

    /// Segments whose rows were lost: those that the sink has stay done, and those that wait between others are made
    /// again.
    fn mend_segments(&self) -> rusqlite::Result<()> {
        let known: u64 = meta::read_value(self.to, key::ACKED_THROUGH)
            .ok()
            .flatten()
            .unwrap_or(0);
        let acked: u64 = self.to.query_row(
            "SELECT coalesce(max(last_seq), 0) FROM segment WHERE acked <> 0",
            [],
            |row| row.get(0),
        )?;
        let acked = acked.max(known).min(self.seen);
        meta::set_value(self.to, key::ACKED_THROUGH, &acked)?;
        let waiting: Vec<(u64, u64, i32)> = self
            .to
            .prepare(
                "SELECT first_seq, last_seq, day FROM segment WHERE acked = 0 ORDER BY first_seq",
            )?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let mut done = acked;
        for (first, last, day) in waiting {
            if first > done + 1 {
                segments::insert_unbuilt(
                    self.to,
                    done + 1,
                    first - 1,
                    UtcDay(day),
                    Timestamp::UNIX_EPOCH,
                )?;
            }
            done = done.max(last);
        }
        Ok(())
    }

    /// Stores the known sequence numbers.
    pub(super) fn save_numbers(&self) -> rusqlite::Result<()> {
        let before: u64 = meta::read_value(self.to, key::LOST)
            .ok()
            .flatten()
            .unwrap_or(0);
        self.mend_segments()?;
        let lost = self.seen.saturating_sub(self.salvaged + self.erased);
        meta::set_value(self.to, key::LOST, &lost)?;
        meta::set_value(self.to, key::LOST_LAST, &lost.saturating_sub(before))?;
        meta::set_value(self.to, key::SEQ_FLOOR, &self.seen)?;
        meta::set_value(self.to, key::DEVICE, &self.device.as_str())
    }
}

fn all_columns<const N: usize>(row: &Row<'_>) -> rusqlite::Result<Vec<Value>> {
    (0..N).map(|n| row.get(n)).collect()
}

/// `?, ?, …`
fn placeholders(columns: usize) -> String {
    vec!["?"; columns].join(", ")
}

/// Inserts a row; one that does not fit (a key that is lost, a value of the wrong type) is left out.
fn insert_row(insert: &mut Statement<'_>, row: Vec<Value>) -> rusqlite::Result<()> {
    match insert.execute(rusqlite::params_from_iter(row)) {
        Err(e) if e.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => Ok(()),
        done => done.map(drop),
    }
}

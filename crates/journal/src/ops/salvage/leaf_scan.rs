//! Records read from the leaves of a damaged file itself, where the pages that lead to them are broken.
//!
//! Always true:
//! * Only the file is read, and only where no page of the log is newer: replaced or removed rows do not come back.
//!   (Freed room is overwritten when it is freed, so no old row lies in it.)
//! * A row found here has the shape of a record in every column; whoever asks judges its content as that of any other.
//!
//! The format is <https://www.sqlite.org/fileformat2.html>, sections 1.5, 1.6, 2.1 and 4.1.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// SQLite's page size, which the journal never changes.
pub(super) const PAGE: usize = 4096;
/// SQLite's files beside a database.
pub(super) const COMPANIONS: [&str; 2] = ["-wal", "-shm"];
/// A leaf of a table.
const LEAF: u8 = 13;
/// The log's header and that of each page in it, in bytes.
const LOG_HEADER: u64 = 32;
const FRAME_HEADER: usize = 24;
/// A row that fills more pages than this is none.
const MOST_OVERFLOW: usize = 64;

/// A record's row as it lies there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ScannedRecord {
    pub(super) sealed: Vec<u8>,
    pub(super) session: i64,
    pub(super) day: i32,
    pub(super) open_id: Option<u64>,
}

/// Where the records lie.
#[derive(Debug)]
pub(super) struct LeafScan {
    file: File,
    /// Number of a record and the page it was found on.
    at: BTreeMap<u64, u32>,
    /// Pages that the log replaces.
    newer: BTreeSet<u32>,
}

/// A value of a row.
enum SqliteValue<'a> {
    Nothing,
    Number(i64),
    Blob(&'a [u8]),
    Other,
}

/// The path of a file that SQLite keeps beside a database.
pub(super) fn companion_path(database: &Path, companion: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(companion);
    name.into()
}

fn read_number(bytes: &[u8]) -> Option<u64> {
    (bytes.len() <= 8).then(|| bytes.iter().fold(0, |n, byte| n << 8 | u64::from(*byte)))
}

fn read_short(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(read_number(bytes.get(at..at + 2)?)?).ok()
}

/// A number of one to nine bytes, and the bytes after it.
fn read_varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for n in 0..8 {
        let byte = *bytes.get(n)?;
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(n + 1..)?));
        }
    }
    Some((value << 8 | u64::from(*bytes.get(8)?), bytes.get(9..)?))
}

/// A value of the serial type `kind`, and the bytes after it.
fn read_value(kind: u64, body: &[u8]) -> Option<(SqliteValue<'_>, &[u8])> {
    let size = match kind {
        0 | 8 | 9 => 0,
        1..=4 => usize::try_from(kind).ok()?,
        5 => 6,
        6 | 7 => 8,
        10 | 11 => return None,
        _ => usize::try_from((kind - 12) / 2).ok()?,
    };
    let (bytes, rest) = body.split_at_checked(size)?;
    let cell = match kind {
        0 => SqliteValue::Nothing,
        1..=6 => {
            let unused = 64 - 8 * u32::try_from(size).ok()?;
            let value = read_number(bytes)? << unused;
            SqliteValue::Number(i64::from_ne_bytes(value.to_ne_bytes()) >> unused)
        }
        8 => SqliteValue::Number(0),
        9 => SqliteValue::Number(1),
        _ if kind >= 12 && kind.is_multiple_of(2) => SqliteValue::Blob(bytes),
        _ => SqliteValue::Other,
    };
    Some((cell, rest))
}

/// A row of `record`; none when it has another shape.
fn parse_record(payload: &[u8]) -> Option<ScannedRecord> {
    let (header, after) = read_varint(payload)?;
    let header_size = usize::try_from(header).ok()?;
    let mut kinds = after.get(..header_size.checked_sub(payload.len() - after.len())?)?;
    let mut body = payload.get(header_size..)?;
    let mut cells = Vec::new();
    while !kinds.is_empty() {
        let (kind, more) = read_varint(kinds)?;
        let (value, rest) = read_value(kind, body)?;
        (kinds, body) = (more, rest);
        cells.push(value);
        if cells.len() > 6 {
            return None;
        }
    }
    let mut cells = cells.into_iter();
    let (
        Some(SqliteValue::Nothing),
        Some(SqliteValue::Number(session)),
        Some(SqliteValue::Number(day)),
        Some(SqliteValue::Number(_)),
        Some(SqliteValue::Blob(sealed)),
    ) = (
        cells.next(),
        cells.next(),
        cells.next(),
        cells.next(),
        cells.next(),
    )
    else {
        return None;
    };
    let open_id = match cells.next() {
        Some(SqliteValue::Nothing) => None,
        Some(SqliteValue::Number(id)) => Some(u64::try_from(id).ok()?),
        _ => return None,
    };
    Some(ScannedRecord {
        sealed: sealed.to_owned(),
        session,
        day: i32::try_from(day).ok()?,
        open_id,
    })
}

/// The number of a cell's row, and the size and the start of its content.
fn read_row(page: &[u8], n: usize) -> Option<(u64, usize, &[u8])> {
    let (size, rest) = read_varint(page.get(read_short(page, 8 + 2 * n)?..)?)?;
    let (seq, rest) = read_varint(rest)?;
    Some((seq, usize::try_from(size).ok()?, rest))
}

impl LeafScan {
    /// Looks for records on all leaves of `damaged`.
    pub(super) fn new(damaged: &Path) -> io::Result<Self> {
        let mut pages = Self {
            file: File::open(damaged)?,
            at: BTreeMap::new(),
            newer: pages_in_log(&companion_path(damaged, COMPANIONS[0]))?,
        };
        let mut number = 0;
        while let Some(page) = pages.read_page(number + 1) {
            number += 1;
            if page.first() != Some(&LEAF) {
                continue;
            }
            for n in 0..read_short(&page, 3).unwrap_or(0).min(PAGE / 2) {
                let Some((seq, size, rest)) = read_row(&page, n) else {
                    continue;
                };
                if pages
                    .read_payload(size, rest)
                    .and_then(|p| parse_record(&p))
                    .is_some()
                {
                    pages.at.insert(seq, number);
                }
            }
        }
        Ok(pages)
    }

    /// The record of a number.
    pub(super) fn find_record(&self, seq: u64) -> Option<ScannedRecord> {
        let page = self.read_page(*self.at.get(&seq)?)?;
        (0..read_short(&page, 3)?.min(PAGE / 2)).find_map(|n| {
            let (found, size, rest) = read_row(&page, n)?;
            if found != seq {
                return None;
            }
            parse_record(&self.read_payload(size, rest)?)
        })
    }

    /// A page, counted from 1; an empty one where the log has a newer one, and none after the last.
    fn read_page(&self, number: u32) -> Option<Vec<u8>> {
        let at = u64::from(number.checked_sub(1)?) * PAGE as u64;
        let mut page = vec![0; PAGE];
        let mut file = &self.file;
        file.seek(SeekFrom::Start(at)).ok()?;
        file.read_exact(&mut page).ok()?;
        if self.newer.contains(&number) {
            page.clear();
        }
        Some(page)
    }

    /// The content of a cell, the part on further pages included.
    fn read_payload(&self, size: usize, begin: &[u8]) -> Option<Vec<u8>> {
        let (most, least) = (PAGE - 35, (PAGE - 12) * 32 / 255 - 23);
        if size <= most {
            return Some(begin.get(..size)?.to_owned());
        }
        if size > PAGE * MOST_OVERFLOW {
            return None;
        }
        let here = match least + (size - least) % (PAGE - 4) {
            here if here <= most => here,
            _ => least,
        };
        let mut out = begin.get(..here)?.to_owned();
        let mut next = u32::try_from(read_number(begin.get(here..here + 4)?)?).ok()?;
        while out.len() < size {
            let page = self.read_page(next)?;
            next = u32::try_from(read_number(page.get(..4)?)?).ok()?;
            let part = (size - out.len()).min(PAGE - 4);
            out.extend_from_slice(page.get(4..4 + part)?);
        }
        Some(out)
    }
}

/// The pages of which the log has a newer content, or had.
fn pages_in_log(log: &Path) -> io::Result<BTreeSet<u32>> {
    let mut out = BTreeSet::new();
    let mut file = match File::open(log) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(out),
        file => file?,
    };
    let mut at = LOG_HEADER;
    let mut header = [0; FRAME_HEADER];
    loop {
        file.seek(SeekFrom::Start(at))?;
        match file.read_exact(&mut header) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(out),
            read => read?,
        }
        let page = header
            .get(..4)
            .and_then(read_number)
            .and_then(|n| u32::try_from(n).ok());
        out.extend(page);
        at += (FRAME_HEADER + PAGE) as u64;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use rusqlite::{Connection, params};

    /// A table like that of the journal, with rows of every size.
    fn table(dir: &Path) -> (std::path::PathBuf, Vec<ScannedRecord>) {
        let path = dir.join("a.db");
        let conn = Connection::open(&path).unwrap();
        conn.execute_batch(
            "CREATE TABLE record (seq INTEGER PRIMARY KEY, session INTEGER, day INTEGER,
                                  total INTEGER, sealed BLOB, open_id INTEGER);
             CREATE TABLE other (a INTEGER PRIMARY KEY, b INTEGER, c INTEGER, d INTEGER, e TEXT, f INTEGER);
             INSERT INTO other VALUES (3, 1, 1, 1, 'no record', NULL);",
        )
        .unwrap();
        let mut expected = Vec::new();
        for n in 0..400u32 {
            let size = match n % 40 {
                7 => 4061 + usize::try_from(n).unwrap(),
                8 => 40_000,
                _ => usize::try_from(n).unwrap(),
            };
            let row = ScannedRecord {
                sealed: vec![u8::try_from(n % 251).unwrap(); size],
                session: i64::from(n).pow(3) - 5,
                day: i32::try_from(n).unwrap() - 1,
                open_id: (n > 5 && n % 3 == 0).then_some(u64::from(n) << 20),
            };
            conn.execute(
                "INSERT INTO record (seq, session, day, total, sealed) VALUES (?1, ?2, ?3, 1, ?4)",
                params![n + 1, row.session, row.day, row.sealed],
            )
            .unwrap();
            if let Some(id) = row.open_id {
                let id = i64::try_from(id).unwrap();
                conn.execute(
                    "UPDATE record SET open_id = ?1 WHERE seq = ?2",
                    params![id, n + 1],
                )
                .unwrap();
            }
            expected.push(row);
        }
        (path, expected)
    }

    #[test]
    fn every_row_is_found_without_the_pages_that_lead_to_it() {
        let dir = tempfile::TempDir::new().unwrap();
        let (path, expected) = table(dir.path());
        let mut bytes = std::fs::read(&path).unwrap();
        for page in bytes.chunks_mut(PAGE) {
            if page[0] == 5 {
                page.fill(0xa5);
            }
        }
        bytes[..PAGE].fill(0);
        std::fs::write(&path, bytes).unwrap();
        let pages = LeafScan::new(&path).unwrap();
        assert_eq!(pages.at.len(), expected.len());
        for (n, row) in (1u64..).zip(expected) {
            assert_eq!(pages.find_record(n).unwrap(), row, "{n}");
        }
        assert_eq!(pages.find_record(401), None);
    }

    #[test]
    fn rows_replaced_in_the_log_are_not_found() {
        let dir = tempfile::TempDir::new().unwrap();
        let (path, expected) = table(dir.path());
        let before = LeafScan::new(&path).unwrap();
        let page = before.at[&1];
        let mut log = vec![0; 32];
        log.extend(page.to_be_bytes());
        log.extend([0; 20]);
        log.extend([0; PAGE]);
        std::fs::write(dir.path().join("a.db-wal"), log).unwrap();
        let pages = LeafScan::new(&path).unwrap();
        assert_eq!(pages.find_record(1), None);
        assert!(pages.at.len() < expected.len());
        assert!(pages.find_record(400).is_some());
    }
}

//! A damaged database: set aside, saved row by row, replaced.
//!
//! Always true:
//! * The damaged files are renamed, never changed or deleted.
//! * The steps are written down first (`journal.salvage`), so a crash in between goes on where it stopped.
//! * The new database gets its name as the last step, whole; numbers go on above every number ever seen.
//! * A saved row is one that opens: structure and seal were both checked.

use crate::blobs::{self, SHOTS_DIR};
use crate::db::{self, key};
use crate::{DB_NAME, Day, JournalError, Quarantined, migrate};
use model::DeviceId;
use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension, Row, Statement, Transaction, params,
};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use vault::{Aad, Vault, disk};

/// The file that says which salvage is under way: first line the new name's stem, second the reason.
const MARK: &str = "journal.salvage";
/// The new database while it is filled.
const NEW_NAME: &str = "journal.db.new";
/// A copy to be mended when the damaged file itself cannot be opened; as large as it, and removed at the end.
const COPY_NAME: &str = "journal.db.copy";
/// SQLite's page size, which the journal never changes.
const PAGE: usize = 4096;
/// SQLite's files beside a database.
const COMPANIONS: [&str; 2] = ["-wal", "-shm"];
/// How many missing numbers in a row end the search for further rows when the last number is unknown.
const SEARCH: u64 = 2_000;
/// The same when a last number is claimed, which may itself be damaged.
const GIVE_UP: u64 = 1_000_000;
/// A number above this is damage: at ten records a second it takes 3,000 years.
const PLAUSIBLE_SEQ: i64 = 1 << 40;
/// A fact above this is damage: microseconds in the year 4253, or any smaller unit.
const PLAUSIBLE_US: i64 = 1 << 56;

/// Sets the database of `dir` aside and puts a new one with what could be saved in its place.
pub(crate) fn quarantine(
    dir: &Path,
    vault: &Vault,
    why: &str,
    now_us: i64,
) -> Result<Quarantined, JournalError> {
    let seconds = now_us.div_euclid(1_000_000);
    let in_day = seconds.rem_euclid(86_400);
    let time = format!(
        "{}T{:02}{:02}{:02}Z",
        Day::of_us(now_us),
        in_day / 3600,
        in_day / 60 % 60,
        in_day % 60
    );
    let mut stem = format!("journal-damaged-{time}");
    let mut n = 1;
    while dir.join(format!("{stem}.db")).exists() {
        n += 1;
        stem = format!("journal-damaged-{time}-{n}");
    }
    let mark = dir.join(MARK);
    let why: String = why.lines().collect::<Vec<_>>().join("; ");
    disk::write_durably(&mark, format!("{stem}\n{why}\n").as_bytes())
        .map_err(JournalError::io("write", &mark))?;
    go_on(dir, vault, &stem, &why)
}

/// Goes on with a salvage that a crash interrupted, if there is one.
pub(crate) fn resume(dir: &Path, vault: &Vault) -> Result<Option<Quarantined>, JournalError> {
    let mark = dir.join(MARK);
    let text = match fs::read_to_string(&mark) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text.map_err(JournalError::io("read", &mark))?,
    };
    let mut lines = text.lines();
    let stem = lines.next().unwrap_or_default().to_owned();
    let why = lines.next().unwrap_or_default().to_owned();
    if !stem.starts_with("journal-damaged-") || stem.contains(['/', '\\']) {
        return Err(JournalError::io("understand", &mark)(io::Error::new(
            io::ErrorKind::InvalidData,
            "it does not name a damaged journal; remove it",
        )));
    }
    go_on(dir, vault, &stem, &why).map(Some)
}

/// Every step may be repeated.
fn go_on(dir: &Path, vault: &Vault, stem: &str, why: &str) -> Result<Quarantined, JournalError> {
    let path = dir.join(DB_NAME);
    let damaged = dir.join(format!("{stem}.db"));
    if !(damaged.exists() && path.exists()) {
        rename(&path, &damaged)?;
        for companion in COMPANIONS {
            rename(&with(&path, companion), &with(&damaged, companion))?;
        }
        disk::sync_dir(dir).map_err(JournalError::io("sync", dir))?;
        fill(dir, vault, &damaged)?;
        rename(&dir.join(NEW_NAME), &path)?;
        disk::sync_dir(dir).map_err(JournalError::io("sync", dir))?;
    }
    let (salvaged, lost) = numbers(&path)?;
    let mark = dir.join(MARK);
    fs::remove_file(&mark).map_err(JournalError::io("remove", &mark))?;
    Ok(Quarantined {
        path: damaged,
        why: why.to_owned(),
        salvaged,
        lost,
    })
}

fn with(path: &Path, companion: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(companion);
    name.into()
}

/// A missing file was renamed already, or never was.
fn rename(from: &Path, to: &Path) -> Result<(), JournalError> {
    match fs::rename(from, to) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done.map_err(JournalError::io("set aside", from)),
    }
}

/// How many records the new database holds, and how many this salvage lost.
fn numbers(path: &Path) -> Result<(u64, u64), JournalError> {
    let conn = db::connect(path, db::Use::Look)?;
    let salvaged = conn
        .query_row("SELECT count(*) FROM record", [], |row| row.get(0))
        .map_err(JournalError::sqlite("count the records", path))?;
    let lost = db::meta(&conn, path, "lost_last")?.unwrap_or(0);
    Ok((salvaged, lost))
}

/// Makes the new database and copies into it what opens.
fn fill(dir: &Path, vault: &Vault, damaged: &Path) -> Result<(), JournalError> {
    let new = dir.join(NEW_NAME);
    for stale in [new.clone(), with(&new, "-journal")] {
        remove(&stale)?;
    }
    disk::new_private_file(&new).map_err(JournalError::io("create", &new))?;
    let failed = || JournalError::sqlite("save records into", &new);
    let mut conn = Connection::open(&new).map_err(failed())?;
    conn.pragma_update(None, "synchronous", "full")
        .map_err(failed())?;
    migrate::run(&mut conn, &new)?;
    let tx = conn.transaction().map_err(failed())?;
    let mut saver = Saver {
        to: &tx,
        device: DeviceId::parse(vault.device()),
        vault,
        seen: last_seq_of_files(dir),
        salvaged: 0,
    };
    let copy = dir.join(COPY_NAME);
    let from = match look(damaged) {
        Ok(from) => Some(from),
        Err(_) => with_new_head(damaged, &copy)?,
    };
    // What cannot be asked anything saves nothing, but the numbers go on.
    if let Some(from) = from {
        saver.save_all(&from).map_err(failed())?;
    }
    for file in [
        copy.clone(),
        with(&copy, COMPANIONS[0]),
        with(&copy, COMPANIONS[1]),
    ] {
        remove(&file)?;
    }
    saver.finish().map_err(failed())?;
    tx.commit().map_err(failed())?;
    conn.close().map_err(|(_, e)| failed()(e))
}

fn remove(path: &Path) -> Result<(), JournalError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(JournalError::io("remove", path)(e)),
        _ => Ok(()),
    }
}

/// The first page holds the header and where each table begins; without it SQLite reads nothing. The tables were made
/// by the same steps in every journal, so the first page of an empty one fits: a copy of the damaged file gets it.
/// `None` when that does not help.
fn with_new_head(damaged: &Path, copy: &Path) -> Result<Option<Connection>, JournalError> {
    let failed = || JournalError::sqlite("make a first page in", copy);
    let head = {
        remove(copy)?;
        disk::new_private_file(copy).map_err(JournalError::io("create", copy))?;
        let mut conn = Connection::open(copy).map_err(failed())?;
        migrate::run(&mut conn, copy)?;
        conn.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))
            .map_err(failed())?;
        conn.close().map_err(|(_, e)| failed()(e))?;
        let mut head = fs::read(copy).map_err(JournalError::io("read", copy))?;
        head.truncate(PAGE);
        // Size of the database: 0 means "ask the file system". Free pages: none known.
        // (sqlite.org/fileformat2.html, section 1.3)
        if let Some(numbers) = head.get_mut(28..40) {
            numbers.fill(0);
        }
        head
    };
    let copied = fs::copy(damaged, copy).and_then(|_| {
        let (from, to) = (with(damaged, COMPANIONS[0]), with(copy, COMPANIONS[0]));
        if from.exists() {
            fs::copy(from, to)?;
        }
        disk::only_mine(copy)?;
        OpenOptions::new().write(true).open(copy)?.write_all(&head)
    });
    copied.map_err(JournalError::io("copy the damaged journal to", copy))?;
    Ok(look(copy).ok())
}

/// Opens the damaged database so that nothing in it changes.
fn look(damaged: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(damaged, flags)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    conn.pragma_update(None, "query_only", true)?;
    // Fails when the first page does not say where the tables are.
    for table in ["meta", "session", "record", "pending", "blob", "segment"] {
        conn.prepare(&format!("SELECT 1 FROM {table}"))?;
    }
    Ok(conn)
}

/// The highest number in the names of the picture files.
fn last_seq_of_files(dir: &Path) -> u64 {
    let names = |dir: &Path| {
        fs::read_dir(dir)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect::<Vec<_>>()
    };
    names(&dir.join(SHOTS_DIR))
        .iter()
        .flat_map(|day| names(day))
        .filter_map(|file| blobs::seq_of(file.file_name()?.to_str()?))
        .max()
        .unwrap_or(0)
}

struct Saver<'a> {
    to: &'a Transaction<'a>,
    device: Option<DeviceId>,
    vault: &'a Vault,
    /// The highest number seen anywhere.
    seen: u64,
    salvaged: u64,
}

/// Every readable row of a query; the first unreadable one ends it.
fn readable<T>(
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

impl Saver<'_> {
    /// Notes a number that was in use.
    fn see(&mut self, seq: i64) {
        if seq < PLAUSIBLE_SEQ {
            self.seen = self.seen.max(u64::try_from(seq).unwrap_or(0));
        }
    }

    fn save_all(&mut self, from: &Connection) -> rusqlite::Result<()> {
        self.save_meta(from)?;
        self.save_sessions(from)?;
        self.save_segments(from)?;
        self.save_records(from)?;
        self.save_pending(from)
    }

    fn save_meta(&mut self, from: &Connection) -> rusqlite::Result<()> {
        let facts = readable(from, "SELECT key, value FROM meta", |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, Value>(1)?))
        });
        for (key, value) in facts {
            // A fact of the wrong type is damage too.
            match (key.as_str(), &value) {
                (key::SEQ_FLOOR, Value::Integer(floor)) => self.see(*floor),
                (key::NOTE, Value::Text(_)) => {}
                (
                    key::EPOCH | key::LAST_DURABLE | key::LAST_ACK | key::RUN | key::LOST,
                    Value::Integer(n),
                ) if (0..PLAUSIBLE_US).contains(n) => {}
                _ => continue,
            }
            db::set_meta(self.to, &key, &value)?;
        }
        // The last run cannot have ended cleanly.
        db::set_meta(self.to, key::CLEAN, &0)
    }

    fn save_sessions(&mut self, from: &Connection) -> rusqlite::Result<()> {
        let mut insert = self.to.prepare(
            "INSERT OR IGNORE INTO session (no, id, wrapped_key, schema, day)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        // From both ends: one bad page in the middle does not hide what lies behind it.
        for order in ["ASC", "DESC"] {
            let sql =
                format!("SELECT no, id, wrapped_key, schema, day FROM session ORDER BY no {order}");
            for row in readable(from, &sql, all_columns::<5>) {
                put(&mut insert, row)?;
            }
        }
        Ok(())
    }

    fn save_segments(&mut self, from: &Connection) -> rusqlite::Result<()> {
        let mut insert = self.to.prepare(
            "INSERT OR IGNORE INTO segment
             (first_seq, last_seq, day, count, size, sha256, session, body, acked)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        for order in ["ASC", "DESC"] {
            let sql = format!(
                "SELECT first_seq, last_seq, day, count, size, sha256, session, body, acked
                 FROM segment ORDER BY first_seq {order}"
            );
            for row in readable(from, &sql, all_columns::<9>) {
                if let Some(Value::Integer(last)) = row.get(1) {
                    self.see(*last);
                }
                // A body whose key is lost is made again from its records.
                put(&mut insert, row)?;
            }
        }
        Ok(())
    }

    fn save_records(&mut self, from: &Connection) -> rusqlite::Result<()> {
        if let Ok(last) = from.query_row("SELECT max(seq) FROM record", [], |row| {
            row.get::<_, Option<i64>>(0)
        }) {
            self.see(last.unwrap_or(0));
        }
        let opener = self.vault.opener();
        let device = self.vault.device();
        let Ok(mut find) =
            from.prepare("SELECT seq, sealed, session, day FROM record WHERE seq = ?1")
        else {
            return Ok(());
        };
        let mut key = self
            .to
            .prepare("SELECT id, wrapped_key, schema FROM session WHERE no = ?1")?;
        let mut insert = self.to.prepare(
            "INSERT INTO record (seq, session, day, total, sealed) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        let (mut total, mut missing) = (0u64, 0u64);
        let mut seq = 0;
        while missing < SEARCH || (seq < self.seen && missing < GIVE_UP) {
            seq += 1;
            missing += 1;
            let row = find.query_row([seq], |row| {
                let sealed: Vec<u8> = row.get(1)?;
                Ok((sealed, row.get::<_, i64>(2)?, row.get::<_, i32>(3)?))
            });
            let Ok((sealed, session, day)) = row else {
                continue;
            };
            self.seen = self.seen.max(seq);
            let found: Option<([u8; 16], Vec<u8>, u32)> = key
                .query_row([session], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?;
            let Some((id, wrapped, schema)) = found else {
                continue;
            };
            let aad = Aad {
                device,
                session: &id,
                seq,
                schema,
                what: "record",
            };
            if opener.open(&wrapped, &aad, &sealed).is_err() {
                continue;
            }
            total += sealed.len() as u64;
            insert.execute(params![seq, session, day, total, sealed])?;
            self.salvaged += 1;
            missing = 0;
            self.save_blob(from, seq)?;
        }
        Ok(())
    }

    fn save_blob(&self, from: &Connection, seq: u64) -> rusqlite::Result<()> {
        let row = from
            .prepare_cached(
                "SELECT seq, path, sha256, size, stored, media, day, place, acked
                 FROM blob WHERE seq = ?1",
            )
            .and_then(|mut s| s.query_row([seq], all_columns::<9>));
        if let Ok(row) = row {
            let mut insert = self
                .to
                .prepare_cached("INSERT INTO blob VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?;
            put(&mut insert, row)?;
        }
        Ok(())
    }

    fn save_pending(&self, from: &Connection) -> rusqlite::Result<()> {
        let mut insert = self.to.prepare(
            "INSERT OR IGNORE INTO pending (run, id, session, sealed) VALUES (?1, ?2, ?3, ?4)",
        )?;
        let sql = "SELECT run, id, session, sealed FROM pending";
        for row in readable(from, sql, all_columns::<4>) {
            put(&mut insert, row)?;
        }
        Ok(())
    }

    fn finish(&self) -> rusqlite::Result<()> {
        let path = Path::new(DB_NAME);
        let before: u64 = db::meta(self.to, path, key::LOST)
            .ok()
            .flatten()
            .unwrap_or(0);
        let lost = self.seen.saturating_sub(self.salvaged);
        db::set_meta(self.to, key::LOST, &lost)?;
        db::set_meta(self.to, "lost_last", &lost.saturating_sub(before))?;
        db::set_meta(self.to, key::SEQ_FLOOR, &self.seen)?;
        if let Some(device) = &self.device {
            db::set_meta(self.to, key::DEVICE, &device.as_str())?;
        }
        Ok(())
    }
}

fn all_columns<const N: usize>(row: &Row<'_>) -> rusqlite::Result<Vec<Value>> {
    (0..N).map(|n| row.get(n)).collect()
}

/// Inserts a row; one that does not fit (a key that is lost, a value of the wrong type) is left out.
fn put(insert: &mut Statement<'_>, row: Vec<Value>) -> rusqlite::Result<()> {
    match insert.execute(rusqlite::params_from_iter(row)) {
        Err(e) if e.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => Ok(()),
        done => done.map(drop),
    }
}

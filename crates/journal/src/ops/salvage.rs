//! A damaged database: set aside, saved row by row, replaced.
//!
//! Always true:
//! * The damaged files are renamed, never changed or deleted.
//! * The steps are written down first (`journal.salvage`), so a crash in between goes on where it stopped.
//! * The new database gets its name as the last step, whole; numbers go on above every number ever seen.
//!
//! [`copy_rows`] judges each row and saves it; [`leaf_scan`] finds records that SQLite does not reach.

mod copy_rows;
mod leaf_scan;

use crate::database::{AccessMode, DB_NAME};
use crate::error::JournalError;
use crate::ops::connect::{connect, create_tables, read_fact};
use crate::screenshot_files::{DAMAGED, last_seq_of_files};
use crate::sealing::KeyRing;
use crate::tables::meta::key;
use crate::tables::schema;
use crate::utc_day::UtcDay;
use copy_rows::Salvager;
use leaf_scan::{COMPANIONS, LeafScan, PAGE, companion_path};
use model::{DeviceId, Timestamp};
use platform::files;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The file that says which salvage is under way: first line the new name's stem, second the reason.
const MARK: &str = "journal.salvage";
/// The new database while it is filled.
const NEW_NAME: &str = "journal.db.new";
/// A copy to be mended when the damaged file itself cannot be opened; as large as it, and removed at the end.
const COPY_NAME: &str = "journal.db.copy";
/// A damaged database that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantineReport {
    /// Where the damaged file is now.
    pub path: PathBuf,
    /// The damage.
    pub why: String,
    /// Records saved from it.
    pub salvaged: u64,
    /// Records known to be missing.
    pub lost: u64,
}

/// Sets the database of `dir` aside and puts a new one with the saved records in its place.
pub(crate) fn quarantine_database(
    dir: &Path,
    device: &DeviceId,
    ring: &KeyRing,
    why: &str,
    now: Timestamp,
) -> Result<QuarantineReport, JournalError> {
    let seconds = now.as_seconds();
    let in_day = seconds.rem_euclid(86_400);
    let time = format!(
        "{}T{:02}{:02}{:02}Z",
        UtcDay::of(now),
        in_day / 3600,
        in_day / 60 % 60,
        in_day % 60
    );
    let mut stem = format!("{DAMAGED}{time}");
    let mut n = 1;
    while dir.join(format!("{stem}.db")).exists() {
        n += 1;
        stem = format!("{DAMAGED}{time}-{n}");
    }
    let mark = dir.join(MARK);
    let why: String = why.lines().collect::<Vec<_>>().join("; ");
    files::write_file_durably(&mark, format!("{stem}\n{why}\n").as_bytes())
        .map_err(JournalError::io("write", &mark))?;
    continue_salvage(dir, device, ring, &stem, &why)
}

/// Goes on with a salvage that a crash interrupted, if there is one.
pub(crate) fn resume_salvage(
    dir: &Path,
    device: &DeviceId,
    ring: &KeyRing,
) -> Result<Option<QuarantineReport>, JournalError> {
    let mark = dir.join(MARK);
    let text = match fs::read_to_string(&mark) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text.map_err(JournalError::io("read", &mark))?,
    };
    let mut lines = text.lines();
    let stem = lines.next().unwrap_or_default().to_owned();
    let why = lines.next().unwrap_or_default().to_owned();
    if !stem.starts_with(DAMAGED) || stem.contains(['/', '\\']) {
        return Err(JournalError::io("understand", &mark)(io::Error::new(
            io::ErrorKind::InvalidData,
            "it does not name a damaged journal; remove it",
        )));
    }
    continue_salvage(dir, device, ring, &stem, &why).map(Some)
}

/// Every step may be repeated.
fn continue_salvage(
    dir: &Path,
    device: &DeviceId,
    ring: &KeyRing,
    stem: &str,
    why: &str,
) -> Result<QuarantineReport, JournalError> {
    let path = dir.join(DB_NAME);
    let damaged = dir.join(format!("{stem}.db"));
    if !(damaged.exists() && path.exists()) {
        rename_if_present(&path, &damaged)?;
        for companion in COMPANIONS {
            rename_if_present(
                &companion_path(&path, companion),
                &companion_path(&damaged, companion),
            )?;
        }
        files::sync_dir(dir).map_err(JournalError::io("sync", dir))?;
        build_new_database(dir, device, ring, &damaged)?;
        rename_if_present(&dir.join(NEW_NAME), &path)?;
        files::sync_dir(dir).map_err(JournalError::io("sync", dir))?;
    }
    let (salvaged, lost) = read_numbers(&path)?;
    let mark = dir.join(MARK);
    fs::remove_file(&mark).map_err(JournalError::io("remove", &mark))?;
    Ok(QuarantineReport {
        path: damaged,
        why: why.to_owned(),
        salvaged,
        lost,
    })
}

/// A missing file was renamed already, or never was.
fn rename_if_present(from: &Path, to: &Path) -> Result<(), JournalError> {
    match fs::rename(from, to) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done.map_err(JournalError::io("set aside", from)),
    }
}

/// How many records the new database holds, and how many this salvage lost.
fn read_numbers(path: &Path) -> Result<(u64, u64), JournalError> {
    let conn = connect(path, AccessMode::Read)?;
    let salvaged = conn
        .query_row("SELECT count(*) FROM record", [], |row| row.get(0))
        .map_err(JournalError::sqlite("count the records", path))?;
    let lost = read_fact(&conn, path, key::LOST_LAST)?.unwrap_or(0);
    Ok((salvaged, lost))
}

/// Creates the new database and copies every record that opens into it.
fn build_new_database(
    dir: &Path,
    device: &DeviceId,
    ring: &KeyRing,
    damaged: &Path,
) -> Result<(), JournalError> {
    let new = dir.join(NEW_NAME);
    for stale in [new.clone(), companion_path(&new, "-journal")] {
        remove_if_present(&stale)?;
    }
    files::create_private_file(&new).map_err(JournalError::io("create", &new))?;
    let failed = || JournalError::sqlite("save records into", &new);
    let mut conn = Connection::open(&new).map_err(failed())?;
    conn.pragma_update(None, "synchronous", "full")
        .map_err(failed())?;
    create_tables(&mut conn, &new)?;
    let tx = conn.transaction().map_err(failed())?;
    let mut salvager = Salvager::new(
        &tx,
        device,
        ring,
        LeafScan::new(damaged).ok(),
        last_seq_of_files(dir),
    );
    let copy = dir.join(COPY_NAME);
    let from = match open_untouched(damaged) {
        Ok(from) => Some(from),
        // At worst the rows that can be read from it as it is.
        Err(_) => open_with_new_head(damaged, &copy)?.or_else(|| open_query_only(damaged).ok()),
    };
    // A file that cannot be read saves nothing, but the numbers go on.
    if let Some(from) = from {
        salvager.save_all(&from).map_err(failed())?;
    }
    for file in [
        copy.clone(),
        companion_path(&copy, COMPANIONS[0]),
        companion_path(&copy, COMPANIONS[1]),
    ] {
        remove_if_present(&file)?;
    }
    salvager.save_numbers().map_err(failed())?;
    tx.commit().map_err(failed())?;
    conn.close().map_err(|(_, e)| failed()(e))
}

fn remove_if_present(path: &Path) -> Result<(), JournalError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(JournalError::io("remove", path)(e)),
        _ => Ok(()),
    }
}

/// The first page holds the header and the page on which each table begins; without it SQLite reads nothing. Every
/// journal's tables were made by the same statements, so the first page of an empty one fits: a copy of the damaged file
/// gets it. The description of all tables needs two further pages; where one of them is broken, the first page of an
/// earlier group of tables still opens those. `None` when none of them helps.
fn open_with_new_head(damaged: &Path, copy: &Path) -> Result<Option<Connection>, JournalError> {
    for groups in (1..=schema::GROUPS).rev() {
        if let Some(conn) = open_with_head_of(groups, damaged, copy)? {
            return Ok(Some(conn));
        }
    }
    Ok(None)
}

fn open_with_head_of(
    groups: usize,
    damaged: &Path,
    copy: &Path,
) -> Result<Option<Connection>, JournalError> {
    let failed = || JournalError::sqlite("make a first page in", copy);
    let head = {
        for old in [
            copy.to_owned(),
            companion_path(copy, COMPANIONS[0]),
            companion_path(copy, COMPANIONS[1]),
        ] {
            remove_if_present(&old)?;
        }
        files::create_private_file(copy).map_err(JournalError::io("create", copy))?;
        let mut conn = Connection::open(copy).map_err(failed())?;
        schema::create_groups(&mut conn, groups)
            .map_err(JournalError::sqlite("create the tables of", copy))?;
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
        let (from, to) = (
            companion_path(damaged, COMPANIONS[0]),
            companion_path(copy, COMPANIONS[0]),
        );
        if from.exists() {
            fs::copy(from, to)?;
        }
        files::restrict_to_owner(copy)?;
        OpenOptions::new().write(true).open(copy)?.write_all(&head)
    });
    copied.map_err(JournalError::io("copy the damaged journal to", copy))?;
    Ok(open_untouched(copy).ok())
}

/// Opens the damaged database so that nothing in it changes.
fn open_query_only(damaged: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(damaged, flags)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    conn.pragma_update(None, "query_only", true)?;
    Ok(conn)
}

/// The same, and fails when its first page does not say where the tables are: the names and columns of the first
/// group, and a session, which every record needs.
fn open_untouched(damaged: &Path) -> rusqlite::Result<Connection> {
    let conn = open_query_only(damaged)?;
    for columns in [
        "key, value FROM meta",
        "seq, session, day, total, sealed FROM record",
        "run, id, session, sealed FROM pending",
        "seq, path, sha256, size, stored, media, day, place, acked FROM blob",
        "first_seq, last_seq, day, count, size, sha256, body, acked FROM segment",
    ] {
        conn.prepare(&format!("SELECT {columns}"))?;
    }
    let sql = "SELECT no, id, wrapped_key, schema, day FROM session LIMIT 1";
    conn.query_row(sql, [], |_| Ok(()))?;
    Ok(conn)
}

//! Pictures: age files beside the database, `shots/YYYY-MM-DD/<seq>-<first 16 of the file's sha256>.age`.
//!
//! Always true:
//! * Written in this order: temporary file, fsync, rename, fsync of the directory, row.
//! * Removed in this order: row, then file. A missing file counts as removed.
//! * What is handed out has the hash its record names. In clear lies only the hash of the sealed file: that of a picture
//!   would let somebody confirm a guess.

use crate::db::Database;
use crate::form::{ObjectEncoding, PutAttempts, UnsealedDigest};
use crate::keys::{self, KeyRing};
use crate::lines::{RECORD_COLUMNS, SealedRow};
use crate::retention::{RetentionAction, RetentionReport, RetentionStep, StoredScreenshot};
use crate::{JournalError, UtcDay};
use data_encoding::HEXLOWER;
use model::{Record, Screenshot};
use platform::files;
use rusqlite::{OptionalExtension, Row, ToSql, TransactionBehavior, params};
use sha2::{Digest, Sha256};
use std::fs;
use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use vault::Sealer;

/// The pictures' directory within the journal's.
pub(crate) const SHOTS_DIR: &str = "shots";

/// How many steps of a plan share one transaction.
const APPLY_AT_ONCE: usize = 64;

/// Where a picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScreenshotLocation {
    /// In the journal's `shots` directory.
    Here,
    /// Moved into the archive.
    Archived,
    /// Deleted by the retention rule, or removed by its owner.
    Deleted,
    /// Its file is missing or does not open.
    Lost,
}

impl ScreenshotLocation {
    pub(crate) fn number(self) -> i64 {
        match self {
            Self::Here => 0,
            Self::Archived => 1,
            Self::Deleted => 2,
            Self::Lost => 3,
        }
    }

    pub(crate) fn of(number: i64) -> Self {
        match number {
            0 => Self::Here,
            1 => Self::Archived,
            2 => Self::Deleted,
            _ => Self::Lost,
        }
    }
}

/// A shot as the journal knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScreenshotEntry {
    /// Its number.
    pub seq: u64,
    /// Its facts.
    pub shot: Screenshot,
    /// Where its picture is.
    pub place: ScreenshotLocation,
    /// The picture's sealed file, when there is one.
    pub file: Option<PathBuf>,
    /// True when the sink has the picture.
    pub acked: bool,
    /// True while it is held back: nothing of it was packed for sending yet.
    pub held: bool,
    /// Once it is packed: not to be sent before this moment, in microseconds since the Unix epoch (UTC).
    pub not_before_us: i64,
}

/// A picture the sink does not have yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingScreenshot {
    /// Its shot's number.
    pub seq: u64,
    /// UTC day of the shot; the same at every try.
    pub day: UtcDay,
    /// Media type of the picture inside, `image/webp`.
    pub media: String,
    /// How its file is sealed: [`ObjectEncoding::Age`].
    pub form: ObjectEncoding,
    /// Size of its file in bytes.
    pub bytes: u64,
    /// Set when it is to be sent readable.
    pub readable: Option<UnsealedDigest>,
    /// Forms in which a put was begun before.
    pub tried: PutAttempts,
}

/// A picture's file, sealed as it lies here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScreenshotFile {
    /// Its content.
    pub bytes: Vec<u8>,
    /// SHA-256 of it, 64 lower-case hex digits.
    pub sha256: String,
}

/// SHA-256 of `bytes`.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The path of a picture within the journal's directory; `sha256` is of its sealed file.
pub(crate) fn relative_path(day: UtcDay, seq: u64, sha256: &[u8; 32]) -> String {
    let short = HEXLOWER.encode(sha256.get(..8).unwrap_or_default());
    format!("{SHOTS_DIR}/{day}/{seq}-{short}.age")
}

/// The number in a picture's file name.
pub(crate) fn seq_of(name: &str) -> Option<u64> {
    let (seq, rest) = name.split_once('-')?;
    let short = rest.strip_suffix(".age")?;
    (short.len() == 16 && short.bytes().all(|b| b.is_ascii_hexdigit()))
        .then(|| seq.parse().ok())
        .flatten()
}

/// Makes the directory of `path` and its name durable.
pub(crate) fn make_parent(path: &Path) -> Result<(), JournalError> {
    let Some(parent) = path.parent() else {
        return Ok(());
    };
    if parent.is_dir() {
        return Ok(());
    }
    files::create_private_dir(parent).map_err(JournalError::io("create", parent))?;
    // The new directory's own name, and that of `shots` the first time.
    for dir in parent.ancestors().skip(1).take(2) {
        if let Err(e) = files::sync_dir(dir) {
            // Left there, it would pass for durable at the next try.
            let _ = fs::remove_dir(parent);
            return Err(JournalError::io("sync", dir)(e));
        }
    }
    Ok(())
}

/// A row of `blob` with its record.
struct ScreenshotRow {
    record: SealedRow,
    path: String,
    sha256: [u8; 32],
    place: ScreenshotLocation,
    form: i64,
}

fn find(db: &Database, seq: u64) -> Result<ScreenshotRow, JournalError> {
    let sql = format!(
        "SELECT {RECORD_COLUMNS}, b.path, b.sha256, b.place, b.form
         FROM blob b JOIN record r ON r.seq = b.seq JOIN session s ON s.no = r.session
         WHERE b.seq = ?1"
    );
    let row = |row: &Row<'_>| {
        Ok(ScreenshotRow {
            record: SealedRow::from_row(row)?,
            path: row.get(6)?,
            sha256: row.get(7)?,
            place: ScreenshotLocation::of(row.get(8)?),
            form: row.get(9)?,
        })
    };
    db.conn
        .prepare_cached(&sql)
        .and_then(|mut s| s.query_row([seq], row).optional())
        .map_err(db.failed("read a shot"))?
        .ok_or(JournalError::NoShot { seq })
}

fn lost(seq: u64, why: impl ToString) -> JournalError {
    JournalError::PictureLost {
        seq,
        why: why.to_string(),
    }
}

/// A picture's file as it lies here, checked against the hash in its row.
fn read_file(db: &Database, found: &ScreenshotRow) -> Result<ScreenshotFile, JournalError> {
    let seq = found.record.seq;
    if found.place == ScreenshotLocation::Deleted {
        return Err(JournalError::PictureDeleted { seq });
    }
    if found.form != ObjectEncoding::Age.number() {
        return Err(lost(seq, format!("its row names form {}", found.form)));
    }
    let path = db.dir.join(&found.path);
    let bytes = fs::read(&path).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => lost(seq, format!("{} is missing", path.display())),
        _ => JournalError::io("read", &path)(e),
    })?;
    let hash = sha256(&bytes);
    if hash != found.sha256 {
        return Err(lost(seq, "its file was changed"));
    }
    Ok(ScreenshotFile {
        bytes,
        sha256: HEXLOWER.encode(&hash),
    })
}

/// A picture's file, for the sink.
pub(crate) fn file(db: &Database, seq: u64) -> Result<ScreenshotFile, JournalError> {
    read_file(db, &find(db, seq)?)
}

/// The encoded picture of a shot, checked against the hash in its record.
pub(crate) fn picture(db: &Database, ring: &KeyRing, seq: u64) -> Result<Vec<u8>, JournalError> {
    let found = find(db, seq)?;
    let file = read_file(db, &found)?;
    let line = found.record.line(db, ring).map_err(|d| lost(seq, d.why))?;
    let Record::Shot(shot) = line.record else {
        return Err(lost(seq, "its record is of something else"));
    };
    let picture = ring.open_file(&file.bytes).map_err(|e| lost(seq, e))?;
    if HEXLOWER.encode(&sha256(&picture)) != shot.sha256 {
        return Err(lost(seq, "its hash is not the one recorded"));
    }
    Ok(picture)
}

/// A picture written to its place; its row is still to come.
pub(crate) struct WrittenScreenshot {
    pub(crate) path: String,
    pub(crate) file: PathBuf,
    pub(crate) sha256: [u8; 32],
    pub(crate) bytes: usize,
}

/// Seals a picture and makes its file durable.
pub(crate) fn store(
    db: &Database,
    maker: &Sealer,
    day: UtcDay,
    seq: u64,
    picture: &[u8],
) -> Result<WrittenScreenshot, JournalError> {
    let sealed = keys::seal_file(maker, picture)?;
    let sha256 = sha256(&sealed);
    let path = relative_path(day, seq, &sha256);
    let file = db.dir.join(&path);
    make_parent(&file)?;
    if let Err(e) = files::write_file_durably(&file, &sealed) {
        // It may have its name, and only that name be in doubt; the next try makes another one.
        let _ = remove(&file);
        return Err(JournalError::io("write", &file)(e));
    }
    Ok(WrittenScreenshot {
        path,
        file,
        sha256,
        bytes: sealed.len(),
    })
}

/// Marks a picture lost, so that nothing waits for it any more.
pub(crate) fn mark_lost(db: &Database, seq: u64) -> Result<(), JournalError> {
    db.conn
        .execute(
            "UPDATE blob SET place = ?2 WHERE seq = ?1 AND place IN (0, 1)",
            params![seq, ScreenshotLocation::Lost.number()],
        )
        .map_err(db.failed("mark a picture lost"))?;
    Ok(())
}

/// The newest shots below a number, newest first.
pub(crate) fn newest(
    db: &Database,
    ring: &KeyRing,
    below: u64,
    limit: usize,
) -> Result<Vec<ScreenshotEntry>, JournalError> {
    // SQLite counts up to `i64::MAX`; no journal has more.
    let below = i64::try_from(below).unwrap_or(i64::MAX);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let which = "b.seq < ?1 ORDER BY b.seq DESC LIMIT ?2";
    shots(db, ring, which, params![below, limit])
}

/// The shots of whole days, newest first. A row knows its day, a picture's index only while its file is here.
pub(crate) fn of_days(
    db: &Database,
    ring: &KeyRing,
    days: &RangeInclusive<UtcDay>,
) -> Result<Vec<ScreenshotEntry>, JournalError> {
    let which = "b.seq IN (SELECT seq FROM record WHERE day BETWEEN ?1 AND ?2) ORDER BY b.seq DESC";
    shots(db, ring, which, params![days.start().0, days.end().0])
}

fn shots(
    db: &Database,
    ring: &KeyRing,
    which: &str,
    params: &[&dyn ToSql],
) -> Result<Vec<ScreenshotEntry>, JournalError> {
    let sql = format!(
        "SELECT {RECORD_COLUMNS}, b.path, b.place, b.acked <> 0,
                (SELECT not_before_us FROM segment g WHERE g.first_seq <= b.seq
                 ORDER BY g.first_seq DESC LIMIT 1)
         FROM blob b JOIN record r ON r.seq = b.seq JOIN session s ON s.no = r.session
         WHERE {which}"
    );
    let failed = || db.failed("read the shots");
    let frozen = db.frozen_through()?;
    let mut out = Vec::new();
    let mut query = db.conn.prepare_cached(&sql).map_err(failed())?;
    let mut rows = query.query(params).map_err(failed())?;
    while let Some(row) = rows.next().map_err(failed())? {
        let sealed = SealedRow::from_row(row).map_err(failed())?;
        let path: String = row.get(6).map_err(failed())?;
        let place = ScreenshotLocation::of(row.get(7).map_err(failed())?);
        let acked: bool = row.get(8).map_err(failed())?;
        if let Ok(line) = sealed.line(db, ring)
            && let Record::Shot(shot) = line.record
        {
            out.push(ScreenshotEntry {
                seq: sealed.seq,
                shot,
                place,
                file: matches!(
                    place,
                    ScreenshotLocation::Here | ScreenshotLocation::Archived
                )
                .then(|| db.dir.join(path)),
                acked,
                not_before_us: row
                    .get::<_, Option<i64>>(9)
                    .map_err(failed())?
                    .unwrap_or_default(),
                held: !acked && place == ScreenshotLocation::Here && sealed.seq > frozen,
            });
        }
    }
    Ok(out)
}

/// The oldest pictures the sink does not have, up to the record `up_to`.
pub(crate) fn waiting(
    db: &Database,
    up_to: u64,
    limit: usize,
) -> Result<Vec<WaitingScreenshot>, JournalError> {
    let row = |row: &Row<'_>| {
        let sha256: Option<[u8; 32]> = row.get(4)?;
        let size: Option<u64> = row.get(5)?;
        Ok(WaitingScreenshot {
            seq: row.get(0)?,
            day: UtcDay(row.get(1)?),
            media: row.get(2)?,
            // Every file is of this form; a row that says otherwise is found out when its file is handed out.
            form: ObjectEncoding::Age,
            bytes: row.get(3)?,
            readable: sha256.zip(size).map(|(sha256, bytes)| UnsealedDigest {
                sha256: HEXLOWER.encode(&sha256),
                bytes,
            }),
            tried: PutAttempts::of(row.get(6)?),
        })
    };
    db.conn
        .prepare_cached(
            "SELECT seq, day, media, stored, plain_sha256, plain_size, tried FROM blob
             WHERE acked = 0 AND place = 0 AND seq <= ?1 ORDER BY seq LIMIT ?2",
        )
        .and_then(|mut s| s.query_map(params![up_to, limit], row)?.collect())
        .map_err(db.failed("read the waiting shots"))
}

/// The pictures that lie here.
pub(crate) fn items(db: &Database) -> Result<Vec<StoredScreenshot>, JournalError> {
    let row = |row: &Row<'_>| {
        Ok(StoredScreenshot {
            seq: row.get(0)?,
            day: UtcDay(row.get(1)?),
            bytes: row.get(2)?,
            acked: row.get(3)?,
        })
    };
    db.conn
        .prepare_cached("SELECT seq, day, stored, acked <> 0 FROM blob WHERE place = 0")
        .and_then(|mut s| s.query_map([], row)?.collect())
        .map_err(db.failed("list the pictures"))
}

/// A step that still applies, ready for its row.
struct RetentionMove {
    seq: u64,
    bytes: u64,
    place: ScreenshotLocation,
    from: PathBuf,
    path: String,
}

/// Carries out a plan.
pub(crate) fn apply(
    db: &mut Database,
    plan: &[RetentionStep],
) -> Result<RetentionReport, JournalError> {
    let mut done = RetentionReport::default();
    for some in plan.chunks(APPLY_AT_ONCE) {
        let mut ready = Vec::new();
        for step in some {
            match prepare(db, step)? {
                Some(step) => ready.push(step),
                None => done.skipped += 1,
            }
        }
        let failed = || JournalError::sqlite("mark pictures archived or deleted", &db.path);
        let tx = db
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed())?;
        for step in &ready {
            tx.prepare_cached("UPDATE blob SET place = ?2, path = ?3 WHERE seq = ?1")
                .and_then(|mut s| s.execute(params![step.seq, step.place.number(), step.path]))
                .map_err(failed())?;
        }
        tx.commit().map_err(failed())?;
        for step in ready {
            remove(&step.from)?;
            done.bytes += step.bytes;
            match step.place {
                ScreenshotLocation::Archived => done.archived += 1,
                _ => done.deleted += 1,
            }
        }
    }
    Ok(done)
}

/// Checks a step against its row and, for the archive, makes the copy durable.
fn prepare(db: &Database, step: &RetentionStep) -> Result<Option<RetentionMove>, JournalError> {
    let row = db
        .conn
        .prepare_cached("SELECT path, day FROM blob WHERE seq = ?1 AND acked <> 0 AND place = 0")
        .and_then(|mut s| {
            s.query_row([step.seq], |row| {
                Ok((row.get::<_, String>(0)?, UtcDay(row.get(1)?)))
            })
            .optional()
        })
        .map_err(db.failed("read a shot"))?;
    let Some((path, day)) = row else {
        return Ok(None);
    };
    let from = db.dir.join(&path);
    let mut ready = RetentionMove {
        seq: step.seq,
        bytes: step.bytes,
        place: ScreenshotLocation::Deleted,
        from,
        path,
    };
    let RetentionAction::Archive(archive) = &step.action else {
        return Ok(Some(ready));
    };
    let sealed = match fs::read(&ready.from) {
        Ok(sealed) => sealed,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            mark_lost(db, step.seq)?;
            return Ok(None);
        }
        Err(e) => return Err(JournalError::io("read", &ready.from)(e)),
    };
    // A relative archive lies within the journal's directory, and its rows move with it.
    let name = ready.from.file_name().unwrap_or_default();
    let to = archive.join(day.to_string()).join(name);
    let kept = to.strip_prefix(&db.dir).unwrap_or(&to);
    let Some(text) = kept.to_str() else {
        let why = io::Error::new(
            io::ErrorKind::InvalidFilename,
            "the archive's name is not Unicode",
        );
        return Err(JournalError::io("archive into", &to)(why));
    };
    ready.path = text.to_owned();
    ready.place = ScreenshotLocation::Archived;
    let to = db.dir.join(&to);
    make_parent(&to)?;
    files::write_file_durably(&to, &sealed).map_err(JournalError::io("archive into", &to))?;
    Ok(Some(ready))
}

/// Removes a picture's file, and its day's directory when it was the last.
pub(crate) fn remove(path: &Path) -> Result<(), JournalError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => {
            return Err(JournalError::io("remove", path)(e));
        }
        _ => {}
    }
    if let Some(day) = path.parent() {
        // Fails, as it should, while others lie in it.
        let _ = fs::remove_dir(day);
    }
    Ok(())
}

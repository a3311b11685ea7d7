//! What the signed lists of the uploader are made of: what the sink has, each piece in one manifest, numbers without a
//! gap. Nothing here signs; see the crate `upload`.
//!
//! Always true:
//! * A manifest lists only what the sink acknowledged, and each object once.
//! * Manifests count 1, 2, 3, …, and each takes up the numbers where the one before ended. A number that is in no object
//!   is explained as erased or lost.
//! * A manifest is kept here, whole, before it is put; the same bytes go out until the sink has it.
//! * The newest one's number and hash lie in a file of their own too (`manifest.head`), so a damaged database does not
//!   begin the count anew.

use crate::db::{self, Database};
use crate::outbox::{SEGMENT_COLUMNS, SegmentRow};
use crate::{
    JournalError, ObjectEncoding, Outbox, UploadedObject, UtcDay, blobs, depth, erase, outbox,
};
use data_encoding::HEXLOWER;
use platform::files;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::fs;
use std::io;
use std::path::Path;

/// The file that names the newest manifest.
const HEAD_NAME: &str = "manifest.head";
/// Segments that one manifest lists at most.
const MAX_SEGMENTS: usize = 500;
/// Pictures that one manifest lists at most.
const MAX_PICTURES: usize = 2_000;
/// Tombstones that one manifest holds at most.
const MAX_TOMBSTONES: usize = 2_000;

/// The newest manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestHead {
    /// Its number.
    pub no: u64,
    /// SHA-256 of it, 64 lower-case hex digits.
    pub sha256: String,
    /// Every record up to this number is in an object that it or an earlier one lists, or explained in them.
    pub through: u64,
    /// When it was made, in microseconds since the Unix epoch (UTC).
    pub at_us: i64,
    /// True when the sink has it.
    pub acked: bool,
}

/// An object to be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedObject {
    /// Which.
    pub object: UploadedObject,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Why numbers are in no object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapReason {
    /// Their records were erased on request before they were sent.
    Erased,
    /// They were lost when the journal was damaged.
    Lost,
}

/// Numbers that are in no object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SequenceGap {
    /// The first of them.
    pub first: u64,
    /// The last of them.
    pub last: u64,
    /// Why.
    pub why: GapReason,
}

/// An object that holds nothing but what was taken out or erased here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// Which.
    pub object: UploadedObject,
    /// When, in microseconds since the Unix epoch (UTC).
    pub at_us: i64,
}

/// What the next manifest says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ManifestDraft {
    /// Its number.
    pub no: u64,
    /// The manifest before it; none for the first.
    pub before: Option<ManifestHead>,
    /// It takes up the numbers after this one …
    pub after: u64,
    /// … and ends with this one; the same when it holds no records.
    pub through: u64,
    /// Segments in order, then pictures in order.
    pub objects: Vec<ListedObject>,
    /// Copies of the recovery kit: number, day and content.
    pub kit: Option<crate::VaultCopy>,
    /// Numbers in none of them.
    pub skipped: Vec<SequenceGap>,
    /// What its owner had taken out since.
    pub tombstones: Vec<Tombstone>,
    /// Records that still wait for the sink.
    pub waiting: u64,
}

impl ManifestDraft {
    /// True when it would say nothing but that uam is alive.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.through == self.after
            && self.objects.is_empty()
            && self.kit.is_none()
            && self.tombstones.is_empty()
    }
}

/// A manifest the sink does not have yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsentManifest {
    /// Its number.
    pub no: u64,
    /// UTC day on which it was made.
    pub day: UtcDay,
    /// Its bytes, the same at every try.
    pub bytes: Vec<u8>,
}

/// A manifest that was made, for whoever asks what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestInfo {
    /// Its number.
    pub no: u64,
    /// UTC day on which it was made.
    pub day: UtcDay,
    /// SHA-256 of it, 64 lower-case hex digits.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was made, in microseconds since the Unix epoch (UTC).
    pub at_us: i64,
    /// True when the sink has it.
    pub acked: bool,
}

impl Outbox {
    /// What the next manifest says. Nothing is changed; [`Self::store_manifest`] keeps it once it is signed.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn draft_manifest(&self) -> Result<ManifestDraft, JournalError> {
        let db = self.db();
        let before = head(db)?;
        let after = before.as_ref().map_or(0, |head| head.through);
        let mut draft = ManifestDraft {
            no: before.as_ref().map_or(0, |head| head.no) + 1,
            before,
            after,
            through: after,
            ..ManifestDraft::default()
        };
        segments(db, &mut draft)?;
        pictures(db, &mut draft)?;
        draft.kit = outbox::kept_kit(db)?
            .and_then(|(kit, sent)| sent.then_some(kit))
            .filter(|kit| db.meta(db::key::KIT_LISTED).ok().flatten() != Some(kit.seq));
        let sql = format!(
            "SELECT {TOMBSTONE}, at_us FROM tombstone WHERE manifest IS NULL ORDER BY first_seq LIMIT ?1"
        );
        draft.tombstones = db
            .conn
            .prepare_cached(&sql)
            .and_then(|mut s| {
                s.query_map([MAX_TOMBSTONES], |row| {
                    Ok(Tombstone {
                        object: entombed_object(row)?,
                        at_us: row.get(6)?,
                    })
                })?
                .collect()
            })
            .map_err(db.failed("read what was taken out at the sink"))?;
        draft.waiting = depth::measure(db)?.records;
        Ok(draft)
    }

    /// Keeps a signed manifest of this draft until the sink has it. `at_us`: microseconds since the Unix epoch (UTC).
    ///
    /// # Errors
    /// See [`JournalError`]; also when another manifest of that number was kept meanwhile. Then none of it is listed.
    pub fn store_manifest(
        &mut self,
        draft: &ManifestDraft,
        bytes: &[u8],
        at_us: i64,
    ) -> Result<(), JournalError> {
        let sha256 = blobs::sha256(bytes);
        self.change("keep a manifest", |conn| {
            conn.execute(
                "INSERT INTO manifest (no, day, through, sha256, size, body, at_us)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    draft.no,
                    UtcDay::of_us(at_us).0,
                    draft.through,
                    sha256,
                    bytes.len(),
                    bytes,
                    at_us
                ],
            )?;
            for ListedObject { object, .. } in &draft.objects {
                let sql = match object.media {
                    Some(_) => "UPDATE blob SET manifest = ?2 WHERE seq = ?1",
                    None => "UPDATE segment SET manifest = ?2 WHERE first_seq = ?1 AND acked <> 0",
                };
                conn.prepare_cached(sql)?
                    .execute([object.first_seq, draft.no])?;
            }
            for tombstone in &draft.tombstones {
                conn.prepare_cached(
                    "UPDATE tombstone SET manifest = ?3 WHERE first_seq = ?1 AND sha256 = ?2",
                )?
                .execute(params![
                    tombstone.object.first_seq,
                    hash(&tombstone.object),
                    draft.no
                ])?;
            }
            if let Some(kit) = &draft.kit {
                db::set_meta(conn, db::key::KIT_LISTED, &kit.seq)?;
            }
            Ok(())
        })?;
        let head = format!(
            "{} {} {} {} {at_us}\n",
            self.epoch(),
            draft.no,
            HEXLOWER.encode(&sha256),
            draft.through
        );
        let path = self.db().dir.join(HEAD_NAME);
        files::write_file_durably(&path, head.as_bytes()).map_err(JournalError::io("write", &path))
    }

    /// The oldest manifest the sink does not have yet.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn next_manifest(&self) -> Result<Option<UnsentManifest>, JournalError> {
        self.db()
            .conn
            .prepare_cached(
                "SELECT no, day, body FROM manifest
                 WHERE acked = 0 AND body IS NOT NULL ORDER BY no LIMIT 1",
            )
            .and_then(|mut s| {
                s.query_row([], |row| {
                    Ok(UnsentManifest {
                        no: row.get(0)?,
                        day: UtcDay(row.get(1)?),
                        bytes: row.get(2)?,
                    })
                })
                .optional()
            })
            .map_err(self.db().failed("read the next manifest"))
    }

    /// The sink has the manifest durably. Repeating it does no harm.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn acknowledge_manifest(&mut self, no: u64, at_us: i64) -> Result<(), JournalError> {
        self.change("note an acknowledged manifest", |conn| {
            conn.execute(
                "UPDATE manifest SET acked = 1, body = NULL WHERE no = ?1",
                [no],
            )?;
            db::set_meta(conn, db::key::LAST_ACK, &at_us)
        })
    }
}

/// Notes objects that hold nothing but what is taken out or erased in this very step; the next manifest says so.
pub(crate) fn insert<'a>(
    tx: &Connection,
    objects: impl IntoIterator<Item = &'a UploadedObject>,
    at_us: i64,
) -> rusqlite::Result<()> {
    for object in objects {
        tx.prepare_cached(
            "INSERT OR IGNORE INTO tombstone (first_seq, last_seq, day, sha256, form, media, at_us)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            object.first_seq,
            object.last_seq,
            object.day.0,
            hash(object),
            object.form.number(),
            object.media,
            at_us
        ])?;
    }
    Ok(())
}

/// The columns of [`entombed_object`].
const TOMBSTONE: &str = "first_seq, last_seq, day, sha256, form, media";

fn entombed_object(row: &Row<'_>) -> rusqlite::Result<UploadedObject> {
    Ok(UploadedObject {
        first_seq: row.get(0)?,
        last_seq: row.get(1)?,
        day: UtcDay(row.get(2)?),
        sha256: HEXLOWER.encode(&row.get::<_, [u8; 32]>(3)?),
        form: ObjectEncoding::of(row.get(4)?)?,
        media: row.get(5)?,
        certain: true,
    })
}

fn hash(object: &UploadedObject) -> Vec<u8> {
    HEXLOWER
        .decode(object.sha256.as_bytes())
        .unwrap_or_default()
}

/// Segments from `draft.after` on, and what lies between them.
fn segments(db: &Database, draft: &mut ManifestDraft) -> Result<(), JournalError> {
    let sql = format!(
        "SELECT {SEGMENT_COLUMNS} FROM segment
         WHERE acked <> 0 AND manifest IS NULL AND last_seq > ?1 ORDER BY first_seq LIMIT ?2"
    );
    let found: Vec<SegmentRow> = db
        .conn
        .prepare_cached(&sql)
        .and_then(|mut s| {
            s.query_map(params![draft.after, MAX_SEGMENTS], SegmentRow::from_row)?
                .collect()
        })
        .map_err(db.failed("read the segments"))?;
    for row in found {
        if row.first_seq <= draft.through {
            // Two rows of one number are damage; the number was accounted for.
            continue;
        }
        explain(db, draft, row.first_seq - 1)?;
        let listed = row.listed().map_err(db.failed("read the segments"))?;
        if listed.is_empty() {
            explain(db, draft, row.last_seq)?;
        }
        draft.objects.extend(listed);
        draft.through = row.last_seq;
    }
    Ok(())
}

/// Explains the numbers from `draft.through` up to `last`, which are in no object.
fn explain(db: &Database, draft: &mut ManifestDraft, last: u64) -> Result<(), JournalError> {
    let mut from = draft.through + 1;
    if from > last {
        return Ok(());
    }
    for range in erase::ranges(db)? {
        let (first, end) = (range.first_seq.max(from), range.last_seq.min(last));
        if first > end {
            continue;
        }
        push(draft, from, first - 1, GapReason::Lost);
        push(draft, first, end, GapReason::Erased);
        from = end + 1;
    }
    push(draft, from, last, GapReason::Lost);
    draft.through = last;
    Ok(())
}

fn push(draft: &mut ManifestDraft, first: u64, last: u64, why: GapReason) {
    if first <= last {
        draft.skipped.push(SequenceGap { first, last, why });
    }
}

/// Pictures whose segment is listed, or will be by this draft.
fn pictures(db: &Database, draft: &mut ManifestDraft) -> Result<(), JournalError> {
    let sql = "SELECT seq, seq, day, 1, stored, sha256, form, plain_sha256, plain_size, tried, acked, media FROM blob
               WHERE acked <> 0 AND manifest IS NULL AND seq <= ?1 ORDER BY seq LIMIT ?2";
    let found: Vec<(SegmentRow, String)> = db
        .conn
        .prepare_cached(sql)
        .and_then(|mut s| {
            s.query_map(params![draft.through, MAX_PICTURES], |row| {
                Ok((SegmentRow::from_row(row)?, row.get(11)?))
            })?
            .collect()
        })
        .map_err(db.failed("read the pictures"))?;
    for (row, media) in found {
        let listed = row.listed().map_err(db.failed("read the pictures"))?;
        draft.objects.extend(listed.into_iter().map(|mut l| {
            l.object.media = Some(media.clone());
            l
        }));
    }
    Ok(())
}

impl SegmentRow {
    /// What the sink has of it, to be listed.
    fn listed(&self) -> rusqlite::Result<Vec<ListedObject>> {
        let listed = self.sent()?.into_iter().filter(|object| object.certain);
        Ok(listed
            .map(|object| ListedObject {
                bytes: self.bytes_of(object.form),
                object,
            })
            .collect())
    }
}

/// The newest manifest, by the database or by the file beside it.
pub(crate) fn head(db: &Database) -> Result<Option<ManifestHead>, JournalError> {
    let row = head_row(&db.conn).map_err(db.failed("read the newest manifest"))?;
    let file = head_file(&db.dir, db.epoch)?;
    Ok(match (row, file) {
        (Some(row), Some(file)) if file.no > row.no => Some(file),
        (None, file) => file,
        (row, _) => row,
    })
}

fn head_row(conn: &Connection) -> rusqlite::Result<Option<ManifestHead>> {
    conn.prepare_cached(
        "SELECT no, sha256, through, at_us, acked FROM manifest ORDER BY no DESC LIMIT 1",
    )?
    .query_row([], |row| {
        Ok(ManifestHead {
            no: row.get(0)?,
            sha256: HEXLOWER.encode(&row.get::<_, [u8; 32]>(1)?),
            through: row.get(2)?,
            at_us: row.get(3)?,
            acked: row.get(4)?,
        })
    })
    .optional()
}

/// A file that says something else, or speaks of an earlier journal, is as good as none.
fn head_file(dir: &Path, epoch: u64) -> Result<Option<ManifestHead>, JournalError> {
    let path = dir.join(HEAD_NAME);
    let text = match fs::read(&path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text.map_err(JournalError::io("read", &path))?,
    };
    let text = String::from_utf8_lossy(&text);
    let mut words = text.split_whitespace();
    let mut next = || words.next();
    let parsed = (|| {
        let of: u64 = next()?.parse().ok()?;
        let no = next()?.parse().ok()?;
        let sha256 = next()?.to_owned();
        let through = next()?.parse().ok()?;
        let at_us = next()?.parse().ok()?;
        let acked = false;
        (of == epoch && sha256.len() == 64).then_some(ManifestHead {
            no,
            sha256,
            through,
            at_us,
            acked,
        })
    })();
    Ok(parsed)
}

/// The manifests made so far, oldest first.
pub(crate) fn each_manifest(
    db: &Database,
    visit: &mut dyn FnMut(ManifestInfo),
) -> Result<(), JournalError> {
    let failed = || db.failed("read the manifests");
    let mut query = db
        .conn
        .prepare_cached("SELECT no, day, sha256, size, at_us, acked FROM manifest ORDER BY no")
        .map_err(failed())?;
    let mut rows = query.query([]).map_err(failed())?;
    while let Some(row) = rows.next().map_err(failed())? {
        let read = || -> rusqlite::Result<ManifestInfo> {
            Ok(ManifestInfo {
                no: row.get(0)?,
                day: UtcDay(row.get(1)?),
                sha256: HEXLOWER.encode(&row.get::<_, [u8; 32]>(2)?),
                bytes: row.get(3)?,
                at_us: row.get(4)?,
                acked: row.get(5)?,
            })
        };
        visit(read().map_err(failed())?);
    }
    Ok(())
}

/// What was taken out since it was sent.
pub(crate) fn entombed(db: &Database) -> Result<Vec<UploadedObject>, JournalError> {
    db.conn
        .prepare_cached(&format!("SELECT {TOMBSTONE} FROM tombstone"))
        .and_then(|mut s| s.query_map([], entombed_object)?.collect())
        .map_err(db.failed("read what was taken out at the sink"))
}

//! Manifests: drafting the lists of uploaded objects, keeping them signed until the sink acknowledged them. Nothing here signs; see
//! the crate `upload`.
//!
//! Always true:
//! * A manifest lists only objects that the sink acknowledged, and each object once.
//! * Manifests count 1, 2, 3, …, and each takes up the numbers where the one before ended. A number that is in no object
//!   is explained as erased or lost.
//! * A manifest is kept here, whole, before it is put; the same bytes go out until the sink acknowledged it.
//! * The newest one's number and hash lie in a file of their own too (`manifest.head`), so a damaged database does not
//!   restart the count.

use crate::database::Database;
use crate::error::JournalError;
use crate::object::{GapReason, ListedObject, SequenceGap, VaultCopy, hash_bytes};
use crate::ops::depth::measure_depth;
use crate::tables::manifests::{self, ManifestHead, NewManifestRow};
use crate::tables::meta::{self, key};
use crate::tables::tombstones::{self, Tombstone};
use crate::tables::{erased, screenshots, segments};
use data_encoding::HEXLOWER;
use model::Timestamp;
use platform::files;
use rusqlite::Connection;
use std::fs;
use std::io;
use std::path::Path;

/// The file that names the newest manifest.
const HEAD_NAME: &str = "manifest.head";
/// Segments that one manifest lists at most.
const MAX_SEGMENTS: usize = 500;
/// Screenshots that one manifest lists at most.
const MAX_SCREENSHOTS: usize = 2_000;
/// Tombstones that one manifest holds at most.
const MAX_TOMBSTONES: usize = 2_000;

/// The content of the next manifest.
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
    /// Segments in order, then screenshots in order.
    pub objects: Vec<ListedObject>,
    /// Copies of the recovery kit: number, day and content.
    pub kit: Option<VaultCopy>,
    /// Numbers in none of them.
    pub skipped: Vec<SequenceGap>,
    /// Objects that the owner redacted since.
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

/// Drafts the next manifest; nothing is changed.
pub(crate) fn draft_manifest(db: &Database) -> Result<ManifestDraft, JournalError> {
    let before = read_head(db)?;
    let after = before.as_ref().map_or(0, |head| head.through);
    let mut draft = ManifestDraft {
        no: before.as_ref().map_or(0, |head| head.no) + 1,
        before,
        after,
        through: after,
        ..ManifestDraft::default()
    };
    db.query("draft a manifest", |conn| {
        add_segments(conn, &mut draft)?;
        add_screenshots(conn, &mut draft)?;
        let listed: Option<u64> = meta::read_value(conn, key::KIT_LISTED).ok().flatten();
        draft.kit = meta::vault_copy(conn)?
            .and_then(|(copy, acknowledged)| acknowledged.then_some(copy))
            .filter(|copy| listed != Some(copy.seq));
        draft.tombstones = tombstones::unlisted(conn, MAX_TOMBSTONES)?;
        Ok(())
    })?;
    draft.waiting = measure_depth(db)?.records;
    Ok(draft)
}

/// Keeps a signed manifest of a draft, then writes the file that names it.
pub(crate) fn store_manifest(
    db: &mut Database,
    draft: &ManifestDraft,
    bytes: &[u8],
    at: Timestamp,
) -> Result<(), JournalError> {
    let sha256 = hash_bytes(bytes);
    db.change("store a manifest", |conn| {
        let row = NewManifestRow {
            no: draft.no,
            through: draft.through,
            sha256,
            bytes,
            at,
        };
        manifests::insert_row(conn, &row)?;
        for ListedObject { object, .. } in &draft.objects {
            match object.media {
                Some(_) => screenshots::set_manifest(conn, object.first_seq, draft.no)?,
                None => segments::set_manifest(conn, object.first_seq, draft.no)?,
            }
        }
        for tombstone in &draft.tombstones {
            tombstones::set_manifest(conn, &tombstone.object, draft.no)?;
        }
        match &draft.kit {
            Some(copy) => meta::set_value(conn, key::KIT_LISTED, &copy.seq),
            None => Ok(()),
        }
    })?;
    let head = format!(
        "{} {} {} {} {at}\n",
        db.epoch,
        draft.no,
        HEXLOWER.encode(&sha256),
        draft.through
    );
    let path = db.dir.join(HEAD_NAME);
    files::write_file_durably(&path, head.as_bytes()).map_err(JournalError::io("write", &path))
}

/// The sink has a manifest.
pub(crate) fn acknowledge_manifest(
    db: &mut Database,
    no: u64,
    at: Timestamp,
) -> Result<(), JournalError> {
    db.change("note an acknowledged manifest", |conn| {
        manifests::acknowledge(conn, no)?;
        meta::set_time(conn, key::LAST_ACK, at)
    })
}

/// Adds the segments from `draft.through` on, and explains the numbers between them.
fn add_segments(conn: &Connection, draft: &mut ManifestDraft) -> rusqlite::Result<()> {
    for row in segments::unlisted(conn, draft.after, MAX_SEGMENTS)? {
        if row.first_seq <= draft.through {
            // Two rows of one number are damage; the number was accounted for.
            continue;
        }
        explain_numbers(conn, draft, row.first_seq - 1)?;
        let listed = row.listed_objects()?;
        if listed.is_empty() {
            explain_numbers(conn, draft, row.last_seq)?;
        }
        draft.objects.extend(listed);
        draft.through = row.last_seq;
    }
    Ok(())
}

/// Explains the numbers from `draft.through` up to `last`, which are in no object.
fn explain_numbers(
    conn: &Connection,
    draft: &mut ManifestDraft,
    last: u64,
) -> rusqlite::Result<()> {
    let mut from = draft.through + 1;
    if from > last {
        return Ok(());
    }
    for range in erased::ranges(conn)? {
        let (first, end) = (range.first_seq.max(from), range.last_seq.min(last));
        if first > end {
            continue;
        }
        add_gap(draft, from, first - 1, GapReason::Lost);
        add_gap(draft, first, end, GapReason::Erased);
        from = end + 1;
    }
    add_gap(draft, from, last, GapReason::Lost);
    draft.through = last;
    Ok(())
}

fn add_gap(draft: &mut ManifestDraft, first: u64, last: u64, why: GapReason) {
    if first <= last {
        draft.skipped.push(SequenceGap { first, last, why });
    }
}

/// Adds the screenshots whose segment is listed, or will be by this draft.
fn add_screenshots(conn: &Connection, draft: &mut ManifestDraft) -> rusqlite::Result<()> {
    for (row, media) in screenshots::unlisted(conn, draft.through, MAX_SCREENSHOTS)? {
        for mut listed in row.listed_objects()? {
            listed.object.media = Some(media.clone());
            draft.objects.push(listed);
        }
    }
    Ok(())
}

/// The newest manifest, by the database or by the file beside it.
pub(crate) fn read_head(db: &Database) -> Result<Option<ManifestHead>, JournalError> {
    let row = db.query("read the newest manifest", manifests::head)?;
    let file = read_head_file(&db.dir, db.epoch)?;
    Ok(match (row, file) {
        (Some(row), Some(file)) if file.no > row.no => Some(file),
        (None, file) => file,
        (row, _) => row,
    })
}

/// A file that says something else, or speaks of an earlier journal, is as good as none.
fn read_head_file(dir: &Path, epoch: u64) -> Result<Option<ManifestHead>, JournalError> {
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
        let at = Timestamp::from_micros(next()?.parse().ok()?);
        let acked = false;
        (of == epoch && sha256.len() == 64).then_some(ManifestHead {
            no,
            sha256,
            through,
            at,
            acked,
        })
    })();
    Ok(parsed)
}

//! The names in the sink; kept on the disk, so that a million objects need no more memory than a thousand.

use crate::object_keys::{ObjectKey, ObjectKind};
use model::DeviceId;
use rusqlite::{Connection, OptionalExtension, params};

/// Rows written in one transaction; it costs nothing to lose them.
const BATCH: u64 = 10_000;

/// A private database in a temporary file that SQLite itself removes.
pub(super) struct ObjectIndex {
    conn: Connection,
    written: u64,
}

/// One chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ChainId {
    pub(super) device: DeviceId,
    pub(super) epoch: u64,
}

/// A name in the sink that speaks of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IndexedObject {
    pub(super) key: String,
    pub(super) seq: u64,
}

/// The state of a listed name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListingState {
    /// It is not there.
    Absent,
    /// It is, with this size; listed for the first time.
    There(u64),
    /// It was listed before.
    Twice,
}

fn kind_number(kind: ObjectKind) -> i64 {
    match kind {
        ObjectKind::Activity => 0,
        ObjectKind::Screenshot => 1,
        ObjectKind::Vault => 2,
        ObjectKind::Manifest => 3,
    }
}

const MANIFEST: i64 = 3;

impl ObjectIndex {
    pub(super) fn new() -> rusqlite::Result<Self> {
        // An empty name: https://sqlite.org/inmemorydb.html#temp_db
        let conn = Connection::open("")?;
        conn.pragma_update(None, "cache_size", -8_000)?;
        conn.pragma_update(None, "journal_mode", "off")?;
        conn.execute_batch(
            "CREATE TABLE object (
                 key TEXT PRIMARY KEY, bytes INTEGER NOT NULL, kind INTEGER NOT NULL,
                 device TEXT NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
                 listed INTEGER NOT NULL DEFAULT 0
             ) WITHOUT ROWID;
             CREATE TABLE absent (key TEXT PRIMARY KEY, no INTEGER NOT NULL) WITHOUT ROWID;
             CREATE TABLE erased (key TEXT PRIMARY KEY) WITHOUT ROWID;
             BEGIN",
        )?;
        Ok(Self { conn, written: 0 })
    }

    /// Adds a name; false when uam makes no such name.
    pub(super) fn add_object(&mut self, key: &str, bytes: u64) -> rusqlite::Result<bool> {
        let Some(parts) = ObjectKey::parse(key) else {
            return Ok(false);
        };
        // SQLite's numbers end there, and so do those that anything of ours can have.
        let (Ok(epoch), Ok(seq)) = (i64::try_from(parts.epoch), i64::try_from(parts.seq)) else {
            return Ok(false);
        };
        self.conn
            .prepare_cached(
                "INSERT OR IGNORE INTO object (key, bytes, kind, device, epoch, seq)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                key,
                i64::try_from(bytes).unwrap_or(i64::MAX),
                kind_number(parts.kind),
                parts.device.as_str(),
                epoch,
                seq
            ])?;
        self.count_write()?;
        Ok(true)
    }

    fn count_write(&mut self) -> rusqlite::Result<()> {
        self.written += 1;
        if self.written.is_multiple_of(BATCH) {
            self.conn.execute_batch("COMMIT; BEGIN")?;
        }
        Ok(())
    }

    /// Every name is taken up; now it is asked in order.
    pub(super) fn finish_listing(&mut self) -> rusqlite::Result<()> {
        self.conn
            .execute_batch("CREATE INDEX in_order ON object (device, epoch, kind, seq, key)")
    }

    /// Every chain with an object in the sink.
    pub(super) fn list_chains(&self) -> rusqlite::Result<Vec<ChainId>> {
        let mut query = self
            .conn
            .prepare("SELECT DISTINCT device, epoch FROM object ORDER BY device, epoch")?;
        let rows = query.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
        let mut chains = Vec::new();
        for row in rows {
            let (device, epoch) = row?;
            chains.extend(DeviceId::parse(&device).map(|device| ChainId { device, epoch }));
        }
        Ok(chains)
    }

    pub(super) fn count_manifests(&self) -> rusqlite::Result<u64> {
        self.conn.query_row(
            "SELECT count(*) FROM object WHERE kind = ?1",
            [MANIFEST],
            |row| row.get(0),
        )
    }

    /// The next manifests of a chain after this one, by number.
    pub(super) fn next_manifests(
        &self,
        chain: &ChainId,
        after: Option<&IndexedObject>,
        limit: usize,
    ) -> rusqlite::Result<Vec<IndexedObject>> {
        let (seq, key) = after.map_or((0, ""), |row| (row.seq, row.key.as_str()));
        self.conn
            .prepare_cached(
                "SELECT key, seq FROM object
                 WHERE device = ?1 AND epoch = ?2 AND kind = ?3 AND (seq, key) > (?4, ?5)
                 ORDER BY seq, key LIMIT ?6",
            )?
            .query_map(
                params![
                    chain.device.as_str(),
                    chain.epoch,
                    MANIFEST,
                    seq,
                    key,
                    limit
                ],
                |row| {
                    Ok(IndexedObject {
                        key: row.get(0)?,
                        seq: row.get(1)?,
                    })
                },
            )?
            .collect()
    }

    /// Marks a name as listed by the manifest `no`.
    pub(super) fn mark_listed(&mut self, key: &str, no: u64) -> rusqlite::Result<ListingState> {
        let found: Option<(u64, i64)> = self
            .conn
            .prepare_cached("SELECT bytes, listed FROM object WHERE key = ?1")?
            .query_row([key], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let known = match found {
            Some((_, listed)) if listed != 0 => ListingState::Twice,
            Some((bytes, _)) => {
                self.conn
                    .prepare_cached("UPDATE object SET listed = 1 WHERE key = ?1")?
                    .execute([key])?;
                ListingState::There(bytes)
            }
            None => {
                let new = self
                    .conn
                    .prepare_cached("INSERT OR IGNORE INTO absent (key, no) VALUES (?1, ?2)")?
                    .execute(params![key, no])?;
                if new == 0 {
                    ListingState::Twice
                } else {
                    ListingState::Absent
                }
            }
        };
        self.count_write()?;
        Ok(known)
    }

    /// A name whose object its owner had deleted; true when it is there all the same.
    pub(super) fn mark_withdrawn(&mut self, key: &str) -> rusqlite::Result<bool> {
        self.conn
            .prepare_cached("INSERT OR IGNORE INTO erased (key) VALUES (?1)")?
            .execute([key])?;
        self.count_write()?;
        self.contains_key(key)
    }

    pub(super) fn contains_key(&self, key: &str) -> rusqlite::Result<bool> {
        self.conn
            .prepare_cached("SELECT 1 FROM object WHERE key = ?1")?
            .exists([key])
    }

    /// True when there is this very manifest.
    pub(super) fn contains_manifest(
        &self,
        device: &DeviceId,
        epoch: u64,
        no: u64,
        sha256: &str,
    ) -> rusqlite::Result<bool> {
        let mut query = self.conn.prepare_cached(
            "SELECT key FROM object WHERE device = ?1 AND epoch = ?2 AND kind = ?3 AND seq = ?4",
        )?;
        let mut rows = query.query(params![device.as_str(), epoch, MANIFEST, no])?;
        while let Some(row) = rows.next()? {
            let key: String = row.get(0)?;
            if ObjectKey::parse(&key).is_some_and(|parts| sha256.starts_with(&parts.sha16)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Listed names that are neither there nor erased, with the manifest that lists them. Then the notes
    /// about absent and erased names are deleted: they concern no other chain.
    pub(super) fn end_chain(&mut self, visit: &mut dyn FnMut(&str, u64)) -> rusqlite::Result<()> {
        {
            let mut query = self.conn.prepare_cached(
                "SELECT key, no FROM absent WHERE key NOT IN (SELECT key FROM erased) ORDER BY no, key",
            )?;
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                visit(&row.get::<_, String>(0)?, row.get(1)?);
            }
        }
        self.conn
            .execute_batch("DELETE FROM absent; DELETE FROM erased")
    }

    /// Names of a chain that no manifest lists, and that were not erased.
    pub(super) fn for_each_unlisted(
        &self,
        chain: &ChainId,
        visit: &mut dyn FnMut(ObjectKind, IndexedObject),
    ) -> rusqlite::Result<()> {
        let mut query = self.conn.prepare_cached(
            "SELECT key, seq, kind FROM object
             WHERE device = ?1 AND epoch = ?2 AND kind <> ?3 AND listed = 0
               AND key NOT IN (SELECT key FROM erased)
             ORDER BY kind, seq",
        )?;
        let mut rows = query.query(params![chain.device.as_str(), chain.epoch, MANIFEST])?;
        while let Some(row) = rows.next()? {
            let kind = match row.get::<_, i64>(2)? {
                0 => ObjectKind::Activity,
                1 => ObjectKind::Screenshot,
                _ => ObjectKind::Vault,
            };
            let (key, seq) = (row.get(0)?, row.get(1)?);
            visit(kind, IndexedObject { key, seq });
        }
        Ok(())
    }
}

//! `meta`: facts by name.

use crate::object::VaultCopy;
use crate::quarter_hour::QuarterHour;
use crate::utc_day::UtcDay;
use model::Timestamp;
use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension, ToSql, params};

/// The names.
pub(crate) mod key {
    pub(crate) const DEVICE: &str = "device";
    pub(crate) const EPOCH: &str = "epoch";
    pub(crate) const LAST_DURABLE: &str = "last_durable_us";
    pub(crate) const LAST_ACK: &str = "last_ack_us";
    pub(crate) const CLEAN: &str = "clean";
    pub(crate) const RUN: &str = "run";
    pub(crate) const NOTE: &str = "note";
    /// Numbers up to this one are used up, whether or not a row is there.
    pub(crate) const SEQ_FLOOR: &str = "seq_floor";
    /// Records lost when earlier databases were damaged.
    pub(crate) const LOST: &str = "lost";
    /// Those lost by the latest salvage.
    pub(crate) const LOST_LAST: &str = "lost_last";
    /// The sink has every record up to this number that was not erased.
    pub(crate) const ACKED_THROUGH: &str = "acked_through";
    /// From this quarter hour on every one that a span touches has a row in `rollup`.
    pub(crate) const ROLLED_SINCE: &str = "rolled_since";
    /// The copy of the vault for the sink, its number, its day, and the number the sink has.
    pub(crate) const KIT: &str = "kit";
    pub(crate) const KIT_SEQ: &str = "kit_seq";
    pub(crate) const KIT_DAY: &str = "kit_day";
    pub(crate) const KIT_ACKED: &str = "kit_acked";
    /// The number of the copy that a manifest lists.
    pub(crate) const KIT_LISTED: &str = "kit_listed";
}

/// One fact, if it is known.
pub(crate) fn read_value<T: FromSql>(conn: &Connection, key: &str) -> rusqlite::Result<Option<T>> {
    conn.prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()
}

/// Sets one fact.
pub(crate) fn set_value(conn: &Connection, key: &str, value: &dyn ToSql) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO meta (key, value) VALUES (?1, ?2)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    )?
    .execute(params![key, value])?;
    Ok(())
}

/// An instant among the facts, if it is known.
pub(crate) fn read_time(conn: &Connection, key: &str) -> rusqlite::Result<Option<Timestamp>> {
    Ok(read_value(conn, key)?.map(Timestamp::from_micros))
}

/// Sets an instant among the facts.
pub(crate) fn set_time(conn: &Connection, key: &str, at: Timestamp) -> rusqlite::Result<()> {
    set_value(conn, key, &at.as_micros())
}

/// The number up to which the sink has every record.
pub(crate) fn acked_through(conn: &Connection) -> rusqlite::Result<u64> {
    Ok(read_value(conn, key::ACKED_THROUGH)?.unwrap_or(0))
}

/// The first quarter hour of which the table `rollup` tells everything.
pub(crate) fn rollups_complete_since(conn: &Connection) -> rusqlite::Result<QuarterHour> {
    let since = read_value(conn, key::ROLLED_SINCE)?;
    Ok(QuarterHour(since.unwrap_or(i64::MAX)))
}

/// Notes, once, from when on every quarter hour that a span touches has a row: after everything that is there already.
pub(crate) fn note_rollups_complete_since(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute(
        "INSERT OR IGNORE INTO meta
         SELECT ?1, coalesce(max(day) + 2, 0) * ?2 FROM
            (SELECT max(day) AS day FROM record UNION ALL SELECT max(day) FROM session
             UNION ALL SELECT value / 86400000000 FROM meta WHERE key = ?3)",
        params![key::ROLLED_SINCE, QuarterHour::A_DAY, key::LAST_DURABLE],
    )?;
    Ok(())
}

/// Moves the same to a quarter hour, unless it is later already.
pub(crate) fn raise_rollups_complete_since(
    conn: &Connection,
    QuarterHour(slot): QuarterHour,
) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE meta SET value = max(value, ?2) WHERE key = ?1")?
        .execute(params![key::ROLLED_SINCE, slot])?;
    Ok(())
}

/// The newest copy of the vault, and whether the sink acknowledged it.
pub(crate) fn vault_copy(conn: &Connection) -> rusqlite::Result<Option<(VaultCopy, bool)>> {
    let seq: u64 = read_value(conn, key::KIT_SEQ)?.unwrap_or(0);
    let acked: u64 = read_value(conn, key::KIT_ACKED)?.unwrap_or(0);
    let bytes = read_value(conn, key::KIT)?;
    let day = read_value(conn, key::KIT_DAY)?;
    let (Some(bytes), Some(day)) = (bytes, day) else {
        return Ok(None);
    };
    let day = UtcDay(day);
    Ok(Some((VaultCopy { seq, day, bytes }, seq <= acked)))
}

/// Stores a new copy of the vault.
pub(crate) fn set_vault_copy(
    conn: &Connection,
    seq: u64,
    day: UtcDay,
    bytes: &[u8],
) -> rusqlite::Result<()> {
    set_value(conn, key::KIT, &bytes)?;
    set_value(conn, key::KIT_SEQ, &seq)?;
    set_value(conn, key::KIT_DAY, &day.0)
}

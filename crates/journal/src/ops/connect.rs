//! Opening the database of a journal.

use crate::database::{self, AccessMode, DB_NAME, Database};
use crate::error::JournalError;
use crate::tables::meta::{self, key};
use crate::tables::schema::{self, SchemaVersion};
use model::DeviceId;
use rusqlite::Connection;
use rusqlite::types::FromSql;
use std::path::{Path, PathBuf};

/// Opens an existing database file. For writing it must be of a known version, or have no tables yet.
pub(crate) fn connect(path: &Path, mode: AccessMode) -> Result<Connection, JournalError> {
    let conn = database::open_connection(path)?;
    if mode == AccessMode::Write {
        check_version(&conn, path)?;
    }
    database::set_access_mode(&conn, path, mode)?;
    Ok(conn)
}

/// Refuses a database of another version. True when it has no tables yet.
pub(crate) fn check_version(conn: &Connection, path: &Path) -> Result<bool, JournalError> {
    let found =
        schema::read_version(conn).map_err(JournalError::sqlite("read the version of", path))?;
    let path = path.to_owned();
    match found {
        SchemaVersion::Empty => Ok(true),
        SchemaVersion::Current => Ok(false),
        SchemaVersion::Newer(found) => Err(JournalError::Newer {
            path,
            found,
            known: schema::VERSION,
        }),
        SchemaVersion::Older(found) => Err(JournalError::Older { path, found }),
        SchemaVersion::Contradiction(found) => {
            let known = schema::VERSION;
            let why = format!("it has the tables of version {known} and the number {found}");
            Err(JournalError::Damaged { path, why })
        }
    }
}

/// Makes the tables in a database that has none. True when it did.
pub(crate) fn create_tables(conn: &mut Connection, path: &Path) -> Result<bool, JournalError> {
    let empty = check_version(conn, path)?;
    if empty {
        schema::create_groups(conn, schema::GROUPS)
            .map_err(JournalError::sqlite("create the tables of", path))?;
    }
    Ok(empty)
}

/// One fact, if it is known.
pub(crate) fn read_fact<T: FromSql>(
    conn: &Connection,
    path: &Path,
    key: &str,
) -> Result<Option<T>, JournalError> {
    meta::read_value(conn, key).map_err(JournalError::sqlite("read a fact", path))
}

/// Reads the names that everything is sealed with.
pub(crate) fn identify(
    conn: Connection,
    dir: &Path,
    path: PathBuf,
) -> Result<Database, JournalError> {
    let device: Option<String> = read_fact(&conn, &path, key::DEVICE)?;
    let device = device
        .as_deref()
        .and_then(DeviceId::parse)
        .ok_or_else(|| JournalError::Missing { path: path.clone() })?;
    let epoch = read_fact(&conn, &path, key::EPOCH)?.unwrap_or(0);
    Ok(Database {
        conn,
        dir: dir.to_owned(),
        path,
        device,
        epoch,
    })
}

/// Opens a journal that the writer has made.
pub(crate) fn open_existing(dir: &Path, mode: AccessMode) -> Result<Database, JournalError> {
    let path = dir.join(DB_NAME);
    let conn = connect(&path, mode)?;
    if check_version(&conn, &path)? {
        // The file is there, but the writer has not yet created its tables.
        return Err(JournalError::Missing { path });
    }
    identify(conn, dir, path)
}

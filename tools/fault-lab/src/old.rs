//! A journal as the first version of uam left it.

use crate::book::{is_shot, record};
use crate::desk::{self, Desk};
use anyhow::Result;
use journal::Day;
use model::{RECORD_SCHEMA, Record};
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use std::fs;
use vault::{Aad, Session};

fn seal(session: &Session, what: &'static str, seq: u64, plain: &[u8]) -> Result<Vec<u8>> {
    let device = desk::device();
    let aad = Aad {
        device: device.as_str(),
        session: &session.id,
        seq,
        schema: RECORD_SCHEMA,
        what,
    };
    Ok(session.sealer().seal(&aad, plain)?)
}

/// Fills the desk's journal with `records` records of format 1, tags and numbers from 1.
pub(crate) fn journal(desk: &Desk, records: u64) -> Result<()> {
    fs::create_dir_all(desk.at())?;
    let mut conn = Connection::open(desk.db())?;
    conn.execute_batch(include_str!(
        "../../../crates/journal/tests/it/format_1.sql"
    ))?;
    conn.pragma_update(None, "user_version", 1)?;
    let session = desk::keys_in(&desk.dir)?.maker.new_session()?;
    let tx = conn.transaction()?;
    tx.execute(
        "INSERT INTO session VALUES (1, ?1, ?2, 1, 0)",
        params![session.id, session.wrapped_key],
    )?;
    tx.execute(
        "INSERT INTO meta VALUES ('device', ?1), ('epoch', 7), ('clean', 1)",
        [desk::device().as_str()],
    )?;
    let mut total = 0;
    for seq in 1..=records {
        let record = record(seq);
        let day = Day::of_us(record.start_us()).0;
        let sealed = seal(&session, "record", seq, &desk::line(seq, &record)?)?;
        total += sealed.len();
        tx.execute(
            "INSERT INTO record VALUES (?1, 1, ?2, ?3, ?4)",
            params![i64::try_from(seq)?, day, i64::try_from(total)?, sealed],
        )?;
        let Record::Shot(facts) = &record else {
            continue;
        };
        debug_assert!(is_shot(seq));
        let picture = desk::shot(seq).1;
        let sealed = seal(&session, "shot", seq, &picture)?;
        let path = format!(
            "shots/{}/{seq}-{}.uam",
            Day(day),
            facts.sha256.get(..16).unwrap_or_default()
        );
        let file = desk.at().join(&path);
        if let Some(dir) = file.parent() {
            fs::create_dir_all(dir)?;
        }
        fs::write(file, &sealed)?;
        fs::create_dir_all(desk.dir.join("old"))?;
        fs::write(desk.dir.join("old").join(seq.to_string()), &sealed)?;
        let hash: [u8; 32] = Sha256::digest(&picture).into();
        tx.execute(
            "INSERT INTO blob VALUES (?1, ?2, ?3, ?4, ?5, 'image/webp', ?6, 0, 0)",
            params![
                i64::try_from(seq)?,
                path,
                hash,
                i64::try_from(picture.len())?,
                i64::try_from(sealed.len())?,
                day
            ],
        )?;
    }
    tx.commit()?;
    Ok(())
}

/// A picture's file as format 1 sealed it.
pub(crate) fn picture(desk: &Desk, seq: u64) -> Result<Vec<u8>> {
    Ok(fs::read(desk.dir.join("old").join(seq.to_string()))?)
}

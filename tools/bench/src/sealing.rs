//! The cost of sealing: when recording, when reading the first report, and over a year.

mod recording;

use crate::measure::elapsed_ms;
use crate::year::{
    DayShape, SPANS_PER_DAY, YEAR, ZONE, figures_window, journal_keys, noon_us, read_viewer_key,
    write_days, write_viewer_key,
};
use anyhow::{Context, Result, bail};
use jiff::civil::{Date, date};
use journal::{Commit, IntegrityCheck, Journal, JournalKeys, Reader};
use model::{DeviceId, Notice, NoticeCode, Record, Timestamp};
use report::ViewOptions;
use report::query::DaysQuery;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use vault::{Factor, NewVault, Opener, TotpSecret, Vault};

/// The secret of the one-time codes.
const TOTP_SECRET: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

const STORE_KEY: [u8; 32] = [5; 32];
const PASSPHRASE: &str = "a long walk by the river";

/// The wall clock of the first code, seconds since the Unix epoch: after the busy day.
const FIRST_CODE_S: u64 = 1_781_546_400;

/// The day of the first report.
const BUSY_DAY: Date = date(2026, 6, 15);

/// Runs one chore in `dir`.
///
/// * `busy-day`: makes a vault with both kinds of slot and a journal with a busy day of 2,000 spans.
/// * `unlock store|passphrase N`: as `uam report` does it: factor, code, identity, the notice of the access, and the
///   report of that day. N: how many codes were used before.
/// * `year rolled|plain`: makes a journal of 1,000,000 spans in 365 days, with roll-ups or without.
/// * `sum`: the totals of each day of that year.
/// * `record`: an hour of recording at ten events a second, and the CPU time of the sealing in it.
///
/// # Errors
/// When there is no such chore, or it fails.
pub(crate) fn run_chore(chore: &str, dir: &Path, options: &[&str]) -> Result<Value> {
    match (chore, options) {
        ("busy-day", []) => make_busy_day(dir),
        ("unlock", [slot, n]) => read_first_report(dir, slot, n.parse()?),
        ("year", [how]) => make_year(dir, *how == "rolled"),
        ("sum", []) => sum_days(dir),
        ("record", []) => recording::record_hour(dir),
        _ => bail!("there is no chore `sealing {chore}` with these arguments"),
    }
}

/// The one-time code of number `n`, and the wall clock in seconds at which it is valid.
fn make_code(n: u64) -> Result<(String, u64)> {
    let at = FIRST_CODE_S + n * 30;
    let secret = data_encoding::BASE32_NOPAD.decode(TOTP_SECRET.as_bytes())?;
    let totp = totp_rs::Builder::new().with_secret(secret).build()?;
    Ok((totp.generate(at).to_string(), at))
}

fn vault_keys(vault: &Vault, opener: Opener) -> Result<JournalKeys> {
    Ok(JournalKeys {
        device: DeviceId::parse(vault.device()).context("the device's id")?,
        sealer: vault.sealer(None)?,
        opener,
    })
}

fn make_busy_day(dir: &Path) -> Result<Value> {
    let home = dir.join("vault");
    let founding = NewVault {
        device: Vault::new_device_id()?,
        factor: Factor::OsStore(&STORE_KEY),
        totp: Some(TotpSecret::parse(TOTP_SECRET)?),
        organisations: Vec::new(),
        viewer: true,
        now: Timestamp::from_micros(0),
    };
    let (mut vault, door) = Vault::create(&home, founding)?;
    let (code, at) = make_code(0)?;
    let pass = vault
        .check_code(&door, &code, at)?
        .token
        .context("the code was refused")?;
    vault.add_slot(
        &door,
        &pass,
        &Factor::Passphrase(PASSPHRASE),
        Timestamp::from_micros(0),
    )?;
    let keys = vault_keys(&vault, Opener::locked())?;
    let shape = day_shape(2_000, true);
    let written = write_days(&dir.join("journal"), keys, BUSY_DAY, 1, shape)?;
    Ok(json!({ "spans": written.spans }))
}

fn read_first_report(dir: &Path, slot: &str, n: u64) -> Result<Value> {
    let (code, at) = make_code(n + 1)?;
    let factor = match slot {
        "store" => Factor::OsStore(&STORE_KEY),
        "passphrase" => Factor::Passphrase(PASSPHRASE),
        _ => bail!("there is no slot {slot}"),
    };
    let start = Instant::now();
    let mut vault = Vault::open(&dir.join("vault"))?;
    let door = vault.unlock_slot(&factor)?;
    let door_ms = elapsed_ms(start);
    let pass = vault
        .check_code(&door, &code, at)?
        .token
        .context("the code was refused")?;
    let identity = vault.viewer_identity(&door, &pass)?;
    let opener = vault.viewer_opener(&identity);
    let now_us = i64::try_from(at)? * 1_000_000;
    let notice = Record::Notice(Notice {
        at: Timestamp::from_micros(now_us),
        zone: ZONE.to_owned(),
        code: NoticeCode::Access,
        text: "Read: the report of 2026-06-15.".to_owned(),
    });
    let journal = dir.join("journal");
    let keys = vault_keys(&vault, opener.clone())?;
    Journal::open_for_maintenance(
        &journal,
        keys,
        Timestamp::from_micros(now_us),
        IntegrityCheck::Full,
    )?
    .commit(Commit {
        records: &[notice],
        at: Timestamp::from_micros(now_us),
        ..Commit::default()
    })?;
    let reader = Reader::open(&journal, opener)?;
    let report = report::query::read_day(
        &reader,
        ViewOptions::default(),
        BUSY_DAY,
        Timestamp::from_micros(now_us),
        ZONE,
    )?;
    let text = report::terminal::render_day_table(&report, 100);
    Ok(json!({ "ms": elapsed_ms(start), "door_ms": door_ms, "lines": text.lines().count() }))
}

/// A day like every other, without screenshots.
fn day_shape(spans: usize, rolled_up: bool) -> DayShape {
    DayShape {
        spans,
        screenshots: 0,
        rolled_up,
        window: |_, n| figures_window(n),
    }
}

fn make_year(dir: &Path, rolled_up: bool) -> Result<Value> {
    std::fs::create_dir_all(dir)?;
    let keys = journal_keys(&write_viewer_key(dir)?, Opener::locked())?;
    let start = Instant::now();
    let shape = day_shape(SPANS_PER_DAY, rolled_up);
    let written = write_days(&dir.join("journal"), keys, YEAR.0, 365, shape)?;
    Ok(json!({ "spans": written.spans, "ms": elapsed_ms(start) }))
}

fn sum_days(dir: &Path) -> Result<Value> {
    let opener = Opener::new([read_viewer_key(dir)?]);
    let start = Instant::now();
    let reader = Reader::open(&dir.join("journal"), opener)?;
    let year = DaysQuery {
        days: YEAR.0..=YEAR.1,
        view: ViewOptions::default(),
        rules: None,
        now: Timestamp::from_micros(noon_us(YEAR.1.tomorrow()?)?),
        zone: ZONE,
    };
    let days = report::query::read_days(&reader, &year, &mut |_| {})?;
    let text = report::terminal::render_days_table(&days, 100);
    let wall = elapsed_ms(start);
    let keys: u64 = days.days.iter().map(|day| day.counts.keys()).sum();
    let covered: Duration = days
        .days
        .iter()
        .map(|day| day.length - day.time_in(model::Coverage::Off))
        .sum();
    Ok(
        json!({ "ms": wall, "days": days.days.len(), "lines": text.lines().count(), "keys": keys,
               "hours": covered.as_secs() / 3600, "damaged": days.damaged.len() }),
    )
}

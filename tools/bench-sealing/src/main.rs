//! `bench-sealing CHORE DIR`: what sealing costs. Each chore prints one line of JSON; times are in milliseconds.
//!
//! * `desk DIR`: makes a vault with both kinds of slot and a journal with a busy day of 2,000 spans.
//! * `unlock DIR store|passphrase N`: as `uam report` does it: factor, code, identity, the notice of the access, and the
//!   report of that day. N: how many codes were shown before.
//! * `year DIR rolled|plain`: makes a journal of 1,000,000 spans in 365 days, with roll-ups or without.
//! * `sum DIR`: the totals of each day of that year.
//! * `told DIR apps|titles`: that year by category, with rules on applications alone, or on titles too.
//! * `record DIR`: an hour of recording at ten events a second, and the CPU time of the sealing in it.
#![allow(clippy::print_stdout, reason = "the answer to the caller")]

mod days;
mod recording;

use anyhow::{Context, Result, bail};
use days::YEAR;
use jiff::civil::date;
use journal::{Errand, Journal, JournalKeys, Reader};
use model::{DeviceId, Notice, NoticeCode, Record};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Instant;
use vault::{Factor, Identity, KeyMaker, NewVault, Opener, TotpSecret, Vault};

/// The zone of everything here.
pub(crate) const ZONE: &str = "Europe/Berlin";

/// The secret of the one-time codes.
const CODES: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

const STORE: [u8; 32] = [5; 32];
const PASSPHRASE: &str = "a long walk by the river";

/// The wall clock of the first code, seconds since the Unix epoch: after the busy day.
const CLOCK: u64 = 1_781_546_400;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let answer = match args.as_slice() {
        ["desk", dir] => desk(Path::new(dir))?,
        ["unlock", dir, slot, n] => unlock(Path::new(dir), slot, n.parse()?)?,
        ["year", dir, how] => year(Path::new(dir), *how == "rolled")?,
        ["sum", dir] => sum(Path::new(dir))?,
        ["told", dir, by] => told(Path::new(dir), *by == "titles")?,
        ["record", dir] => recording::hour(Path::new(dir))?,
        _ => bail!("usage: bench-sealing desk|unlock|year|sum|told|record DIR ..."),
    };
    println!("{answer}");
    Ok(())
}

/// Milliseconds since `begun`.
pub(crate) fn ms(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1e3
}

fn code(n: u64) -> Result<(String, u64)> {
    let at = CLOCK + n * 30;
    let secret = data_encoding::BASE32_NOPAD.decode(CODES.as_bytes())?;
    let totp = totp_rs::Builder::new().with_secret(secret).build()?;
    Ok((totp.generate(at).to_string(), at))
}

fn keys(vault: &Vault, opener: Opener) -> Result<JournalKeys> {
    Ok(JournalKeys {
        device: DeviceId::parse(vault.device()).context("the device's id")?,
        maker: vault.key_maker(None)?,
        opener,
    })
}

fn desk(dir: &Path) -> Result<Value> {
    let home = dir.join("vault");
    let founding = NewVault {
        device: Vault::new_device_id()?,
        factor: Factor::OsStore(&STORE),
        totp: Some(TotpSecret::parse(CODES)?),
        organisations: Vec::new(),
        viewer: true,
        now_us: 0,
    };
    let (mut vault, door) = Vault::create(&home, founding)?;
    let (code, at) = code(0)?;
    let pass = vault
        .check_code(&door, &code, at)?
        .pass
        .context("the code was refused")?;
    vault.add_slot(&door, &pass, &Factor::Passphrase(PASSPHRASE), 0)?;
    let keys = keys(&vault, Opener::locked())?;
    let spans = days::fill(
        &dir.join("journal"),
        keys,
        date(2026, 6, 15),
        1,
        2_000,
        true,
    )?;
    Ok(json!({ "spans": spans }))
}

fn unlock(dir: &Path, slot: &str, n: u64) -> Result<Value> {
    let (code, at) = code(n + 1)?;
    let factor = match slot {
        "store" => Factor::OsStore(&STORE),
        "passphrase" => Factor::Passphrase(PASSPHRASE),
        _ => bail!("there is no slot {slot}"),
    };
    let begun = Instant::now();
    let mut vault = Vault::open(&dir.join("vault"))?;
    let door = vault.door(&factor)?;
    let door_ms = ms(begun);
    let pass = vault
        .check_code(&door, &code, at)?
        .pass
        .context("the code was refused")?;
    let identity = vault.identity(&door, &pass)?;
    let opener = vault.opener(&identity);
    let now_us = i64::try_from(at)? * 1_000_000;
    let notice = Record::Notice(Notice {
        at_us: now_us,
        zone: ZONE.to_owned(),
        code: NoticeCode::Access,
        text: "Read: the report of 2026-06-15.".to_owned(),
    });
    let journal = dir.join("journal");
    Errand::open(&journal, keys(&vault, opener.clone())?, now_us)?.note(&[notice], now_us)?;
    let reader = Reader::open(&journal, opener)?;
    let report = report::query::day(&reader, date(2026, 6, 15), now_us, ZONE)?;
    let text = report::table::day(&report, 100);
    Ok(json!({ "ms": ms(begun), "door_ms": door_ms, "lines": text.lines().count() }))
}

/// The key of the year's journals; a bench has nothing to hide.
fn viewer(dir: &Path) -> Result<Identity> {
    let text = std::fs::read_to_string(dir.join("viewer"))?;
    text.parse().context("the viewer's key")
}

fn year(dir: &Path, rolled: bool) -> Result<Value> {
    std::fs::create_dir_all(dir)?;
    let identity = Identity::generate();
    std::fs::write(dir.join("viewer"), identity.reveal().as_bytes())?;
    let keys = JournalKeys {
        device: DeviceId::from_bytes([7; 16]),
        maker: KeyMaker::new([identity.recipient()])?,
        opener: Opener::locked(),
    };
    let begun = Instant::now();
    let spans = days::fill(&dir.join("journal"), keys, YEAR.0, 365, 2_740, rolled)?;
    Ok(json!({ "spans": spans, "ms": ms(begun) }))
}

fn sum(dir: &Path) -> Result<Value> {
    let opener = Opener::new([viewer(dir)?]);
    let begun = Instant::now();
    let reader = Reader::open(&dir.join("journal"), opener)?;
    let now_us = days::noon_us(YEAR.1.tomorrow()?)?;
    let days = report::query::days(&reader, &(YEAR.0..=YEAR.1), now_us, ZONE)?;
    let text = report::table::days(&days, 100);
    let wall = ms(begun);
    let keys: u64 = days.days.iter().map(|day| day.counts.keys()).sum();
    let covered: u64 = days
        .days
        .iter()
        .map(|day| day.length_us - day.state_us(model::Coverage::Off))
        .sum();
    Ok(
        json!({ "ms": wall, "days": days.days.len(), "lines": text.lines().count(), "keys": keys,
               "hours": covered / 3_600_000_000, "damaged": days.damaged.len() }),
    )
}

fn told(dir: &Path, titles: bool) -> Result<Value> {
    let opener = Opener::new([viewer(dir)?]);
    let project = report::meaning::ClassificationRule {
        name: "figures".to_owned(),
        app: None,
        title: Some(r"figures \d*7\b".to_owned()),
    };
    let projects = if titles { vec![project] } else { Vec::new() };
    let meaning = report::ClassificationRules::new(&[], true, &projects)?;
    let begun = Instant::now();
    let reader = Reader::open(&dir.join("journal"), opener)?;
    let now_us = days::noon_us(YEAR.1.tomorrow()?)?;
    let range = YEAR.0..=YEAR.1;
    let asked = (report::DayStart::default(), &meaning);
    let days = report::query::days_told(&reader, asked, &range, now_us, ZONE)?;
    let whole = report::overview::PeriodTotals::of(days.days.iter());
    let wall = ms(begun);
    let active = |rows: &[report::NamedUsage]| rows.iter().map(|r| r.usage.active_us).sum::<u64>();
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    Ok(
        json!({ "ms": wall, "days": days.days.len(), "categories": whole.categories.len(),
               "projects": whole.projects.len(), "whole": active(&whole.categories) == active(&whole.apps),
               "peak": peak.map(str::trim) }),
    )
}

/// Opens a journal for writing.
pub(crate) fn writer(dir: &Path, keys: JournalKeys, now_us: i64) -> Result<Journal> {
    let (mut journal, _) = Journal::open(dir, keys, now_us)?;
    journal.commit_recovered(&[], now_us)?;
    Ok(journal)
}

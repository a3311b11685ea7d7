//! `bench-page CHORE ...`: the page with a year of data. Each chore prints one line of JSON; times are in milliseconds.
//!
//! * `make DIR`: a journal of 1,000,000 spans and 50,000 pictures in 365 days, unless it lies there whole.
//! * `serve DIR`: serves the page of it as `uam dashboard` does, with a notice in the journal for each look: first a
//!   link, then another for each line on standard input; it ends with that.
//! * `ask LINK [QUICK]`: asks that server as the page does: every day, then year, month and search, several times each.
#![allow(clippy::print_stdout, reason = "the answer to the caller")]

mod ask;
mod days;
mod desk;

use anyhow::{Context, Result, bail};
use journal::JournalKeys;
use model::DeviceId;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use vault::{Identity, KeyMaker, Opener};

/// The zone of everything here.
pub(crate) const ZONE: &str = "Europe/Berlin";

/// Changes with what is made, so that an older one is made anew.
const MADE: &str = "year 3\n";

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let answer = match args.as_slice() {
        ["make", dir] => make(Path::new(dir))?,
        ["serve", dir] => serve(Path::new(dir))?,
        ["ask", link] => ask::ask(link, false)?,
        ["ask", link, "quick"] => ask::ask(link, true)?,
        _ => bail!("usage: bench-page make DIR | serve DIR | ask LINK [quick]"),
    };
    println!("{answer}");
    Ok(())
}

/// Milliseconds since `begun`.
pub(crate) fn ms(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1e3
}

/// The keys of the year's journal; a bench has nothing to hide.
fn keys(dir: &Path) -> Result<JournalKeys> {
    let text = std::fs::read_to_string(dir.join("viewer"))?;
    let identity: Identity = text.parse().context("the viewer's key")?;
    Ok(JournalKeys {
        device: DeviceId::from_bytes([7; 16]),
        maker: KeyMaker::new([identity.recipient()])?,
        opener: Opener::new([identity]),
    })
}

fn make(dir: &Path) -> Result<Value> {
    let done = dir.join("made");
    if std::fs::read_to_string(&done).is_ok_and(|made| made == MADE) {
        return Ok(json!({ "cached": true }));
    }
    if dir.exists() {
        std::fs::remove_dir_all(dir).with_context(|| format!("emptying {}", dir.display()))?;
    }
    std::fs::create_dir_all(dir)?;
    std::fs::write(dir.join("viewer"), Identity::generate().reveal().as_bytes())?;
    let begun = Instant::now();
    let (spans, shots) = days::fill(&dir.join("journal"), keys(dir)?)?;
    std::fs::write(done, MADE)?;
    Ok(json!({ "spans": spans, "shots": shots, "ms": ms(begun) }))
}

fn serve(dir: &Path) -> Result<Value> {
    let server = web::PageServer::bind(0)?;
    let links = server.link_issuer();
    println!("{}", links.create_link()?);
    std::io::stdout().flush()?;
    let over = Arc::new(AtomicBool::new(false));
    let ends = Arc::clone(&over);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            let told = line.ok().and_then(|_| links.create_link().ok());
            let Some(link) = told else { break };
            println!("{link}");
        }
        ends.store(true, Ordering::SeqCst);
    });
    let desk = desk::Desk::new(&dir.join("journal"), keys(dir)?)?;
    let watch = Arc::new(desk::Watch(over));
    let ended = server.serve_until_end(Box::new(desk), watch, web::PageLimits::default())?;
    Ok(json!({ "ended": format!("{ended:?}") }))
}

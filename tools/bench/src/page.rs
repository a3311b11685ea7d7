//! The page with a year of data: a journal of 1,000,000 spans and 50,000 screenshots in 365 days, its server, its client.

mod backend;
mod client;

pub(crate) use client::ask_page;

use crate::measure::elapsed_ms;
use crate::year::{
    DayShape, SCREENSHOTS_PER_DAY, SPANS_PER_DAY, YEAR, journal_keys, read_viewer_key, task_window,
    write_days, write_viewer_key,
};
use anyhow::Result;
use backend::{BenchBackend, BenchWatch};
use journal::JournalKeys;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use vault::Opener;

/// The file that marks a complete journal. Its text changes with the content, so that an older one is replaced.
const MARKER: (&str, &str) = ("made", "year 3\n");

fn read_keys(dir: &Path) -> Result<JournalKeys> {
    let identity = read_viewer_key(dir)?;
    journal_keys(&identity, Opener::new([identity.clone()]))
}

/// Makes the journal of a year in `dir`, unless a complete one is there.
///
/// # Errors
/// When the directory cannot be emptied or written.
pub(crate) fn make_year(dir: &Path) -> Result<Value> {
    let marker = dir.join(MARKER.0);
    if std::fs::read_to_string(&marker).is_ok_and(|text| text == MARKER.1) {
        return Ok(json!({ "cached": true }));
    }
    if dir.exists() {
        fs_err::remove_dir_all(dir)?;
    }
    std::fs::create_dir_all(dir)?;
    write_viewer_key(dir)?;
    let start = Instant::now();
    let shape = DayShape {
        spans: SPANS_PER_DAY,
        screenshots: SCREENSHOTS_PER_DAY,
        rolled_up: true,
        window: task_window,
    };
    let written = write_days(&dir.join("journal"), read_keys(dir)?, YEAR.0, 365, shape)?;
    std::fs::write(marker, MARKER.1)?;
    Ok(json!({ "spans": written.spans, "shots": written.screenshots, "ms": elapsed_ms(start) }))
}

/// Serves the page of the journal in `dir` as `uam dashboard` does, with a notice in the journal for each new question.
/// Prints a link, then another for each line on standard input, and returns when that is closed.
///
/// # Errors
/// When there is no journal in `dir`, or no port is free.
pub(crate) fn serve_page(dir: &Path) -> Result<Value> {
    let server = web::PageServer::bind(0)?;
    let links = server.link_issuer();
    println!("{}", links.create_link()?);
    std::io::stdout().flush()?;
    let closed = Arc::new(AtomicBool::new(false));
    let input_closed = Arc::clone(&closed);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            let next = line.ok().and_then(|_| links.create_link().ok());
            let Some(link) = next else { break };
            println!("{link}");
        }
        input_closed.store(true, Ordering::SeqCst);
    });
    let backend = BenchBackend::new(&dir.join("journal"), read_keys(dir)?)?;
    let watch = Arc::new(BenchWatch(closed));
    let ended = server.serve_until_end(Box::new(backend), watch, web::PageLimits::default())?;
    Ok(json!({ "ended": format!("{ended:?}") }))
}

//! The page with a year of data: how long its views take, what they weigh, and what the server needs.
//!
//! The journal is made once and lies in the cache; the server is a release build, the browser a headless Chromium where
//! there is one. What ActivityWatch needs for the same is not measured here, only quoted, in the notes.

use super::context::{BenchContext, middle_value, read_number};
use super::table::{BenchRow, BenchTarget};
use crate::build;
use crate::files::{cache_dir, folder_size};
use crate::page_test::BrowserTools;
use crate::process::{Interrupted, ProcessGroup};
use anyhow::{Context, Result};
use serde_json::Value;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What is published of the same in ActivityWatch, for whoever reads the table.
pub(super) const NOTES: &str = "\
Page rows: a year of 1,000,000 spans and 50,000 screenshots; the slowest of the runs is shown, but of the day view the one \
that 99 in a hundred do not exceed, over every day of the year. Each look that is new writes its notice durably first, \
as it does in `uam dashboard`. ActivityWatch publishes no figures for such data; its issue tracker tells of an activity \
view that loaded in about 10 s and then 5 s (aw-webui pull request 326), of 1 to 3 s for a page on localhost (aw-webui \
issue 124), of a month that ran into the limit of 30 s, with the server growing from 20 MB to over 100 MB, at a database \
of 168 MB (aw-server-rust issue 629). Search in titles: not published.";

/// Measures with a program of its own.
pub(super) fn measure_page_rows(context: &BenchContext) -> Result<Vec<BenchRow>> {
    page_rows(&measure_page(context)?)
}

/// The page, measured.
struct PageFigures {
    /// How long its answers took.
    answers: Value,
    /// What a browser saw of it, where there is one.
    painted: Option<Value>,
    /// The most memory the server had, in MB.
    peak_mb: Option<f64>,
    /// The journal's size, in MB.
    journal_mb: Option<f64>,
}

fn measure_page(context: &BenchContext) -> Result<PageFigures> {
    let programs = build::build_programs(&["--release", "-p", "bench"])?;
    let program = build::find_program(&programs, "bench")?;
    let year = cache_dir()?.join("bench-page");
    println!("A year of data: {} (made once)", year.display());
    let made = context.run_measured(Command::new(&program).args(["page", "make"]).arg(&year))?;
    println!("{made}");

    let mut serve = Command::new(&program);
    serve
        .args(["page", "serve"])
        .arg(&year)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut server = ProcessGroup::start(&mut serve)?;
    let mut stdin = server.child().stdin.take().context("its input")?;
    let links = server.take_lines()?;
    let first = links.recv().context("reading the link")?;

    let mut ask = Command::new(&program);
    ask.args(["page", "ask"]).arg(first);
    if context.quick {
        ask.arg("quick");
    }
    let answers = context.run_measured(&mut ask).context("asking the page")?;
    let mut next_link = || -> Result<String> {
        writeln!(stdin).context("asking for a link")?;
        links.recv().context("reading a link")
    };
    let painted = match BrowserTools::find() {
        Ok(browser) => Some(measure_painting(context, &browser, &mut next_link)?),
        Err(error) if error.is::<Interrupted>() => return Err(error),
        Err(error) => {
            println!("Not painted: {error:#}");
            None
        }
    };
    let peak_mb = peak_mb(server.pid());
    drop(stdin);
    Ok(PageFigures {
        answers,
        painted,
        peak_mb,
        journal_mb: Some(folder_size(&year.join("journal"))? as f64 / 1e6),
    })
}

fn page_rows(figures: &PageFigures) -> Result<Vec<BenchRow>> {
    use BenchTarget::{AtMost, None as Open};
    let answer = |path: &[&str]| read_number(&figures.answers, path).map(Some);
    let seen = |name: &str| {
        let painted = figures.painted.as_ref()?;
        read_number(painted, &[name]).ok()
    };
    let days = read_number(&figures.answers, &["day", "runs"])?;
    let day = format!("page, a day of 2,740 spans, p99 of {days:.0}: ms");
    #[rustfmt::skip]
    let rows = [
        (day.as_str(), 1, AtMost(100.0), answer(&["day", "p99"])?),
        ("  the same, its notice being written already: ms", 1, Open, answer(&["day_again", "p99"])?),
        ("  the middle one: ms", 1, Open, answer(&["day", "p50"])?),
        ("page, the year by application: ms", 0, AtMost(1_000.0), answer(&["year_app"])?),
        ("page, the year by category, rules on titles: ms", 0, AtMost(1_000.0), answer(&["year_category"])?),
        ("page, a month by category: ms", 0, Open, answer(&["month_category"])?),
        ("page, a search of the year, nothing found: ms", 0, AtMost(300.0), answer(&["search_none"])?),
        ("page, a search of the year, few hits: ms", 0, AtMost(300.0), answer(&["search_seldom"])?),
        ("page, a search of the year, 300 hits: ms", 0, AtMost(300.0), answer(&["search_often"])?),
        ("page, the gallery of 50,000 screenshots: ms", 0, Open, answer(&["gallery", "most"])?),
        ("page, weight of the day view without screenshots: kB", 1, AtMost(150.0), seen("weight_kb")),
        ("  of it unpacked: kB", 1, Open, seen("plain_kb")),
        ("page, first paint on loopback: ms", 0, AtMost(200.0), seen("paint_ms")),
        ("page, the day drawn in full: ms", 0, Open, seen("drawn_ms")),
        ("page, server memory after all of it, peak RSS: MB", 1, AtMost(60.0), figures.peak_mb),
        ("page, size of that journal: MB", 0, Open, figures.journal_mb),
    ];
    let row = |(name, digits, target, uam): (&str, _, _, _)| {
        BenchRow::new(name, digits, target, uam, None)
    };
    Ok(rows.map(row).into())
}

/// First paint and weight in a browser: the middle one of some visits.
fn measure_painting(
    context: &BenchContext,
    browser: &BrowserTools,
    link: &mut dyn FnMut() -> Result<String>,
) -> Result<Value> {
    let visits = if context.quick { 3 } else { 9 };
    let mut found: Vec<Value> = Vec::new();
    for _ in 0..visits {
        let mut node = browser.node_command("paint.mjs");
        node.arg(link()?);
        let painted = context.run_measured(&mut node);
        found.push(painted.context("painting the page")?);
    }
    let names = ["paint_ms", "drawn_ms", "weight_kb", "plain_kb"];
    let told = names.map(|name| Ok((name.to_owned(), middle_value(&found, name)?.into())));
    Ok(Value::Object(told.into_iter().collect::<Result<_>>()?))
}

/// The most memory a process had so far, in MB of 1,000,000 bytes.
fn peak_mb(pid: u32) -> Option<f64> {
    let status = PathBuf::from(format!("/proc/{pid}/status"));
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1.024 / 1_000.0)
}

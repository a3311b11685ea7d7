//! Three days without a network at full rate, then everything at once.
//!
//! Two programs, as in life: one records on its own clock while there is no sink, one drains when there is. Each looks at
//! its own memory while it works; after its first steps it must not grow.

use super::recorded_journal::{RecordedJournal, check_delivery};
use crate::child::ChildProcess;
use crate::fixture::{self, FixedClock};
use crate::lab::{LabVerdict, ProgressBar, RunLength};
use crate::memory;
use anyhow::{Context, Result, bail, ensure};
use journal::Outbox;
use lab::s3::{S3Server, S3ServerOptions};
use model::Timestamp;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;
use upload::{DrainProgress, Sink, Timeouts, drain, vars};
use vault::Identity;

/// Seconds of a span, and spans from one screenshot to the next and from one segment to the next.
const SPAN_S: u64 = 5;
const SCREENSHOT_EVERY: u64 = 6;
const SEGMENT_EVERY: u64 = 60;

/// Records in a segment at most; more than come between two of them.
const SEGMENT_RECORDS: usize = 200;

/// How much a program may grow after its beginning, in KiB.
const GROWTH_KIB: u64 = 10 * 1024;

pub(crate) fn run(length: RunLength) -> Result<LabVerdict> {
    let hours: u64 = length.pick(6, 72);
    let spans = hours * 3600 / SPAN_S;
    let screenshots = spans / SCREENSHOT_EVERY;
    let dir = tempfile::tempdir()?;
    let journal = dir.path().join("journal");
    let viewer = Identity::generate();
    let server = S3Server::start(S3ServerOptions::new(dir.path().join("s3")))?;
    let mut bar = ProgressBar::new(2 * spans, length);
    let mut at = |done: u64| bar.at(done);
    let secret = viewer.reveal();
    let spans_text = spans.to_string();
    let here = journal.display().to_string();
    let recording = run_child(&["record", &here, &secret, &spans_text], &server, &mut at)?;
    ensure!(
        server.objects()?.is_empty(),
        "something was sent while offline"
    );
    let begun = Instant::now();
    let objects_due = screenshots + spans / SEGMENT_EVERY;
    let draining = run_child(&["drain", &here], &server, &mut |done| {
        at(spans + done * spans / objects_due);
    })?;
    let seconds = begun.elapsed().as_secs_f64();
    let find = fixture::find_in(server.env());
    let sink = fixture::open_sink(&find, Path::new("/none"), Timeouts::default())?;
    let listed = sink.list(upload::object_keys::ROOT, usize::MAX)?;
    let objects = listed.len() as u64;
    let arrived = check_delivery(
        &journal,
        &viewer,
        listed.into_iter().map(|head| {
            let body = sink.get(&head.key)?.context("listed and not there")?;
            Ok((head.key, body))
        }),
    )?;
    ensure!(
        (arrived.records, arrived.screenshots) == (spans + screenshots, screenshots),
        "{arrived:?}, not {spans} spans and {screenshots} screenshots"
    );
    for (what, growth) in [("recording", recording), ("draining", draining)] {
        ensure!(
            growth <= GROWTH_KIB,
            "{what} grew by {growth} KiB, more than {GROWTH_KIB}"
        );
    }
    Ok(LabVerdict::Passed(format!(
        "{hours} h offline: {spans} spans and {screenshots} screenshots, then drained in {seconds:.1} s ({:.0} objects/s, {:.1} MB/s), complete, in order, once each; memory grew by {recording} KiB recording and {draining} KiB draining",
        objects as f64 / seconds,
        arrived.bytes as f64 / 1e6 / seconds,
    )))
}

/// Runs one of the two programs to its end and reports its progress to `at`; returns its growth in KiB.
fn run_child(args: &[&str], server: &S3Server, at: &mut dyn FnMut(u64)) -> Result<u64> {
    let args = [&["offline"], args].concat();
    let mut child = ChildProcess::start_with(&args, &server.env())?;
    let mut memory: Vec<u64> = Vec::new();
    while let Some(line) = child.next_line()? {
        let (done, kib) = line.split_once(' ').context("a strange line of a child")?;
        at(done.parse()?);
        memory.push(kib.parse()?);
    }
    child.wait_for_success()?;
    // The first tenth is the beginning: caches fill, allocators find their size.
    let (beginning, rest) = memory.split_at(memory.len() / 10);
    let first = beginning.iter().max().context("it ended at once")?;
    let most = rest.iter().max().context("it ended at once")?;
    Ok(most.saturating_sub(*first))
}

/// `record DIR VIEWER SPANS`, `drain DIR`. Prints its progress and its memory in KiB.
pub(crate) fn run_program(args: &[String]) -> Result<()> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["record", dir, viewer, spans] => {
            record_journal(Path::new(dir), &viewer.parse()?, spans.parse()?)
        }
        ["drain", dir] => drain_outbox(Path::new(dir)),
        _ => bail!("offline: record DIR VIEWER SPANS, or drain DIR"),
    }
}

fn record_journal(dir: &Path, viewer: &Identity, spans: u64) -> Result<()> {
    let mut work = RecordedJournal::new(dir, viewer)?;
    for n in 1..=spans {
        work.add_span(SPAN_S)?;
        if n % SCREENSHOT_EVERY == 0 {
            // 40 to 60 KB.
            work.add_screenshot(40_000 + (n * 7_919 % 20_000) as usize)?;
        }
        if n % SEGMENT_EVERY == 0 {
            work.freeze(SEGMENT_RECORDS)?;
            println!("{n} {}", memory::read_status_kib("self", "VmRSS")?);
        }
    }
    work.freeze(SEGMENT_RECORDS)
}

fn drain_outbox(dir: &Path) -> Result<()> {
    // The variables of the lab's server, and nothing of the person's own.
    let own = [
        vars::BUCKET,
        vars::ACCESS_KEY,
        vars::SECRET_KEY,
        vars::REGION,
        vars::ENDPOINT,
    ];
    let find = |name: &str| std::env::var(name).ok().filter(|_| own.contains(&name));
    let sink = fixture::open_sink(&find, Path::new("/none"), Timeouts::default())?;
    let mut outbox = Outbox::open(dir)?;
    let (mut done, mut last_seq, mut broken) = (0_u64, 0, None);
    drain(
        &mut outbox,
        &sink,
        None,
        &FixedClock(Timestamp::UNIX_EPOCH),
        &mut |step| {
            done += 1;
            if let DrainProgress::Segment {
                first_seq,
                last_seq: last,
                ..
            } = step
            {
                if first_seq != last_seq + 1 {
                    broken = Some((last_seq, first_seq));
                    return ControlFlow::Break(());
                }
                last_seq = last;
                match memory::read_status_kib("self", "VmRSS") {
                    Ok(kib) => println!("{done} {kib}"),
                    Err(_) => return ControlFlow::Break(()),
                }
            }
            ControlFlow::Continue(())
        },
    )?;
    if let Some((before, after)) = broken {
        bail!("after record {before} came record {after}");
    }
    Ok(())
}

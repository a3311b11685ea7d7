//! A bad network: every fifth request goes wrong in one of many ways, and nothing is lost or there twice.
//!
//! Each try opens a new sink, as `uam upload` does; between tries the schedule's waits are added up instead of waited.

use super::recorded_journal::{RecordedJournal, check_delivery};
use crate::fixture::{self, FixedClock};
use crate::lab::{LabVerdict, ProgressBar, RunLength};
use crate::rng::SeededRng;
use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use journal::Outbox;
use lab::s3::{FaultPlan, S3Fault, S3Server, S3ServerOptions};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use upload::retry::RetrySchedule;
use upload::{ObjectStoreSink, Timeouts, drain};
use vault::Identity;

/// Short, so that a stall ends soon; a request that was only slow is one fault more.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(2),
    answer: Duration::from_millis(400),
    total: Duration::from_secs(10),
};

/// So many tries in a row without progress are a fault of uam.
const MAX_TRIES: u32 = 2_000;

/// How often each kind of fault was met.
type FaultsMet = Arc<Mutex<BTreeMap<&'static str, u64>>>;

fn count_fault(met: &FaultsMet, kind: &'static str) {
    *met.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .entry(kind)
        .or_default() += 1;
}

/// A number that looks random and is the same in each run.
fn draw(n: u64) -> u64 {
    SeededRng::new(n).next()
}

const KINDS: u64 = 13;

fn choose_fault(roll: u64) -> (&'static str, S3Fault) {
    let refuse = |status, code| S3Fault::Refuse { status, code };
    match roll % KINDS {
        0 => ("closed", S3Fault::Close),
        1 => ("reset mid-body", S3Fault::CutBody(roll % 700)),
        2 => ("stall", S3Fault::Stall),
        3 => ("500", refuse(500, "InternalError")),
        4 => ("503 SlowDown", refuse(503, "SlowDown")),
        5 => ("403", refuse(403, "AccessDenied")),
        6 => (
            "truncated answer",
            S3Fault::CutAnswer(1 + roll / KINDS % 120),
        ),
        7 => ("garbage answer", S3Fault::Garbage),
        8 => (
            "HTML",
            S3Fault::Portal {
                etag: (roll / KINDS).is_multiple_of(2),
            },
        ),
        9 => ("redirect", S3Fault::Redirect),
        10 => ("answer lost", S3Fault::LoseAnswer),
        11 => (
            "error after storing",
            S3Fault::AnswerInstead {
                status: 503,
                code: "SlowDown",
            },
        ),
        _ => ("skewed clock", S3Fault::Skewed(7_200)),
    }
}

/// A sink at that address.
fn open_sink(server: &S3Server, address: Option<&str>) -> Result<ObjectStoreSink> {
    let find = fixture::find_in(server.env());
    let get = |name: &str| match address {
        Some(address) if name == "AWS_ENDPOINT_URL" => Some(address.to_owned()),
        _ => find(name),
    };
    fixture::open_sink(&get, Path::new("/none"), TIMEOUTS)
}

/// Drains the outbox again and again, and adds up the waits that the schedule asks for.
struct Drainer {
    met: FaultsMet,
    /// An address where nothing listens.
    closed: String,
    schedule: RetrySchedule,
    tries: u64,
    waited: Duration,
    /// Tries that went to another address than the server's.
    elsewhere: u64,
}

impl Drainer {
    fn drain_all(&mut self, server: &S3Server, work: &RecordedJournal) -> Result<()> {
        let mut in_a_row = 0;
        loop {
            self.tries += 1;
            let address = match draw(self.tries ^ 0xfeed) % 12 {
                0 => Some(("connection refused", self.closed.as_str())),
                1 => Some(("no such name", "http://store.invalid:9000")),
                _ => None,
            };
            if let Some((kind, _)) = address {
                count_fault(&self.met, kind);
                self.elsewhere += 1;
            }
            let sink = open_sink(server, address.map(|(_, address)| address))?;
            let mut outbox = Outbox::open(work.dir())?;
            let clock = FixedClock(work.now());
            let ended = drain(&mut outbox, &sink, None, &clock, &mut |_| {
                ControlFlow::Continue(())
            });
            let chance = draw(self.tries) as f64 / u64::MAX as f64;
            let error = match ended {
                Ok(_) => {
                    self.waited += self
                        .schedule
                        .next_wait(upload::retry::AttemptOutcome::Delivered, chance);
                    return Ok(());
                }
                Err(error) => error,
            };
            if let upload::UploadCause::Journal(_)
            | upload::UploadCause::Sink(upload::SinkError::Different { .. }) = error.cause
            {
                bail!("a drain ended with: {error}");
            }
            self.waited += self.schedule.next_wait(error.outcome(), chance);
            in_a_row = if error.drained == upload::DrainReport::default() {
                in_a_row + 1
            } else {
                0
            };
            ensure!(in_a_row < MAX_TRIES, "no way forward: {error}");
        }
    }
}

pub(crate) fn run(length: RunLength) -> Result<LabVerdict> {
    let wanted: u64 = length.pick(1_000, 20_000);
    let dir = tempfile::tempdir()?;
    let met = FaultsMet::default();
    let told = Arc::clone(&met);
    let mut options = S3ServerOptions::new(dir.path().join("s3"));
    options.faults = FaultPlan::each(move |seen| {
        let roll = draw(seen.request);
        if !roll.is_multiple_of(5) {
            return S3Fault::None;
        }
        let (kind, fault) = choose_fault(roll / 5);
        count_fault(&told, kind);
        fault
    });
    let server = S3Server::start(options)?;
    let viewer = Identity::generate();
    let mut work = RecordedJournal::new(&dir.path().join("journal"), &viewer)?;
    let mut drainer = Drainer {
        met: Arc::clone(&met),
        // A port without a listener: it was just released.
        closed: format!("http://{}", TcpListener::bind("127.0.0.1:0")?.local_addr()?),
        schedule: RetrySchedule::new(Duration::from_secs(300)),
        tries: 0,
        waited: Duration::ZERO,
        elsewhere: 0,
    };
    let mut bar = ProgressBar::new(wanted, length);
    while server.totals().requests + drainer.elsewhere < wanted {
        for n in 0..40_u64 {
            work.add_span(5)?;
            if n % 2 == 0 {
                work.add_screenshot(1_500)?;
            }
        }
        work.freeze(6)?;
        drainer.drain_all(&server, &work)?;
        bar.at((server.totals().requests + drainer.elsewhere).min(wanted));
    }
    let objects = server.objects()?;
    let arrived = check_delivery(
        work.dir(),
        &viewer,
        objects
            .into_iter()
            .map(|(key, body)| Ok((key, Bytes::from(body)))),
    )?;
    let met = met.lock().unwrap_or_else(PoisonError::into_inner).clone();
    ensure!(
        met.len() as u64 == KINDS + 2,
        "some kinds of fault were not met: {met:?}"
    );
    let totals = server.totals();
    let kinds: Vec<String> = met.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
    let hours = drainer.waited.as_secs_f64() / 3600.0;
    let requests = totals.requests + drainer.elsewhere;
    let faults = totals.faults + drainer.elsewhere;
    let share = faults
        .checked_mul(100)
        .and_then(|n| n.checked_div(requests))
        .context("no requests")?;
    Ok(LabVerdict::Passed(format!(
        "{requests} requests, {faults} of them faulty ({share} %: {}), {} tries, {hours:.0} h of waiting by the schedule: {} records and {} screenshots in {} segments arrived, 0 lost, 0 twice",
        kinds.join(", "),
        drainer.tries,
        arrived.records,
        arrived.screenshots,
        arrived.segments,
    )))
}

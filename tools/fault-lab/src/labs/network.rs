//! A bad network: every fifth request goes wrong in one of many ways, and nothing is lost or there twice.
//!
//! Each try opens the sink anew, as `uam upload` does; between tries the schedule's waits are added up instead of waited.

use super::recorded::{At, Recorded, arrived};
use crate::form::{Bar, Form, Verdict};
use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use journal::Outbox;
use lab::s3::{Fault, Faults, Options, S3Server};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use upload::schedule::RetrySchedule;
use upload::{Destination, ObjectStoreSink, Timeouts, drain};
use vault::Identity;

/// Short, so that a stall ends soon; a request that was only slow is one fault more.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(2),
    answer: Duration::from_millis(400),
    total: Duration::from_secs(10),
};

/// Tries in a row that bring nothing forward are a fault of ours.
const MAX_TRIES: u32 = 2_000;

/// How often each kind was met.
type Met = Arc<Mutex<BTreeMap<&'static str, u64>>>;

fn note(met: &Met, kind: &'static str) {
    *met.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .entry(kind)
        .or_default() += 1;
}

/// Numbers that look random and are the same in each run.
fn dice(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

const KINDS: u64 = 13;

fn fault(roll: u64) -> (&'static str, Fault) {
    let refuse = |status, code| Fault::Refuse { status, code };
    match roll % KINDS {
        0 => ("closed", Fault::Close),
        1 => ("reset mid-body", Fault::CutBody(roll % 700)),
        2 => ("stall", Fault::Stall),
        3 => ("500", refuse(500, "InternalError")),
        4 => ("503 SlowDown", refuse(503, "SlowDown")),
        5 => ("403", refuse(403, "AccessDenied")),
        6 => ("truncated answer", Fault::CutAnswer(1 + roll / KINDS % 120)),
        7 => ("garbage answer", Fault::Garbage),
        8 => (
            "HTML",
            Fault::Portal {
                etag: (roll / KINDS).is_multiple_of(2),
            },
        ),
        9 => ("redirect", Fault::Redirect),
        10 => ("answer lost", Fault::LoseAnswer),
        11 => (
            "error after storing",
            Fault::AnswerInstead {
                status: 503,
                code: "SlowDown",
            },
        ),
        _ => ("skewed clock", Fault::Skewed(7_200)),
    }
}

/// A sink at that address.
fn open(server: &S3Server, address: Option<&str>) -> Result<ObjectStoreSink> {
    let vars: BTreeMap<&str, String> = server.env().into_iter().collect();
    let get = |name: &str| match address {
        Some(address) if name == "AWS_ENDPOINT_URL" => Some(address.to_owned()),
        _ => vars.get(name).cloned(),
    };
    Ok(Destination::choose(None, &get, Path::new("/none"))?.open(TIMEOUTS)?)
}

pub(crate) fn run(form: Form) -> Result<Verdict> {
    let wanted: u64 = form.pick(1_000, 20_000);
    let dir = tempfile::tempdir()?;
    let met = Met::default();
    let told = Arc::clone(&met);
    let mut options = Options::new(dir.path().join("s3"));
    options.faults = Faults::each(move |seen| {
        let roll = dice(seen.request);
        if !roll.is_multiple_of(5) {
            return Fault::None;
        }
        let (kind, fault) = fault(roll / 5);
        note(&told, kind);
        fault
    });
    let server = S3Server::start(options)?;
    // A port at which nobody listens, since it was just given back.
    let closed = format!("http://{}", TcpListener::bind("127.0.0.1:0")?.local_addr()?);
    let viewer = Identity::generate();
    let mut work = Recorded::new(&dir.path().join("journal"), &viewer)?;
    let mut schedule = RetrySchedule::new(Duration::from_secs(300));
    let (mut tries, mut waited, mut elsewhere) = (0_u64, Duration::ZERO, 0_u64);
    let mut bar = (form == Form::Long).then(|| Bar::new(wanted));
    while server.totals().requests + elsewhere < wanted {
        for n in 0..40_u64 {
            work.span(5)?;
            if n % 2 == 0 {
                work.picture(1_500)?;
            }
        }
        work.freeze(6)?;
        let mut in_a_row = 0;
        loop {
            tries += 1;
            let roll = dice(tries ^ 0xfeed) % 12;
            let address = match roll {
                0 => Some(("connection refused", closed.as_str())),
                1 => Some(("no such name", "http://store.invalid:9000")),
                _ => None,
            };
            if let Some((kind, _)) = address {
                note(&met, kind);
                elsewhere += 1;
            }
            let sink = open(&server, address.map(|(_, address)| address))?;
            let mut outbox = Outbox::open(work.dir())?;
            let clock = At(work.now_us());
            let ended = drain(&mut outbox, &sink, None, &clock, &mut |_| {
                ControlFlow::Continue(())
            });
            let chance = dice(tries) as f64 / u64::MAX as f64;
            match ended {
                Ok(_) => {
                    waited += schedule.next(upload::schedule::AttemptOutcome::Delivered, chance);
                    break;
                }
                Err(error) => {
                    if let upload::UploadCause::Journal(_)
                    | upload::UploadCause::Sink(upload::SinkError::Different { .. }) =
                        error.cause
                    {
                        bail!("a drain ended with: {error}");
                    }
                    waited += schedule.next(error.outcome(), chance);
                    in_a_row = if error.drained == upload::DrainReport::default() {
                        in_a_row + 1
                    } else {
                        0
                    };
                    ensure!(in_a_row < MAX_TRIES, "no way forward: {error}");
                }
            }
        }
        if let Some(bar) = &mut bar {
            bar.at((server.totals().requests + elsewhere).min(wanted));
        }
    }
    let objects = server.objects()?;
    let arrived = arrived(
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
    let hours = waited.as_secs_f64() / 3600.0;
    let requests = totals.requests + elsewhere;
    let faults = totals.faults + elsewhere;
    let share = faults
        .checked_mul(100)
        .and_then(|n| n.checked_div(requests))
        .context("no requests")?;
    Ok(Verdict::Passed(format!(
        "{requests} requests, {faults} of them faulty ({share} %: {}), {tries} tries, {hours:.0} h of waiting by the schedule: {} records and {} pictures in {} segments arrived, 0 lost, 0 twice",
        kinds.join(", "),
        arrived.records,
        arrived.pictures,
        arrived.segments,
    )))
}

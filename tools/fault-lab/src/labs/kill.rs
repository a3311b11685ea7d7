//! kill -9 at any moment of the writer's and the uploader's work.

use crate::child::{ChildExit, ChildProcess, create_vault, is_code_accepted};
use crate::fixture::{self, JournalFixture};
use crate::lab::{LabVerdict, RunLength, run_two_at_once};
use crate::ledger::AckLedger;
use crate::manifests;
use crate::rng::SeededRng;
use anyhow::{Context, Result, bail, ensure};
use lab::s3::{S3Server, S3ServerOptions};
use std::collections::BTreeMap;
use std::time::Duration;

/// Kills of one journal; a new journal begins again with its first start.
const PER_JOURNAL: u64 = 40;
/// Lines of a child after which it is killed in any case.
const LONGEST: u64 = 400;
/// The first tag of a child is this much above that of the one before.
pub(crate) const TAGS: u64 = 3_000;

/// The work during which a child is killed. (Its other thread uploads.)
const AIMS: [&str; 8] = [
    "start",
    "start",
    "capture",
    "checkpoint",
    "freeze",
    "retention",
    "removal",
    "upload",
];

#[derive(Default)]
struct KillTally {
    kills: BTreeMap<&'static str, u64>,
    /// How many of them while the uploader was at work too.
    uploading: u64,
    acked: u64,
    objects: u64,
    longest: Duration,
}

pub(crate) fn run(length: RunLength) -> Result<LabVerdict> {
    let kills = length.pick(200, 10_000);
    // Two at once: they wait for the disk most of the time.
    let journals = run_two_at_once(kills / PER_JOURNAL, length, &|number| {
        one_journal(number, length).with_context(|| format!("journal {number}"))
    })?;
    let mut tally = KillTally::default();
    for some in journals {
        for (doing, n) in some.kills {
            *tally.kills.entry(doing).or_default() += n;
        }
        tally.uploading += some.uploading;
        tally.acked += some.acked;
        tally.objects += some.objects;
        tally.longest = tally.longest.max(some.longest);
    }
    let done: u64 = tally.kills.values().sum();
    let when: Vec<String> = tally
        .kills
        .iter()
        .map(|(doing, n)| format!("{n} in {doing}"))
        .collect();
    Ok(LabVerdict::Passed(format!(
        "{done} kills ({}; {} of them during an upload): {} records acknowledged, 0 lost, 0 gaps; {} objects, 0 twice; longest start {:.3} s {}",
        when.join(", "),
        tally.uploading,
        tally.acked,
        tally.objects,
        tally.longest.as_secs_f64(),
        length.pick("in memory", "on the disk")
    )))
}

fn one_journal(number: u64, length: RunLength) -> Result<KillTally> {
    let mut rng = SeededRng::new(0x2545_f491_4f6c_dd1d + number);
    let mut tally = KillTally::default();
    // A kill loses nothing that was written, on any file system. Only on a disk does a start take its real time.
    let dir = match length {
        RunLength::Short => fixture::make_fast_dir()?,
        RunLength::Long => tempfile::tempdir()?,
    };
    let fixture = JournalFixture::new(dir.path())?;
    create_vault(dir.path())?;
    let server = S3Server::start(S3ServerOptions::new(dir.path().join("s3")))?;
    let mut ledger = AckLedger::default();
    for kill in 0..PER_JOURNAL {
        let base = (kill + 1) * TAGS;
        let env = server.env();
        let mut child = ChildProcess::start(dir.path(), base, rng.next(), "run", &env)?;
        let aim = rng.one(&AIMS).unwrap_or("capture");
        let after = 1 + rng.below(60);
        let mut heard = 0;
        while aim != "start" && heard < LONGEST {
            let Some(line) = child.next_line()? else {
                break;
            };
            ledger.read_line(&line)?;
            heard += 1;
            if line == "ready" {
                tally.longest = tally.longest.max(child.age());
            }
            let there = match aim {
                "capture" => heard >= after,
                "upload" => ledger.uploading,
                _ => ledger.doing == aim,
            };
            if there {
                break;
            }
        }
        // Starts take milliseconds, and each of the other steps less.
        let most = if aim == "start" { 10_000 } else { 4_000 };
        std::thread::sleep(Duration::from_micros(rng.below(most)));
        if let ChildExit::ByItself(why) = child.kill()? {
            bail!("kill {kill}: the child ended by itself: {why}");
        }
        ledger.read_to_end(&mut child)?;
        let ready = ledger.ready;
        let known = AIMS.into_iter().find(|aim| *aim == ledger.doing);
        let doing = if ready { known } else { Some("start") };
        let doing = doing.context("an unknown step")?;
        *tally.kills.entry(doing).or_default() += 1;
        tally.uploading += u64::from(ledger.uploading);
        // Before the first start has written its tables there is nothing to check.
        if ready {
            ledger
                .check_new_records(&fixture, ready)
                .with_context(|| format!("kill {kill}, in {doing}"))?;
        }
        ledger.end_child();
        if rng.percent(25) {
            fixture.renew_lease()?;
        }
    }
    let last = (PER_JOURNAL + 1) * TAGS;
    finish_and_check(&fixture, &mut ledger, last, &server.env())?;
    let objects = server.objects()?;
    tally.objects += ledger.compare_bucket(&fixture, &objects)?;
    tally.acked += ledger.count_acknowledged();
    ensure!(ledger.count_acknowledged() > 0, "nothing was done");
    Ok(tally)
}

/// Runs a last child to its end: it recovers and uploads everything; then everything is checked.
pub(crate) fn finish_and_check(
    fixture: &JournalFixture,
    ledger: &mut AckLedger,
    base: u64,
    env: &[(&'static str, String)],
) -> Result<()> {
    let mut child = ChildProcess::start(&fixture.dir, base, 0, "finish", env)?;
    ledger.read_to_end(&mut child)?;
    child.wait_for_success()?;
    ensure!(ledger.done, "the last child did not end its work");
    ledger.check_everything(fixture)?;
    if let Some(step) = ledger.code {
        ensure!(
            !is_code_accepted(&fixture.dir, step)?,
            "the code of step {step} was accepted, and is again"
        );
    }
    manifests::check_uploads(fixture, env)
}

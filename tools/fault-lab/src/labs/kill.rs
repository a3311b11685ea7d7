//! kill -9 at any moment of the writer's and the uploader's work.

use crate::book::Book;
use crate::chance::Chance;
use crate::child::{Child, Ended, found_vault, takes_code};
use crate::desk::{self, Desk};
use crate::form::{Form, Verdict, two_at_once};
use crate::lists;
use anyhow::{Context, Result, bail, ensure};
use lab::s3::{Options, S3Server};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Kills of one journal; a new one has the ways in and the beginnings again.
const PER_JOURNAL: u64 = 40;
/// Lines of a child after which it is killed in any case.
const LONGEST: u64 = 400;
/// The first tag of a child is this much above that of the one before.
pub(crate) const TAGS: u64 = 3_000;

/// What a child can be doing when it is killed. (Upload is what its other thread does.)
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
struct Count {
    kills: BTreeMap<&'static str, u64>,
    /// How many of them while the uploader was at work too.
    uploading: u64,
    acked: u64,
    objects: u64,
    longest: Duration,
}

pub(crate) fn run(form: Form) -> Result<Verdict> {
    let kills = form.pick(200, 10_000);
    // Two at once: they wait for the disk most of the time.
    let count = Mutex::new(Count::default());
    two_at_once(kills / PER_JOURNAL, form, &|number| {
        let some = one_journal(number, form).with_context(|| format!("journal {number}"))?;
        let mut count = count.lock().unwrap_or_else(PoisonError::into_inner);
        for (doing, n) in some.kills {
            *count.kills.entry(doing).or_default() += n;
        }
        count.uploading += some.uploading;
        count.acked += some.acked;
        count.objects += some.objects;
        count.longest = count.longest.max(some.longest);
        Ok(())
    })?;
    let count = count.into_inner().unwrap_or_else(PoisonError::into_inner);
    let done: u64 = count.kills.values().sum();
    let when: Vec<String> = count
        .kills
        .iter()
        .map(|(doing, n)| format!("{n} in {doing}"))
        .collect();
    Ok(Verdict::Passed(format!(
        "{done} kills ({}; {} of them during an upload): {} records acknowledged, 0 lost, 0 gaps; {} objects, 0 twice; longest start {:.3} s {}",
        when.join(", "),
        count.uploading,
        count.acked,
        count.objects,
        count.longest.as_secs_f64(),
        form.pick("in memory", "on the disk")
    )))
}

fn one_journal(number: u64, form: Form) -> Result<Count> {
    let mut chance = Chance::new(0x2545_f491_4f6c_dd1d + number);
    let mut count = Count::default();
    // A kill takes nothing that was written, wherever it was written to. A disk makes the starts what they are.
    let dir = match form {
        Form::Short => desk::quick_dir()?,
        Form::Long => tempfile::tempdir()?,
    };
    let desk = Desk::new(dir.path())?;
    found_vault(dir.path())?;
    let server = S3Server::start(Options::new(dir.path().join("s3")))?;
    let mut book = Book::default();
    for kill in 0..PER_JOURNAL {
        let base = (kill + 1) * TAGS;
        let env = server.env();
        let mut child = Child::start("work", dir.path(), base, chance.next(), "run", &env)?;
        let aim = chance.one(&AIMS).unwrap_or("capture");
        let after = 1 + chance.below(60);
        let mut heard = 0;
        while aim != "start" && heard < LONGEST {
            let Some(line) = child.line()? else { break };
            book.hear(&line)?;
            heard += 1;
            if line == "ready" {
                count.longest = count.longest.max(child.age());
            }
            let there = match aim {
                "capture" => heard >= after,
                "upload" => book.uploading,
                _ => book.doing == aim,
            };
            if there {
                break;
            }
        }
        // Starts take milliseconds, and each of the other steps less.
        let most = if aim == "start" { 10_000 } else { 4_000 };
        std::thread::sleep(Duration::from_micros(chance.below(most)));
        if let Ended::ByItself(why) = child.kill()? {
            bail!("kill {kill}: the child ended by itself: {why}");
        }
        while let Some(line) = child.line()? {
            book.hear(&line)?;
        }
        let ready = book.ready;
        let doing = match book.doing.as_str() {
            _ if !ready => "start",
            doing => AIMS
                .iter()
                .find(|d| **d == doing)
                .copied()
                .context("an unknown step")?,
        };
        *count.kills.entry(doing).or_default() += 1;
        count.uploading += u64::from(book.uploading);
        // Before the first start has written its tables there is nothing to look at.
        if ready {
            book.look(&desk, ready)
                .with_context(|| format!("kill {kill}, in {doing}"))?;
        }
        book.died();
        if chance.percent(25) {
            desk.new_lease()?;
        }
    }
    finish(&desk, &mut book, (PER_JOURNAL + 1) * TAGS, &server.env())?;
    let objects = server.objects()?;
    count.objects += book.compare(&desk, &objects)?;
    count.acked += book.acked();
    ensure!(book.acked() > 0, "nothing was done");
    Ok(count)
}

/// A last child that is not killed: it mends, delivers everything and ends; then everything is looked at.
pub(crate) fn finish(
    desk: &Desk,
    book: &mut Book,
    base: u64,
    env: &[(&str, String)],
) -> Result<()> {
    let mut child = Child::start("work", &desk.dir, base, 0, "finish", env)?;
    while let Some(line) = child.line()? {
        book.hear(&line)?;
    }
    child.wait()?;
    ensure!(book.done, "the last child did not end its work");
    book.look_at_all(desk)?;
    if let Some(step) = book.code {
        ensure!(
            !takes_code(&desk.dir, step)?,
            "the code of step {step} was accepted, and is again"
        );
    }
    lists::check(desk, env)
}

//! A child that records, uploads, deletes and keeps to the retention rule, in random order.

use super::gate::ChildGate;
use crate::fixture::{self, FixedClock, START, is_screenshot, make_record};
use crate::manifests;
use crate::rng::SeededRng;
use anyhow::{Context, Result, bail, ensure};
use journal::retention::{RetentionAction, RetentionRule, plan_retention};
use journal::{
    Commit, FreezeOptions, Journal, JournalError, Outbox, RedactionTarget, SegmentLimits,
};
use model::Record;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use upload::{ObjectStoreSink, Timeouts};

/// How often a child retries after a temporary error, and how long it works.
#[derive(Clone, Copy)]
pub(crate) struct RetryLimits {
    /// Tries of each step.
    pub(crate) most: u32,
    /// Steps until everything is uploaded and the journal closed.
    pub(crate) steps: u64,
}

/// The child's side of [`super::ChildProcess::start`]: `DIR BASE SEED HOW`, where HOW is `run` (until killed), `finish`
/// (recover, upload, end), or a number of steps.
pub(crate) fn run_worker(args: &[String]) -> Result<()> {
    let [dir, base, seed, how] = args else {
        bail!("DIR BASE SEED HOW");
    };
    let dir = Path::new(dir);
    let base: u64 = base.parse()?;
    let tries = match how.as_str() {
        // On a busy disk one thread's transaction can take longer than the other thread waits.
        "run" => RetryLimits {
            most: 5,
            steps: u64::MAX,
        },
        "finish" => RetryLimits { most: 40, steps: 0 },
        steps => RetryLimits {
            most: 40,
            steps: steps.parse()?,
        },
    };
    println!("do start");
    let now = fixture::time_of(base);
    let (mut journal, recovery) = retry(tries.most, || fixture::open_journal(dir, now))?;
    ensure!(
        recovery.quarantined.is_none(),
        "it was damaged: {recovery:?}"
    );
    ensure!(
        recovery.swept.lost == 0 && recovery.pending_damaged == 0,
        "something was lost: {recovery:?}"
    );
    let open: Vec<Record> = recovery.pending.into_iter().map(Record::Span).collect();
    let seqs = retry(tries.most, || Ok(journal.commit_recovered(&open, now)?))?;
    for (seq, record) in seqs.iter().zip(&open) {
        let tag = fixture::tag_of(record).context("a span without a tag")?;
        println!("ack {seq} {tag}");
    }
    println!("ready");
    let mut worker = ChildWorker {
        dir: dir.to_owned(),
        journal,
        rng: SeededRng::new(seed.parse()?),
        first: base,
        tag: base,
        id: 0,
        tries,
        uploader: None,
        gate: ChildGate::open(dir, base)?,
    };
    for _ in 0..tries.steps {
        worker.take_step()?;
    }
    worker.finish()
}

/// Tries until it succeeds, fails permanently, or has failed `most` times.
fn retry<T>(most: u32, mut what: impl FnMut() -> Result<T>) -> Result<T> {
    let mut tried = 0;
    loop {
        tried += 1;
        match what() {
            Err(e) if tried < most && is_temporary(&e) => {}
            done => return done,
        }
    }
}

fn is_temporary(error: &anyhow::Error) -> bool {
    if let Some(e) = error.downcast_ref::<JournalError>() {
        return e.is_temporary();
    }
    error
        .downcast_ref::<upload::UploadError>()
        .is_some_and(|e| !e.is_permanent())
}

struct ChildWorker {
    dir: PathBuf,
    journal: Journal,
    rng: SeededRng,
    /// The first tag of this child, and the next one.
    first: u64,
    tag: u64,
    /// The id of the provisional span that is open.
    id: u64,
    tries: RetryLimits,
    /// The thread that uploads, and how to wake it.
    uploader: Option<(SyncSender<()>, JoinHandle<Result<()>>)>,
    /// Set where there is a vault.
    gate: Option<ChildGate>,
}

/// Small segments, so that there are many.
const RULES: FreezeOptions = FreezeOptions {
    last: false,
    limits: SegmentLimits {
        records: 17,
        bytes: 1 << 20,
    },
    hold: Duration::ZERO,
    readable: false,
};

impl ChildWorker {
    fn take_step(&mut self) -> Result<()> {
        if let Some(gate) = &mut self.gate
            && self.rng.percent(10)
        {
            gate.step += 1;
            ensure!(gate.check()?, "the gate does not accept a fresh code");
            println!("code {}", gate.step);
        }
        match self.rng.below(100) {
            0..70 => self.commit_spans(),
            70..84 => self.add_screenshot(),
            84..88 => {
                println!("do checkpoint");
                retry(self.tries.most, || Ok(self.journal.checkpoint()?)).map(drop)
            }
            88..92 => self.freeze_segments(),
            92..96 => self.request_upload(),
            96..98 => self.apply_retention(),
            _ => self.remove_range(),
        }
    }

    /// The next tag of a kind; tags of the other kind are skipped.
    fn next_tag(&mut self, shot: bool) -> u64 {
        while is_screenshot(self.tag) != shot {
            self.tag += 1;
        }
        self.tag += 1;
        self.tag - 1
    }

    fn commit_spans(&mut self) -> Result<()> {
        println!("do capture");
        let tags: Vec<u64> = (0..=self.rng.below(3))
            .map(|_| self.next_tag(false))
            .collect();
        let records: Vec<Record> = tags.iter().map(|tag| make_record(*tag)).collect();
        let open = self.next_tag(false);
        self.id += 1;
        println!("opening {open}");
        let put = [(self.id, fixture::make_span(open))];
        let step = Commit {
            records: &records,
            provisional_put: &put,
            provisional_drop_below: self.id,
            at: fixture::time_of(self.tag),
            ..Commit::default()
        };
        let seqs = retry(self.tries.most, || Ok(self.journal.commit(step)?))?;
        println!("open {open}");
        for (seq, tag) in seqs.iter().zip(tags) {
            println!("ack {seq} {tag}");
        }
        Ok(())
    }

    fn add_screenshot(&mut self) -> Result<()> {
        println!("do capture");
        let tag = self.next_tag(true);
        let (shot, image) = fixture::make_screenshot(tag);
        let at = fixture::time_of(self.tag);
        let seq = retry(self.tries.most, || {
            Ok(self.journal.add_screenshot(&shot, &image, at)?)
        })?;
        println!("ack {seq} {tag}");
        Ok(())
    }

    fn freeze_segments(&mut self) -> Result<()> {
        println!("do freeze");
        let now = fixture::time_of(self.tag);
        retry(self.tries.most, || Ok(self.journal.freeze(now, &RULES)?)).map(drop)
    }

    /// Wakes the thread that uploads, while recording goes on.
    fn request_upload(&mut self) -> Result<()> {
        if self.tries.steps != u64::MAX {
            return upload_frozen(&self.dir, &mut None, self.tries.most);
        }
        let (ask, _) = self.uploader.get_or_insert_with(|| {
            let (ask, asked) = sync_channel(1);
            let dir = self.dir.clone();
            let thread = std::thread::spawn(move || {
                let mut store = None;
                while asked.recv().is_ok() {
                    match upload_frozen(&dir, &mut store, 1) {
                        // Tried again at the next request.
                        Err(e) if is_temporary(&e) => {}
                        done => done?,
                    }
                }
                Ok(())
            });
            (ask, thread)
        });
        // One waiting request is enough.
        if let Err(TrySendError::Disconnected(())) = ask.try_send(())
            && let Some((_, thread)) = self.uploader.take()
        {
            let ended = thread.join();
            return ended.unwrap_or_else(|_| bail!("the upload panicked"));
        }
        Ok(())
    }

    fn apply_retention(&mut self) -> Result<()> {
        println!("do retention");
        let archive = self.rng.percent(50);
        let policy = RetentionRule {
            max_age_days: 36_500,
            max_bytes: 60_000,
            action: if archive {
                RetentionAction::Archive("archive".into())
            } else {
                RetentionAction::Delete
            },
        };
        retry(self.tries.most, || {
            let steps = plan_retention(
                &self.journal.list_local_screenshots()?,
                fixture::time_of(self.tag),
                &policy,
            );
            if !archive {
                for step in &steps {
                    println!("dropping {}", step.seq);
                }
            }
            Ok(self.journal.apply_retention(&steps)?)
        })
        .map(drop)
    }

    fn remove_range(&mut self) -> Result<()> {
        let all = self.tag - self.first;
        if all < 10 {
            return Ok(());
        }
        println!("do removal");
        let from = self.first + self.rng.below(all - 4);
        let to = from + 1 + self.rng.below(4);
        println!("taking {from} {to}");
        let what = RedactionTarget::Time(fixture::time_of(from)..fixture::time_of(to));
        let now = fixture::time_of(self.tag);
        let removed = retry(self.tries.most, || Ok(self.journal.redact(&what, now)?))?;
        if removed.closed == 0 {
            println!("taken {from} {to}");
        }
        Ok(())
    }

    fn finish(mut self) -> Result<()> {
        let most = self.tries.most;
        let last = Commit {
            provisional_drop_below: u64::MAX,
            at: fixture::time_of(self.tag),
            ..Commit::default()
        };
        if self.id > 0 {
            // The last provisional span becomes a record, so that it is checked like all others.
            let tag = self.next_tag(false);
            println!("opening {tag}");
            let step = Commit {
                records: &[make_record(tag)],
                ..last
            };
            let seqs = retry(most, || Ok(self.journal.commit(step)?))?;
            println!("closed");
            println!("ack {} {tag}", seqs.first().copied().unwrap_or(0));
        }
        self.freeze_segments()?;
        upload_frozen(&self.dir, &mut None, most)?;
        let at = fixture::time_of(self.tag);
        match self.journal.close(at) {
            Err(e) if most > 1 && e.is_temporary() => eprintln!("not closed cleanly: {e}"),
            done => done?,
        }
        println!("done");
        Ok(())
    }
}

/// Uploads the frozen segments to the bucket that the environment names, or else to the folder `sent`.
fn upload_frozen(dir: &Path, store: &mut Option<ObjectStoreSink>, most: u32) -> Result<()> {
    println!("upload begins");
    retry(most, || {
        if store.is_none() {
            let find = |name: &str| std::env::var(name).ok();
            let otherwise = dir.join("sent");
            *store = Some(fixture::open_sink(&find, &otherwise, Timeouts::default())?);
        }
        let sink = store.as_ref().context("no sink")?;
        let mut outbox = Outbox::open(&fixture::journal_in_dir(dir))?;
        let mut on = |_| ControlFlow::Continue(());
        upload::drain(&mut outbox, sink, None, &FixedClock(START), &mut on)?;
        manifests::put_manifests(dir, &mut outbox, sink)
    })?;
    println!("upload ends");
    Ok(())
}

//! The program to be broken, seen from both sides.
//!
//! It says on its standard output what it does, one line for each step: before it where that matters, and after it what
//! was acknowledged. [`crate::book::Book`] understands these lines.

use crate::book::{is_shot, record};
use crate::chance::Chance;
use crate::desk::{self, Still};
use crate::lists;
use anyhow::{Context, Result, bail, ensure};
use journal::retention::{RetentionAction, RetentionRule, plan};
use journal::{
    Commit, FreezeOptions, Journal, JournalError, Outbox, RedactionTarget, SegmentLimits,
};
use model::Record;
use std::io::{BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{
    Receiver, RecvTimeoutError, SyncSender, TrySendError, channel, sync_channel,
};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use upload::{Destination, ObjectStoreSink, Timeouts};
use vault::{CodeVerdict, Factor, NewVault, STEP_SECONDS, TotpSecret, UnlockedSlot, Vault};

/// A child that says nothing for so long hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A child as its parent sees it.
pub(crate) struct Child {
    process: std::process::Child,
    lines: Receiver<String>,
    errors: Option<JoinHandle<String>>,
    begun: Instant,
}

/// How a child that was to be killed had ended.
pub(crate) enum Ended {
    Killed,
    ByItself(String),
}

impl Child {
    /// Starts `fault-lab child NAME DIR BASE SEED HOW` with more in its environment.
    pub(crate) fn start(
        name: &str,
        dir: &Path,
        base: u64,
        seed: u64,
        how: &str,
        env: &[(&str, String)],
    ) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["child", name])
            .arg(dir)
            .args([base.to_string(), seed.to_string(), how.to_owned()])
            .envs(env.iter().map(|(name, value)| (*name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let begun = Instant::now();
        let mut process = command.spawn().context("cannot start a child")?;
        let out = process.stdout.take().context("no pipe")?;
        let mut err = process.stderr.take().context("no pipe")?;
        let (say, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if say.send(line).is_err() {
                    break;
                }
            }
        });
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = err.read_to_string(&mut text);
            text
        });
        Ok(Self {
            process,
            lines,
            errors: Some(errors),
            begun,
        })
    }

    /// Its next line; none when it has ended.
    pub(crate) fn line(&mut self) -> Result<Option<String>> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => Ok(Some(line)),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => {
                let _ = self.process.kill();
                bail!("a child said nothing for {} s", PATIENCE.as_secs())
            }
        }
    }

    /// How long ago it was started.
    pub(crate) fn age(&self) -> Duration {
        self.begun.elapsed()
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) -> Result<Ended> {
        // An error says that it had ended.
        let _ = self.process.kill();
        let status = self.process.wait()?;
        // Whoever was killed has no code.
        Ok(match status.code() {
            None => Ended::Killed,
            Some(code) => Ended::ByItself(format!("code {code}: {}", self.errors())),
        })
    }

    /// Waits for its end; its exit code and what it wrote to its standard error. None for one that a signal ended.
    pub(crate) fn end(&mut self) -> Result<(Option<i32>, String)> {
        let status = self.process.wait()?;
        Ok((status.code(), self.errors()))
    }

    /// Waits for a good end.
    pub(crate) fn wait(&mut self) -> Result<()> {
        let (code, errors) = self.end()?;
        ensure!(code == Some(0), "a child ended with {code:?}: {errors}");
        Ok(())
    }

    fn errors(&mut self) -> String {
        self.errors
            .take()
            .and_then(|thread| thread.join().ok())
            .unwrap_or_default()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One line to the parent. A parent that is gone needs no more.
fn say(line: &str) {
    println!("{line}");
}

/// How a child goes on after an error that may pass.
#[derive(Clone, Copy)]
pub(crate) struct Tries {
    /// So often each step is tried.
    pub(crate) most: u32,
    /// So many steps are done; then everything is delivered and the journal closed.
    pub(crate) steps: u64,
}

/// The child's side of [`Child::start`]: `DIR BASE SEED HOW`, where HOW is `run` (until killed), `finish` (mend, deliver,
/// end), or a number of steps.
pub(crate) fn work(args: &[String]) -> Result<()> {
    let [dir, base, seed, how] = args else {
        bail!("DIR BASE SEED HOW");
    };
    let dir = Path::new(dir);
    let base: u64 = base.parse()?;
    let tries = match how.as_str() {
        // A disk with much else to do can keep one thread's transaction from ending for longer than the other waits.
        "run" => Tries {
            most: 5,
            steps: u64::MAX,
        },
        "finish" => Tries { most: 40, steps: 0 },
        steps => Tries {
            most: 40,
            steps: steps.parse()?,
        },
    };
    say("do start");
    let now_us = desk::time_of(base);
    let (mut journal, recovery) = again(tries.most, || desk::open(dir, now_us))?;
    ensure!(
        recovery.quarantined.is_none(),
        "it was damaged: {recovery:?}"
    );
    ensure!(
        recovery.swept.lost == 0 && recovery.pending_damaged == 0,
        "something was lost: {recovery:?}"
    );
    let open: Vec<Record> = recovery.pending.into_iter().map(Record::Span).collect();
    let seqs = again(tries.most, || Ok(journal.commit_recovered(&open, now_us)?))?;
    for (seq, record) in seqs.iter().zip(&open) {
        let tag = desk::tag_of(record).context("a span without a tag")?;
        say(&format!("ack {seq} {tag}"));
    }
    say("ready");
    let mut worker = Worker {
        dir: dir.to_owned(),
        journal,
        chance: Chance::new(seed.parse()?),
        first: base,
        tag: base,
        id: 0,
        tries,
        uploader: None,
        gate: Gate::open(dir, base)?,
    };
    for _ in 0..tries.steps {
        worker.step()?;
    }
    worker.end()
}

/// Tries something until it is done, fails for good, or has failed too often.
fn again<T>(most: u32, mut what: impl FnMut() -> Result<T>) -> Result<T> {
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

struct Worker {
    dir: PathBuf,
    journal: Journal,
    chance: Chance,
    /// The first tag of this child, and the next one.
    first: u64,
    tag: u64,
    /// The id of the provisional span that is open.
    id: u64,
    tries: Tries,
    /// Asks the thread that delivers.
    uploader: Option<(SyncSender<()>, JoinHandle<Result<()>>)>,
    /// Set where a vault was founded.
    gate: Option<Gate>,
}

/// What a credential store would keep.
const STORED: &[u8] = &[7; 32];
/// The secret of the vectors in RFC 4226 and RFC 6238.
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// The gate of one-time codes.
struct Gate {
    vault: Vault,
    door: UnlockedSlot,
    /// The next step of the clock.
    step: u64,
}

/// Founds a vault beside the journal of `dir`.
pub(crate) fn found_vault(dir: &Path) -> Result<()> {
    let founding = NewVault {
        device: desk::device().as_str().to_owned(),
        factor: Factor::OsStore(STORED),
        totp: Some(TotpSecret::parse(SECRET)?),
        organisations: Vec::new(),
        viewer: true,
        now_us: desk::START_US,
    };
    Vault::create(&dir.join("vault"), founding)?;
    Ok(())
}

/// True when the vault in `dir` accepts the code of a step of the clock.
pub(crate) fn takes_code(dir: &Path, step: u64) -> Result<bool> {
    let mut gate = Gate::open(dir, 0)?.context("there is no vault")?;
    gate.step = step;
    gate.check()
}

impl Gate {
    /// Each child begins with later steps than the one before got to.
    fn open(dir: &Path, base: u64) -> Result<Option<Self>> {
        let dir = dir.join("vault");
        if !dir.is_dir() {
            return Ok(None);
        }
        let vault = Vault::open(&dir)?;
        let door = vault.door(&Factor::OsStore(STORED))?;
        let step = u64::try_from(desk::START_US)? / 1_000_000 / STEP_SECONDS + base / 10;
        Ok(Some(Self { vault, door, step }))
    }

    fn check(&mut self) -> Result<bool> {
        let secret = TotpSecret::parse(SECRET)?.as_bytes().to_vec();
        let totp = totp_rs::Builder::new().with_secret(secret).build()?;
        let seconds = self.step * STEP_SECONDS;
        let code = totp.generate(seconds).to_string();
        let answer = self.vault.check_code(&self.door, &code, seconds)?;
        Ok(answer.verdict == CodeVerdict::Accepted)
    }
}

/// Small, so that there are many.
const RULES: FreezeOptions = FreezeOptions {
    last: false,
    limits: SegmentLimits {
        records: 17,
        bytes: 1 << 20,
    },
    hold_us: 0,
    readable: false,
};

impl Worker {
    fn step(&mut self) -> Result<()> {
        if let Some(gate) = &mut self.gate
            && self.chance.percent(10)
        {
            gate.step += 1;
            ensure!(gate.check()?, "the gate does not accept a fresh code");
            say(&format!("code {}", gate.step));
        }
        match self.chance.below(100) {
            0..70 => self.spans(),
            70..84 => self.picture(),
            84..88 => {
                say("do checkpoint");
                again(self.tries.most, || Ok(self.journal.fold()?)).map(drop)
            }
            88..92 => self.freeze(),
            92..96 => self.upload(),
            96..98 => self.retention(),
            _ => self.removal(),
        }
    }

    /// The next tag of a kind; those of the other kind in between are left out.
    fn next_tag(&mut self, shot: bool) -> u64 {
        while is_shot(self.tag) != shot {
            self.tag += 1;
        }
        self.tag += 1;
        self.tag - 1
    }

    fn spans(&mut self) -> Result<()> {
        say("do capture");
        let tags: Vec<u64> = (0..=self.chance.below(3))
            .map(|_| self.next_tag(false))
            .collect();
        let records: Vec<Record> = tags.iter().map(|tag| record(*tag)).collect();
        let open = self.next_tag(false);
        self.id += 1;
        say(&format!("opening {open}"));
        let put = [(self.id, desk::span(open))];
        let step = Commit {
            records: &records,
            pending_put: &put,
            pending_drop_below: self.id,
            at_us: desk::time_of(self.tag),
            ..Commit::default()
        };
        let seqs = again(self.tries.most, || Ok(self.journal.commit(step)?))?;
        say(&format!("open {open}"));
        for (seq, tag) in seqs.iter().zip(tags) {
            say(&format!("ack {seq} {tag}"));
        }
        Ok(())
    }

    fn picture(&mut self) -> Result<()> {
        say("do capture");
        let tag = self.next_tag(true);
        let (shot, picture) = desk::shot(tag);
        let at_us = desk::time_of(self.tag);
        let seq = again(self.tries.most, || {
            Ok(self.journal.add_shot(&shot, &picture, at_us)?)
        })?;
        say(&format!("ack {seq} {tag}"));
        Ok(())
    }

    fn freeze(&mut self) -> Result<()> {
        say("do freeze");
        let now_us = desk::time_of(self.tag);
        again(self.tries.most, || {
            Ok(self.journal.freeze(now_us, &RULES)?)
        })
        .map(drop)
    }

    /// Asks for a delivery, beside whatever goes on meanwhile.
    fn upload(&mut self) -> Result<()> {
        if self.tries.steps != u64::MAX {
            return deliver(&self.dir, &mut None, self.tries.most);
        }
        let (ask, _) = self.uploader.get_or_insert_with(|| {
            let (ask, asked) = sync_channel(1);
            let dir = self.dir.clone();
            let thread = std::thread::spawn(move || {
                let mut store = None;
                while asked.recv().is_ok() {
                    match deliver(&dir, &mut store, 1) {
                        // The next time it is asked.
                        Err(e) if is_temporary(&e) => {}
                        done => done?,
                    }
                }
                Ok(())
            });
            (ask, thread)
        });
        // One that waits already is enough.
        if let Err(TrySendError::Disconnected(())) = ask.try_send(())
            && let Some((_, thread)) = self.uploader.take()
        {
            let ended = thread.join();
            return ended.unwrap_or_else(|_| bail!("the upload panicked"));
        }
        Ok(())
    }

    fn retention(&mut self) -> Result<()> {
        say("do retention");
        let archive = self.chance.percent(50);
        let policy = RetentionRule {
            max_age_days: 36_500,
            max_bytes: 60_000,
            action: if archive {
                RetentionAction::Archive("archive".into())
            } else {
                RetentionAction::Delete
            },
        };
        again(self.tries.most, || {
            let steps = plan(
                &self.journal.blob_items()?,
                desk::time_of(self.tag),
                &policy,
            );
            if !archive {
                for step in &steps {
                    say(&format!("dropping {}", step.seq));
                }
            }
            Ok(self.journal.apply(&steps)?)
        })
        .map(drop)
    }

    fn removal(&mut self) -> Result<()> {
        let all = self.tag - self.first;
        if all < 10 {
            return Ok(());
        }
        say("do removal");
        let from = self.first + self.chance.below(all - 4);
        let to = from + 1 + self.chance.below(4);
        say(&format!("taking {from} {to}"));
        let what = RedactionTarget::Time(desk::time_of(from)..desk::time_of(to));
        let now_us = desk::time_of(self.tag);
        let removed = again(self.tries.most, || {
            Ok(self.journal.remove(&what, now_us)?)
        })?;
        if removed.closed == 0 {
            say(&format!("taken {from} {to}"));
        }
        Ok(())
    }

    fn end(mut self) -> Result<()> {
        let most = self.tries.most;
        let last = Commit {
            pending_drop_below: u64::MAX,
            at_us: desk::time_of(self.tag),
            ..Commit::default()
        };
        if self.id > 0 {
            // What was open last becomes a record, so that it is looked for as all others.
            let tag = self.next_tag(false);
            say(&format!("opening {tag}"));
            let step = Commit {
                records: &[record(tag)],
                ..last
            };
            let seqs = again(most, || Ok(self.journal.commit(step)?))?;
            say("closed");
            say(&format!("ack {} {tag}", seqs.first().copied().unwrap_or(0)));
        }
        self.freeze()?;
        deliver(&self.dir, &mut None, most)?;
        let at_us = desk::time_of(self.tag);
        match self.journal.close(at_us) {
            Err(e) if most > 1 && e.is_temporary() => eprintln!("not closed cleanly: {e}"),
            done => done?,
        }
        say("done");
        Ok(())
    }
}

/// Delivers what is frozen: to the bucket that the environment names, or else to the folder `sent`.
fn deliver(dir: &Path, store: &mut Option<ObjectStoreSink>, most: u32) -> Result<()> {
    say("upload begins");
    again(most, || {
        if store.is_none() {
            let destination =
                Destination::choose(None, &|name| std::env::var(name).ok(), &dir.join("sent"))?;
            *store = Some(destination.open(Timeouts::default())?);
        }
        let sink = store.as_ref().context("no sink")?;
        let mut outbox = Outbox::open(&desk::journal_in(dir))?;
        let mut on = |_| ControlFlow::Continue(());
        upload::drain(&mut outbox, sink, None, &Still, &mut on)?;
        lists::deliver(dir, &mut outbox, sink)
    })?;
    say("upload ends");
    Ok(())
}

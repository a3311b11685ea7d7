//! The power fails: an ext4 disk whose writes are logged, cut off at any of them.
//!
//! Writes before the last flush are on the disk. Each later write is there, missing, or torn between two sectors, in any
//! order: a disk promises no more. In every fifth run one flush fails, too: what was written before it
//! may be lost for good, whatever a later flush says.

mod logged_disk;

use crate::child::{self, ChildProcess};
use crate::fixture::{self, JournalFixture};
use crate::lab::{LabVerdict, RunLength, run_two_at_once};
use crate::labs::kill::TAGS;
use crate::ledger::AckLedger;
use crate::mount::{self, TempMount, path_text};
use crate::rng::SeededRng;
use anyhow::{Context, Result, bail, ensure};
use lab::s3::{S3Server, S3ServerOptions};
use logged_disk::{DiskOp, LoggedDisk};
use std::fs::{self, File};
use std::path::Path;

/// Size of the disk in bytes.
const DISK: u64 = 16 << 20;
/// Steps of the program that is cut off.
const STEPS: u64 = 70;
/// The unit in which a disk writes, in bytes.
const SECTOR: usize = 512;
/// Images of one run of the program.
const PER_RUN: u64 = 25;

/// One run: the disk before it, what was written to it, and what the program said, each with the number of writes before.
struct PowerRun {
    base: Vec<u8>,
    ops: Vec<DiskOp>,
    said: Vec<(usize, String)>,
    viewer: vault::Identity,
}

pub(crate) fn run(length: RunLength) -> Result<LabVerdict> {
    let whole = length.pick(100, 2_000);
    let (mut acked, mut codes, mut writes, mut unsure, mut failed) = (0, 0, 0, 0, 0);
    for run in 0..whole / PER_RUN {
        let fails = if run % 5 == 3 { 20 + run } else { 0 };
        failed += u64::from(fails > 0);
        let noted = match record_run(run, fails) {
            Ok(noted) => noted,
            Err(e) if run == 0 => {
                return Ok(LabVerdict::CannotHere(format!(
                    "{e:#}; it takes root, /dev/fuse, a loop device and mkfs.ext4"
                )));
            }
            Err(e) => return Err(e),
        };
        writes += noted.ops.len();
        let images = run_two_at_once(PER_RUN, RunLength::Short, &|n| {
            let mut rng = SeededRng::new(0x90_3e4 + run * PER_RUN + n);
            check_image(&noted, &mut rng).with_context(|| format!("run {run}, image {n}"))
        })?;
        let sum = |of: usize| -> u64 { images.iter().map(|counts| counts[of]).sum() };
        acked += sum(0);
        codes += sum(1);
        unsure += sum(2);
        if length == RunLength::Long {
            eprintln!("  {} of {whole} images", (run + 1) * PER_RUN);
        }
    }
    ensure!(acked > 0 && codes > 0, "nothing was acknowledged");
    Ok(LabVerdict::Passed(format!(
        "{whole} images of {writes} noted writes ({failed} runs with a failed flush), {unsure} writes in them dropped, kept, shuffled or torn: \
         {acked} acknowledged records looked for, 0 lost, screenshots whole; {codes} accepted codes tried again, 0 accepted"
    )))
}

/// Runs the program on a disk that logs its writes. The flush of the number `fails` fails; 0: none.
fn record_run(run: u64, fails: u64) -> Result<PowerRun> {
    let dir = tempfile::tempdir()?;
    let plain = dir.path().join("plain");
    File::create(&plain)?.set_len(DISK)?;
    mount::make_ext4(&plain)?;
    let disk = LoggedDisk::new(fs::read(&plain)?, &dir.path().join("fuse"))?;
    let at = dir.path().join("mounted");
    let mounted = TempMount::new(&disk.file, &at, "loop")?;
    let fixture = JournalFixture::new(&at)?;
    child::create_vault(&at)?;
    mount::run_tool("sync", &["-f", path_text(&at)?])?;
    disk.start_log(fails);
    // The bucket is not on this disk.
    let server = S3Server::start(S3ServerOptions::new(dir.path().join("s3")))?;
    let env = server.env();
    let mut child = ChildProcess::start(&at, TAGS, run, &STEPS.to_string(), &env)?;
    let mut said = Vec::new();
    while let Some(line) = child.next_line()? {
        let before = disk.log.lock().ops.len();
        said.push((before, line));
    }
    let (code, errors) = child.wait_for_exit()?;
    ensure!(
        code == Some(0) || fails > 0 && code == Some(1) && !errors.contains("panicked"),
        "the program ended with {code:?}: {errors}"
    );
    let (base, ops) = disk.take_log();
    ensure!(
        fails == 0 || ops.iter().any(|op| matches!(op, DiskOp::Failed)),
        "no flush failed"
    );
    mounted.unmount()?;
    disk.unmount()?;
    ensure!(
        ops.iter().any(|op| matches!(op, DiskOp::Flush)),
        "no flush reached the disk"
    );
    Ok(PowerRun {
        base,
        ops,
        said,
        viewer: fixture.viewer,
    })
}

/// Cuts one image, mounts and checks it; returns how many acknowledged records and codes were looked for, and how many
/// writes were uncertain.
fn check_image(run: &PowerRun, rng: &mut SeededRng) -> Result<[u64; 3]> {
    // Anywhere, or where most is uncertain: just before a flush.
    let mut cut = 1 + rng.index(run.ops.len());
    if rng.percent(60) {
        let flush = |op: &DiskOp| !matches!(op, DiskOp::Write { .. });
        let rest = run.ops.get(cut..).unwrap_or_default();
        cut += rest.iter().position(flush).unwrap_or(0);
    }
    let (content, unsure) = cut_power(run, cut, rng);
    let dir = fixture::make_fast_dir()?;
    let file = dir.path().join("disk");
    fs::write(&file, content)?;
    let at = dir.path().join("mounted");
    let mounted = match TempMount::new(&file, &at, "loop") {
        // A disk that lost refused writes can break ext4 itself; that is for fsck, and not checked here.
        Err(_) if has_failed_flush(run, cut) => return Ok([0; 3]),
        mounted => mounted.context("the file system is broken")?,
    };
    let looked = check_journal(run, cut, &at);
    mounted.unmount()?;
    let (acked, codes) = looked.with_context(|| format!("cut at {cut} of {}", run.ops.len()))?;
    Ok([acked, codes, unsure])
}

/// True when a flush failed before the cut.
fn has_failed_flush(run: &PowerRun, cut: usize) -> bool {
    let before = run.ops.get(..cut).unwrap_or_default();
    before.iter().any(|op| matches!(op, DiskOp::Failed))
}

/// The disk's content after a cut before the write `cut`, and how many writes came after the last flush.
fn cut_power(run: &PowerRun, cut: usize, rng: &mut SeededRng) -> (Vec<u8>, u64) {
    let mut content = run.base.clone();
    let mut put = |at: usize, bytes: &[u8]| {
        if let Some(room) = content.get_mut(at..at + bytes.len()) {
            room.copy_from_slice(bytes);
        }
    };
    let mut unsure: Vec<(usize, &[u8])> = Vec::new();
    for op in run.ops.get(..cut).unwrap_or_default() {
        match op {
            DiskOp::Write { at, bytes } => unsure.push((*at, bytes)),
            DiskOp::Flush => {
                for (at, bytes) in unsure.drain(..) {
                    put(at, bytes);
                }
            }
            DiskOp::Failed => unsure.retain(|_| rng.percent(50)),
        }
    }
    for n in (1..unsure.len()).rev() {
        unsure.swap(n, rng.index(n + 1));
    }
    for (at, bytes) in &unsure {
        match rng.below(10) {
            0..4 => {}
            4..8 => put(*at, bytes),
            _ => {
                for (n, sector) in bytes.chunks(SECTOR).enumerate() {
                    if rng.percent(50) {
                        put(at + n * SECTOR, sector);
                    }
                }
            }
        }
    }
    (content, unsure.len() as u64)
}

/// Opens the journal after the cut, and looks for everything acknowledged before it.
fn check_journal(run: &PowerRun, cut: usize, at: &Path) -> Result<(u64, u64)> {
    let mut ledger = AckLedger::default();
    for (position, line) in &run.said {
        let word = line.split(' ').next().unwrap_or_default();
        let heard = match word {
            // The announced step may have begun before its line was read.
            "taking" | "dropping" | "opening" => true,
            "upload" | "do" | "done" => false,
            _ => *position <= cut,
        };
        if heard {
            ledger.read_line(line)?;
        }
    }
    ledger.end_child();
    let fixture = JournalFixture {
        dir: at.to_owned(),
        viewer: run.viewer.clone(),
    };
    let (mut journal, recovery) = fixture::open_journal(at, fixture::START)?;
    if let Some(quarantined) = recovery.quarantined {
        bail!("the journal was damaged: {}", quarantined.why);
    }
    ensure!(
        recovery.swept.lost == 0 && recovery.pending_damaged == 0,
        "lost: {recovery:?}"
    );
    let open: Vec<_> = recovery
        .pending
        .into_iter()
        .map(model::Record::Span)
        .collect();
    journal.commit_recovered(&open, fixture::START)?;
    drop(journal);
    ledger.check_everything(&fixture)?;
    let codes = match ledger.code {
        Some(step) => {
            ensure!(
                !child::is_code_accepted(at, step)?,
                "the code of step {step} was accepted before the cut, and is again"
            );
            1
        }
        None => 0,
    };
    Ok((ledger.count_acknowledged(), codes))
}

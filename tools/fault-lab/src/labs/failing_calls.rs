//! Every N-th write, fsync, rename, open, truncate and unlink fails. `FAULT_LAB_CASE` (a part of a case as a failure prints
//! it, such as `"sync", error: 5`) picks cases.

use crate::child::ChildProcess;
use crate::fixture::{self, JournalFixture, read_sent_objects};
use crate::lab::{LabVerdict, RunLength, run_two_at_once};
use crate::labs::kill::{TAGS, finish_and_check};
use crate::ledger::AckLedger;
use crate::mount::path_text;
use crate::rng::SeededRng;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Steps of the program: about 200 events, with everything that comes between them.
const STEPS: u64 = 120;

/// A short write.
const SHORT: u32 = 0;
const EINTR: u32 = 4;
const EIO: u32 = 5;
const EMFILE: u32 = 24;
const ENOSPC: u32 = 28;

/// The calls that fail, and with which errors.
const KINDS: [(&str, &[u32]); 6] = [
    ("write", &[ENOSPC, EIO, EINTR, SHORT]),
    ("sync", &[EIO, ENOSPC, EINTR]),
    ("rename", &[EIO, ENOSPC]),
    ("open", &[EIO, EMFILE, ENOSPC, EINTR]),
    ("truncate", &[EIO, ENOSPC]),
    ("unlink", &[EIO]),
];

/// One run of the program.
#[derive(Clone, Copy, Debug)]
struct FailingCase {
    kind: &'static str,
    error: u32,
    /// The first call that fails and the last one; 0 when it does not get better.
    from: u64,
    to: u64,
}

/// What came of a case.
struct CaseResult {
    /// Ended by itself with everything done, despite the fault; otherwise it gave up with a message, and went on after a start
    /// without the fault.
    went_on: bool,
    acked: u64,
    objects: u64,
}

pub(crate) fn run(length: RunLength) -> Result<LabVerdict> {
    if std::env::consts::OS != "linux" {
        return Ok(LabVerdict::CannotHere(
            "calls are made to fail through LD_PRELOAD, which is Linux's".to_owned(),
        ));
    }
    let tools = tempfile::tempdir()?;
    let shim = match compile_shim(tools.path())? {
        Ok(shim) => shim,
        Err(why) => return Ok(LabVerdict::CannotHere(why)),
    };
    let mut calls = Vec::new();
    for (kind, _) in KINDS {
        calls.push((kind, count_calls(&shim, kind)?));
    }
    let mut cases = list_cases(&calls, length);
    if let Ok(only) = std::env::var("FAULT_LAB_CASE") {
        // As a failure prints it, such as `kind: "sync", error: 5, from: 87`.
        cases.retain(|case| format!("{case:?}").contains(&only));
    }
    let runs = run_two_at_once(cases.len() as u64, length, &|n| {
        let case = cases[n as usize];
        run_case(&shim, case).with_context(|| format!("{case:?}"))
    })?;
    let went_on = runs.iter().filter(|run| run.went_on).count();
    let calls: Vec<String> = calls
        .iter()
        .map(|(kind, n)| format!("{n} {kind}"))
        .collect();
    Ok(LabVerdict::Passed(format!(
        "{} runs of {STEPS} steps ({} calls each): {} went on, {} needed a start; {} records acknowledged, 0 lost, \
         {} objects, 0 twice, 0 panics",
        cases.len(),
        calls.join(", "),
        went_on,
        runs.len() - went_on,
        runs.iter().map(|run| run.acked).sum::<u64>(),
        runs.iter().map(|run| run.objects).sum::<u64>()
    )))
}

/// Compiles the shim; the inner error says why that is impossible here.
fn compile_shim(into: &Path) -> Result<Result<PathBuf, String>> {
    let source = into.join("failing_calls.c");
    fs::write(&source, include_str!("../../failing_calls.c"))?;
    let library = into.join("shim.so");
    let made = Command::new("cc")
        .args(["-O1", "-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(&source)
        .arg("-ldl")
        .output();
    Ok(match made {
        Ok(out) if out.status.success() => Ok(library),
        Ok(out) => Err(format!(
            "cc does not compile the shim: {}",
            String::from_utf8_lossy(&out.stderr)
        )),
        Err(e) => Err(format!(
            "there is no C compiler `cc` ({e}); install gcc or clang"
        )),
    })
}

/// The cases: every N in the long run, as many as fit into half a minute in the short one.
fn list_cases(calls: &[(&'static str, u64)], length: RunLength) -> Vec<FailingCase> {
    let mut out = Vec::new();
    let mut rng = SeededRng::new(0xfa11);
    for (kind, errors) in KINDS {
        let count = calls.iter().find(|(k, _)| *k == kind);
        let n = count.map_or(0, |(_, n)| *n);
        for error in errors {
            let each = length.pick((n / 6).max(1), 1);
            let mut from = length.pick(1 + rng.below(each), 1);
            while from <= n {
                let to = match (from / each) % 8 {
                    0..4 => from,
                    4..7 => from + 5,
                    // Full disks and broken ones stay so; an interruption does not.
                    _ if matches!(*error, EINTR | SHORT) => from + 100,
                    _ => 0,
                };
                out.push(FailingCase {
                    kind,
                    error: *error,
                    from,
                    to,
                });
                from += each;
            }
        }
    }
    out
}

fn make_environment(
    shim: &Path,
    fixture: &JournalFixture,
    case: FailingCase,
) -> Result<Vec<(&'static str, String)>> {
    let text = |path: &Path| path_text(path).map(str::to_owned);
    Ok(vec![
        ("LD_PRELOAD", text(shim)?),
        ("FAULT_DIR", text(&fixture.journal_dir())?),
        ("FAULT_DIR_2", text(&fixture.dir.join("sent"))?),
        ("FAULT_KIND", case.kind.to_owned()),
        ("FAULT_ERROR", case.error.to_string()),
        ("FAULT_FROM", case.from.to_string()),
        ("FAULT_TO", case.to.to_string()),
        ("FAULT_REPORT", text(&fixture.dir.join("report"))?),
    ])
}

/// Runs the program without a fault; returns how many calls of a kind it makes.
fn count_calls(shim: &Path, kind: &'static str) -> Result<u64> {
    let dir = fixture::make_fast_dir()?;
    let fixture = JournalFixture::new(dir.path())?;
    let none = FailingCase {
        kind,
        error: EIO,
        from: 0,
        to: 0,
    };
    let env = make_environment(shim, &fixture, none)?;
    let mut child = ChildProcess::start(dir.path(), TAGS, 1, &STEPS.to_string(), &env)?;
    let mut ledger = AckLedger::default();
    ledger.read_to_end(&mut child)?;
    child.wait_for_success()?;
    let n: u64 = fs::read_to_string(dir.path().join("report"))
        .context("the shim was not loaded")?
        .trim()
        .parse()?;
    ensure!(n > 0, "the program makes no call of the kind {kind}");
    Ok(n)
}

fn run_case(shim: &Path, case: FailingCase) -> Result<CaseResult> {
    let dir = fixture::make_fast_dir()?;
    let fixture = JournalFixture::new(dir.path())?;
    let mut ledger = AckLedger::default();
    let env = make_environment(shim, &fixture, case)?;
    let mut child = ChildProcess::start(dir.path(), TAGS, 1, &STEPS.to_string(), &env)?;
    ledger.read_to_end(&mut child)?;
    let (code, errors) = child.wait_for_exit()?;
    ensure!(
        !errors.contains("panicked") && code.is_some_and(|code| code <= 1),
        "it ended with {code:?}: {errors}"
    );
    let went_on = ledger.done;
    ensure!(
        went_on || !errors.trim().is_empty(),
        "it gave up and did not say why"
    );
    ledger.end_child();
    finish_and_check(&fixture, &mut ledger, 2 * TAGS, &[])
        .with_context(|| format!("after it had ended with {code:?}: {errors}"))?;
    let objects =
        ledger.compare_bucket(&fixture, &read_sent_objects(&fixture.dir.join("sent"))?)?;
    Ok(CaseResult {
        went_on,
        acked: ledger.count_acknowledged(),
        objects,
    })
}

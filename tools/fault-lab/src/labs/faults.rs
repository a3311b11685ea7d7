//! Every N-th write, fsync, rename, open, truncate and unlink fails. `FAULT_LAB_CASE` (a part of a case as a failure prints
//! it, such as `"sync", error: 5`) picks cases.

use crate::book::Book;
use crate::chance::Chance;
use crate::child::Child;
use crate::desk::{self, Desk};
use crate::form::{Form, Verdict, two_at_once};
use crate::labs::kill::{TAGS, finish};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// Steps of the program: about 200 events, with everything that comes between them.
const STEPS: u64 = 120;

/// A short write.
const SHORT: u32 = 0;
const EINTR: u32 = 4;
const EIO: u32 = 5;
const EMFILE: u32 = 24;
const ENOSPC: u32 = 28;

/// What fails, and with which errors.
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
struct Case {
    kind: &'static str,
    error: u32,
    /// The first call that fails and the last one; 0 when it does not get better.
    from: u64,
    to: u64,
}

#[derive(Default)]
struct Count {
    /// Ended by itself with everything done, the fault notwithstanding.
    went_on: u64,
    /// Gave up, said so, and went on after a start without the fault.
    started_again: u64,
    acked: u64,
    objects: u64,
}

pub(crate) fn run(form: Form) -> Result<Verdict> {
    if std::env::consts::OS != "linux" {
        return Ok(Verdict::CannotHere(
            "calls are made to fail through LD_PRELOAD, which is Linux's".to_owned(),
        ));
    }
    let tools = tempfile::tempdir()?;
    let shim = match compile(tools.path())? {
        Ok(shim) => shim,
        Err(why) => return Ok(Verdict::CannotHere(why)),
    };
    let mut calls = Vec::new();
    for (kind, _) in KINDS {
        calls.push((kind, count_calls(&shim, kind)?));
    }
    let mut cases = cases(&calls, form);
    if let Ok(only) = std::env::var("FAULT_LAB_CASE") {
        // As a failure prints it, such as `kind: "sync", error: 5, from: 87`.
        cases.retain(|case| format!("{case:?}").contains(&only));
    }
    let count = Mutex::new(Count::default());
    two_at_once(cases.len() as u64, form, &|n| {
        let case = usize::try_from(n).ok().and_then(|n| cases.get(n));
        case.map_or(Ok(()), |case| {
            one(&shim, *case, &count).with_context(|| format!("{case:?}"))
        })
    })?;
    let count = count.into_inner().unwrap_or_else(PoisonError::into_inner);
    let calls: Vec<String> = calls
        .iter()
        .map(|(kind, n)| format!("{n} {kind}"))
        .collect();
    Ok(Verdict::Passed(format!(
        "{} runs of {STEPS} steps ({} calls each): {} went on, {} needed a start; {} records acknowledged, 0 lost, \
         {} objects, 0 twice, 0 panics",
        cases.len(),
        calls.join(", "),
        count.went_on,
        count.started_again,
        count.acked,
        count.objects
    )))
}

/// Compiles the shim; why not, where there is no compiler.
fn compile(into: &Path) -> Result<Result<PathBuf, String>> {
    let source = into.join("shim.c");
    fs::write(&source, include_str!("../../shim.c"))?;
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

/// What is to be tried: every N in the long form, as many as fit into half a minute in the short one.
fn cases(calls: &[(&'static str, u64)], form: Form) -> Vec<Case> {
    let mut out = Vec::new();
    let mut chance = Chance::new(0xfa11);
    for (kind, errors) in KINDS {
        let n = calls
            .iter()
            .find(|(k, _)| *k == kind)
            .map_or(0, |(_, n)| *n);
        for error in errors {
            let each = form.pick((n / 6).max(1), 1);
            let mut from = form.pick(1 + chance.below(each), 1);
            while from <= n {
                let to = match (from / each) % 8 {
                    0..4 => from,
                    4..7 => from + 5,
                    // Full disks and broken ones stay so; an interruption does not.
                    _ if matches!(*error, EINTR | SHORT) => from + 100,
                    _ => 0,
                };
                out.push(Case {
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

fn environment(shim: &Path, desk: &Desk, case: Case) -> Result<Vec<(&'static str, String)>> {
    let text = |path: &Path| -> Result<String> {
        Ok(path
            .to_str()
            .context("a path that is not Unicode")?
            .to_owned())
    };
    Ok(vec![
        ("LD_PRELOAD", text(shim)?),
        ("FAULT_DIR", text(&desk.at())?),
        ("FAULT_DIR_2", text(&desk.dir.join("sent"))?),
        ("FAULT_KIND", case.kind.to_owned()),
        ("FAULT_ERROR", case.error.to_string()),
        ("FAULT_FROM", case.from.to_string()),
        ("FAULT_TO", case.to.to_string()),
        ("FAULT_REPORT", text(&desk.dir.join("report"))?),
    ])
}

/// The program without a fault: how many calls of a kind it makes.
fn count_calls(shim: &Path, kind: &'static str) -> Result<u64> {
    let dir = desk::quick_dir()?;
    let desk = Desk::new(dir.path())?;
    let none = Case {
        kind,
        error: EIO,
        from: 0,
        to: 0,
    };
    let env = environment(shim, &desk, none)?;
    let mut child = Child::start("work", dir.path(), TAGS, 1, &STEPS.to_string(), &env)?;
    let mut book = Book::default();
    while let Some(line) = child.line()? {
        book.hear(&line)?;
    }
    child.wait()?;
    let n: u64 = fs::read_to_string(dir.path().join("report"))
        .context("the shim was not loaded")?
        .trim()
        .parse()?;
    ensure!(n > 0, "the program makes no call of the kind {kind}");
    Ok(n)
}

fn one(shim: &Path, case: Case, count: &Mutex<Count>) -> Result<()> {
    let dir = desk::quick_dir()?;
    let desk = Desk::new(dir.path())?;
    let mut book = Book::default();
    let env = environment(shim, &desk, case)?;
    let mut child = Child::start("work", dir.path(), TAGS, 1, &STEPS.to_string(), &env)?;
    while let Some(line) = child.line()? {
        book.hear(&line)?;
    }
    let (code, errors) = child.end()?;
    ensure!(
        !errors.contains("panicked") && code.is_some_and(|code| code <= 1),
        "it ended with {code:?}: {errors}"
    );
    let went_on = book.done;
    ensure!(
        went_on || !errors.trim().is_empty(),
        "it gave up and did not say why"
    );
    book.died();
    finish(&desk, &mut book, 2 * TAGS, &[])
        .with_context(|| format!("after it had ended with {code:?}: {errors}"))?;
    let objects = book.compare(&desk, &sent(&desk.dir.join("sent"))?)?;
    let mut count = count.lock().unwrap_or_else(PoisonError::into_inner);
    if went_on {
        count.went_on += 1;
    } else {
        count.started_again += 1;
    }
    count.acked += book.acked();
    count.objects += objects;
    Ok(())
}

/// What lies in the folder things are delivered to. What a failed write left unfinished there has no name of an object.
pub(crate) fn sent(root: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(dir) = open.pop() {
        let Ok(entries) = fs::read_dir(&dir) else {
            continue;
        };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path
                .strip_prefix(root)?
                .to_str()
                .context("a name that is not Unicode")?
                .to_owned();
            if !name.contains('#') {
                found.insert(name, fs::read(&path)?);
            }
        }
    }
    Ok(found)
}

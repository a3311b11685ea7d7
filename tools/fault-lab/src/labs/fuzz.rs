//! Nonsense for every reader of outside bytes.
//!
//! Inputs are changed copies of good ones, and follow from their number: the same number is the same input. One that makes
//! a reader panic is kept in the folder for temporary files, and named. `FAULT_LAB_READER` (a part of a name) picks readers.

mod answers;
mod manifests;
mod mutate;
mod targets;

use crate::chance::Chance;
use crate::form::{Form, Verdict, two_at_once};
use anyhow::{Context, Result, bail};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use targets::Target;

/// Inputs handed over at once by one thread.
const BATCH: u64 = 100;

pub(crate) fn run(form: Form) -> Result<Verdict> {
    let dir = crate::desk::quick_dir()?;
    let mut targets = targets::all(dir.path())?;
    if let Ok(only) = std::env::var("FAULT_LAB_READER") {
        targets.retain(|target| target.name.contains(&only));
    }
    // What a panic says would stand between the figures; it is kept with the input instead.
    let said = std::sync::Arc::new(Mutex::new(String::new()));
    let hook = std::panic::take_hook();
    let keep = std::sync::Arc::clone(&said);
    std::panic::set_hook(Box::new(move |panic| {
        *keep.lock().unwrap_or_else(PoisonError::into_inner) = panic.to_string();
    }));
    let mut lines = Vec::new();
    let mut whole = 0;
    let mut ended = Ok(());
    for target in &targets {
        let inputs = form.pick(20_000 / target.share, 1_000_000);
        let begun = Instant::now();
        let longest = AtomicU64::new(0);
        ended = two_at_once(inputs / BATCH, form, &|batch| {
            for n in batch * BATCH..(batch + 1) * BATCH {
                one(target, n, &longest).with_context(|| {
                    let said = said.lock().unwrap_or_else(PoisonError::into_inner);
                    said.clone()
                })?;
            }
            Ok(())
        });
        if ended.is_err() {
            break;
        }
        whole += inputs;
        let line = format!(
            "{}: {inputs} inputs, {:.0}/s, longest {:.1} ms",
            target.name,
            inputs as f64 / begun.elapsed().as_secs_f64(),
            longest.into_inner() as f64 / 1000.0
        );
        println!("  {line}");
        lines.push(line);
    }
    std::panic::set_hook(hook);
    ended?;
    Ok(Verdict::Passed(format!(
        "{whole} inputs for {} readers, 0 panics",
        lines.len()
    )))
}

fn one(target: &Target, number: u64, longest: &AtomicU64) -> Result<()> {
    let name = target
        .name
        .bytes()
        .fold(0xf022u64, |n, b| n.wrapping_mul(0x100_0193) ^ u64::from(b));
    let mut chance = Chance::new(name.wrapping_add(number.wrapping_mul(0x1_0000_0001)));
    let input = mutate::mutate(&target.seeds, target.words, &mut chance);
    let begun = Instant::now();
    let ended = catch_unwind(AssertUnwindSafe(|| (target.read)(&input)));
    let took = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    longest.fetch_max(took, Ordering::Relaxed);
    if ended.is_err() {
        let file = std::env::temp_dir().join(format!(
            "fault-lab-{}-{number}",
            target.name.replace([' ', '.'], "-")
        ));
        fs::write(&file, &input)?;
        bail!(
            "the reader of {} panics at input {number}, kept in {}",
            target.name,
            file.display()
        );
    }
    Ok(())
}

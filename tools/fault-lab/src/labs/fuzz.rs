//! Nonsense for every reader of outside bytes.
//!
//! Inputs are changed copies of good ones, and follow from their number: the same number is the same input. One that makes
//! a reader panic is kept in the folder for temporary files, and named. `FAULT_LAB_READER` (a part of a name) picks readers.

mod file_targets;
mod manifests;
mod mutate;
mod settings_targets;
mod store_answers;
mod target;

use crate::lab::{LabVerdict, RunLength, run_two_at_once};
use crate::rng::SeededRng;
use anyhow::{Context, Result, bail};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use target::FuzzTarget;

/// Inputs handed over at once by one thread.
const BATCH: u64 = 100;

pub(crate) fn run(length: RunLength) -> Result<LabVerdict> {
    let dir = crate::fixture::make_fast_dir()?;
    let mut targets = all_targets(dir.path())?;
    if let Ok(only) = std::env::var("FAULT_LAB_READER") {
        targets.retain(|target| target.name.contains(&only));
    }
    // A panic would print between the figures; its message is kept with the input instead.
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
        let inputs = length.pick(20_000 / target.share, 1_000_000);
        let begun = Instant::now();
        let longest = AtomicU64::new(0);
        ended = run_two_at_once(inputs / BATCH, length, &|batch| {
            for n in batch * BATCH..(batch + 1) * BATCH {
                read_input(target, n, &longest).with_context(|| {
                    let said = said.lock().unwrap_or_else(PoisonError::into_inner);
                    said.clone()
                })?;
            }
            Ok(())
        })
        .map(drop);
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
    Ok(LabVerdict::Passed(format!(
        "{whole} inputs for {} readers, 0 panics",
        lines.len()
    )))
}

/// All readers, in the order they run.
fn all_targets(dir: &Path) -> Result<Vec<FuzzTarget>> {
    Ok(vec![
        settings_targets::settings_file(),
        settings_targets::env_file(dir),
        settings_targets::destination_url(),
        file_targets::input_trace()?,
        file_targets::segment_file(dir)?,
        file_targets::sealed_rows(dir)?,
        file_targets::record_lines()?,
        manifests::manifest_file(dir)?,
        manifests::signed_nonsense(dir)?,
        file_targets::vault_file(dir)?,
        file_targets::recovery_codes(),
        file_targets::one_time_secrets(),
        settings_targets::requests(),
        settings_targets::replies(),
        file_targets::object_keys(),
        FuzzTarget {
            name: "S3 answers",
            share: 1,
            seeds: store_answers::make_seeds()?,
            words: &[
                b"HTTP/1.1 200 OK\r\n",
                b"Content-Length: ",
                b"Transfer-Encoding: chunked\r\n",
                b"<Error><Code>SlowDown</Code>",
                b"<IsTruncated>true</IsTruncated>",
                b"<NextContinuationToken>a</NextContinuationToken>",
                b"\r\n\r\n",
            ],
            read: Box::new(store_answers::ask_store),
        },
    ])
}

fn read_input(target: &FuzzTarget, number: u64, longest: &AtomicU64) -> Result<()> {
    let name = target
        .name
        .bytes()
        .fold(0xf022u64, |n, b| n.wrapping_mul(0x100_0193) ^ u64::from(b));
    let mut rng = SeededRng::new(name.wrapping_add(number.wrapping_mul(0x1_0000_0001)));
    let input = mutate::mutate_input(&target.seeds, target.words, &mut rng);
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

//! `bench-upload COUNT BYTES`: puts COUNT objects of BYTES bytes through uam's own sink into the bucket that the
//! environment names, and prints `{"cpu_ms":N,"wall_ms":N}`. Opening the sink is not counted; connecting is, and so is
//! hashing each object.
#![allow(clippy::print_stdout, reason = "the answer to the caller")]

use anyhow::{Context, Result, bail};
use bench::cpu;
use std::path::Path;
use std::time::Instant;
use upload::{Destination, NewObject, PutOutcome, Sink, Timeouts};

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [count, size] = args.as_slice() else {
        bail!("usage: bench-upload COUNT BYTES");
    };
    let count: u32 = count.parse().context("COUNT must be a whole number")?;
    let size: u32 = size.parse().context("BYTES must be a whole number")?;
    let destination = Destination::choose(
        None,
        &|name| std::env::var(name).ok(),
        Path::new("/nonexistent"),
    )?;
    if !matches!(destination, Destination::S3(_)) {
        bail!("the environment names no bucket");
    }
    let store = destination.open(Timeouts::default())?;
    let payload = noise(size);

    let (cpu, wall) = (cpu::milliseconds(), Instant::now());
    let objects: Vec<NewObject> = (0..count)
        .map(|n| NewObject::new(format!("bench/uam/{n:05}"), payload.clone()))
        .collect();
    let results = store.put_all(&objects);
    let (cpu, wall) = (cpu::milliseconds() - cpu, wall.elapsed());

    if results.len() != objects.len() {
        bail!(
            "only {} of {} objects were tried",
            results.len(),
            objects.len()
        );
    }
    for result in results {
        if result? != PutOutcome::Stored {
            bail!("an object was there before");
        }
    }
    println!(
        "{}",
        serde_json::json!({ "cpu_ms": cpu, "wall_ms": wall.as_secs_f64() * 1e3 })
    );
    Ok(())
}

/// Bytes that do not compress (xorshift).
fn noise(size: u32) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    (0..size)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        })
        .collect()
}

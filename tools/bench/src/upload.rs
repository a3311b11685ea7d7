//! Uploads through uam's own sink.

use crate::measure::{elapsed_ms, process_cpu_ms, thread_cpu_ms};
use anyhow::{Result, bail};
use lab::s3::{S3Server, S3ServerOptions};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Instant;
use upload::{Destination, NewObject, PutOutcome, Sink, Timeouts};

/// Puts `count` objects of `size` bytes into the bucket that the environment names and returns
/// `{"cpu_ms":N,"wall_ms":N}`. Opening the sink is not counted; connecting is, and so is hashing each object.
///
/// Where the environment names no bucket, a server on a thread of this process takes the objects. The sink works on the
/// calling thread alone, so that thread's CPU time is then all that delivery costs.
///
/// # Errors
/// When an object is not stored, or was there before.
pub(crate) fn measure_uploads(count: u32, size: u32) -> Result<Value> {
    let no_dir = Path::new("/nonexistent");
    let bucket = Destination::resolve(None, &|name| std::env::var(name).ok(), no_dir)?;
    if matches!(bucket, Destination::S3(_)) {
        return measure_puts(&bucket, count, size, process_cpu_ms);
    }
    let dir = tempfile::tempdir()?;
    let server = S3Server::start(S3ServerOptions::new(dir.path()))?;
    let env = server.env();
    let find = |name: &str| Some(env.iter().find(|(n, _)| *n == name)?.1.clone());
    let bucket = Destination::resolve(None, &find, no_dir)?;
    measure_puts(&bucket, count, size, thread_cpu_ms)
}

fn measure_puts(bucket: &Destination, count: u32, size: u32, cpu_ms: fn() -> f64) -> Result<Value> {
    let sink = upload::open_sink(bucket, Timeouts::default())?;
    let payload = make_noise(size);

    let (cpu, start) = (cpu_ms(), Instant::now());
    let objects: Vec<NewObject> = (0..count)
        .map(|n| NewObject::new(format!("bench/uam/{n:05}"), payload.clone()))
        .collect();
    let results = sink.put_all(&objects);
    let (cpu, wall) = (cpu_ms() - cpu, elapsed_ms(start));

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
    Ok(json!({ "cpu_ms": cpu, "wall_ms": wall }))
}

/// Bytes that do not compress (xorshift).
fn make_noise(size: u32) -> Vec<u8> {
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

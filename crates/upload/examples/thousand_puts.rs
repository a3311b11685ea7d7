//! Prints time and CPU for 1,000 conditional puts of 50 KB into a signature-checking S3 server on loopback (Linux).
//!
//! `cargo run --release -p upload --example thousand_puts`
//!
//! The sink works on the calling thread alone, so that thread's CPU time is all that delivery costs; the server runs on
//! its own thread and is not counted.

use lab::s3::{Options, S3Server};
use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::time::Instant;
use upload::{Destination, NewObject, Sink, Timeouts};

fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let server = S3Server::start(Options::new(dir.path()))?;
    let vars = server.env();
    let get = |name: &str| Some(vars.iter().find(|(n, _)| *n == name)?.1.clone());
    let sink = Destination::choose(None, &get, Path::new("."))?.open(Timeouts::default())?;
    // Different content each, as pictures have, and made before the clock starts.
    let objects: Vec<NewObject> = (0..1000_u32)
        .map(|n| {
            let mut state = n + 1;
            let body: Vec<u8> = std::iter::repeat_with(|| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_be_bytes()[0]
            })
            .take(50_000)
            .collect();
            NewObject::new(format!("puts/{n:04}.webp"), body)
        })
        .collect();
    let (started, before) = (Instant::now(), cpu_s()?);
    let results = sink.put_all(&objects);
    let (wall, cpu) = (started.elapsed().as_secs_f64(), cpu_s()? - before);
    for result in &results {
        result.clone()?;
    }
    writeln!(
        std::io::stdout(),
        "{} puts of 50 KB: {wall:.2} s, {cpu:.3} s CPU, {:.0} puts/s",
        results.len(),
        1000.0 / wall
    )?;
    Ok(())
}

/// CPU time of this thread in seconds.
fn cpu_s() -> Result<f64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos = text.split_whitespace().next().ok_or("no schedstat")?;
    Ok(nanos.parse::<f64>()? / 1e9)
}

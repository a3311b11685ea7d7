//! `bench-input RATE SECONDS`: RATE times a second presses and releases a key (four times of five) or the primary
//! button, in real events through XTEST, and prints `{"keys":N,"clicks":N,"seconds":S}` when the server has taken all.
#![allow(clippy::print_stdout, reason = "the answer to the caller")]

use anyhow::{Context, Result, bail};
use lab::desktop::{Button, Typist};
use std::time::Instant;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [rate, seconds] = args.as_slice() else {
        bail!("usage: bench-input RATE SECONDS");
    };
    let rate: u32 = rate.parse().context("RATE must be a whole number")?;
    let seconds: u32 = seconds.parse().context("SECONDS must be a whole number")?;
    let display = std::env::var("DISPLAY").context("DISPLAY is not set")?;
    let typist = Typist::new(&display)?;
    let clicks_per_second = rate / 5;
    let keys_per_second = rate - clicks_per_second;
    let start = Instant::now();
    for _ in 0..seconds {
        typist.keys(keys_per_second, rate)?;
        typist.clicks(Button::Left, clicks_per_second, rate)?;
    }
    println!(
        "{}",
        serde_json::json!({
            "keys": u64::from(keys_per_second) * u64::from(seconds),
            "clicks": u64::from(clicks_per_second) * u64::from(seconds),
            "seconds": start.elapsed().as_secs_f64(),
        })
    );
    Ok(())
}

//! Input at a steady rate: real key and button events through XTEST.

use anyhow::{Context, Result};
use lab::desktop::{Button, Typist};
use serde_json::{Value, json};
use std::time::Instant;

/// Presses and releases a key (four times of five) or the primary button, `rate` times a second, and returns
/// `{"keys":N,"clicks":N,"seconds":S}` once the X server has processed all of it.
///
/// # Errors
/// When `DISPLAY` is not set or names no X server with XTEST.
pub(crate) fn inject_input(rate: u32, seconds: u32) -> Result<Value> {
    let display = std::env::var("DISPLAY").context("DISPLAY is not set")?;
    let typist = Typist::new(&display)?;
    let clicks_per_second = rate / 5;
    let keys_per_second = rate - clicks_per_second;
    let start = Instant::now();
    for _ in 0..seconds {
        typist.keys(keys_per_second, rate)?;
        typist.clicks(Button::Left, clicks_per_second, rate)?;
    }
    Ok(json!({
        "keys": u64::from(keys_per_second) * u64::from(seconds),
        "clicks": u64::from(clicks_per_second) * u64::from(seconds),
        "seconds": start.elapsed().as_secs_f64(),
    }))
}

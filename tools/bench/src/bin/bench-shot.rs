//! `bench-shot ROUNDS OUT`: takes ROUNDS pictures of the active window with uam's own sensor and pipeline, without and
//! with blur, writes the last of each to OUT.webp and OUT-blurred.webp, and prints the mean CPU milliseconds.
//!
//! The first round of each kind is not counted: it allocates what the others reuse.
#![allow(clippy::print_stdout, reason = "the answer to the caller")]

use anyhow::{Context, Result, bail};
use bench::cpu;
use model::{SensorEvent, WindowHandle};
use platform::clock::SystemClock;
use screenshots::{PipelineOutcome, ScreenshotPipeline, ScreenshotSettings};
use sense::{Desktop, DesktopOptions, WindowCapture};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [rounds, out] = args.as_slice() else {
        bail!("usage: bench-shot ROUNDS OUT");
    };
    let rounds: u32 = rounds.parse().context("ROUNDS must be a whole number")?;
    let mut desktop = Desktop::open(&DesktopOptions::default(), Arc::new(SystemClock));
    let mut screen = desktop
        .take_screen()
        .with_context(|| format!("no pictures here: {:?}", desktop.capabilities()))?;
    let handle = active(desktop)?;
    let plain = measure(&mut *screen, handle, rounds, false, &format!("{out}.webp"))?;
    let blurred = measure(
        &mut *screen,
        handle,
        rounds,
        true,
        &format!("{out}-blurred.webp"),
    )?;
    println!("{}", json!({ "plain": plain, "blurred": blurred }));
    Ok(())
}

/// The active window, as the sensors first tell it; they have ended when this returns.
fn active(desktop: Desktop) -> Result<WindowHandle> {
    let (tx, rx) = sync_channel(64);
    let running = desktop.start(tx);
    let mut found = None;
    while found.is_none() {
        let event = rx
            .recv_timeout(Duration::from_secs(10))
            .context("the sensors name no active window")?;
        if let SensorEvent::Window { active } = event.event {
            found = active.map(|a| a.handle);
        }
    }
    drop(rx);
    running.stop();
    found.context("no window is active")
}

fn measure(
    screen: &mut dyn WindowCapture,
    handle: WindowHandle,
    rounds: u32,
    blur: bool,
    file: &str,
) -> Result<Value> {
    let mut pipeline = ScreenshotPipeline::new(ScreenshotSettings {
        blur,
        ..ScreenshotSettings::default()
    });
    let (mut capture, mut process, mut last) = (0.0, 0.0, None);
    for round in 0..=rounds {
        // Each round must do the whole work, as for a window that has changed.
        pipeline.forget();
        let start = cpu::milliseconds();
        let mut inside = 0.0;
        let mut outcome = None;
        screen.grab(handle, &mut |frame| {
            let start = cpu::milliseconds();
            outcome = Some(pipeline.process(frame));
            inside = cpu::milliseconds() - start;
        })?;
        let whole = cpu::milliseconds() - start;
        match outcome.context("the picture was not lent")?? {
            PipelineOutcome::Picture(picture) => last = Some(picture),
            other => bail!("no picture came of it: {other:?}"),
        }
        if round > 0 {
            capture += whole - inside;
            process += inside;
        }
    }
    let picture = last.context("no round was run")?;
    std::fs::write(file, &picture.bytes).with_context(|| format!("writing {file}"))?;
    let mean = |sum: f64| sum / f64::from(rounds.max(1));
    Ok(json!({
        "capture_ms": mean(capture),
        "process_ms": mean(process),
        "bytes": picture.bytes.len(),
        "width": picture.screen_width,
        "height": picture.screen_height,
    }))
}

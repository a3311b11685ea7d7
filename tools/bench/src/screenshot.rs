//! Screenshots through uam's own sensor and pipeline, without and with blur.

use crate::measure::process_cpu_ms;
use anyhow::{Context, Result, bail};
use model::{SensorEvent, WindowHandle};
use platform::clock::SystemClock;
use screenshots::{PipelineOutcome, ScreenshotPipeline, ScreenshotSettings};
use sense::{Desktop, DesktopOptions, WindowCapture};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

/// Takes `rounds` screenshots of the active window of each kind, writes the last of each to `out`.webp and
/// `out`-blurred.webp, and returns the mean CPU milliseconds.
///
/// The first round of each kind is not counted: it allocates memory that the others reuse.
///
/// # Errors
/// When there is no desktop, no window is active, or a capture fails.
pub(crate) fn measure_screenshots(rounds: u32, out: &str) -> Result<Value> {
    let mut desktop = Desktop::open(&DesktopOptions::default(), Arc::new(SystemClock));
    let mut screen = desktop
        .take_capture()
        .with_context(|| format!("no screenshots here: {:?}", desktop.capabilities()))?;
    let handle = wait_for_active_window(desktop)?;
    let mut measure =
        |blur, file: String| measure_rounds(&mut *screen, handle, rounds, blur, &file);
    let plain = measure(false, format!("{out}.webp"))?;
    let blurred = measure(true, format!("{out}-blurred.webp"))?;
    Ok(json!({ "plain": plain, "blurred": blurred }))
}

/// The first active window that the sensors report; they have ended when this returns.
fn wait_for_active_window(desktop: Desktop) -> Result<WindowHandle> {
    let (tx, rx) = sync_channel(64);
    let running = desktop.start(tx);
    let mut found = None;
    while found.is_none() {
        let event = rx
            .recv_timeout(Duration::from_secs(10))
            .context("the sensors report no active window")?;
        if let SensorEvent::Window { active } = event.event {
            found = active.map(|a| a.handle);
        }
    }
    drop(rx);
    running.stop();
    found.context("no window is active")
}

fn measure_rounds(
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
        pipeline.forget_last();
        let start = process_cpu_ms();
        let mut inside = 0.0;
        let mut outcome = None;
        screen.capture_window(handle, &mut |frame| {
            let start = process_cpu_ms();
            outcome = Some(pipeline.process(frame));
            inside = process_cpu_ms() - start;
        })?;
        let whole = process_cpu_ms() - start;
        match outcome.context("no frame was captured")?? {
            PipelineOutcome::Screenshot(screenshot) => last = Some(screenshot),
            other => bail!("no screenshot was made: {other:?}"),
        }
        if round > 0 {
            capture += whole - inside;
            process += inside;
        }
    }
    let last = last.context("no round was run")?;
    fs_err::write(file, &last.bytes)?;
    let mean = |sum: f64| sum / f64::from(rounds.max(1));
    Ok(json!({
        "capture_ms": mean(capture),
        "process_ms": mean(process),
        "bytes": last.bytes.len(),
        "width": last.screen_width,
        "height": last.screen_height,
    }))
}

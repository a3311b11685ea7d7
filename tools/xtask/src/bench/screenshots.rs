//! A 1080p screenshot: CPU of capture, blur and encode, bytes, and how well it can be read.

use super::context::{BenchContext, read_number};
use super::table::{BenchRow, BenchTarget};
use crate::process::{Interrupted, output_of};
use crate::user::virtual_screen::VirtualScreen;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::Path;

/// All screens, and those of a quick run.
const SCREENS: [&str; 6] = ["article", "editor", "terminal", "mail", "sheet", "photo"];
const QUICK: [&str; 3] = ["article", "editor", "photo"];

/// Sums over the screens of one side.
#[derive(Default)]
struct ScreenshotSums {
    screens: f64,
    capture: f64,
    process: f64,
    process_blurred: f64,
    bytes: f64,
    bytes_blurred: f64,
    scores: Vec<f64>,
}

impl ScreenshotSums {
    fn add(&mut self, facts: &Value, score: f64) -> Result<()> {
        let number = |kind: &str, name: &str| read_number(facts, &[kind, name]);
        for kind in ["plain", "blurred"] {
            let (width, height) = (number(kind, "width")?, number(kind, "height")?);
            if (width, height) != (1920.0, 1080.0) {
                bail!("a screenshot of {width} x {height} instead of 1920 x 1080");
            }
        }
        self.screens += 1.0;
        // The capture is the same with and without blur: the mean of both is the steadier figure.
        self.capture += (number("plain", "capture_ms")? + number("blurred", "capture_ms")?) / 2.0;
        self.process += number("plain", "process_ms")?;
        self.process_blurred += number("blurred", "process_ms")?;
        self.bytes += number("plain", "bytes")?;
        self.bytes_blurred += number("blurred", "bytes")?;
        self.scores.push(score);
        Ok(())
    }
}

/// Measures both sides on every screen.
pub(super) fn measure_screenshots(context: &BenchContext) -> Result<Vec<BenchRow>> {
    let (screens, rounds): (&[&str], &str) = if context.quick {
        (&QUICK, "3")
    } else {
        (&SCREENS, "10")
    };
    let desktop = VirtualScreen::start()?;
    let (mut uam, mut python) = (ScreenshotSums::default(), ScreenshotSums::default());
    for screen in screens {
        let reference = context.dir.join(format!("{screen}.ppm"));
        let _shown = context.show_screen(&desktop, screen, Some(&reference))?;
        let mut ours = context.bench_command("screenshot")?;
        let out = context.dir.join(format!("{screen}-uam"));
        ours.arg(rounds).arg(&out).env("DISPLAY", desktop.display());
        let file = out.with_extension("webp");
        match measure_screenshot(context, &mut ours, &reference, &file, &mut uam) {
            Err(error) if error.is::<Interrupted>() => return Err(error),
            Err(error) => println!("uam's screenshot of {screen}: {error:#}"),
            Ok(()) => {}
        }
        if let Some(baseline) = &context.python {
            let mut theirs = baseline.program("screenshots.py");
            let out = context.dir.join(format!("{screen}-python"));
            theirs.arg(rounds).arg(&out);
            theirs.env("DISPLAY", desktop.display());
            let file = out.with_extension("jpg");
            measure_screenshot(context, &mut theirs, &reference, &file, &mut python)
                .with_context(|| format!("Python's screenshot of {screen}"))?;
        }
    }
    Ok(rows_of_sums(screens, &uam, &python))
}

fn measure_screenshot(
    context: &BenchContext,
    program: &mut std::process::Command,
    reference: &Path,
    image: &Path,
    sums: &mut ScreenshotSums,
) -> Result<()> {
    let facts = context.run_measured(program)?;
    let score = output_of(context.bench_command("score")?.arg(reference).arg(image))?;
    let score = score.trim().parse().context("the score")?;
    sums.add(&facts, score)
}

fn rows_of_sums(screens: &[&str], uam: &ScreenshotSums, python: &ScreenshotSums) -> Vec<BenchRow> {
    use BenchTarget::{Above, None as Open, Ratio};
    let mean = |s: &ScreenshotSums, sum: f64| (s.screens > 0.0).then(|| sum / s.screens);
    let row = |what: &str, digits, target, read: &dyn Fn(&ScreenshotSums) -> f64| {
        let (uam, python) = (mean(uam, read(uam)), mean(python, read(python)));
        BenchRow::new(
            format!("1080p screenshot: {what}"),
            digits,
            target,
            uam,
            python,
        )
    };
    let mut rows = vec![
        row("capture, CPU ms", 2, Open, &|s| s.capture),
        row("encode, CPU ms", 2, Open, &|s| s.process),
        row("blur and encode, CPU ms", 2, Open, &|s| s.process_blurred),
        row("whole without blur, CPU ms", 2, Ratio(4.0), &|s| {
            s.capture + s.process
        }),
        row("whole with blur, CPU ms", 2, Ratio(0.2), &|s| {
            s.capture + s.process_blurred
        }),
        row("bytes", 0, Ratio(0.6), &|s| s.bytes),
        row("bytes with blur", 0, Open, &|s| s.bytes_blurred),
        row("SSIMULACRA2", 2, Above(5.0), &|s| s.scores.iter().sum()),
    ];
    // The mean hides much: text screens are kept as a palette without loss, photos are lossy.
    for (n, screen) in screens.iter().enumerate() {
        // A side that failed on one screen has no figures that could be told apart.
        let is_whole = |s: &&ScreenshotSums| s.scores.len() == screens.len();
        let score = |s| Some(s).filter(is_whole).map(|s| s.scores[n]);
        let name = format!("  SSIMULACRA2, {screen}");
        rows.push(BenchRow::new(name, 2, Open, score(uam), score(python)));
    }
    rows
}

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
        for kind in ["plain", "blurred"] {
            let size = (
                read_number(facts, &[kind, "width"])?,
                read_number(facts, &[kind, "height"])?,
            );
            if size != (1920.0, 1080.0) {
                bail!(
                    "a screenshot of {} x {} instead of 1920 x 1080",
                    size.0,
                    size.1
                );
            }
        }
        self.screens += 1.0;
        // The capture is the same with and without blur: the mean of both is the steadier figure.
        self.capture += (read_number(facts, &["plain", "capture_ms"])?
            + read_number(facts, &["blurred", "capture_ms"])?)
            / 2.0;
        self.process += read_number(facts, &["plain", "process_ms"])?;
        self.process_blurred += read_number(facts, &["blurred", "process_ms"])?;
        self.bytes += read_number(facts, &["plain", "bytes"])?;
        self.bytes_blurred += read_number(facts, &["blurred", "bytes"])?;
        self.scores.push(score);
        Ok(())
    }
}

/// Measures both sides on every screen.
pub(super) fn measure_screenshots(context: &BenchContext<'_>) -> Result<Vec<BenchRow>> {
    let (screens, rounds): (&[&str], &str) = if context.quick {
        (&QUICK, "3")
    } else {
        (&SCREENS, "10")
    };
    let desktop = VirtualScreen::start(context.stop)?;
    let (mut uam, mut python) = (ScreenshotSums::default(), ScreenshotSums::default());
    for screen in screens {
        let reference = context.dir.join(format!("{screen}.ppm"));
        let _shown = context.show_screen(&desktop, screen, Some(&reference))?;
        let mut ours = context.bench_command("screenshot")?;
        let out = context.dir.join(format!("{screen}-uam"));
        ours.arg(rounds).arg(&out).env("DISPLAY", desktop.display());
        match measure_screenshot(
            context,
            &mut ours,
            &reference,
            &out.with_extension("webp"),
            &mut uam,
        ) {
            Err(error) if error.is::<Interrupted>() => return Err(error),
            Err(error) => println!("uam's screenshot of {screen}: {error:#}"),
            Ok(()) => {}
        }
        if let Some(baseline) = &context.python {
            let mut theirs = baseline.program("screenshots.py");
            let out = context.dir.join(format!("{screen}-python"));
            theirs
                .arg(rounds)
                .arg(&out)
                .env("DISPLAY", desktop.display());
            measure_screenshot(
                context,
                &mut theirs,
                &reference,
                &out.with_extension("jpg"),
                &mut python,
            )
            .with_context(|| format!("Python's screenshot of {screen}"))?;
        }
    }
    Ok(rows_of_sums(screens, &uam, &python))
}

fn measure_screenshot(
    context: &BenchContext<'_>,
    program: &mut std::process::Command,
    reference: &Path,
    picture: &Path,
    sums: &mut ScreenshotSums,
) -> Result<()> {
    let facts = context.run_measured(program)?;
    let score = output_of(context.bench_command("score")?.arg(reference).arg(picture))?;
    let score = score
        .trim()
        .parse()
        .with_context(|| format!("the score {score:?}"))?;
    sums.add(&facts, score)
}

fn rows_of_sums(screens: &[&str], uam: &ScreenshotSums, python: &ScreenshotSums) -> Vec<BenchRow> {
    let row = |name: &str, digits, target, read: &dyn Fn(&ScreenshotSums) -> f64| {
        let mean = |s: &ScreenshotSums| (s.screens > 0.0).then(|| read(s) / s.screens);
        BenchRow {
            name: name.into(),
            uam: mean(uam),
            python: mean(python),
            digits,
            target,
        }
    };
    let mut rows = vec![
        row(
            "1080p screenshot: capture, CPU ms",
            2,
            BenchTarget::None,
            &|s| s.capture,
        ),
        row(
            "1080p screenshot: encode, CPU ms",
            2,
            BenchTarget::None,
            &|s| s.process,
        ),
        row(
            "1080p screenshot: blur and encode, CPU ms",
            2,
            BenchTarget::None,
            &|s| s.process_blurred,
        ),
        row(
            "1080p screenshot: whole without blur, CPU ms",
            2,
            BenchTarget::Ratio(4.0),
            &|s| s.capture + s.process,
        ),
        row(
            "1080p screenshot: whole with blur, CPU ms",
            2,
            BenchTarget::Ratio(0.2),
            &|s| s.capture + s.process_blurred,
        ),
        row(
            "1080p screenshot: bytes",
            0,
            BenchTarget::Ratio(0.6),
            &|s| s.bytes,
        ),
        row(
            "1080p screenshot: bytes with blur",
            0,
            BenchTarget::None,
            &|s| s.bytes_blurred,
        ),
        row(
            "1080p screenshot: SSIMULACRA2",
            2,
            BenchTarget::Above(5.0),
            &|s| s.scores.iter().sum(),
        ),
    ];
    // The mean hides much: text screens are kept as a palette without loss, photos are lossy.
    for (n, screen) in screens.iter().enumerate() {
        // A side that failed on one screen has no figures that could be told apart.
        let score = |s: &ScreenshotSums| {
            s.scores
                .get(n)
                .copied()
                .filter(|_| s.scores.len() == screens.len())
        };
        rows.push(BenchRow {
            name: format!("  SSIMULACRA2, {screen}"),
            uam: score(uam),
            python: score(python),
            digits: 2,
            target: BenchTarget::None,
        });
    }
    rows
}

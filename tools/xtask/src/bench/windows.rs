//! The Windows program under Wine: its size, how long it takes to start, and what it costs at rest.
//!
//! Wine is part of what is measured, so a program of Wine's own that does nothing stands beside the start, and the
//! figures are for comparing one version with the next and not with the Linux rows.

use super::binary::to_mib;
use super::context::BenchContext;
use super::meter::ProcessSample;
use super::table::{BenchRow, BenchTarget};
use crate::process::{check_stop, pause, run_foreground, succeeds};
use crate::user::uam_process::{UamProcess, UamSetup};
use crate::windows::toolchain::Toolchain;
use crate::windows::wine::Wine;
use crate::{build, packages};
use anyhow::{Context, Result, ensure};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Builds the release program, or takes the result of an earlier build, and measures it.
pub(super) fn measure_on_windows(context: &BenchContext) -> Result<Vec<BenchRow>> {
    packages::ensure_packages(&[packages::WINDOWS])?;
    let toolchain = Toolchain::set_up()?;
    let made = build::build_programs_with(toolchain.cargo_command(), &["--release", "-p", "uam"])?;
    let uam = build::find_program(&made, "uam")?;
    let wine = toolchain.fresh_wine(&context.dir.join("wine"))?;
    let starts = if context.quick { 10 } else { 50 };
    let nothing = start_ms(&wine, starts, &["cmd", "/c", "rem"])?;
    let program = uam.to_string_lossy();
    let version = start_ms(&wine, starts, &[&program, "--version"])?;
    let (percent, rss, wakes) = at_rest(context, &wine, &uam)?;
    let row = |name: &str, value: f64, digits| {
        let name = format!("Windows: {name}");
        BenchRow::new(name, digits, BenchTarget::None, Some(value), None)
    };
    Ok(vec![
        row("uam.exe, MiB", to_mib(&uam)?, 2),
        row("Wine, --version from start to end, ms", version, 1),
        row("Wine, a program that does nothing, ms", nothing, 1),
        row("Wine, idle: CPU, % of a core", percent, 4),
        row("Wine, idle: memory (RSS), MiB", rss, 1),
        row("Wine, idle: wake-ups/s", wakes, 2),
    ])
}

/// Mean wall time of a program from its start to its end.
fn start_ms(wine: &Wine, times: u32, words: &[&str]) -> Result<f64> {
    let begun = Instant::now();
    for _ in 0..times {
        let is_good = succeeds(wine.program().args(words));
        check_stop()?;
        ensure!(is_good, "{} failed", words.join(" "));
    }
    Ok(begun.elapsed().as_secs_f64() * 1e3 / f64::from(times))
}

/// The cost of recording while nobody does anything: percent of a core, MiB, wake-ups a second.
fn at_rest(context: &BenchContext, wine: &Wine, uam: &Path) -> Result<(f64, f64, f64)> {
    let starter = context.dir.join("uam-under-wine");
    let script = format!(
        "#!/bin/sh\nexec setarch -R wine '{}' \"$@\"\n",
        uam.display()
    );
    std::fs::write(&starter, script)
        .and_then(|()| std::fs::set_permissions(&starter, PermissionsExt::from_mode(0o755)))
        .with_context(|| format!("writing {}", starter.display()))?;
    let prepared = wine.command("wine");
    let env = prepared.get_envs().filter_map(|(name, value)| {
        let text = |t: &std::ffi::OsStr| t.to_string_lossy().into_owned();
        Some((text(name), text(value?)))
    });
    let env: Vec<(String, String)> = env.collect();
    let display = env.iter().find(|(name, _)| name == "DISPLAY").cloned();
    let setting = UamSetup {
        uam: starter,
        home: context.dir.join("windows-home"),
        display: display.unwrap_or_default().1,
        env,
    };
    let args = ["--yes", "--no-capture", "--plain"];
    let (mut agent, _) = UamProcess::start_first_run(&setting, &args)?;
    let (settle, idle) = if context.quick { (5, 15) } else { (10, 60) };
    pause(Duration::from_secs(settle))?;
    let before = ProcessSample::take_sample(agent.pid())?;
    pause(Duration::from_secs(idle))?;
    let cost = before.cost_until(&ProcessSample::take_sample(agent.pid())?);
    let mut stop = setting.command();
    run_foreground(stop.arg("stop").stdout(Stdio::null()))?;
    agent.ended()?;
    Ok((cost.percent(), cost.rss_mib, cost.wakes_per_second))
}

//! The Windows program under Wine: its size, how long it takes to start, and what it costs at rest.
//!
//! Wine is part of what is measured, so a program of Wine's own that does nothing stands beside the start, and the
//! figures are for comparing one version with the next and not with the Linux rows.

use super::BenchContext;
use super::binary::mib;
use super::meter::ProcessSample;
use super::table::{BenchRow, BenchTarget};
use crate::process::foreground;
use crate::user::uam_process::{UamProcess, UamSetup};
use crate::windows::{Toolchain, Wine};
use crate::{build, packages};
use anyhow::{Context, Result, bail};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Builds the release program, or takes what such a build left, and measures it.
pub(super) fn rows(ground: &BenchContext<'_>) -> Result<Vec<BenchRow>> {
    packages::ensure(&[packages::WINDOWS], ground.stop)?;
    let toolchain = Toolchain::set_up(ground.stop)?;
    let made = build::programs_with(toolchain.cargo(), &["--release", "-p", "uam"], ground.stop)?;
    let uam = build::the(&made, "uam")?;
    let wine = toolchain.fresh_wine(&ground.dir.join("wine"), ground.stop)?;
    let starts = if ground.quick { 10 } else { 50 };
    let nothing = start_ms(ground, &wine, starts, &["cmd", "/c", "rem"])?;
    let program = uam.to_string_lossy();
    let version = start_ms(ground, &wine, starts, &[&program, "--version"])?;
    let (percent, rss, wakes) = at_rest(ground, &wine, &uam)?;
    let row = |name: &str, value: f64, digits| BenchRow {
        name: format!("Windows: {name}"),
        uam: Some(value),
        python: None,
        digits,
        target: BenchTarget::None,
    };
    Ok(vec![
        row("uam.exe, MiB", mib(&uam)?, 2),
        row("Wine, --version from start to end, ms", version, 1),
        row("Wine, a program that does nothing, ms", nothing, 1),
        row("Wine, idle: CPU, % of a core", percent, 4),
        row("Wine, idle: memory (RSS), MiB", rss, 1),
        row("Wine, idle: wake-ups/s", wakes, 2),
    ])
}

/// Mean wall time of a program from its start to its end.
fn start_ms(ground: &BenchContext<'_>, wine: &Wine, times: u32, words: &[&str]) -> Result<f64> {
    let begun = Instant::now();
    for _ in 0..times {
        let mut command = wine.program();
        command
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let status = command.status().context("starting wine")?;
        ground.stop.check()?;
        if !status.success() {
            bail!("{} ended with {status}", words.join(" "));
        }
    }
    Ok(begun.elapsed().as_secs_f64() * 1e3 / f64::from(times))
}

/// What recording costs while nobody does anything: percent of a core, MiB, wake-ups a second.
fn at_rest(ground: &BenchContext<'_>, wine: &Wine, uam: &Path) -> Result<(f64, f64, f64)> {
    let starter = ground.dir.join("uam-under-wine");
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
    let display = env.iter().find(|(name, _)| name == "DISPLAY");
    let setting = UamSetup {
        uam: starter,
        home: ground.dir.join("windows-home"),
        display: display.map(|(_, value)| value.clone()).unwrap_or_default(),
        env,
    };
    let args = [
        "--yes",
        "--no-capture",
        "--plain",
        "--recovery-kit",
        crate::user::uam_process::RECOVERY_CODES,
    ];
    let mut agent = UamProcess::start(&setting, &args, false)?;
    agent.answer_first_run(ground.stop)?;
    let (settle, idle) = if ground.quick { (5, 15) } else { (10, 60) };
    ground.stop.pause(Duration::from_secs(settle))?;
    let before = ProcessSample::take(agent.pid())?;
    ground.stop.pause(Duration::from_secs(idle))?;
    let cost = before.until(&ProcessSample::take(agent.pid())?);
    let mut stop = setting.command();
    foreground(stop.arg("stop").stdout(Stdio::null()), ground.stop)?;
    agent.ended(ground.stop)?;
    Ok((cost.percent(), cost.rss_mib, cost.wakes_per_second))
}

//! The agent at rest and under input: CPU, memory, wake-ups, lost events.

use super::context::BenchContext;
use super::meter::{ProcessCost, ProcessSample};
use super::table::{BenchRow, BenchTarget};
use crate::process::{ProcessGroup, output_of};
use crate::user::uam_process::{self, UamProcess, UamSetup};
use crate::user::virtual_screen::VirtualScreen;
use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Events a second while CPU per event is measured: fast enough to stand out from the idle cost.
const STEADY: u32 = 200;

/// Events a second of the storm.
const STORM: u32 = 5_000;

/// How long each part lasts, in seconds.
#[derive(Clone, Copy)]
struct RunLengths {
    settle: u64,
    idle: u64,
    light: u32,
    steady: u32,
    storm: u32,
}

/// One side's figures.
struct AgentFigures {
    idle: ProcessCost,
    light: ProcessCost,
    per_thousand_ms: f64,
    storm_per_thousand_ms: f64,
    sent: u64,
    counted: Option<u64>,
}

/// Measures both sides, one after the other, on the same desktop.
pub(super) fn measure_agents(context: &BenchContext<'_>) -> Result<Vec<BenchRow>> {
    let lengths = if context.quick {
        RunLengths {
            settle: 5,
            idle: 15,
            light: 10,
            steady: 10,
            storm: 2,
        }
    } else {
        RunLengths {
            settle: 10,
            idle: 60,
            light: 60,
            steady: 30,
            storm: 5,
        }
    };
    let desktop = VirtualScreen::start(context.stop)?;
    let _screen = context.show_screen(&desktop, "editor", None)?;
    let python = match &context.python {
        Some(_) => Some(measure_baseline(context, &desktop, lengths).context("the Python agent")?),
        None => None,
    };
    let uam = measure_uam(context, &desktop, lengths);
    let uam = match uam {
        Ok(figures) => Some(figures),
        Err(error) if error.is::<crate::process::Interrupted>() => return Err(error),
        Err(error) => {
            println!("uam's own rows are missing: {error:#}");
            None
        }
    };
    Ok(rows_of_figures(uam.as_ref(), python.as_ref(), lengths))
}

fn rows_of_figures(
    uam: Option<&AgentFigures>,
    python: Option<&AgentFigures>,
    lengths: RunLengths,
) -> Vec<BenchRow> {
    let row =
        |name: String, digits, target, read: &dyn Fn(&AgentFigures) -> Option<f64>| BenchRow {
            name,
            uam: uam.and_then(read),
            python: python.and_then(read),
            digits,
            target,
        };
    let cost = |f: fn(&AgentFigures) -> &ProcessCost, g: fn(&ProcessCost) -> f64| {
        move |x: &AgentFigures| Some(g(f(x)))
    };
    vec![
        row(
            format!("idle {} s: CPU, % of a core", lengths.idle),
            4,
            BenchTarget::AtMost(0.05),
            &cost(|f| &f.idle, ProcessCost::percent),
        ),
        row(
            "idle: memory (RSS), MiB".into(),
            1,
            BenchTarget::AtMost(15.0),
            &cost(|f| &f.idle, |c| c.rss_mib),
        ),
        row(
            "idle: wake-ups/s".into(),
            2,
            BenchTarget::AtMost(4.0),
            &cost(|f| &f.idle, |c| c.wakes_per_second),
        ),
        row(
            format!("10 events/s, {} s: CPU, % of a core", lengths.light),
            3,
            BenchTarget::None,
            &cost(|f| &f.light, ProcessCost::percent),
        ),
        row(
            "10 events/s: memory (RSS), MiB".into(),
            1,
            BenchTarget::None,
            &cost(|f| &f.light, |c| c.rss_mib),
        ),
        row(
            "10 events/s: wake-ups/s".into(),
            2,
            BenchTarget::None,
            &cost(|f| &f.light, |c| c.wakes_per_second),
        ),
        row(
            format!("CPU ms per 1,000 events at {STEADY}/s (idle cost taken off)"),
            2,
            BenchTarget::Ratio(0.1),
            &|f| Some(f.per_thousand_ms),
        ),
        row(
            format!("CPU ms per 1,000 events at {STORM}/s"),
            2,
            BenchTarget::None,
            &|f| Some(f.storm_per_thousand_ms),
        ),
        row(
            format!(
                "events lost of {}, {STORM}/s at the end",
                count_uploaded(uam.or(python))
            ),
            0,
            BenchTarget::AtMost(0.0),
            &|f| Some(subtract_costs(f.sent, f.counted?)),
        ),
    ]
}

/// Is this the row of the CPU at ten events a second?
pub(super) fn is_light_cpu(name: &str) -> bool {
    name.starts_with("10 events/s, ") && name.ends_with("CPU, % of a core")
}

fn count_uploaded(figures: Option<&AgentFigures>) -> u64 {
    figures.map_or(0, |f| f.sent)
}

/// How far the count is off, in either direction.
#[expect(clippy::cast_precision_loss, reason = "tens of thousands")]
fn subtract_costs(sent: u64, counted: u64) -> f64 {
    sent.abs_diff(counted) as f64
}

fn measure_baseline(
    context: &BenchContext<'_>,
    desktop: &VirtualScreen,
    lengths: RunLengths,
) -> Result<AgentFigures> {
    let python = context.python.as_ref().context("there is no Python")?;
    let counts = context.dir.join("python-counts.json");
    let mut command = python.program("agent.py");
    command
        .arg(context.dir.join("python.log"))
        .arg(&counts)
        .env("DISPLAY", desktop.display())
        .stdout(Stdio::null());
    let mut group = ProcessGroup::start(&mut command)?;
    let mut figures = measure_process(context, desktop, group.pid(), lengths)?;
    group.end_with(Signal::SIGTERM, Duration::from_secs(60))?;
    let text = std::fs::read_to_string(&counts)
        .with_context(|| format!("reading {}", counts.display()))?;
    let totals: Value = serde_json::from_str(&text).context("the baseline's totals")?;
    figures.counted = Some(total_presses(&totals, &["keys"]) + total_presses(&totals, &["clicks"]));
    Ok(figures)
}

fn measure_uam(
    context: &BenchContext<'_>,
    desktop: &VirtualScreen,
    lengths: RunLengths,
) -> Result<AgentFigures> {
    let setting = UamSetup {
        uam: context.uam.clone(),
        home: context.dir.join("home"),
        display: desktop.display().to_owned(),
        env: Vec::new(),
    };
    let args = [
        "--yes",
        "--no-capture",
        "--recovery-kit",
        uam_process::RECOVERY_CODES,
    ];
    let mut uam = UamProcess::start(&setting, &args, false)?;
    let phone = uam.answer_first_run(context.stop)?;
    let mut figures = measure_process(context, desktop, uam.pid(), lengths)?;
    uam.stop_and_wait()?;
    let read = UamProcess::enter_code(&setting, &phone, context.stop)
        .and_then(|()| counted(setting.command()));
    match read {
        Ok(count) => figures.counted = Some(count),
        Err(error) => println!("uam's counts could not be read: {error:#}"),
    }
    Ok(figures)
}

/// Keys and clicks in everything recorded: the lines of `uam export`, each a record as it is sent.
fn counted(mut uam: Command) -> Result<u64> {
    let lines = output_of(uam.arg("export"))?;
    let mut count = 0;
    for line in lines.lines() {
        let record: Value = serde_json::from_str(line)
            .with_context(|| format!("a line of `uam export`: {line}"))?;
        for source in ["hardware", "injected"] {
            for kind in ["keys", "left", "middle", "right", "other"] {
                count += total_presses(&record, &["counts", source, kind]);
            }
        }
    }
    Ok(count)
}

fn total_presses(value: &Value, path: &[&str]) -> u64 {
    path.iter()
        .try_fold(value, |v, name| v.get(name))
        .and_then(Value::as_u64)
        .unwrap_or(0)
}

fn measure_process(
    context: &BenchContext<'_>,
    desktop: &VirtualScreen,
    pid: u32,
    lengths: RunLengths,
) -> Result<AgentFigures> {
    let mut sent = 0;
    context.stop.pause(Duration::from_secs(lengths.settle))?;
    let idle = over(pid, || {
        context.stop.pause(Duration::from_secs(lengths.idle))
    })?;
    let light = over(pid, || {
        inject_input(context, desktop, 10, lengths.light, &mut sent)
    })?;
    let before = sent;
    let steady = over(pid, || {
        inject_input(context, desktop, STEADY, lengths.steady, &mut sent)
    })?;
    let per_thousand_ms = per_thousand(&steady, &idle, sent - before);
    let before = sent;
    let storm = over(pid, || {
        inject_input(context, desktop, STORM, lengths.storm, &mut sent)?;
        // Time to work off the queue; a slow program still pays for it.
        context
            .stop
            .pause(Duration::from_secs(if context.quick { 5 } else { 15 }))
    })?;
    Ok(AgentFigures {
        idle,
        light,
        per_thousand_ms,
        storm_per_thousand_ms: per_thousand(&storm, &idle, sent - before),
        sent,
        counted: None,
    })
}

fn over(pid: u32, work: impl FnOnce() -> Result<()>) -> Result<ProcessCost> {
    let before = ProcessSample::take_sample(pid)?;
    work()?;
    Ok(before.cost_until(&ProcessSample::take_sample(pid)?))
}

#[expect(clippy::cast_precision_loss, reason = "tens of thousands")]
fn per_thousand(busy: &ProcessCost, idle: &ProcessCost, events: u64) -> f64 {
    let resting = idle.cpu_ms / idle.seconds * busy.seconds;
    (busy.cpu_ms - resting).max(0.0) / (events.max(1) as f64 / 1_000.0)
}

fn inject_input(
    context: &BenchContext<'_>,
    desktop: &VirtualScreen,
    rate: u32,
    seconds: u32,
    sent: &mut u64,
) -> Result<()> {
    let mut command = context.bench_command("input")?;
    command
        .args([rate.to_string(), seconds.to_string()])
        .env("DISPLAY", desktop.display());
    let done = context.run_measured(&mut command)?;
    *sent += total_presses(&done, &["keys"]) + total_presses(&done, &["clicks"]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_idle_cost_is_not_charged_to_events() {
        let idle = ProcessCost {
            seconds: 10.0,
            cpu_ms: 20.0,
            wakes_per_second: 1.0,
            rss_mib: 1.0,
        };
        let busy = ProcessCost {
            seconds: 5.0,
            cpu_ms: 30.0,
            wakes_per_second: 1.0,
            rss_mib: 1.0,
        };
        assert!((per_thousand(&busy, &idle, 2_000) - 10.0).abs() < 1e-9);
    }

    #[test]
    fn a_count_that_is_off_in_either_direction_is_a_loss() {
        assert!((subtract_costs(10, 7) - 3.0).abs() < 1e-9);
        assert!((subtract_costs(10, 13) - 3.0).abs() < 1e-9);
    }
}

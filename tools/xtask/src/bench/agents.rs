//! The agent at rest and under input: CPU, memory, wake-ups, lost events.

use super::context::BenchContext;
use super::meter::{ProcessCost, ProcessSample};
use super::table::{BenchRow, BenchTarget};
use crate::process::{ProcessGroup, output_of, pause};
use crate::user::uam_process::{UamProcess, UamSetup};
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
pub(super) fn measure_agents(context: &BenchContext) -> Result<Vec<BenchRow>> {
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
    let desktop = VirtualScreen::start()?;
    let _screen = context.show_screen(&desktop, "editor", None)?;
    let python = match &context.python {
        Some(_) => Some(measure_baseline(context, &desktop, lengths).context("the Python agent")?),
        None => None,
    };
    let uam = match measure_uam(context, &desktop, lengths) {
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
    use BenchTarget::{AtMost, None as Open, Ratio};
    let row = |name: &str, digits, target, read: &dyn Fn(&AgentFigures) -> Option<f64>| {
        BenchRow::new(
            name,
            digits,
            target,
            uam.and_then(read),
            python.and_then(read),
        )
    };
    let idle = format!("idle {} s: CPU, % of a core", lengths.idle);
    let light = format!("10 events/s, {} s: CPU, % of a core", lengths.light);
    let steady = format!("CPU ms per 1,000 events at {STEADY}/s (idle cost taken off)");
    let storm = format!("CPU ms per 1,000 events at {STORM}/s");
    let sent = uam.or(python).map_or(0, |f| f.sent);
    let lost = format!("events lost of {sent}, {STORM}/s at the end");
    vec![
        row(&idle, 4, AtMost(0.05), &|f| Some(f.idle.percent())),
        row("idle: memory (RSS), MiB", 1, AtMost(15.0), &|f| {
            Some(f.idle.rss_mib)
        }),
        row("idle: wake-ups/s", 2, AtMost(4.0), &|f| {
            Some(f.idle.wakes_per_second)
        }),
        row(&light, 3, Open, &|f| Some(f.light.percent())),
        row("10 events/s: memory (RSS), MiB", 1, Open, &|f| {
            Some(f.light.rss_mib)
        }),
        row("10 events/s: wake-ups/s", 2, Open, &|f| {
            Some(f.light.wakes_per_second)
        }),
        row(&steady, 2, Ratio(0.1), &|f| Some(f.per_thousand_ms)),
        row(&storm, 2, Open, &|f| Some(f.storm_per_thousand_ms)),
        row(&lost, 0, AtMost(0.0), &|f| {
            Some(count_lost(f.sent, f.counted?))
        }),
    ]
}

/// Is this the row of the CPU at ten events a second?
pub(super) fn is_light_cpu(name: &str) -> bool {
    name.starts_with("10 events/s, ") && name.ends_with("CPU, % of a core")
}

/// How far the count is off, in either direction.
#[expect(clippy::cast_precision_loss, reason = "tens of thousands")]
fn count_lost(sent: u64, counted: u64) -> f64 {
    sent.abs_diff(counted) as f64
}

fn measure_baseline(
    context: &BenchContext,
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
    let text = fs_err::read_to_string(&counts)?;
    let totals = serde_json::from_str(&text).context("the baseline's totals")?;
    figures.counted = Some(count_presses(&totals));
    Ok(figures)
}

fn measure_uam(
    context: &BenchContext,
    desktop: &VirtualScreen,
    lengths: RunLengths,
) -> Result<AgentFigures> {
    let setting = UamSetup {
        uam: context.uam.clone(),
        home: context.dir.join("home"),
        display: desktop.display().to_owned(),
        env: Vec::new(),
    };
    let args = ["--yes", "--no-capture"];
    let (uam, phone) = UamProcess::start_first_run(&setting, &args)?;
    let mut figures = measure_process(context, desktop, uam.pid(), lengths)?;
    uam.stop_and_wait()?;
    let read = UamProcess::enter_code(&setting, &phone).and_then(|()| counted(setting.command()));
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
            let counts = &record["counts"][source];
            let of_kind = ["keys", "left", "middle", "right", "other"].map(|kind| &counts[kind]);
            count += of_kind.into_iter().filter_map(Value::as_u64).sum::<u64>();
        }
    }
    Ok(count)
}

/// Keys and clicks together, as the baseline and `bench input` name them.
fn count_presses(totals: &Value) -> u64 {
    let of_kind = ["keys", "clicks"].into_iter().map(|kind| &totals[kind]);
    of_kind.filter_map(Value::as_u64).sum()
}

fn measure_process(
    context: &BenchContext,
    desktop: &VirtualScreen,
    pid: u32,
    lengths: RunLengths,
) -> Result<AgentFigures> {
    let mut sent = 0;
    pause(Duration::from_secs(lengths.settle))?;
    let idle = over(pid, || pause(Duration::from_secs(lengths.idle)))?;
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
        pause(Duration::from_secs(if context.quick { 5 } else { 15 }))
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
    context: &BenchContext,
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
    *sent += count_presses(&done);
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
        assert!((count_lost(10, 7) - 3.0).abs() < 1e-9);
        assert!((count_lost(10, 13) - 3.0).abs() < 1e-9);
    }
}

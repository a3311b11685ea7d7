//! The cost of sealing: the first view of a day, the overview of a year, and its share of the recording.

use super::agents;
use super::context::{BenchContext, middle_value};
use super::table::BenchRow;
use super::table::BenchTarget::{AtMost, None as Open};
use crate::build;
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// Each figure of time is the middle one of so many runs.
const RUNS: u64 = 5;

/// The row of sealing's CPU time.
const SEALING: &str = "  of it sealing and opening again: CPU ms";

/// The share of sealing in the whole agent, once both were measured: the agent's rows give the cost of ten events a
/// second.
pub(super) fn share_of_recording(rows: &[BenchRow]) -> Option<BenchRow> {
    let find = |wanted: &dyn Fn(&str) -> bool| rows.iter().find(|row| wanted(&row.name))?.uam;
    let seal_ms = find(&|name| name == SEALING)?;
    let percent = find(&agents::is_light_cpu);
    // An hour has 3,600,000 ms, of which the agent takes so many percent.
    let share = percent.map(|percent| seal_ms * 100.0 / (percent * 36_000.0));
    let name = "sealing's share of the agent's CPU at 10 events/s, %";
    Some(BenchRow::new(name, 3, AtMost(5.0), share, None))
}

/// Measures with a program of its own, which needs no desktop; there is no peer that seals.
pub(super) fn measure_sealing(context: &BenchContext) -> Result<Vec<BenchRow>> {
    let programs = build::build_programs(&["--release", "-p", "bench"])?;
    let program = build::find_program(&programs, "bench")?;
    let dir = |name: &str| context.dir.join(name);
    let run = |chore: &str, dir: &Path, more: &[&str]| {
        let mut command = Command::new(&program);
        command.args(["sealing", chore]).arg(dir).args(more);
        context
            .run_measured(&mut command)
            .with_context(|| format!("bench sealing {chore}"))
    };
    let row = |name: &str, digits, target, times: &[Value], field| {
        let value = middle_value(times, field)?;
        Ok::<_, anyhow::Error>(BenchRow::new(name, digits, target, Some(value), None))
    };

    let desk = dir("desk");
    run("busy-day", &desk, &[])?;
    let mut rows = Vec::new();
    let slots = [("store", "credential store"), ("passphrase", "passphrase")];
    for (place, (slot, name)) in (0..).zip(slots) {
        let times: Vec<Value> = (0..RUNS)
            .map(|n| run("unlock", &desk, &[slot, &(place * RUNS + n).to_string()]))
            .collect::<Result<_>>()?;
        let text = format!("unlock ({name}) and first report of 2,000 spans: ms");
        rows.push(row(&text, 0, AtMost(300.0), &times, "ms")?);
        if slot == "passphrase" {
            let text = "  of it Argon2id, slow on purpose: ms";
            rows.push(row(text, 0, Open, &times, "door_ms")?);
        }
    }

    for (how, name, target) in [
        ("rolled", "with roll-ups", AtMost(1_000.0)),
        ("plain", "from records alone", Open),
    ] {
        let year = dir(how);
        let made = run("year", &year, &[how])?;
        println!("A year {name}: {made}");
        let runs = if how == "rolled" { RUNS } else { 1 };
        let times: Vec<Value> = (0..runs)
            .map(|_| run("sum", &year, &[]))
            .collect::<Result<_>>()?;
        let text = format!("a year of 1,000,000 spans by day, {name}: ms");
        rows.push(row(&text, 0, target, &times, "ms")?);
        fs_err::remove_dir_all(&year)?;
    }

    let hours: Vec<Value> = (0..3)
        .map(|n| run("record", &dir(&format!("hour-{n}")), &[]))
        .collect::<Result<_>>()?;
    let hour = "an hour at 10 events/s, recorder and journal alone: CPU ms";
    rows.push(row(hour, 0, Open, &hours, "core_ms")?);
    rows.push(row(SEALING, 1, Open, &hours, "seal_ms")?);
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_of_what_the_agent_was_measured_at() {
        let row = |name: &str, value| BenchRow {
            name: name.into(),
            uam: Some(value),
            python: None,
            digits: 0,
            target: Open,
        };
        let rows = [
            row("10 events/s, 60 s: CPU, % of a core", 0.1),
            row("10 events/s: memory (RSS), MiB", 12.0),
            row(SEALING, 36.0),
        ];
        // 0.1 % of an hour are 3,600 ms.
        let share = share_of_recording(&rows).and_then(|row| row.uam);
        assert_eq!(share, Some(1.0));
        assert_eq!(
            super::share_of_recording(&rows[1..]).map(|row| row.uam),
            Some(None)
        );
        assert_eq!(super::share_of_recording(&rows[..2]), None);
    }
}

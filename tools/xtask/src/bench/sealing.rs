//! The cost of sealing: the first view of a day, the overview of a year, and its share of the recording.

use super::agents;
use super::context::{BenchContext, read_number};
use super::table::{BenchRow, BenchTarget};
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
    Some(BenchRow {
        name: "sealing's share of the agent's CPU at 10 events/s, %".into(),
        uam: percent.map(|percent| seal_ms * 100.0 / (percent * 36_000.0)),
        python: None,
        digits: 3,
        target: BenchTarget::AtMost(5.0),
    })
}

/// Measures with a program of its own, which needs no desktop; there is no peer that seals.
pub(super) fn measure_sealing(context: &BenchContext<'_>) -> Result<Vec<BenchRow>> {
    let programs = build::build_programs(&["--release", "-p", "bench"], context.stop)?;
    let program = build::find_program(&programs, "bench")?;
    let dir = |name: &str| context.dir.join(name);
    let run = |chore: &str, dir: &Path, more: &[&str]| {
        let mut command = Command::new(&program);
        command.args(["sealing", chore]).arg(dir).args(more);
        context
            .run_measured(&mut command)
            .with_context(|| format!("bench sealing {chore}"))
    };
    let row = |name: String, digits, target, value| BenchRow {
        name,
        uam: Some(value),
        python: None,
        digits,
        target,
    };

    let desk = dir("desk");
    run("busy-day", &desk, &[])?;
    let mut rows = Vec::new();
    for (place, (slot, name)) in
        (0..).zip([("store", "credential store"), ("passphrase", "passphrase")])
    {
        let times: Vec<Value> = (0..RUNS)
            .map(|n| run("unlock", &desk, &[slot, &(place * RUNS + n).to_string()]))
            .collect::<Result<_>>()?;
        let text = format!("unlock ({name}) and first report of 2,000 spans: ms");
        rows.push(row(
            text,
            0,
            BenchTarget::AtMost(300.0),
            middle_value(&times, "ms")?,
        ));
        if slot == "passphrase" {
            let text = "  of it Argon2id, slow on purpose: ms".to_owned();
            rows.push(row(
                text,
                0,
                BenchTarget::None,
                middle_value(&times, "door_ms")?,
            ));
        }
    }

    for (how, name, target) in [
        ("rolled", "with roll-ups", BenchTarget::AtMost(1_000.0)),
        ("plain", "from records alone", BenchTarget::None),
    ] {
        let year = dir(how);
        let made = run("year", &year, &[how])?;
        println!("A year {name}: {made}");
        let runs = if how == "rolled" { RUNS } else { 1 };
        let times: Vec<Value> = (0..runs)
            .map(|_| run("sum", &year, &[]))
            .collect::<Result<_>>()?;
        let text = format!("a year of 1,000,000 spans by day, {name}: ms");
        rows.push(row(text, 0, target, middle_value(&times, "ms")?));
        std::fs::remove_dir_all(&year).with_context(|| format!("removing {}", year.display()))?;
    }

    let hours: Vec<Value> = (0..3)
        .map(|n| run("record", &dir(&format!("hour-{n}")), &[]))
        .collect::<Result<_>>()?;
    rows.push(row(
        "an hour at 10 events/s, recorder and journal alone: CPU ms".into(),
        0,
        BenchTarget::None,
        middle_value(&hours, "core_ms")?,
    ));
    rows.push(row(
        SEALING.into(),
        1,
        BenchTarget::None,
        middle_value(&hours, "seal_ms")?,
    ));
    Ok(rows)
}

/// The middle one of the values of a field.
fn middle_value(of: &[Value], field: &str) -> Result<f64> {
    let mut values: Vec<f64> = of
        .iter()
        .map(|value| read_number(value, &[field]))
        .collect::<Result<_>>()?;
    values.sort_by(f64::total_cmp);
    values
        .get(values.len() / 2)
        .copied()
        .context("nothing was measured")
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
            target: BenchTarget::None,
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

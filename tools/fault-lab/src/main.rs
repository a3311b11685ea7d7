//! Breaks things on purpose and counts losses: `fault-lab [LABS] [--long]`.
//!
//! Each lab prints one line of figures; the program ends with 1 when anything was lost, doubled or broken. Some labs start
//! this program again as the one to be broken (`fault-lab child …`); [`ledger::AckLedger`] compares what that child
//! acknowledged with what is there.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a chore talks to the person who started it"
)]

mod bucket;
mod child;
mod fixture;
mod lab;
mod labs;
mod ledger;
mod manifests;
mod memory;
mod mount;
mod rng;

use lab::{LabVerdict, RunLength};
use labs::LABS;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let Some(("child", rest)) = args.split_first().map(|(a, rest)| (a.as_str(), rest)) {
        return match labs::run_child(rest) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("fault-lab child: {error:#}");
                ExitCode::FAILURE
            }
        };
    }
    let length = if args.iter().any(|a| a == "--long") {
        RunLength::Long
    } else {
        RunLength::Short
    };
    let names: Vec<&str> = args
        .iter()
        .filter(|a| *a != "--long")
        .flat_map(|a| a.split(','))
        .collect();
    if let Some(unknown) = names.iter().find(|n| !LABS.iter().any(|l| l.name == **n)) {
        let known: Vec<&str> = LABS.iter().map(|l| l.name).collect();
        eprintln!(
            "fault-lab: there is no lab `{unknown}`; there are {}",
            known.join(", ")
        );
        return ExitCode::from(2);
    }
    let mut failed = 0;
    for lab in LABS {
        if !names.is_empty() && !names.contains(&lab.name) {
            continue;
        }
        println!("{}: {}", lab.name, lab.what);
        let begun = Instant::now();
        let verdict = (lab.run)(length);
        let seconds = begun.elapsed().as_secs_f64();
        match verdict {
            Ok(LabVerdict::Passed(figures)) => println!("  passed in {seconds:.1} s: {figures}"),
            Ok(LabVerdict::CannotHere(why)) => println!("  cannot run on this machine: {why}"),
            Err(error) => {
                failed += 1;
                println!("  FAILED after {seconds:.1} s: {error:#}");
            }
        }
    }
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

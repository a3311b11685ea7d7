//! Breaks things on purpose and counts what is lost.
//!
//! `fault-lab [NAMES] [--long]` runs labs one after another and prints a line of figures for each. It ends with 1 when a
//! lab found anything lost, doubled or broken. Some labs start this very program again as the one to be broken:
//! `fault-lab child NAME ARGS..`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a chore talks to the person who started it"
)]

// uam's own readers; see `uam`.
#[allow(dead_code, reason = "the rest of them is for the program")]
#[path = "../../../crates/uam/src/config.rs"]
mod config;
#[allow(dead_code, reason = "the rest of them is for the program")]
#[path = "../../../crates/uam/src/environment.rs"]
mod environment;
#[allow(dead_code, reason = "the rest of them is for the program")]
#[path = "../../../crates/uam/src/failure.rs"]
mod failure;
#[allow(dead_code, reason = "the rest of them is for the program")]
#[path = "../../../crates/uam/src/output.rs"]
mod output;
#[allow(dead_code, reason = "the rest of them is for the program")]
#[path = "../../../crates/uam/src/paths.rs"]
mod paths;
#[allow(dead_code, reason = "the rest of them is for the program")]
#[path = "../../../crates/uam/src/time.rs"]
mod time;
mod uam;
#[allow(dead_code, reason = "the rest of them is for the program")]
#[path = "../../../crates/uam/src/control/words.rs"]
mod words;
#[allow(dead_code, reason = "the rest of them is for the program")]
#[path = "../../../crates/uam/src/yours/wish.rs"]
mod yours;
use uam as system;

mod book;
mod chance;
mod child;
mod desk;
mod form;
mod labs;
mod lists;
mod memory;
mod mount;

use form::{Form, Verdict};
use labs::LABS;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let Some(("child", rest)) = args.split_first().map(|(a, rest)| (a.as_str(), rest)) {
        return match labs::child(rest) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("fault-lab child: {error:#}");
                ExitCode::FAILURE
            }
        };
    }
    let form = if args.iter().any(|a| a == "--long") {
        Form::Long
    } else {
        Form::Short
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
        let verdict = (lab.run)(form);
        let seconds = begun.elapsed().as_secs_f64();
        match verdict {
            Ok(Verdict::Passed(figures)) => println!("  passed in {seconds:.1} s: {figures}"),
            Ok(Verdict::CannotHere(why)) => println!("  cannot run on this machine: {why}"),
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

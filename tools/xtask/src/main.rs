//! The project's chores; `cargo xtask` alone lists them. A chore that is stopped ends everything it started.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a chore talks to the person who started it"
)]

mod bench;
mod build;
mod checks;
mod cli;
mod dist;
mod files;
mod lab;
mod packages;
mod page_test;
mod process;
mod python;
mod test;
mod try_run;
mod user;
mod windows;

use clap::{CommandFactory, Parser};
use cli::{Chore, XtaskCli};
use process::Interrupted;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(chore) = XtaskCli::parse().chore else {
        println!("{}", XtaskCli::command().render_help());
        return ExitCode::SUCCESS;
    };
    match process::watch_signals().and_then(|()| run_chore(&chore)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<Interrupted>() => {
            println!("Stopped. Everything that was started has ended.");
            ExitCode::from(130)
        }
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run_chore(chore: &Chore) -> anyhow::Result<()> {
    match chore {
        Chore::Try(options) => try_run::run_try(options),
        Chore::Test(options) => test::run_tests(options),
        Chore::PageTest => page_test::run_where_possible(),
        Chore::Windows(options) => windows::run_windows(options),
        Chore::Dist(options) => dist::run_dist(options),
        Chore::Lab(options) => lab::run_labs(options),
        Chore::Rules => checks::source_rules::check_source(&build::repository_root()),
        Chore::CheckLanguage(options) => checks::language::run(options),
        Chore::CheckLayout(options) => checks::layout::run(options),
        Chore::CheckWorkflows => checks::workflows::check_workflows(),
        Chore::Bench(options) => bench::run_benches(options),
    }
}

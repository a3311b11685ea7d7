//! The project's chores. `cargo xtask` alone lists them.
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
mod lab;
mod packages;
mod page_test;
mod process;
mod test;
mod try_run;
mod user;
mod windows;

use cli::{Chore, HELP};
use std::process::ExitCode;

fn main() -> ExitCode {
    let chore = match cli::parse(std::env::args().skip(1)) {
        Ok(chore) => chore,
        Err(wrong) => {
            eprintln!("xtask: {wrong}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    let done = process::Interrupt::install().and_then(|stop| match chore {
        Chore::Help => {
            println!("{HELP}");
            Ok(())
        }
        Chore::Try(options) => try_run::run(&options, &stop),
        Chore::Test(options) => test::run(&options, &stop),
        Chore::PageTest => page_test::run(&stop),
        Chore::CheckLanguage { stats: true, .. } => {
            checks::root_here().and_then(|root| checks::language::print_stats(&root))
        }
        Chore::CheckLanguage { names, .. } => {
            checks::root_here().and_then(|root| checks::language::check(&root, &names))
        }
        Chore::CheckLayout(crates) => {
            checks::root_here().and_then(|root| checks::layout::check(&root, &crates))
        }
        Chore::Rules => checks::source_rules::check(&build::root()),
        Chore::Bench(options) => bench::run(&options, &stop),
        Chore::Windows(what) => windows::run(&what, &stop),
        Chore::Dist(options) => dist::run(&options, &stop),
        Chore::Lab(options) => lab::run(&options, &stop),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<process::Interrupted>() => {
            println!("Stopped. Everything that was started has ended.");
            ExitCode::from(130)
        }
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

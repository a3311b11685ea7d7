//! uam, the User Activity Monitor: an open, honest record of a working day.
//!
//! `main` only reads the command line and turns the outcome into an exit code; the work lies in the modules.

mod agent;
mod cli;
mod commands;
mod config;
mod control;
mod environment;
mod failure;
mod output;
mod paths;
mod start;
mod system;
mod time;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match commands::run(cli) {
        Ok(code) => code,
        Err(error) => failure::report(&error),
    }
}

//! uam, the User Activity Monitor: an open, honest record of a working day.
//!
//! This crate is the command line: its parser, the questions of a start, and one module a command. Only here are exit
//! codes, standard output and prompts for the factors.

mod cli;
mod commands;
mod exit;
mod output;
mod sign_in;

pub use cli::Cli;
pub use output::print_line;

use std::process::ExitCode;

/// Executes a command line. An error is printed on standard error with its causes and hint; its kind decides the code.
pub fn run(cli: Cli) -> ExitCode {
    match commands::dispatch(cli) {
        Ok(code) => code,
        Err(error) => ExitCode::from(exit::print_error(&error).exit_code()),
    }
}

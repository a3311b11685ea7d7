//! uam, the User Activity Monitor: an open, honest record of a working day.
//!
//! This crate is the command line: its parser, the questions of a start, and one module a command. Only here are exit
//! codes, standard output and prompts for the factors.

#[allow(dead_code)]
mod access;
mod agent;
mod app_context;
mod cli;
mod commands;
mod control;
mod done;
mod exit;
mod journal_keys;
mod lease;
mod output;
mod retention;
mod settings_changes;
mod sign_in;
mod supervise;
mod time;
mod view;
#[allow(dead_code)]
mod yours;

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

/// The names of `sign_in` as the reading of the record calls them.
mod start {
    pub(crate) use crate::sign_in::ask_code as code;
    pub(crate) use crate::sign_in::unlock_slot as open_door;
    pub(crate) use crate::sign_in::unlock_slot_from_store as door_from_store;
}

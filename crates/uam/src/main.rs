//! uam, the User Activity Monitor: an open, honest record of a working day.
//!
//! `main` only reads the command line and turns the outcome into an exit code; the work lies in the modules.

mod access;
mod cli;
mod commands;
mod exit;
mod output;
mod start;
mod time;

use clap::Parser;
use std::io::IsTerminal;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let code = match commands::run(cli) {
        Ok(code) => code,
        Err(error) => ExitCode::from(exit::print_error(&error).exit_code()),
    };
    hold_window();
    code
}

/// What was said last must be readable also where the window closes with the program, as after a start from the desktop.
fn hold_window() {
    if std::io::stdin().is_terminal() && platform::shutdown::console_closes_with_process() {
        output::line("\nPress Enter to close this window.");
        // Whatever comes of it, the end comes next.
        let _ = std::io::stdin().read_line(&mut String::new());
    }
}

//! The program `uam`: parses the command line, executes the command and gives its exit code.

use clap::Parser;
use std::io::{BufRead, IsTerminal};
use std::process::ExitCode;

fn main() -> ExitCode {
    let code = uam::run(uam::Cli::parse());
    hold_window_open();
    code
}

/// Where the window closes with the program, as after a start from the desktop, its last words stay readable.
fn hold_window_open() {
    let stdin = std::io::stdin();
    if stdin.is_terminal() && platform::shutdown::console_closes_with_process() {
        uam::print_line("\nPress Enter to close this window.");
        // The program ends next, even if this fails.
        let _ = stdin.lock().read_line(&mut String::new());
    }
}

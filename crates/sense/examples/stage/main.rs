//! A stage for tests on Windows: real windows with known pixels, input made by a program, and messages that otherwise
//! only the system sends. It obeys one command a line on standard input and answers each with one line.

#[cfg(not(windows))]
#[path = "unsupported.rs"]
mod stage;
#[cfg(windows)]
#[path = "windows.rs"]
mod stage;

fn main() {
    stage::run();
}

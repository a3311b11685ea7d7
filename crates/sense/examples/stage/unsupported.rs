//! There is no such stage on other systems; `lab::desktop` has theirs.
#![allow(clippy::print_stderr, reason = "it tells the person who started it")]

pub(crate) fn run() {
    eprintln!("stage: this example is for Windows");
}

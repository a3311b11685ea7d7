//! Prints docs/SETTINGS.md.
#![allow(clippy::print_stdout, reason = "its whole purpose")]

fn main() {
    print!("{}", settings::format_settings_page());
}

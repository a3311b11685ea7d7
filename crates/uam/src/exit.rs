//! Prints the error of a command that failed; its kind decides the exit code.

use crate::output;
use model::{ErrorKind, UserError};

/// Prints the error with its causes and hint; gives its kind, which decides the exit code.
pub(crate) fn print_error(error: &anyhow::Error) -> ErrorKind {
    let mut text = format!("uam: {error}\n");
    let mut printed = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !printed.contains(&cause) {
            text.push_str(&format!("  because {cause}\n"));
            printed.push_str(&cause);
        }
    }
    let found = model::find_user_error(error.as_ref());
    if let Some(hint) = found.map(UserError::hint).filter(|hint| !hint.is_empty()) {
        text.push_str(&format!("  {hint}\n"));
    }
    output::print_error_text(&text);
    found.map_or(ErrorKind::Failed, UserError::kind)
}

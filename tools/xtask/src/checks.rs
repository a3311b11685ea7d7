//! Checks of the source text: rules that no compiler checks.

pub(crate) mod language;
pub(crate) mod layout;
mod rust_source;
pub(crate) mod source_rules;
pub(crate) mod workflows;
mod workspace_files;

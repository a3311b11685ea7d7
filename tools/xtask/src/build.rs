//! Building the workspace's own programs.

use crate::process::{Interrupted, check_stop, stop_requested};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The repository's root.
pub(crate) fn repository_root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).map(PathBuf::from).unwrap_or(here)
}

/// The cargo that started this chore.
pub(crate) fn cargo_command() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(repository_root());
    command
}

/// Builds with `cargo build ARGS` and gives where each program now lies, by name.
///
/// # Errors
/// When the build fails (the compiler's messages stand above) or on Ctrl-C.
pub(crate) fn build_programs(args: &[&str]) -> Result<BTreeMap<String, PathBuf>> {
    println!("Building: cargo build --locked {}", args.join(" "));
    build_programs_with(cargo_command(), args)
}

/// As [`build_programs`], with a `cargo` of the caller's own.
///
/// # Errors
/// As for [`build_programs`].
pub(crate) fn build_programs_with(
    mut cargo: Command,
    args: &[&str],
) -> Result<BTreeMap<String, PathBuf>> {
    check_stop()?;
    let mut child = cargo
        .args(["build", "--locked", "--quiet"])
        .arg("--message-format=json-render-diagnostics")
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("starting cargo")?;
    let pipe = child.stdout.take().context("cargo's output")?;
    let mut found = BTreeMap::new();
    for line in BufReader::new(pipe).lines() {
        let line = line.context("reading cargo's output")?;
        if let Some((name, file)) = executable_in_message(&line) {
            found.insert(name, file);
        }
    }
    let status = child.wait().context("waiting for cargo")?;
    if stop_requested() {
        bail!(Interrupted);
    }
    if !status.success() {
        bail!(
            "the build failed; run it alone with: cargo build {}",
            args.join(" ")
        );
    }
    Ok(found)
}

/// The program a line of cargo's JSON messages speaks of.
fn executable_in_message(message: &str) -> Option<(String, PathBuf)> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    let file = message.get("executable")?.as_str()?;
    let name = message.get("target")?.get("name")?.as_str()?;
    Some((name.to_owned(), PathBuf::from(file)))
}

/// The binary that was `given`, or a fresh release build of uam.
///
/// # Errors
/// When there is no such file, or the build fails.
pub(crate) fn find_or_build_uam(given: Option<&Path>) -> Result<PathBuf> {
    match given {
        Some(file) => Ok(fs_err::canonicalize(file)?),
        None => find_program(&build_programs(&["--release", "-p", "uam"])?, "uam"),
    }
}

/// The program `name` among those just built.
///
/// # Errors
/// When the build did not make it.
pub(crate) fn find_program(programs: &BTreeMap<String, PathBuf>, name: &str) -> Result<PathBuf> {
    programs
        .get(name)
        .cloned()
        .with_context(|| format!("the build made no program called {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_programs_are_taken_from_cargos_messages() {
        let program = r#"{"reason":"compiler-artifact","target":{"name":"uam"},"executable":"/t/release/uam"}"#;
        assert_eq!(
            executable_in_message(program),
            Some(("uam".into(), "/t/release/uam".into()))
        );
        let library =
            r#"{"reason":"compiler-artifact","target":{"name":"model"},"executable":null}"#;
        assert_eq!(executable_in_message(library), None);
        assert_eq!(executable_in_message("warning: not JSON"), None);
    }
}

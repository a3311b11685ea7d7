//! `cargo xtask check-layout`: no circles between the files of a crate, no long functions, no long files.
//!
//! What one file needs of another is read from its `use` lines and its paths (`crate::…`, `super::…`, names of its child
//! modules), each followed to the file that defines the item. Code compiled for tests only makes no
//! circle; its files and functions have the same limits.

mod circles;
mod dependencies;
mod lengths;
mod module_tree;

use crate::checks::rust_source::parse_code;
use crate::checks::workspace_files::{self, TextFile};
use crate::cli::CheckLayoutArgs;
use anyhow::{Context, Result, ensure};
use module_tree::read_target;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Longest file, in lines.
const MOST_FILE_LINES: usize = 500;

/// Longest function, in lines from its `fn` to its last brace.
const MOST_FUNCTION_LINES: usize = 100;

/// Files that may be longer, each with its reason.
const LONG_FILES: &[(&str, &str)] = &[];

/// Runs the chore on the workspace around the current folder.
///
/// # Errors
/// As for [`check_layout`], and where there is no workspace.
pub(crate) fn run(options: &CheckLayoutArgs) -> Result<()> {
    check_layout(&workspace_files::find_root()?, &options.crates)
}

/// Checks the workspace under `root`: every crate, or those named (`journal`, `crates/journal`).
///
/// # Errors
/// How many faults were printed; a name that is no crate; a file that cannot be read.
pub(crate) fn check_layout(root: &Path, names: &[String]) -> Result<()> {
    let is_source = |name: &str| {
        name.ends_with(".rs") && (name.starts_with("crates/") || name.starts_with("tools/"))
    };
    let files = workspace_files::read_files(root, &is_source)?;
    let crates = by_crate(&files);
    for name in names {
        let is_known = crates.keys().any(|folder| is_named(folder, name));
        ensure!(
            is_known,
            "there is no crate `{name}` under crates/ or tools/"
        );
    }
    let mut faults = Vec::new();
    for (folder, files) in &crates {
        if names.is_empty() || names.iter().any(|name| is_named(folder, name)) {
            faults.extend(long_parts(files)?);
            faults.extend(circles_of(folder, files)?);
        }
    }
    faults.iter().for_each(|fault| println!("{fault}"));
    ensure!(faults.is_empty(), "{} faults in the layout", faults.len());
    println!("{} files keep the layout", files.len());
    Ok(())
}

fn is_named(folder: &str, name: &str) -> bool {
    let name = name.trim_end_matches('/');
    folder == name || folder.split_once('/').is_some_and(|(_, last)| last == name)
}

/// The files of each crate, by the crate's folder.
fn by_crate(files: &[TextFile]) -> BTreeMap<&str, Vec<&TextFile>> {
    let mut crates = BTreeMap::<&str, Vec<&TextFile>>::new();
    for file in files {
        let mut slashes = file.name.match_indices('/');
        if let Some((end, _)) = slashes.nth(1) {
            crates.entry(&file.name[..end]).or_default().push(file);
        }
    }
    crates
}

/// One line for each file and function that is too long.
fn long_parts(files: &[&TextFile]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for file in files {
        let lines = file.text.lines().count();
        if lines > MOST_FILE_LINES && !LONG_FILES.iter().any(|(name, _)| *name == file.name) {
            found.push(format!(
                "{}: {lines} lines, but at most {MOST_FILE_LINES} are allowed",
                file.name
            ));
        }
        let code = parse_code(&file.text).with_context(|| file.name.clone())?;
        for function in lengths::function_lengths(&code) {
            if function.lines > MOST_FUNCTION_LINES {
                found.push(format!(
                    "{}:{}: `{}` has {} lines, but at most {MOST_FUNCTION_LINES} are allowed",
                    file.name, function.line, function.name, function.lines
                ));
            }
        }
    }
    Ok(found)
}

/// Every circle of a crate as text: its files, then the lines that make it.
fn circles_of(folder: &str, files: &[&TextFile]) -> Result<Vec<String>> {
    let texts: BTreeMap<&str, &str> = files
        .iter()
        .map(|file| (file.name.as_str(), file.text.as_str()))
        .collect();
    let read = |name: &str| texts.get(name).map(|text| (*text).to_owned());
    let roots = texts.keys().filter(|name| is_root(folder, name));
    let circles = roots.map(|root| circles_under(root, &read));
    Ok(circles.collect::<Result<Vec<_>>>()?.concat())
}

/// Whether this file begins a library or a program.
fn is_root(folder: &str, name: &str) -> bool {
    let inside = name
        .strip_prefix(folder)
        .and_then(|rest| rest.strip_prefix("/src/"));
    match inside {
        Some("lib.rs" | "main.rs") => true,
        Some(inside) => inside
            .strip_prefix("bin/")
            .is_some_and(|program| !program.contains('/') || program.ends_with("/main.rs")),
        None => false,
    }
}

fn circles_under(root: &str, read: module_tree::ReadFile<'_>) -> Result<Vec<String>> {
    let tree = read_target(root, read)?;
    let dependencies = dependencies::find_dependencies(&tree);
    let edges: BTreeSet<(usize, usize)> = dependencies.keys().copied().collect();
    let circles = circles::find_circles(tree.files.len(), &edges);
    let describe = |circle: Vec<usize>| {
        let names = circle.iter().map(|file| tree.files[*file].as_str());
        let names: Vec<&str> = names.collect();
        let mut text = format!("circle of {}: {}", circle.len(), names.join(" "));
        let inside = dependencies
            .iter()
            .filter(|((from, to), _)| circle.contains(from) && circle.contains(to));
        for ((from, to), lines) in inside {
            let (from, to) = (&tree.files[*from], &tree.files[*to]);
            for (line, path) in lines {
                text.push_str(&format!("\n    {from}:{line}: {path} -> {to}"));
            }
        }
        text
    };
    Ok(circles.into_iter().map(describe).collect())
}

#[cfg(test)]
mod tests;

//! `cargo xtask rules`: rules that no compiler checks, read from the source text.

use crate::checks::workspace_files::read_files;
use anyhow::{Result, ensure};
use std::path::Path;

/// Crates that are never shipped: they make input rather than watch it, so they must name keys.
const NEVER_SHIPPED: [&str; 3] = ["tools/lab/", "tools/bench/", "tools/xtask/"];

/// The only places that may hold which key was pressed: the callbacks of the operating system, and the prompt where
/// a person answers uam itself in its own terminal.
const MAY_NAME_KEYS: [&str; 3] = [
    "crates/sense/src/x11/",
    "crates/sense/src/windows/",
    "crates/console/src/input/",
];

/// The only places that may hold `unsafe`: those that call the operating system.
const MAY_BE_UNSAFE: [&str; 3] = [
    "crates/sense/",
    "crates/platform/",
    "crates/indicator/src/windows/",
];

/// Build tools that a plain `cargo build` on Windows would have to find beside Rust and a C compiler, by the crates that
/// call them.
const SURPRISES: [&str; 7] = [
    "aws-lc-sys",
    "bindgen",
    "cmake",
    "nasm-rs",
    "openssl-sys",
    "protobuf-src",
    "prost-build",
];

/// Checks that the program's default features build on Windows with Rust and a C compiler alone.
///
/// # Errors
/// The crates that want more, or that cargo cannot list the dependencies.
fn check_plain_build(mut cargo: std::process::Command) -> Result<()> {
    let tree = "tree --locked --target x86_64-pc-windows-msvc --package uam --edges normal,build --prefix none";
    let list = crate::process::output_of(cargo.args(tree.split(' ')))?;
    let found = find_unwanted_tools(&list);
    ensure!(
        found.is_empty(),
        "a plain `cargo build` on Windows would need more than Rust and a C compiler, for {}",
        found.join(", ")
    );
    Ok(())
}

fn find_unwanted_tools(list: &str) -> Vec<&'static str> {
    let names = list.lines().filter_map(|line| line.split(' ').next());
    let names: Vec<&str> = names.collect();
    SURPRISES
        .into_iter()
        .filter(|surprise| names.contains(surprise))
        .collect()
}

/// Checks every Rust file of the workspace under `root`.
///
/// # Errors
/// Each broken rule with its file and line, or what a plain build on Windows would need.
pub(crate) fn check_source(root: &Path) -> Result<()> {
    let is_source = |name: &str| {
        name.ends_with(".rs") && (name.starts_with("crates/") || name.starts_with("tools/"))
    };
    let files = read_files(root, &is_source)?;
    let mut broken = 0;
    for file in &files {
        for (line, what) in check_file(&file.name, &file.text) {
            println!("{}:{line}: {what}", file.name);
            broken += 1;
        }
    }
    ensure!(broken == 0, "{broken} broken rules");
    println!("{} files keep the rules", files.len());
    check_plain_build(crate::build::cargo_command())
}

/// The lines that break a rule, from 1, and which.
fn check_file(name: &str, text: &str) -> Vec<(usize, &'static str)> {
    let lines: Vec<&str> = text.lines().collect();
    let is_in = |places: &[&str]| places.iter().any(|place| name.starts_with(place));
    let is_test = name.contains("/tests/");
    let hides_keys = !is_test && !is_in(&NEVER_SHIPPED) && !is_in(&MAY_NAME_KEYS);
    // This file names it.
    let is_safe = !is_in(&MAY_BE_UNSAFE) && name != "tools/xtask/src/checks/source_rules.rs";
    let broken = lines.iter().enumerate().flat_map(|(n, raw)| {
        let code = code_of(raw);
        let next = lines.get(n + 1..).unwrap_or_default();
        let rules = [
            (
                hides_keys && names_a_key(raw),
                "which key it was may be known in the OS callbacks only",
            ),
            (
                is_safe && is_unsafe(code),
                "`unsafe` belongs in crates/sense, crates/platform and the Windows part of crates/indicator only",
            ),
            (
                !is_test && has_cfg(code) && !may_have_cfg(code, next),
                "`cfg` belongs on `mod` lines (or tests) only",
            ),
        ];
        let broken = rules.into_iter().filter(|(is_broken, _)| *is_broken);
        broken.map(move |(_, what)| (n + 1, what))
    });
    broken.collect()
}

/// The line without its comment and without quoted text (good enough for one line of Rust).
fn code_of(line: &str) -> &str {
    let trimmed = line.trim_start();
    if trimmed.starts_with("//") {
        return "";
    }
    let end = trimmed.find(" //").unwrap_or(trimmed.len());
    let end = end.min(trimmed.find('"').unwrap_or(end));
    &trimmed[..end]
}

fn names_a_key(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    [
        "key_code",
        "keycode",
        "keysym",
        "scan_code",
        "scancode",
        "makecode",
        "vkey",
    ]
    .iter()
    .any(|word| line.contains(word))
}

fn is_unsafe(code: &str) -> bool {
    [
        "unsafe {",
        "unsafe fn",
        "unsafe impl",
        "unsafe extern",
        "unsafe(",
    ]
    .iter()
    .any(|word| code.contains(word))
}

fn has_cfg(code: &str) -> bool {
    code.contains("#[cfg(") || code.contains("#![cfg(") || code.contains("cfg!(")
}

/// A whole file under `#![cfg(..)]` is a module, and so is what follows `#[cfg(..)]` when the next line that is no
/// attribute begins one.
fn may_have_cfg(code: &str, next: &[&str]) -> bool {
    if code.starts_with("#![cfg(")
        || code.starts_with("#[cfg(test)]")
        || code.starts_with("#[cfg(all(test")
    {
        return true;
    }
    code.starts_with("#[cfg(")
        && next
            .iter()
            .map(|line| line.trim_start())
            .find(|line| !line.starts_with('#') && !line.starts_with("//"))
            .is_some_and(|line| {
                let line = line
                    .trim_start_matches("pub(crate) ")
                    .trim_start_matches("pub(super) ");
                line.trim_start_matches("pub ").starts_with("mod ") || is_backend_alias(line)
            })
}

/// `use crate::linux as backend;` picks one of the modules, so it stands with them.
fn is_backend_alias(line: &str) -> bool {
    line.starts_with("use ") && line.contains(" as ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_broken(name: &str, text: &str) -> Vec<usize> {
        check_file(name, text)
            .iter()
            .map(|(line, _)| *line)
            .collect()
    }

    #[test]
    fn cfg_is_for_modules_and_tests() {
        let good = "#[cfg(unix)]\nmod a;\n#[cfg(windows)]\n#[path = \"b.rs\"]\npub(crate) mod b;\n#[cfg(test)]\nmod tests {}\n#![cfg(unix)]\n";
        assert!(lines_broken("crates/x/src/lib.rs", good).is_empty());
        let alias = "#[cfg(unix)]\nuse crate::linux as backend;\n";
        assert!(lines_broken("crates/x/src/lib.rs", alias).is_empty());
        let bad = "fn f() {\n    #[cfg(unix)]\n    g();\n    if cfg!(windows) {}\n}\n";
        assert_eq!(lines_broken("crates/x/src/lib.rs", bad), [2, 4]);
        assert!(lines_broken("crates/x/tests/all.rs", bad).is_empty());
    }

    #[test]
    fn build_tools_are_found_by_the_crates_that_call_them() {
        let plain = "uam v0.1.0 (/x)\nring v0.17.14\ncc v1.2.3\n";
        assert!(find_unwanted_tools(plain).is_empty());
        let more = format!("{plain}cmake v0.1.54\naws-lc-sys v0.30.0 (*)\n");
        assert_eq!(find_unwanted_tools(&more), ["aws-lc-sys", "cmake"]);
    }

    #[test]
    fn unsafe_is_for_what_speaks_to_the_system() {
        let text = "// unsafe { in a comment }\nlet a = unsafe { f() };\n";
        assert_eq!(lines_broken("crates/journal/src/lib.rs", text), [2]);
        assert!(lines_broken("crates/sense/src/x11/shm.rs", text).is_empty());
        assert!(lines_broken("crates/indicator/src/windows/os.rs", text).is_empty());
        for elsewhere in ["src/linux/link.rs", "src/lib.rs", "tests/desktop/main.rs"] {
            let name = format!("crates/indicator/{elsewhere}");
            assert_eq!(lines_broken(&name, text), [2]);
        }
    }

    #[test]
    fn keys_have_no_name_outside_the_callbacks() {
        let text = "struct Press { keycode: u8 }\n";
        assert_eq!(lines_broken("crates/model/src/event.rs", text), [1]);
        assert_eq!(lines_broken("crates/sense/src/lib.rs", text), [1]);
        assert!(lines_broken("crates/sense/src/x11/input.rs", text).is_empty());
        assert!(lines_broken("tools/lab/src/desktop.rs", text).is_empty());
    }
}

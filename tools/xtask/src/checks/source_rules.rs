//! `cargo xtask rules`: rules that no compiler checks, read from the source text.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

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
    let list = crate::process::output_of(cargo.args([
        "tree",
        "--locked",
        "--target",
        "x86_64-pc-windows-msvc",
        "--package",
        "uam",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
    ]))?;
    let found = find_unwanted_tools(&list);
    if !found.is_empty() {
        bail!(
            "a plain `cargo build` on Windows would need more than Rust and a C compiler, for {}",
            found.join(", ")
        );
    }
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

/// One broken rule.
#[derive(Debug, PartialEq)]
pub(crate) struct RuleViolation {
    file: String,
    line: usize,
    what: String,
}

/// Checks every Rust file of the workspace under `root`.
///
/// # Errors
/// Each broken rule with its file and line, or what a plain build on Windows would need.
pub(crate) fn check_source(root: &Path) -> Result<()> {
    let mut files = Vec::new();
    for dir in ["crates", "tools"] {
        collect(&root.join(dir), &mut files)?;
    }
    files.sort();
    let mut broken = Vec::new();
    for file in &files {
        let text =
            std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        let name = file.strip_prefix(root).unwrap_or(file).to_string_lossy();
        broken.extend(check_file(&name, &text));
    }
    for b in &broken {
        println!("{}:{}: {}", b.file, b.line, b.what);
    }
    if !broken.is_empty() {
        bail!("{} broken rules", broken.len());
    }
    println!("{} files keep the rules", files.len());
    check_plain_build(crate::build::cargo_command())
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = std::fs::read_dir(dir).with_context(|| format!("reading {}", dir.display()))?;
    for entry in entries {
        let path = entry
            .with_context(|| format!("reading {}", dir.display()))?
            .path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn check_file(name: &str, text: &str) -> Vec<RuleViolation> {
    let mut broken = Vec::new();
    let mut tell = |line: usize, what: String| {
        broken.push(RuleViolation {
            file: name.to_owned(),
            line: line + 1,
            what,
        });
    };
    let lines: Vec<&str> = text.lines().collect();
    let is_test = name.contains("/tests/");
    let shipped = !NEVER_SHIPPED.iter().any(|p| name.starts_with(p));
    let hides_keys = shipped && !is_test && !MAY_NAME_KEYS.iter().any(|p| name.starts_with(p));
    for (n, raw) in lines.iter().enumerate() {
        let code = code_of(raw);
        if names_a_key(raw) && hides_keys {
            tell(
                n,
                "which key it was may be known in the OS callbacks only".into(),
            );
        }
        if is_unsafe(code)
            && !MAY_BE_UNSAFE.iter().any(|p| name.starts_with(p))
            && !name.starts_with("tools/xtask/src/checks/source_rules.rs")
        {
            tell(
                n,
                "`unsafe` belongs in crates/sense, crates/platform and the Windows part of crates/indicator only"
                    .into(),
            );
        }
        if has_cfg(code) && !is_test && !may_have_cfg(code, lines.get(n + 1..).unwrap_or(&[])) {
            tell(n, "`cfg` belongs on `mod` lines (or tests) only".into());
        }
    }
    broken
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
        check_file(name, text).iter().map(|b| b.line).collect()
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

use super::*;

/// The circles of a crate of these files, each as its files.
fn circles(files: &[(&str, &str)]) -> Vec<String> {
    let read = |name: &str| {
        let found = files.iter().find(|(file, _)| format!("src/{file}") == name);
        found.map(|(_, text)| (*text).to_owned())
    };
    let found = circles_under("src/lib.rs", &read).unwrap_or_else(|e| vec![format!("{e:#}")]);
    let first_line = |text: &String| text.lines().next().unwrap_or_default().replace("src/", "");
    found.iter().map(first_line).collect()
}

#[test]
fn files_that_need_each_other_are_a_circle() {
    let files = [
        ("lib.rs", "mod a;\nmod b;\n"),
        ("a.rs", "use crate::b::B;\npub struct A;\n"),
        ("b.rs", "pub struct B;\nfn f() -> super::a::A { todo!() }\n"),
    ];
    assert_eq!(circles(&files), ["circle of 2: a.rs b.rs"]);
    let read = |name: &str| {
        let found = files.iter().find(|(file, _)| format!("src/{file}") == name);
        found.map(|(_, text)| (*text).to_owned())
    };
    let text = circles_under("src/lib.rs", &read)
        .unwrap_or_default()
        .join("\n");
    assert!(
        text.contains("src/a.rs:1: crate::b::B -> src/b.rs"),
        "{text}"
    );
    assert!(
        text.contains("src/b.rs:2: super::a::A -> src/a.rs"),
        "{text}"
    );
}

#[test]
fn one_direction_is_no_circle() {
    let files = [
        ("lib.rs", "mod a;\nmod b;\npub use b::{B, C as D};\n"),
        ("a.rs", "pub struct A;\n"),
        (
            "b.rs",
            "use crate::a::{self, A};\npub struct B;\npub struct C;\nfn f() { a::g(); std::mem::drop(1); }\n",
        ),
    ];
    assert!(circles(&files).is_empty());
}

#[test]
fn a_reexport_is_followed_to_the_file_that_defines_the_item() {
    let lines_only = [
        ("lib.rs", "mod a;\nmod b;\npub use {a::A, b::*};\n"),
        ("a.rs", "use crate::B;\npub struct A;\n"),
        ("b.rs", "pub struct B;\n"),
    ];
    assert!(circles(&lines_only).is_empty());
    let both_ways = [
        ("lib.rs", "mod a;\nmod b;\npub use {a::A, b::*};\n"),
        ("a.rs", "use crate::B;\npub struct A;\n"),
        ("b.rs", "pub struct B(crate::A);\n"),
    ];
    assert_eq!(circles(&both_ways), ["circle of 2: a.rs b.rs"]);
}

#[test]
fn a_parent_with_definitions_may_not_need_its_children() {
    let reexports = [
        ("lib.rs", "mod a;\n"),
        ("a.rs", "mod b;\npub use b::B;\npub struct A;\n"),
        ("a/b.rs", "use super::A;\npub struct B;\n"),
    ];
    assert_eq!(circles(&reexports), ["circle of 2: a.rs a/b.rs"]);
    let names_none = [
        ("lib.rs", "mod a;\n"),
        ("a.rs", "pub mod b;\npub struct A;\n"),
        ("a/b.rs", "use super::A;\npub struct B;\n"),
    ];
    assert!(circles(&names_none).is_empty());
    let glob = [
        ("lib.rs", "mod a;\n"),
        ("a.rs", "mod b;\nfn f() { b::g() }\n"),
        ("a/b.rs", "use super::*;\npub fn g() {}\n"),
    ];
    assert_eq!(circles(&glob), ["circle of 2: a.rs a/b.rs"]);
}

#[test]
fn a_module_imported_by_name_is_no_dependency_but_what_is_taken_from_it_is() {
    let files = [
        ("lib.rs", "mod a;\nmod b;\nmod c;\n"),
        ("a.rs", "mod d;\npub use d::D;\n"),
        ("a/d.rs", "pub struct D;\nfn f() { crate::b::g() }\n"),
        ("b.rs", "use crate::a;\npub fn g() { let _ = a::D; }\n"),
        ("c.rs", "use crate::a;\n"),
    ];
    assert_eq!(circles(&files), ["circle of 2: a/d.rs b.rs"]);
}

#[test]
fn tests_comments_and_names_of_other_crates_do_not_count() {
    let files = [
        ("lib.rs", "mod a;\nmod b;\n"),
        (
            "a.rs",
            "//! See [`crate::b::B`].\nuse model::b::B;\npub struct A;\n#[cfg(test)]\nmod tests {\n    use crate::b::B;\n}\n",
        ),
        (
            "b.rs",
            "use crate::a::A;\nfn f() -> &'static str { \"crate::b\" }\n",
        ),
    ];
    assert!(circles(&files).is_empty());
}

#[test]
fn modules_that_cfg_picks_are_both_followed() {
    let files = [
        (
            "lib.rs",
            "#[cfg(unix)]\n#[path = \"unix.rs\"]\nmod os;\n#[cfg(windows)]\n#[path = \"windows.rs\"]\nmod os;\nmod a;\n",
        ),
        ("unix.rs", "pub fn f() {}\n"),
        ("windows.rs", "use crate::a::A;\npub fn f() {}\n"),
        ("a.rs", "pub struct A;\nfn g() { crate::os::f() }\n"),
    ];
    assert_eq!(circles(&files), ["circle of 2: windows.rs a.rs"]);
}

#[test]
fn long_files_and_functions_are_faults() {
    let file = |name: &str, text: String| TextFile {
        name: name.to_owned(),
        text,
    };
    let long_file = file("crates/x/src/a.rs", "\n".repeat(501));
    let long_function = file(
        "crates/x/src/b.rs",
        format!("fn f() {{\n{}}}\n", "    g();\n".repeat(99)),
    );
    let fine = file(
        "crates/x/src/c.rs",
        format!("fn f() {{\n{}}}\n", "    g();\n".repeat(98)),
    );
    let found = long_parts(&[&long_file, &long_function, &fine]).unwrap_or_default();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("crates/x/src/a.rs: 501 lines"));
    assert!(found[1].starts_with("crates/x/src/b.rs:1: `f` has 101 lines"));
}

#[test]
fn crates_and_roots_are_found_by_their_folders() {
    assert!(is_named("crates/journal", "journal") && is_named("tools/lab", "tools/lab/"));
    assert!(!is_named("crates/journal", "journ"));
    for (name, root) in [
        ("crates/x/src/lib.rs", true),
        ("crates/x/src/bin/y.rs", true),
        ("crates/x/src/bin/y/main.rs", true),
        ("crates/x/src/bin/y/z.rs", false),
        ("crates/x/src/main/a.rs", false),
        ("crates/x/tests/it/main.rs", false),
    ] {
        assert_eq!(is_root("crates/x", name), root, "{name}");
    }
}

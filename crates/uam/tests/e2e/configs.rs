//! Settings as people write them: `tests/configs/valid` is accepted as it stands; for each case in
//! `tests/configs/invalid` the message stands beside it in a snapshot. A case is a folder that may hold `config.toml`,
//! `.env`, `environment` (NAME=value lines) and `args`.

use crate::harness::Home;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

fn cases(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/configs")
        .join(kind);
    let mut all: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    all.sort();
    assert!(!all.is_empty(), "{}", folder.display());
    all
}

/// Exit code and everything said, with the places that differ from run to run named.
fn try_case(case: &Path) -> (Option<i32>, String) {
    let mut home = Home::new();
    for name in ["config.toml", ".env"] {
        if case.join(name).exists() {
            fs::copy(case.join(name), home.path(name)).unwrap();
        }
    }
    for line in fs::read_to_string(case.join("environment"))
        .unwrap_or_default()
        .lines()
    {
        let (name, value) = line.split_once('=').unwrap();
        home = home.env(name, value);
    }
    let args = fs::read_to_string(case.join("args")).unwrap_or_else(|_| "config check".into());
    let args: Vec<&str> = args.split_whitespace().collect();
    let out = home.command(&args).stdin(Stdio::null()).output().unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
    let said = said.replace(home.dir.path().to_str().unwrap(), "HOME");
    assert!(!said.contains("panicked"), "{}: {said}", case.display());
    assert!(
        !said.contains("wJalrXUtnFEMI"),
        "{}: a secret was printed: {said}",
        case.display()
    );
    (out.status.code(), said)
}

#[test]
fn every_valid_case_is_accepted() {
    for case in cases("valid") {
        let (code, said) = try_case(&case);
        assert_eq!(code, Some(0), "{}: {said}", case.display());
    }
}

#[test]
fn every_invalid_case_is_refused_with_a_message_that_helps() {
    for case in cases("invalid") {
        let (code, said) = try_case(&case);
        let name = case.file_name().unwrap().to_str().unwrap().to_owned();
        assert_eq!(code, Some(2), "{name}: {said}");
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "../configs/messages" }, {
            insta::assert_snapshot!(name, said);
        });
    }
}

#[test]
fn a_bad_setting_stops_a_run_before_it_asks_for_anything_and_loses_nothing() {
    let home = Home::new().config("[shots]\nevery_seconds = 1\n");
    let out = home.output(&["run", "--yes"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(!home.path("data").exists(), "nothing was begun");
    let kept = fs::read_to_string(home.path("config.toml")).unwrap();
    assert_eq!(kept, "[shots]\nevery_seconds = 1\n");
    let refused = home.output(&["config", "set", "shots.blur", "maybe"]);
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(fs::read_to_string(home.path("config.toml")).unwrap(), kept);
}

#[test]
fn changing_a_setting_keeps_the_files_comments() {
    let home = Home::new().config("# mine\n[shots]\nblur = true # always\n");
    home.ok(&["config", "set", "shots.every_seconds", "600"]);
    let text = fs::read_to_string(home.path("config.toml")).unwrap();
    assert_eq!(
        text,
        "# mine\n[shots]\nblur = true # always\nevery_seconds = 600\n"
    );
}

//! The licences: our own, and those of all that is linked into the program, as they ask for.

use crate::build;
use crate::process::output_of;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// How the files that hold a licence begin, in small letters.
const LICENCE_FILES: [&str; 5] = ["license", "licence", "copying", "notice", "unlicense"];

/// Linked code that is not a crate.
const BESIDES: &str = "\
Rust's standard library: MIT OR Apache-2.0, https://www.rust-lang.org
GCC's runtime: GPL-3.0-or-later with the GCC Runtime Library Exception, https://gcc.gnu.org
";

/// The same for Windows.
const BESIDES_ON_WINDOWS: &str =
    "MinGW-w64's runtime: public domain and ZPL-2.1, https://www.mingw-w64.org\n";

/// Our own licence: both texts, with a line on top that says how they go together.
///
/// # Errors
/// When a file is missing.
pub(crate) fn own_licences() -> Result<String> {
    let root = build::repository_root();
    let read = |name: &str| fs_err::read_to_string(root.join(name));
    Ok(format!(
        "uam is free software under the MIT licence or the Apache licence 2.0, whichever you choose.\n\n\
         {line}\n\n{}\n{line}\n\n{}",
        read("LICENSE-MIT")?,
        read("LICENSE-APACHE")?,
        line = "-".repeat(76),
    ))
}

/// A crate that is linked into the program.
#[derive(Debug, PartialEq)]
struct LinkedCrate {
    name: String,
    version: String,
    licence: String,
    dir: PathBuf,
}

/// The names, versions and licences of all that is linked into uam for `target`, and the texts of these licences.
///
/// # Errors
/// When cargo fails, or a crate names no licence.
pub(crate) fn third_party_licences(target: &str) -> Result<String> {
    let mut cargo = build::cargo_command();
    cargo
        .args(["metadata", "--locked", "--format-version", "1"])
        .args(["--filter-platform", target]);
    let said = output_of(&mut cargo)?;
    let metadata = serde_json::from_str(&said).context("reading what cargo metadata said")?;
    let linked = linked_crates(&metadata)?;

    let mut list = String::new();
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for one in &linked {
        let own = licences_in(&one.dir)?;
        let nothing = match own.is_empty() {
            true => " (it brings no text; those of uam's own licence are the same)",
            false => "",
        };
        let user = format!("{} {}", one.name, one.version);
        list.push_str(&format!("{user}: {}{nothing}\n", one.licence));
        for text in own {
            texts.entry(text).or_default().insert(user.clone());
        }
    }
    let is_windows = target.contains("windows");
    let windows = Some(BESIDES_ON_WINDOWS).filter(|_| is_windows);
    let windows = windows.unwrap_or_default();
    let mut told = format!(
        "uam is made with the work of many others. These are linked into the program:\n\n{list}{BESIDES}{windows}\n\
         Their licences follow, each once.\n"
    );
    // By their first user, so that the order does not hang on how a text begins.
    let mut texts: Vec<(String, BTreeSet<String>)> = texts.into_iter().collect();
    texts.sort_by(|a, b| a.1.cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
    for (text, users) in texts {
        let users: Vec<String> = users.into_iter().collect();
        told.push_str(&format!(
            "\n{}\n{}\n\n{}\n",
            "-".repeat(76),
            wrap_text(&users),
            text.trim_end()
        ));
    }
    Ok(told)
}

/// The names with commas, on lines of at most 100 characters.
fn wrap_text(names: &[String]) -> String {
    let mut text = String::new();
    let mut width = 0;
    for (n, name) in names.iter().enumerate() {
        if n > 0 {
            let fits = width + name.len() + 3 <= 100;
            text.push_str(if fits { ", " } else { ",\n" });
            width = if fits { width + 2 } else { 0 };
        }
        text.push_str(name);
        width += name.len();
    }
    text
}

/// The crates of others that uam reaches through ordinary dependencies, by name.
fn linked_crates(metadata: &Value) -> Result<Vec<LinkedCrate>> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let by_id = |value: &Value| -> BTreeMap<String, Value> {
        let entries = list(value).into_iter();
        entries.map(|entry| (text(&entry["id"]), entry)).collect()
    };
    let packages = by_id(&metadata["packages"]);
    let nodes = by_id(&metadata["resolve"]["nodes"]);
    let members = list(&metadata["workspace_members"]);
    let own: BTreeSet<String> = members.iter().map(text).collect();
    let root = own
        .iter()
        .find(|id| packages.get(*id).is_some_and(|p| p["name"] == "uam"))
        .context("cargo metadata names no package uam")?;

    let unknown = |id: &str| format!("cargo metadata says nothing of {id}");
    let mut seen = BTreeSet::new();
    let mut open = vec![root.clone()];
    while let Some(id) = open.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let node = nodes.get(&id).with_context(|| unknown(&id))?;
        for dependency in list(&node["deps"]) {
            // Without a kind it is an ordinary one; build scripts and tests are not linked in.
            let kinds = list(&dependency["dep_kinds"]);
            if kinds.iter().any(|kind| kind["kind"].is_null()) {
                open.push(text(&dependency["pkg"]));
            }
        }
    }
    let mut found = Vec::new();
    for id in seen.difference(&own) {
        let package = packages.get(id).with_context(|| unknown(id))?;
        let manifest = PathBuf::from(text(&package["manifest_path"]));
        let name = text(&package["name"]);
        let Some(licence) = package["license"].as_str() else {
            bail!("{name} names no licence; it cannot be passed on");
        };
        found.push(LinkedCrate {
            version: text(&package["version"]),
            licence: licence.to_owned(),
            dir: manifest.parent().map(Path::to_owned).unwrap_or_default(),
            name,
        });
    }
    found.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    Ok(found)
}

/// The texts of the licences in a crate's folder and one level below, where the C libraries lie that some bring.
fn licences_in(dir: &Path) -> Result<Vec<String>> {
    let entries = |dir: &Path| -> Result<Vec<PathBuf>> {
        let entries = fs_err::read_dir(dir)?;
        entries.map(|entry| Ok(entry?.path())).collect()
    };
    let mut files = entries(dir)?;
    for folder in files.clone().iter().filter(|path| path.is_dir()) {
        files.extend(entries(folder)?);
    }
    files.retain(|file| file.is_file() && holds_licence(file));
    let texts = files.iter().map(|file| {
        let bytes = fs_err::read(file)?;
        let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
        Ok(text.trim_start_matches('\u{feff}').to_owned())
    });
    texts.collect()
}

fn holds_licence(file: &Path) -> bool {
    const SOURCES: [&str; 6] = [".rs", ".c", ".h", ".py", ".toml", ".html"];
    let name = file.file_name().unwrap_or_default().to_ascii_lowercase();
    let name = name.to_string_lossy();
    LICENCE_FILES.iter().any(|begin| name.starts_with(begin))
        && !SOURCES.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_what_is_linked_in_is_named() {
        let metadata: Value = serde_json::from_str(
            r#"{
              "packages": [
                {"id": "u", "name": "uam", "version": "1", "license": null, "manifest_path": "/s/uam/Cargo.toml"},
                {"id": "m", "name": "model", "version": "1", "license": null, "manifest_path": "/s/model/Cargo.toml"},
                {"id": "a", "name": "a", "version": "2", "license": "MIT", "manifest_path": "/r/a/Cargo.toml"},
                {"id": "b", "name": "b", "version": "3", "license": "MIT", "manifest_path": "/r/b/Cargo.toml"},
                {"id": "t", "name": "t", "version": "4", "license": "MIT", "manifest_path": "/r/t/Cargo.toml"}
              ],
              "workspace_members": ["u", "m"],
              "resolve": {"nodes": [
                {"id": "u", "deps": [
                  {"pkg": "m", "dep_kinds": [{"kind": null}]},
                  {"pkg": "b", "dep_kinds": [{"kind": "build"}]},
                  {"pkg": "t", "dep_kinds": [{"kind": "dev"}]}]},
                {"id": "m", "deps": [{"pkg": "a", "dep_kinds": [{"kind": "dev"}, {"kind": null}]}]},
                {"id": "a", "deps": []}, {"id": "b", "deps": []}, {"id": "t", "deps": []}
              ]}
            }"#,
        )
        .unwrap();
        let names: Vec<String> = linked_crates(&metadata)
            .unwrap()
            .into_iter()
            .map(|one| format!("{} {} in {}", one.name, one.version, one.dir.display()))
            .collect();
        assert_eq!(names, ["a 2 in /r/a"]);
    }

    #[test]
    fn many_names_take_many_lines() {
        let names: Vec<String> = (100..130).map(|n| format!("crate{n} 1.0.0")).collect();
        let text = wrap_text(&names);
        assert!(text.lines().all(|line| line.len() <= 100), "{text}");
        assert_eq!(text.replace(",\n", ", "), names.join(", "));
    }

    #[test]
    fn both_licences_are_there_whole() {
        let text = own_licences().unwrap();
        assert!(text.contains("Permission is hereby granted"));
        assert!(text.contains("END OF TERMS AND CONDITIONS"));
    }
}

//! `cargo xtask check-language`: the words of the project, in prose and in names, and the subjects of commits.
//!
//! Prose is comments and documentation of every kind of source, messages (strings of several words outside of tests),
//! Markdown, and the page's texts; code between backticks does not count. Names are whole names of types and modules.
//! [`vocabulary`] is the table of both. `--stats` prints the figures of [`statistics`] instead.

mod commits;
mod names;
mod phrases;
mod prose;
mod statistics;
mod vocabulary;

use crate::checks::rust_source::ShippedCode;
use crate::checks::workspace_files::{self, TextFile};
use crate::cli::CheckLanguageArgs;
use anyhow::{Context, Result, ensure};
use commits::CommitSubjects;
use names::GivenName;
use phrases::PhraseSearch;
use statistics::LanguageStatistics;
use std::path::Path;
use vocabulary::{BannedWord, VOCABULARY};

/// Files that quote what is banned, each for a reason: the table itself, and the tests of the search for it.
const QUOTING: [&str; 2] = [
    "tools/xtask/src/checks/language/phrases.rs",
    "tools/xtask/src/checks/language/vocabulary.txt",
];

/// Runs the chore on the workspace around the current folder.
///
/// # Errors
/// As for [`check_language`], and where there is no workspace.
pub(crate) fn run(options: &CheckLanguageArgs) -> Result<()> {
    let root = workspace_files::find_root()?;
    if options.stats {
        print_stats(&root)
    } else {
        check_language(&root, &options.names)
    }
}

/// Checks the workspace under `root`; with `names`, only files whose names begin with one of them, and no commits.
///
/// # Errors
/// How many faults were printed; a file that cannot be read; git that cannot be asked.
pub(crate) fn check_language(root: &Path, names: &[String]) -> Result<()> {
    let is_wanted = |name: &str| {
        !QUOTING.contains(&name)
            && (names.is_empty() || names.iter().any(|wanted| name.starts_with(wanted)))
    };
    let files = workspace_files::read_files(root, &|name| is_wanted(name) && is_read(name))?;
    let search = PhraseSearch::new();
    let mut faults = Vec::new();
    for file in &files {
        faults.extend(faults_of(file, &search)?);
    }
    if names.is_empty() {
        let commits = CommitSubjects::read(root)?;
        if let Some(remark) = commits.remark {
            println!("{remark}");
        }
        faults.extend(commits.too_long());
    }
    faults.iter().for_each(|fault| println!("{fault}"));
    ensure!(faults.is_empty(), "{} faults in the language", faults.len());
    println!("{} files keep the language", files.len());
    Ok(())
}

/// Prints the figures.
///
/// # Errors
/// A file that cannot be read; git that cannot be asked.
fn print_stats(root: &Path) -> Result<()> {
    let is_measured = |name: &str| {
        let mut parts = name.split('/');
        matches!(parts.next(), Some("crates" | "tools"))
            && parts.nth(1) == Some("src")
            && name.ends_with(".rs")
            && !prose::is_for_tests(name)
    };
    let mut figures = LanguageStatistics::default();
    for file in workspace_files::read_files(root, &is_measured)? {
        figures.add(&file)?;
    }
    println!("{}", figures.report(&CommitSubjects::read(root)?));
    Ok(())
}

/// Whether a file has prose that is read: the project's own, and no example of settings.
fn is_read(name: &str) -> bool {
    const ENDINGS: &str = "rs c md txt nsi js mjs css html toml py sh yml yaml";
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_known = ENDINGS.split(' ').any(|known| known == ending) || name.ends_with("/README");
    is_known && !name.contains("/tests/configs/")
}

/// The faults of one file, one line each: where it is, what was found, and what to write instead.
///
/// # Errors
/// A file of Rust that is none.
fn faults_of(file: &TextFile, search: &PhraseSearch) -> Result<Vec<String>> {
    let is_rust = file.name.ends_with(".rs");
    let is_test = prose::is_for_tests(&file.name);
    let source = if is_rust && !is_test { &file.text } else { "" };
    let code = ShippedCode::parse(source).with_context(|| file.name.clone())?;
    let mut faults = Vec::new();
    for block in prose::blocks_of_file(file, &|text| is_test || code.leaves_out(text)) {
        let found = search.find(&block).into_iter();
        faults.extend(found.map(|found| (found.line, found.phrase.to_owned(), found.standard)));
    }
    for given in names::type_names(&code.trees) {
        let banned = |row: &&BannedWord| row.types.contains(&given.name.as_str());
        let rows = VOCABULARY.iter().filter(banned);
        faults.extend(rows.map(|row| (given.line, format!("type {}", given.name), row.standard)));
    }
    let mut modules = names::module_names(&code.trees);
    let own = module_of_file(&file.name).filter(|_| !is_test);
    modules.extend(own.map(|name| GivenName { name, line: 1 }));
    for GivenName { name, line } in &modules {
        let is_this = |banned: &&str| match banned.split_once(':') {
            Some((folder, banned)) => file.name.starts_with(folder) && name == banned,
            None => name == banned,
        };
        let banned = |row: &&BannedWord| row.modules.iter().any(is_this);
        let rows = VOCABULARY.iter().filter(banned);
        faults.extend(rows.map(|row| (*line, format!("module {name}"), row.standard)));
    }
    faults.sort();
    faults.dedup();
    let line = |(line, found, standard)| format!("{}:{line}: {found} -> {standard}", file.name);
    Ok(faults.into_iter().map(line).collect())
}

/// The name of the module that a file is.
fn module_of_file(file: &str) -> Option<String> {
    let path = file.strip_suffix(".rs").or(file.strip_suffix(".js"))?;
    let path = path.strip_suffix("/mod").unwrap_or(path);
    path.rsplit_once('/').map(|(_, name)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(name: &str, text: &str) -> Vec<String> {
        let file = TextFile {
            name: name.to_owned(),
            text: text.to_owned(),
        };
        faults_of(&file, &PhraseSearch::new()).unwrap_or_else(|e| vec![format!("{e:#}")])
    }

    #[test]
    fn prose_types_and_modules_are_checked() {
        let source =
            "//! Takes a picture.\npub struct Told;\nmod errand {}\nfn f() { g(\"the way in\") }\n";
        assert_eq!(
            faults("crates/a/src/desk.rs", source),
            [
                "crates/a/src/desk.rs:1: module desk -> `Backend`, `AppState`, or a fixture",
                "crates/a/src/desk.rs:1: picture -> screenshot",
                "crates/a/src/desk.rs:2: type Told -> the noun, such as `RedactionReport`; in prose: learns, receives, is notified",
                "crates/a/src/desk.rs:3: module errand -> maintenance mode",
                "crates/a/src/desk.rs:4: the way in -> sign-in, startup",
            ]
        );
    }

    #[test]
    fn longer_names_and_idioms_are_fine() {
        let source = "/// Adds up with `Iterator::fold`.\npub struct SweepReport;\nmod fold_totals;\nfn fold() { let shot = \"shot\"; }\n";
        assert!(faults("crates/a/src/lib.rs", source).is_empty());
        assert!(faults("crates/upload/src/chain.rs", "").is_empty());
        assert_eq!(faults("crates/journal/src/chain.rs", "").len(), 1);
        assert_eq!(faults("crates/a/src/sheet/mod.rs", "").len(), 1);
    }

    #[test]
    fn names_in_tests_are_free_but_their_comments_are_prose() {
        let source = "struct Desk;\n// A picture.\nfn f() { g(\"a picture of a cat\") }\n";
        assert_eq!(
            faults("crates/a/tests/it/kit.rs", source),
            ["crates/a/tests/it/kit.rs:2: picture -> screenshot"]
        );
    }

    #[test]
    fn every_row_says_what_to_write_instead() {
        for row in VOCABULARY.iter() {
            assert!(!row.standard.is_empty());
            let counts = row.prose.len() + row.types.len() + row.modules.len();
            assert!(counts > 0, "{}", row.standard);
            for phrase in row.prose.iter().chain(&row.unless) {
                assert_eq!(**phrase, phrase.to_lowercase(), "{phrase}");
            }
        }
    }
}

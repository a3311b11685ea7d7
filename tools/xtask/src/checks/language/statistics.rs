//! Figures about words, each the same for the same source:
//!
//! * **one-word function names**: of all functions that are not in a trait's implementation and not `main`, the share whose
//!   name has no underscore;
//! * **type names with several meanings**: of all names of structs, enums, traits and type aliases (types inside traits
//!   aside), those given more than once in the workspace. Twins do not count: the same name in the same crate in files that
//!   are named after platforms;
//! * **"what"**: in the words of comments and documentation, code in backticks aside, per 10,000;
//! * **longest commit subject** since the baseline, in characters.
//!
//! Measured over the Rust files of `crates/*/src` and `tools/*/src`, without what is compiled for tests only.

use super::commits::CommitSubjects;
use super::names;
use super::prose::comment_blocks;
use crate::checks::rust_source::{ShippedCode, split_texts};
use crate::checks::workspace_files::TextFile;
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};

/// Files and folders named after what they run on; one of them in a path makes it a twin of the others.
const PLATFORMS: &str = "linux unix windows macos portable unsupported elsewhere none x11 wayland \
    unknown memory network_manager secret_service credential_manager replay";

/// The figures.
#[derive(Debug, Default)]
pub(super) struct LanguageStatistics {
    functions: usize,
    one_word_functions: usize,
    /// Each type name with the places it is given in.
    types: BTreeMap<String, BTreeSet<String>>,
    comment_words: usize,
    whats: usize,
}

impl LanguageStatistics {
    /// Adds a file, without what is for tests only.
    ///
    /// # Errors
    /// When it is no Rust.
    pub(super) fn add(&mut self, file: &TextFile) -> Result<()> {
        let code = ShippedCode::parse(&file.text).with_context(|| file.name.clone())?;
        let mut texts = split_texts(&file.text);
        texts.retain(|text| !code.leaves_out(text));
        for block in comment_blocks(&texts) {
            let plain = block.iter().filter(|word| word.is_plain());
            self.comment_words += plain.clone().count();
            self.whats += plain.filter(|word| word.text == "what").count();
        }
        for function in names::function_names(&code.trees) {
            self.functions += 1;
            let name = function.name.trim_matches('_');
            self.one_word_functions += usize::from(!name.contains('_'));
        }
        for given in names::type_names(&code.trees) {
            let place = place_of_type(&file.name, given.line);
            self.types.entry(given.name).or_default().insert(place);
        }
        Ok(())
    }

    /// The names that stand for more than one type.
    fn ambiguous_types(&self) -> Vec<&str> {
        let ambiguous = self.types.iter().filter(|(_, places)| places.len() > 1);
        ambiguous.map(|(name, _)| name.as_str()).collect()
    }

    /// The figures as lines.
    pub(super) fn report(&self, commits: &CommitSubjects) -> String {
        let ambiguous = self.ambiguous_types();
        let remark = commits.remark.map(|remark| format!(" ({remark})"));
        let list = (!ambiguous.is_empty()).then(|| format!(": {}", ambiguous.join(" ")));
        format!(
            "one-word function names     {:.1} % ({} of {})\n\
             type names, several types   {} of {}{}\n\
             \"what\" in comments          {:.1} per 10,000 words ({} of {})\n\
             longest commit subject      {} characters{}",
            share(self.one_word_functions, self.functions, 100.0),
            self.one_word_functions,
            self.functions,
            ambiguous.len(),
            self.types.len(),
            list.unwrap_or_default(),
            share(self.whats, self.comment_words, 10_000.0),
            self.whats,
            self.comment_words,
            commits.longest(),
            remark.unwrap_or_default(),
        )
    }
}

/// Where a type is defined: the crate's folder when its path names a platform, else the whole path and the line.
fn place_of_type(file: &str, line: usize) -> String {
    let is_platform = file
        .split(['/', '.'])
        .any(|part| PLATFORMS.split(' ').any(|platform| platform == part));
    let crate_end = file.match_indices('/').nth(1);
    match crate_end {
        Some((end, _)) if is_platform => file[..end].to_owned(),
        _ => format!("{file}:{line}"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of words are small")]
fn share(part: usize, whole: usize, of: f64) -> f64 {
    part as f64 / whole.max(1) as f64 * of
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(files: &[(&str, &str)]) -> LanguageStatistics {
        let mut figures = LanguageStatistics::default();
        for (name, text) in files {
            let added = figures.add(&TextFile {
                name: (*name).to_owned(),
                text: (*text).to_owned(),
            });
            assert!(added.is_ok(), "{added:?}");
        }
        figures
    }

    #[test]
    fn names_and_words_are_counted_without_tests() {
        let figures = measured(&[(
            "crates/a/src/lib.rs",
            "//! Say what is so.\nfn one() {}\nfn two_words() {}\nfn main() {}\n#[cfg(test)]\nmod tests {\n    // what\n    fn three() {}\n}\n",
        )]);
        assert_eq!((figures.functions, figures.one_word_functions), (2, 1));
        assert_eq!((figures.comment_words, figures.whats), (4, 1));
        let commits = CommitSubjects {
            subjects: vec![("a".into(), "xtask: check the words".into())],
            remark: None,
        };
        let report = figures.report(&commits);
        assert!(report.contains("50.0 % (1 of 2)"), "{report}");
        assert!(
            report.contains("2500.0 per 10,000 words (1 of 4)"),
            "{report}"
        );
        assert!(report.contains("22 characters"), "{report}");
    }

    #[test]
    fn a_name_of_two_types_is_told_but_no_twin_on_another_platform() {
        let figures = measured(&[
            ("crates/a/src/x.rs", "struct Told; struct Alone;"),
            ("crates/b/src/y.rs", "enum Told {}"),
            ("crates/a/src/waker/linux.rs", "struct Waker;"),
            ("crates/a/src/waker/windows.rs", "struct Waker;"),
        ]);
        assert_eq!(figures.ambiguous_types(), ["Told"]);
        assert_eq!(figures.types.len(), 3);
    }
}

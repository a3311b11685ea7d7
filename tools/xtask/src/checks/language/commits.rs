//! The subjects of commits.

use anyhow::{Context, Result};
use std::path::Path;
use std::process::{Command, Output};

/// Longest subject, in characters.
const MOST_CHARACTERS: usize = 72;

/// The last commit before subjects were held to a length.
const BASELINE: &str = "faba01bbbe4a0d1c2bf032e48da7cf216b79fdb7";

/// The subjects since the baseline.
#[derive(Debug, PartialEq)]
pub(super) struct CommitSubjects {
    /// Hash and subject of each, newest first; merges are left out.
    pub(super) subjects: Vec<(String, String)>,
    /// Why these are not exactly those since the baseline.
    pub(super) remark: Option<&'static str>,
}

impl CommitSubjects {
    /// Reads the history of the repository at `root`.
    ///
    /// # Errors
    /// When git is there and cannot be asked.
    pub(super) fn read(root: &Path) -> Result<Self> {
        if !root.join(".git").exists() {
            return Ok(Self {
                subjects: Vec::new(),
                remark: Some("no git repository: no commits are checked"),
            });
        }
        let is_known = git(root, &["merge-base", "--is-ancestor", BASELINE, "HEAD"])?
            .status
            .success();
        let (range, remark) = if is_known {
            (format!("{BASELINE}..HEAD"), None)
        } else {
            let remark =
                "the baseline is not in this history: all commits that are there are checked";
            ("HEAD".to_owned(), Some(remark))
        };
        let output = git(root, &["log", "--no-merges", "--format=%h %s", &range])?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(Self {
            subjects: split_lines(&text),
            remark,
        })
    }

    /// The subjects that are too long.
    pub(super) fn too_long(&self) -> Vec<String> {
        let with_length = self.lengths().zip(&self.subjects);
        let long = with_length.filter(|(length, _)| *length > MOST_CHARACTERS);
        let describe = |(length, (hash, subject)): (usize, &(String, String))| {
            format!(
                "commit {hash}: a subject of {length} characters, at most {MOST_CHARACTERS}: {subject}"
            )
        };
        long.map(describe).collect()
    }

    fn lengths(&self) -> impl Iterator<Item = usize> {
        let subjects = self.subjects.iter();
        subjects.map(|(_, subject)| subject.chars().count())
    }

    /// The length of the longest subject, in characters.
    pub(super) fn longest(&self) -> usize {
        self.lengths().max().unwrap_or(0)
    }
}

fn split_lines(text: &str) -> Vec<(String, String)> {
    let pairs = text.lines().filter_map(|line| line.split_once(' '));
    pairs
        .map(|(hash, subject)| (hash.to_owned(), subject.to_owned()))
        .collect()
}

fn git(root: &Path, args: &[&str]) -> Result<Output> {
    Command::new("git")
        .current_dir(root)
        .args(args)
        .output()
        .context("starting git")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_subjects_are_told() {
        let fine = "x".repeat(72);
        let long = "ü".repeat(73);
        let commits = CommitSubjects {
            subjects: split_lines(&format!("a1 {fine}\nb2 {long}\n")),
            remark: None,
        };
        assert_eq!(commits.longest(), 73);
        let told = commits.too_long();
        assert!(
            told.len() == 1 && told[0].starts_with("commit b2: a subject of 73"),
            "{told:?}"
        );
    }
}

//! `uam export --subject FILE.zip`: the whole record in one file, for the person it is about.
//!
//! Always true: the file appears under its name only when it is whole, and only its owner can read it; whatever the
//! length of the record, one record and one screenshot are in memory at a time.

use super::subject_archive::{ExportRange, write_archive};
use crate::cli::values;
use crate::commands::reading::require_journal;
use crate::output;
use crate::sign_in::read_access::open_with_fresh_factors;
use agent::AppContext;
use anyhow::Context;
use model::{NoticeCode, UserError};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(super) fn write_subject_file(
    context: &AppContext,
    file: &Path,
    from: Option<&str>,
    to: Option<&str>,
) -> anyhow::Result<ExitCode> {
    require_journal(context)?;
    let day = |text: Option<&str>| {
        text.map(values::parse_utc_day).transpose().map_err(|e| {
            UserError::usage(
                e,
                "For example: uam export --subject mine.zip --from 2026-11-01",
            )
        })
    };
    let (first, last) = (day(from)?, day(to)?);
    if first.zip(last).is_some_and(|(first, last)| first > last) {
        return Err(
            UserError::usage("--to must not be before --from", "Days are UTC days.").into(),
        );
    }
    if file.exists() {
        return Err(UserError::usage(
            format!("{} exists already", file.display()),
            "Give the name of a new file.",
        )
        .into());
    }
    let days = match (first, last) {
        (None, None) => "everything".to_owned(),
        (first, last) => format!(
            "the UTC days {} to {}",
            first.map_or("the first".to_owned(), |d| d.to_string()),
            last.map_or("the last".to_owned(), |d| d.to_string())
        ),
    };
    let text = format!("Exported for the person it is about: {days}.");
    let access = open_with_fresh_factors(context, NoticeCode::Access, &text)?;
    let reader = access.open_reader(context)?;
    let range = ExportRange {
        first,
        last,
        last_seq: reader.last_seq()?,
    };
    let part = PartialFile::new(file)?;
    let out = platform::files::create_private_file(&part.path)
        .with_context(|| format!("cannot write {}", part.path.display()))?;
    let manifest = write_archive(&reader, &range, BufWriter::new(out))?;
    part.commit_file(file)?;
    output::print_line(&format!(
        "Wrote {}: {} and {}. Anyone who has the file can read it; keep it safe.",
        file.display(),
        report::format::format_count(
            manifest.spans + manifest.shots + manifest.notices,
            "record",
            "records"
        ),
        report::format::format_count(manifest.pictures, "screenshot", "screenshots"),
    ));
    Ok(ExitCode::SUCCESS)
}

/// The unfinished file; deleted unless it gets its name.
struct PartialFile {
    path: PathBuf,
}

impl PartialFile {
    fn new(file: &Path) -> anyhow::Result<Self> {
        let mut name = file
            .file_name()
            .context("give the name of a file")?
            .to_owned();
        name.push(".part");
        Ok(Self {
            path: file.with_file_name(name),
        })
    }

    fn commit_file(self, file: &Path) -> anyhow::Result<()> {
        std::fs::rename(&self.path, file)
            .with_context(|| format!("cannot give {} its name", file.display()))
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        // Once it has its name there is nothing to delete.
        let _ = std::fs::remove_file(&self.path);
    }
}

//! The ZIP file for the person the record is about.

use super::subject_rows::{NOTICES_HEADER, notice_row, span_row, spans_header};
use crate::output;
use anyhow::Context;
use data_encoding::HEXLOWER;
use journal::{Reader, UtcDay};
use model::{Record, RecordLine, Timestamp};
use platform::clock::current_time;
use report::csv::csv_writer;
use serde::Serialize;
use sha2::Digest;
use sha2::Sha256;
use std::fs::File;
use std::io::{BufWriter, IsTerminal, Seek, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Records between two lines of progress.
const PROGRESS_INTERVAL: u64 = 5000;

/// `manifest.json`.
#[derive(Debug, Serialize)]
pub(super) struct SubjectManifest {
    /// Version of this file's shape.
    format: u32,
    /// Version of the uam that made it.
    pub(super) uam: &'static str,
    /// Device id of the installation.
    pub(super) device: String,
    /// When it was made.
    #[serde(rename = "made_us")]
    pub(super) made: Timestamp,
    /// First UTC day asked for.
    pub(super) from: Option<String>,
    /// Last UTC day asked for.
    pub(super) to: Option<String>,
    pub(super) spans: u64,
    pub(super) shots: u64,
    pub(super) notices: u64,
    pub(super) pictures: u64,
    /// Screenshots that are not in the file, and why.
    missing: Vec<MissingScreenshot>,
    /// Numbers of the rows that could not be read.
    damaged: Vec<u64>,
    /// Ranges of numbers whose records were erased.
    erased: Vec<(u64, u64)>,
    files: Vec<ArchiveEntry>,
}

#[derive(Debug, Serialize)]
pub(super) struct MissingScreenshot {
    seq: u64,
    why: String,
}

#[derive(Debug, Serialize)]
pub(super) struct ArchiveEntry {
    name: String,
    bytes: u64,
    sha256: String,
}

/// The part of the record to export.
pub(super) struct ExportRange {
    pub(super) first: Option<UtcDay>,
    pub(super) last: Option<UtcDay>,
    /// Later records are left out.
    pub(super) last_seq: u64,
}

impl ExportRange {
    fn time_range(&self) -> std::ops::Range<Timestamp> {
        let from = self.first.map_or(Timestamp::MIN, UtcDay::start);
        let to = self.last.map_or(Timestamp::MAX, UtcDay::end);
        from..to
    }
}

/// A file in the ZIP, counted and hashed as it is written.
struct ArchiveFile<'a, W: Write + Seek> {
    zip: &'a mut ZipWriter<W>,
    name: String,
    bytes: u64,
    sha256: Sha256,
}

impl<W: Write + Seek> ArchiveFile<'_, W> {
    fn finish_entry(self) -> ArchiveEntry {
        ArchiveEntry {
            name: self.name,
            bytes: self.bytes,
            sha256: HEXLOWER.encode(&self.sha256.finalize()),
        }
    }
}

impl<W: Write + Seek> Write for ArchiveFile<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.zip.write(bytes)?;
        self.sha256.update(bytes.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.zip.flush()
    }
}

fn begin_entry<'a, W: Write + Seek>(
    zip: &'a mut ZipWriter<W>,
    name: &str,
    how: CompressionMethod,
) -> anyhow::Result<ArchiveFile<'a, W>> {
    let options = SimpleFileOptions::default()
        .compression_method(how)
        .large_file(true)
        .unix_permissions(0o600);
    zip.start_file(name, options)
        .with_context(|| format!("cannot start {name}"))?;
    Ok(ArchiveFile {
        zip,
        name: name.to_owned(),
        bytes: 0,
        sha256: Sha256::new(),
    })
}

/// Writes the whole ZIP file; its manifest.
pub(super) fn write_archive(
    reader: &Reader,
    range: &ExportRange,
    out: BufWriter<File>,
) -> anyhow::Result<SubjectManifest> {
    let mut manifest = SubjectManifest {
        format: 1,
        uam: env!("CARGO_PKG_VERSION"),
        device: reader.device().to_string(),
        made: current_time(),
        from: range.first.map(|d| d.to_string()),
        to: range.last.map(|d| d.to_string()),
        spans: 0,
        shots: 0,
        notices: 0,
        pictures: 0,
        missing: Vec::new(),
        damaged: Vec::new(),
        erased: reader
            .erased_ranges()?
            .into_iter()
            .map(|e| (e.first_seq, e.last_seq))
            .collect(),
        files: Vec::new(),
    };
    let mut zip = ZipWriter::new(out);
    let mut shots = Vec::new();
    let mut progress = ExportProgress::new();

    let mut to = begin_entry(&mut zip, "records.jsonl", CompressionMethod::Deflated)?;
    visit_lines(reader, range, &mut |line| {
        let line = match line {
            Ok(line) => line,
            Err(seq) => {
                manifest.damaged.push(seq);
                return Ok(());
            }
        };
        progress.count_step("records");
        match &line.record {
            Record::Span(_) => manifest.spans += 1,
            Record::Notice(_) => manifest.notices += 1,
            Record::Shot(shot) => {
                manifest.shots += 1;
                if !shot.redacted {
                    shots.push(line.seq);
                }
            }
        }
        serde_json::to_writer(&mut to, &line)?;
        Ok(to.write_all(b"\n")?)
    })?;
    manifest.files.push(to.finish_entry());

    let spans = write_table(
        &mut zip,
        "spans.csv",
        &spans_header(),
        reader,
        range,
        &span_row,
    )?;
    manifest.files.push(spans);
    let notices = write_table(
        &mut zip,
        "notices.csv",
        &NOTICES_HEADER,
        reader,
        range,
        &notice_row,
    )?;
    manifest.files.push(notices);

    for seq in shots {
        progress.count_step("screenshots");
        match reader.open_screenshot(seq) {
            Ok(picture) => {
                let name = format!("pictures/{seq}.webp");
                let mut to = begin_entry(&mut zip, &name, CompressionMethod::Stored)?;
                to.write_all(&picture)?;
                manifest.files.push(to.finish_entry());
                manifest.pictures += 1;
            }
            Err(e) => manifest.missing.push(MissingScreenshot {
                seq,
                why: e.to_string(),
            }),
        }
    }

    let mut to = begin_entry(&mut zip, "README.txt", CompressionMethod::Deflated)?;
    to.write_all(readme_text(&manifest).as_bytes())?;
    manifest.files.push(to.finish_entry());
    let mut to = begin_entry(&mut zip, "manifest.json", CompressionMethod::Deflated)?;
    to.write_all(report::to_json(&manifest)?.as_bytes())?;
    let mut out = zip.finish().context("cannot finish the file")?;
    out.flush()?;
    out.get_ref().sync_all().context("cannot write the file")?;
    Ok(manifest)
}

/// Writes a table with a row for each record that `to_row` has one for.
fn write_table<W: Write + Seek>(
    zip: &mut ZipWriter<W>,
    name: &str,
    header: &[&str],
    reader: &Reader,
    range: &ExportRange,
    to_row: &dyn Fn(&RecordLine) -> Option<Vec<String>>,
) -> anyhow::Result<ArchiveEntry> {
    let mut to = begin_entry(zip, name, CompressionMethod::Deflated)?;
    let mut table = csv_writer(&mut to);
    table.write_record(header)?;
    visit_lines(
        reader,
        range,
        &mut |line| match line.ok().and_then(|line| to_row(&line)) {
            Some(row) => Ok(table.write_record(row)?),
            None => Ok(()),
        },
    )?;
    table.flush()?;
    drop(table);
    Ok(to.finish_entry())
}

/// Visits every record of the range; an unreadable one by its number. The first error ends the visit.
fn visit_lines(
    reader: &Reader,
    range: &ExportRange,
    visit: &mut dyn FnMut(Result<RecordLine, u64>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut failed = None;
    reader
        .for_each_record(range.time_range(), &mut |line| {
            let line = line.map_err(|damaged| damaged.seq);
            let seq = line.as_ref().map_or_else(|seq| *seq, |line| line.seq);
            if failed.is_none() && seq <= range.last_seq {
                failed = visit(line).err();
            }
        })
        .context("cannot read the journal")?;
    failed.map_or(Ok(()), Err)
}

/// Progress on standard error, where that is a terminal.
struct ExportProgress {
    shown: bool,
    done: u64,
}

impl ExportProgress {
    fn new() -> Self {
        Self {
            shown: std::io::stderr().is_terminal(),
            done: 0,
        }
    }

    fn count_step(&mut self, what: &str) {
        self.done += 1;
        if self.shown && self.done.is_multiple_of(PROGRESS_INTERVAL) {
            output::print_error_text(&format!("… {} {what}\n", self.done));
        }
    }
}

fn readme_text(manifest: &SubjectManifest) -> String {
    format!(
        "The records of this installation of uam ({device}), exported on {made} (UTC) by uam {uam}.\n\
         From: {from}. To: {to}. Days are UTC days.\n\
         \n\
         Anyone who has this file can read all of it.\n\
         \n\
         records.jsonl  Every record, one JSON object a line, as in the journal and in the uploads:\n\
         \x20 schema, device_id, seq (the journal's own number; numbers that are missing were erased, see manifest.json),\n\
         \x20 kind: `span`, `shot` or `notice`.\n\
         \x20 start: microseconds since 1970-01-01 UTC. zone: the time zone in force.\n\
         \x20 span:  dur_us (length in microseconds), state (active, idle, locked, asleep, paused, low-battery, blind, off),\n\
         \x20        window (app, exe, title), counts (hardware: by a person; injected: by a program; keys, left, middle,\n\
         \x20        right, other, scroll, seconds with any of them), protected (a rule held the window back), removed\n\
         \x20        (its owner deleted window and counts).\n\
         \x20 `shot`: the facts of a screenshot: sha256 and bytes of its file, width and height, screen_width and screen_height,\n\
         \x20        blurred, window, removed.\n\
         \x20 notice: code and text: starts, stops, pauses, accesses to the record, deletions, faults.\n\
         spans.csv      The spans as a table. Text that a spreadsheet could take for a formula has an apostrophe in front.\n\
         notices.csv    The notices as a table.\n\
         `pictures/`    The screenshots, named by the number (seq) of their record. Deleted ones are listed\n\
         \x20              in manifest.json under \"missing\".\n\
         manifest.json  Every other file with size and SHA-256, and the number of each kind.\n",
        device = manifest.device,
        made = report::format::format_date_time(manifest.made, "UTC"),
        uam = manifest.uam,
        from = manifest.from.as_deref().unwrap_or("the beginning"),
        to = manifest.to.as_deref().unwrap_or("the present"),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::{Cursor, Read};

    #[test]
    fn files_are_hashed_as_they_are_written() {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let mut to = begin_entry(&mut zip, "a.txt", CompressionMethod::Deflated).unwrap();
        to.write_all(b"hello ").unwrap();
        to.write_all(b"world").unwrap();
        let entry = to.finish_entry();
        assert_eq!(entry.bytes, 11);
        assert_eq!(entry.sha256, upload::sha256_hex(b"hello world"));
        let mut back = zip::ZipArchive::new(zip.finish().unwrap()).unwrap();
        let mut text = String::new();
        back.by_name("a.txt")
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, "hello world");
    }
}

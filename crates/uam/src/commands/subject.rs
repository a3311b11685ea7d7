//! `uam export --subject FILE.zip`: everything, in one file, for the person the record is about.
//!
//! Always true: the file appears under its name only when it is whole, and only its owner can read it; whatever the
//! length of the record, one line and one picture are in memory at a time.

use super::Home;
use crate::{access, output, time};
use anyhow::Context;
use data_encoding::HEXLOWER;
use journal::{Reader, UtcDay};
use model::{MICROS_PER_SECOND, NoticeCode, Record, RecordLine, UserError};
use platform::clock::current_time_us;
use report::csv::escape_formula;
use serde::Serialize;
use sha2::Digest;
use sha2::Sha256;
use std::fs::File;
use std::io::{BufWriter, IsTerminal, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// How often progress is told, in records.
const TOLD_EVERY: u64 = 5000;

/// One day of UTC, in microseconds.
const DAY_US: i64 = 86_400_000_000;

const SPANS_HEADER: &str = "seq,start_utc,end_utc,zone,seconds,state,protected,removed,app,exe,title,keys,left,middle,\
                            right,other,scroll,input_seconds,injected_keys,injected_clicks,injected_scroll";

const NOTICES_HEADER: &str = "seq,at_utc,zone,code,text";

/// `manifest.json`.
#[derive(Debug, Serialize)]
struct Manifest {
    /// Version of this file's shape.
    format: u32,
    /// Which uam made it.
    uam: &'static str,
    /// Which installation.
    device: String,
    /// When it was made, in microseconds since the Unix epoch (UTC).
    made_us: i64,
    /// First UTC day asked for.
    from: Option<String>,
    /// Last UTC day asked for.
    to: Option<String>,
    spans: u64,
    shots: u64,
    notices: u64,
    pictures: u64,
    /// Pictures that are not in here, and why.
    missing: Vec<Missing>,
    /// Numbers of the rows that could not be read.
    damaged: Vec<u64>,
    /// Ranges of numbers whose records were erased.
    erased: Vec<(u64, u64)>,
    files: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Missing {
    seq: u64,
    why: String,
}

#[derive(Debug, Serialize)]
struct Entry {
    name: String,
    bytes: u64,
    sha256: String,
}

/// What is asked for.
struct Range {
    first: Option<UtcDay>,
    last: Option<UtcDay>,
    /// What comes later while it is made is not in it.
    last_seq: u64,
}

impl Range {
    fn us(&self) -> std::ops::Range<i64> {
        let from = self.first.map_or(i64::MIN, UtcDay::start_us);
        let to = self
            .last
            .map_or(i64::MAX, |day| day.start_us().saturating_add(DAY_US));
        from..to
    }
}

pub(super) fn run(
    home: &Home,
    file: &Path,
    from: Option<&str>,
    to: Option<&str>,
) -> anyhow::Result<ExitCode> {
    super::recorded(home)?;
    let day = |text: Option<&str>| {
        text.map(time::parse_utc_day).transpose().map_err(|e| {
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
    let access = access::fresh(home, NoticeCode::Access, &text)?;
    let reader = access.open_reader(home)?;
    let range = Range {
        first,
        last,
        last_seq: reader.last_seq()?,
    };
    let part = Part::new(file)?;
    let out = platform::files::create_private_file(&part.path)
        .with_context(|| format!("cannot write {}", part.path.display()))?;
    let manifest = write(&reader, &range, BufWriter::new(out))?;
    part.keep(file)?;
    output::line(&format!(
        "Wrote {}: {} and {}. It is readable for whoever has it; keep it well.",
        file.display(),
        report::text::format_count(
            manifest.spans + manifest.shots + manifest.notices,
            "record",
            "records"
        ),
        report::text::format_count(manifest.pictures, "picture", "pictures"),
    ));
    Ok(ExitCode::SUCCESS)
}

/// The file while it is made; gone unless it is kept.
struct Part {
    path: PathBuf,
}

impl Part {
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

    fn keep(self, file: &Path) -> anyhow::Result<()> {
        std::fs::rename(&self.path, file)
            .with_context(|| format!("cannot give {} its name", file.display()))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // After it got its name nothing is left to remove.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// A file in the ZIP, counted and hashed on its way.
struct Filling<'a, W: Write + Seek> {
    zip: &'a mut ZipWriter<W>,
    name: String,
    bytes: u64,
    sha256: Sha256,
}

impl<W: Write + Seek> Filling<'_, W> {
    fn done(self) -> Entry {
        Entry {
            name: self.name,
            bytes: self.bytes,
            sha256: HEXLOWER.encode(&self.sha256.finalize()),
        }
    }
}

impl<W: Write + Seek> Write for Filling<'_, W> {
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

fn begin<'a, W: Write + Seek>(
    zip: &'a mut ZipWriter<W>,
    name: &str,
    how: CompressionMethod,
) -> anyhow::Result<Filling<'a, W>> {
    let options = SimpleFileOptions::default()
        .compression_method(how)
        .large_file(true)
        .unix_permissions(0o600);
    zip.start_file(name, options)
        .with_context(|| format!("cannot begin {name}"))?;
    Ok(Filling {
        zip,
        name: name.to_owned(),
        bytes: 0,
        sha256: Sha256::new(),
    })
}

fn write(reader: &Reader, range: &Range, out: BufWriter<File>) -> anyhow::Result<Manifest> {
    let mut manifest = Manifest {
        format: 1,
        uam: env!("CARGO_PKG_VERSION"),
        device: reader.device().to_string(),
        made_us: current_time_us(),
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
    let mut progress = Progress::new();

    let mut to = begin(&mut zip, "records.jsonl", CompressionMethod::Deflated)?;
    each(reader, range, &mut |line| {
        let line = match line {
            Ok(line) => line,
            Err(seq) => {
                manifest.damaged.push(seq);
                return Ok(());
            }
        };
        progress.step("records");
        match &line.record {
            Record::Span(_) => manifest.spans += 1,
            Record::Notice(_) => manifest.notices += 1,
            Record::Shot(shot) => {
                manifest.shots += 1;
                if !shot.removed {
                    shots.push(line.seq);
                }
            }
        }
        serde_json::to_writer(&mut to, &line)?;
        Ok(to.write_all(b"\n")?)
    })?;
    manifest.files.push(to.done());

    let mut to = begin(&mut zip, "spans.csv", CompressionMethod::Deflated)?;
    to.write_all(format!("{SPANS_HEADER}\r\n").as_bytes())?;
    each(
        reader,
        range,
        &mut |line| match line.ok().and_then(|l| span_row(&l)) {
            Some(row) => Ok(to.write_all(row.as_bytes())?),
            None => Ok(()),
        },
    )?;
    manifest.files.push(to.done());

    let mut to = begin(&mut zip, "notices.csv", CompressionMethod::Deflated)?;
    to.write_all(format!("{NOTICES_HEADER}\r\n").as_bytes())?;
    each(
        reader,
        range,
        &mut |line| match line.ok().and_then(|l| notice_row(&l)) {
            Some(row) => Ok(to.write_all(row.as_bytes())?),
            None => Ok(()),
        },
    )?;
    manifest.files.push(to.done());

    for seq in shots {
        progress.step("pictures");
        match reader.open_screenshot(seq) {
            Ok(picture) => {
                let name = format!("pictures/{seq}.webp");
                let mut to = begin(&mut zip, &name, CompressionMethod::Stored)?;
                to.write_all(&picture)?;
                manifest.files.push(to.done());
                manifest.pictures += 1;
            }
            Err(e) => manifest.missing.push(Missing {
                seq,
                why: e.to_string(),
            }),
        }
    }

    let mut to = begin(&mut zip, "README.txt", CompressionMethod::Deflated)?;
    to.write_all(readme(&manifest).as_bytes())?;
    manifest.files.push(to.done());
    let mut to = begin(&mut zip, "manifest.json", CompressionMethod::Deflated)?;
    to.write_all(report::to_json(&manifest)?.as_bytes())?;
    let mut out = zip.finish().context("cannot finish the file")?;
    out.flush()?;
    out.get_ref().sync_all().context("cannot write the file")?;
    Ok(manifest)
}

/// Every line of the range; of one that cannot be read its number. What went wrong first ends it.
fn each(
    reader: &Reader,
    range: &Range,
    visit: &mut dyn FnMut(Result<RecordLine, u64>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut failed = None;
    reader
        .for_each_record(range.us(), &mut |line| {
            let line = line.map_err(|damaged| damaged.seq);
            let seq = line.as_ref().map_or_else(|seq| *seq, |line| line.seq);
            if failed.is_none() && seq <= range.last_seq {
                failed = visit(line).err();
            }
        })
        .context("cannot read the journal")?;
    failed.map_or(Ok(()), Err)
}

fn utc(at_us: i64) -> String {
    jiff::Timestamp::from_microsecond(at_us).map_or_else(|_| at_us.to_string(), |t| t.to_string())
}

/// A cell that is harmless in a terminal and in a spreadsheet.
fn safe(text: &str) -> String {
    escape_formula(&model::to_printable(text, model::MAX_TITLE_BYTES))
}

fn span_row(line: &RecordLine) -> Option<String> {
    let Record::Span(span) = &line.record else {
        return None;
    };
    let (app, exe, title) = match &span.window {
        Some(w) => (safe(&w.app), safe(&w.exe), safe(&w.title)),
        None => Default::default(),
    };
    let (own, injected) = (span.counts.hardware, span.counts.injected);
    let cells = [
        line.seq.to_string(),
        utc(span.start_us),
        utc(span.end_us()),
        safe(&span.zone),
        format!(
            "{}.{:06}",
            span.dur_us / MICROS_PER_SECOND,
            span.dur_us % MICROS_PER_SECOND
        ),
        span.state.word().to_owned(),
        yes(span.protected).to_owned(),
        yes(span.removed).to_owned(),
        app,
        exe,
        title,
        own.keys.to_string(),
        own.left.to_string(),
        own.middle.to_string(),
        own.right.to_string(),
        own.other.to_string(),
        own.scroll.to_string(),
        own.seconds.to_string(),
        injected.keys.to_string(),
        injected.clicks().to_string(),
        injected.scroll.to_string(),
    ];
    Some(format!("{}\r\n", cells.join(",")))
}

fn notice_row(line: &RecordLine) -> Option<String> {
    let Record::Notice(notice) = &line.record else {
        return None;
    };
    let cells = [
        line.seq.to_string(),
        utc(notice.at_us),
        safe(&notice.zone),
        notice.code.to_string(),
        escape_formula(&model::to_printable(&notice.text, 16_384)),
    ];
    Some(format!("{}\r\n", cells.join(",")))
}

fn yes(flag: bool) -> &'static str {
    if flag { "yes" } else { "" }
}

fn readme(manifest: &Manifest) -> String {
    format!(
        "What uam recorded on this installation ({device}), made on {made} (UTC) by uam {uam}.\n\
         From: {from}. To: {to}. Days are UTC days.\n\
         \n\
         Anybody who has this file can read all of it.\n\
         \n\
         records.jsonl  Every record, one JSON object a line, as it lies in the journal and was sent:\n\
         \x20 schema, device_id, seq (the journal's own number; numbers that are missing were erased, see manifest.json),\n\
         \x20 kind: span, shot or notice.\n\
         \x20 start: microseconds since 1970-01-01 UTC. zone: the time zone in force.\n\
         \x20 span:  dur_us (length in microseconds), state (active, idle, locked, asleep, paused, low-battery, blind, off),\n\
         \x20        window (app, exe, title), counts (hardware: by a person; injected: by a program; keys, left, middle,\n\
         \x20        right, other, scroll, seconds with any of them), protected (a rule held the window back), removed\n\
         \x20        (its owner took window and counts out).\n\
         \x20 shot:  a picture's facts: sha256 and bytes of the picture, width and height, screen_width and screen_height,\n\
         \x20        blurred, window, removed.\n\
         \x20 notice: code and text: starts, stops, pauses, who looked at the record, what was removed, what went wrong.\n\
         spans.csv      The spans as a table. Text that a spreadsheet could take for a formula has an apostrophe in front.\n\
         notices.csv    The notices as a table.\n\
         pictures/      The pictures, named by the number (seq) of their shot. Those that are not here any more are listed\n\
         \x20              in manifest.json under \"missing\".\n\
         manifest.json  Every other file with size and SHA-256, and how much there is of what.\n",
        device = manifest.device,
        made = agent::redaction::format_date_time(manifest.made_us, "UTC"),
        uam = manifest.uam,
        from = manifest.from.as_deref().unwrap_or("the beginning"),
        to = manifest.to.as_deref().unwrap_or("the present"),
    )
}

/// On standard error, for whoever sits before a terminal.
struct Progress {
    shown: bool,
    done: u64,
}

impl Progress {
    fn new() -> Self {
        Self {
            shown: std::io::stderr().is_terminal(),
            done: 0,
        }
    }

    fn step(&mut self, what: &str) {
        self.done += 1;
        if self.shown && self.done.is_multiple_of(TOLD_EVERY) {
            output::err(&format!("… {} {what}\n", self.done));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use model::{Counts, Coverage, DeviceId, Notice, Span, WindowInfo};
    use std::io::{Cursor, Read};
    use std::sync::Arc;

    fn line(record: Record) -> RecordLine {
        RecordLine {
            schema: 1,
            device_id: DeviceId::from_bytes([1; 16]),
            seq: 7,
            record,
        }
    }

    #[test]
    fn every_row_has_every_column_and_no_formula() {
        let span = line(Record::Span(Span {
            start_us: 1_790_000_000_000_000,
            dur_us: 1_500_000,
            zone: "UTC".into(),
            state: Coverage::Active,
            protected: false,
            removed: false,
            window: Some(Arc::new(WindowInfo {
                app: "Editor".into(),
                exe: "/bin/e".into(),
                title: "=HYPERLINK()".into(),
            })),
            counts: Counts::default(),
        }));
        let row = span_row(&span).unwrap();
        let cells: Vec<&str> = row.trim_end().split(',').collect();
        assert_eq!(cells.len(), SPANS_HEADER.split(',').count());
        assert_eq!(cells[10], "'=HYPERLINK()");
        assert_eq!(cells[1], "2026-09-21T14:13:20Z");
        assert_eq!(cells[4], "1.500000");
        let notice = line(Record::Notice(Notice {
            at_us: 0,
            zone: "UTC".into(),
            code: NoticeCode::Removed,
            text: "a, b".into(),
        }));
        assert_eq!(
            notice_row(&notice).unwrap(),
            "7,1970-01-01T00:00:00Z,UTC,removed,\"a, b\"\r\n"
        );
        assert!(span_row(&notice).is_none() && notice_row(&span).is_none());
    }

    #[test]
    fn files_are_hashed_as_they_are_written() {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let mut to = begin(&mut zip, "a.txt", CompressionMethod::Deflated).unwrap();
        to.write_all(b"hello ").unwrap();
        to.write_all(b"world").unwrap();
        let entry = to.done();
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

//! Days as a file, written by the functions of `uam report` and `uam export --ics`.

use super::{now_and_zone, view_options};
use crate::backend::{Backend, BackendError, ReportConfig};
use crate::text::{MAX_SENTENCE, printable_text};
use jiff::civil::Date;
use journal::{JournalError, Reader};
use model::Timestamp;
use report::GroupBy;
use report::printable::{self, Cover, MOST_LANES};
use report::query::DaysQuery;
use report::{DayReport, Overview, PrintableReport, ViewOptions, csv, ics, query};
use std::ops::RangeInclusive;
use std::time::Duration;
use strum::{EnumString, IntoStaticStr};

/// Work blocks shorter than this are no event in a calendar.
const MIN_BLOCK: Duration = Duration::from_secs(5 * 60);

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub(crate) enum ExportFormat {
    Csv,
    Json,
    Html,
    Pdf,
    Ics,
}

impl ExportFormat {
    fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Html => "text/html; charset=utf-8",
            Self::Pdf => "application/pdf",
            Self::Ics => "text/calendar; charset=utf-8",
        }
    }
}

/// A file to download.
pub(crate) struct ExportFile {
    /// Made of its days only.
    pub(crate) name: String,
    pub(crate) media: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// Everything a file is written from.
struct ExportSource<'a> {
    reader: &'a Reader,
    config: &'a ReportConfig,
    days: &'a RangeInclusive<Date>,
    options: ViewOptions,
    zone: String,
    /// Until when the journal is complete.
    known: Timestamp,
    /// When the file is written.
    written: Timestamp,
}

impl ExportSource<'_> {
    /// The only day asked for; `None` for a longer period.
    fn single_day(&self) -> Option<Date> {
        (self.days.start() == self.days.end()).then_some(*self.days.start())
    }

    fn query(&self) -> DaysQuery<'_> {
        DaysQuery {
            days: self.days.clone(),
            view: self.options,
            rules: Some(&self.config.meaning),
            now: self.known,
            zone: &self.zone,
        }
    }

    fn read_day(&self, day: Date) -> Result<DayReport, JournalError> {
        let mut report = query::read_day(self.reader, self.options, day, self.known, &self.zone)?;
        self.config.meaning.classify_day(&mut report);
        Ok(report)
    }

    fn read_totals(&self) -> Result<report::DaysReport, JournalError> {
        query::read_days(self.reader, &self.query(), &mut |_| {})
    }

    fn read_overview(&self) -> Result<Overview, JournalError> {
        query::read_overview(self.reader, &self.query(), &mut |_| {})
    }

    fn build_report(&self) -> Result<PrintableReport, JournalError> {
        let (first, last) = (self.days.start(), self.days.end());
        let length = first.until(*last).map_or(0, |span| span.get_days());
        // A long period is printed without timelines: its totals are enough.
        let overview = match usize::try_from(length) {
            Ok(length) if length >= MOST_LANES => Overview::of(self.read_totals()?),
            _ => self.read_overview()?,
        };
        let cover = Cover {
            version: self.config.version.to_owned(),
            made: self.written,
            zone: self.zone.clone(),
            starts: self.options.starts,
            merge: self.options.merge,
            projects: self.config.meaning.has_projects(),
            ..Cover::default()
        };
        Ok(PrintableReport::new(&overview, cover))
    }

    fn build_calendar(&self) -> Result<String, JournalError> {
        let by = match self.config.meaning.has_projects() {
            true => GroupBy::Project,
            false => GroupBy::Category,
        };
        let blocks = self.read_overview()?.blocks(by, MIN_BLOCK);
        let device = self.reader.device().as_str();
        let version = self.config.version;
        Ok(ics::render_ics(&blocks, by, device, self.written, version))
    }

    fn write(&self, format: ExportFormat) -> Result<Vec<u8>, BackendError> {
        Ok(match (format, self.single_day()) {
            (ExportFormat::Csv, Some(day)) => csv::write_day_csv(&self.read_day(day)?).into_bytes(),
            (ExportFormat::Csv, None) => csv::write_days_csv(&self.read_totals()?).into_bytes(),
            (ExportFormat::Json, Some(day)) => report::to_json(&self.read_day(day)?)
                .map_err(write_failed)?
                .into_bytes(),
            (ExportFormat::Json, None) => report::to_json(&self.read_totals()?)
                .map_err(write_failed)?
                .into_bytes(),
            (ExportFormat::Html, _) => printable::render_html(&self.build_report()?).into_bytes(),
            (ExportFormat::Pdf, _) => {
                printable::render_pdf(&self.build_report()?, self.written).map_err(write_failed)?
            }
            (ExportFormat::Ics, _) => self.build_calendar()?.into_bytes(),
        })
    }
}

fn write_failed(error: impl std::fmt::Display) -> BackendError {
    BackendError::Failed(printable_text(&error.to_string(), MAX_SENTENCE))
}

pub(crate) fn export_days(
    backend: &mut dyn Backend,
    days: &RangeInclusive<Date>,
    format: ExportFormat,
    merge_s: u64,
) -> Result<ExportFile, BackendError> {
    let (first, last) = (days.start(), days.end());
    let config = backend.report_config()?;
    let extension: &str = format.into();
    let (file_stem, period) = match first == last {
        true => (format!("uam-{first}"), first.to_string()),
        false => (
            format!("uam-{first}-to-{last}"),
            format!("{first} to {last}"),
        ),
    };
    let kind = extension.to_uppercase();
    let reader = backend.open_reader(&format!("{period} as a {kind} file, on the page"))?;
    let (written, zone) = now_and_zone();
    let source = ExportSource {
        known: query::known_until(reader, written)?,
        reader,
        options: view_options(&config, merge_s),
        config: &config,
        days,
        zone,
        written,
    };
    Ok(ExportFile {
        name: format!("{file_stem}.{extension}"),
        media: format.media_type(),
        bytes: source.write(format)?,
    })
}

//! Days as a file: what `uam report` and `uam export --ics` write, by the same functions.

use crate::api::day::{failed, present, text, until, view};
use crate::backend::{Desk, Refused};
use jiff::civil::Date;
use report::overview::By;
use report::sheet::{self, Letter, MOST_LANES};
use report::{Overview, Sheet, csv, ics, query};
use std::ops::RangeInclusive;

/// Blocks of work shorter than this (microseconds) are no event in a calendar.
const SHORTEST_BLOCK: u64 = 5 * 60 * 1_000_000;

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Csv,
    Json,
    Html,
    Pdf,
    Ics,
}

impl Form {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        let all = [Self::Csv, Self::Json, Self::Html, Self::Pdf, Self::Ics];
        all.into_iter().find(|form| form.word() == word)
    }

    /// Its word, which is the file's ending too.
    fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Html => "html",
            Self::Pdf => "pdf",
            Self::Ics => "ics",
        }
    }

    fn media(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Html => "text/html; charset=utf-8",
            Self::Pdf => "application/pdf",
            Self::Ics => "text/calendar; charset=utf-8",
        }
    }
}

/// A file to be downloaded.
pub(crate) struct File {
    /// Made of its days alone.
    pub(crate) name: String,
    pub(crate) media: &'static str,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) fn export(
    desk: &mut dyn Desk,
    days: &RangeInclusive<Date>,
    form: Form,
    merge_s: u64,
) -> Result<File, Refused> {
    let (first, last) = (*days.start(), *days.end());
    let telling = desk.telling()?;
    let word = form.word();
    let capitals = word.to_uppercase();
    let name = match first == last {
        true => format!("uam-{first}.{word}"),
        false => format!("uam-{first}-to-{last}.{word}"),
    };
    let what = match first == last {
        true => format!("{first} as a {capitals} file, on the page"),
        false => format!("{first} to {last} as a {capitals} file, on the page"),
    };
    let reader = desk.look(&what)?;
    let (made_us, zone) = present();
    let view = view(&telling, merge_s);
    let meaning = &*telling.meaning;
    let now_us = until(reader, made_us).map_err(|e| failed(&e))?;
    let totals = || query::totals(reader, (view, meaning), days, now_us, &zone, &mut |_| {});
    let overview = || query::overview(reader, (view, meaning), days, now_us, &zone, &mut |_| {});
    let one = || {
        let mut day = query::day_in(reader, view, first, now_us, &zone)?;
        meaning.tell_day(&mut day);
        Ok(day)
    };
    let sheet = || {
        let count = first.until(last).map_or(0, |span| span.get_days());
        // A long time has no time lines, so that its sums are enough.
        let overview = match usize::try_from(count) {
            Ok(count) if count >= MOST_LANES => Overview::of(totals()?),
            _ => overview()?,
        };
        let letter = Letter {
            version: telling.version.to_owned(),
            made_us,
            zone: zone.clone(),
            starts: view.starts,
            merge_us: view.merge_us,
            projects: meaning.has_projects(),
            ..Letter::default()
        };
        Ok(Sheet::new(&overview, letter))
    };
    let lost = |e: &journal::JournalError| failed(e);
    let told = |e: &dyn std::fmt::Display| Refused::Failed(text(&e.to_string(), 400));
    let bytes = match (form, first == last) {
        (Form::Csv, true) => csv::day(&one().map_err(|e| lost(&e))?).into_bytes(),
        (Form::Csv, false) => csv::days(&totals().map_err(|e| lost(&e))?).into_bytes(),
        (Form::Json, true) => report::to_json(&one().map_err(|e| lost(&e))?)
            .map_err(|e| told(&e))?
            .into_bytes(),
        (Form::Json, false) => report::to_json(&totals().map_err(|e| lost(&e))?)
            .map_err(|e| told(&e))?
            .into_bytes(),
        (Form::Html, _) => sheet::html::html(&sheet().map_err(|e| lost(&e))?).into_bytes(),
        (Form::Pdf, _) => {
            sheet::pdf::pdf(&sheet().map_err(|e| lost(&e))?, made_us).map_err(|e| told(&e))?
        }
        (Form::Ics, _) => {
            let by = match meaning.has_projects() {
                true => By::Project,
                false => By::Category,
            };
            let blocks = overview().map_err(|e| lost(&e))?.blocks(by, SHORTEST_BLOCK);
            let device = reader.device().as_str();
            ics::calendar(&blocks, by, device, made_us, telling.version).into_bytes()
        }
    };
    Ok(File {
        name,
        media: form.media(),
        bytes,
    })
}

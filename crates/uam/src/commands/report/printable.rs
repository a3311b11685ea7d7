//! `uam report --html FILE --pdf FILE`: the printable report.

use super::days::{parse_day_argument, requested_period};
use super::read::{known_until, read_overview, read_totals};
use crate::cli::ReportArgs;
use crate::commands::reading::open_reader;
use crate::output;
use agent::AppContext;
use anyhow::Context;
use image::codecs::jpeg::JpegEncoder;
use journal::Reader;
use model::{Record, UserError};
use platform::clock::current_time;
use platform::timezone::current_zone_name;
use report::printable::{self, Cover, MOST_LANES, MOST_SCREENSHOTS, ReportScreenshot};
use report::query::DaysQuery;
use report::{ClassificationRules, Overview, PrintableReport, ViewOptions};
use std::path::Path;
use std::process::ExitCode;

/// Of JPEGs in a PDF: text in them stays easy to read.
const QUALITY: u8 = 82;

pub(super) fn run(
    context: &AppContext,
    args: &ReportArgs,
    view: ViewOptions,
    meaning: &ClassificationRules,
) -> anyhow::Result<ExitCode> {
    let days = match requested_period(args)? {
        Some(days) => days,
        None => {
            let day = parse_day_argument(&args.day)?;
            day..=day
        }
    };
    if args.cover.shots.len() > MOST_SCREENSHOTS {
        return Err(UserError::usage(
            format!("a printable report holds at most {MOST_SCREENSHOTS} screenshots"),
            "Choose the ones that matter.",
        )
        .into());
    }
    let reader = open_reader(
        context,
        &format!("a printable report of {} to {}", days.start(), days.end()),
    )?;
    let made = current_time();
    let now = known_until(&reader, made)?;
    let long = days
        .start()
        .until(*days.end())
        .map_or(0, |span| span.get_days());
    // A long time has no time lines, so that its sums may be enough.
    let query = DaysQuery {
        days,
        view,
        rules: Some(meaning),
        now,
        zone: &current_zone_name(),
    };
    let overview = match usize::try_from(long) {
        Ok(long) if long >= MOST_LANES => Overview::of(read_totals(&reader, &query)?),
        _ => read_overview(&reader, &query)?,
    };
    let cover = |screenshots| Cover {
        client: args.cover.client.clone(),
        author: args.cover.author.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made,
        zone: current_zone_name().to_string(),
        starts: view.starts,
        merge: view.merge,
        projects: meaning.has_projects(),
        screenshots,
    };
    let screenshots = load_screenshots(&reader, &args.cover.shots)?;
    if let Some(file) = &args.html {
        let report = PrintableReport::new(&overview, cover(screenshots.clone()));
        write_file(file, printable::render_html(&report).as_bytes())?;
    }
    if let Some(file) = &args.pdf {
        let screenshots: anyhow::Result<Vec<ReportScreenshot>> =
            screenshots.into_iter().map(encode_jpeg).collect();
        let report = PrintableReport::new(&overview, cover(screenshots?));
        let bytes = printable::render_pdf(&report, made)?;
        write_file(file, &bytes)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn write_file(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))?;
    output::print_line(&format!("Saved {}", file.display()));
    Ok(())
}

fn load_screenshots(reader: &Reader, wanted: &[u64]) -> anyhow::Result<Vec<ReportScreenshot>> {
    wanted
        .iter()
        .map(|seq| load_screenshot(reader, *seq))
        .collect()
}

fn load_screenshot(reader: &Reader, seq: u64) -> anyhow::Result<ReportScreenshot> {
    let found = reader
        .read_after(seq.saturating_sub(1), 1)
        .context("cannot read the journal")?;
    let shot = match found.lines.into_iter().next() {
        Some(line) if line.seq == seq => match line.record {
            Record::Shot(shot) if !shot.redacted => Some(shot),
            _ => None,
        },
        _ => None,
    };
    let shot = shot.ok_or_else(|| {
        UserError::usage(
            format!("there is no screenshot {seq}"),
            "`uam shots` lists them with their numbers.",
        )
    })?;
    let window = shot.window.as_ref();
    Ok(ReportScreenshot {
        seq,
        at: shot.at,
        zone: shot.zone.to_string(),
        window: window.map_or_else(String::new, |w| {
            report::format::window_label(&w.app, &w.title)
        }),
        width: shot.width,
        height: shot.height,
        media: shot.media,
        bytes: reader
            .open_screenshot(seq)
            .with_context(|| format!("cannot open screenshot {seq}"))?,
    })
}

/// The screenshot as JPEG, because a PDF cannot hold WebP.
fn encode_jpeg(picture: ReportScreenshot) -> anyhow::Result<ReportScreenshot> {
    let wrong = || format!("cannot read screenshot {}", picture.seq);
    let pixels = image::load_from_memory(&picture.bytes)
        .with_context(wrong)?
        .to_rgb8();
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .encode_image(&pixels)
        .with_context(wrong)?;
    Ok(ReportScreenshot {
        width: pixels.width(),
        height: pixels.height(),
        media: "image/jpeg".to_owned(),
        bytes,
        ..picture
    })
}

//! A printable report as a PDF: A4, text that can be selected, fonts inside.

use super::colours::Colour;
use super::cover::ReportScreenshot;
use super::document::PrintableReport;
use super::pdf_page::PdfError;
use super::pdf_page::{Canvas, LEFT, RIGHT, TextStyle, Weight};
use super::tables::{UsageTable, UsageTableRow};
use super::timelines::PrintedTimeline;
use crate::format::{format_percent, format_seconds};

const TEXT: Colour = Colour(0x1d, 0x27, 0x33);
const SOFT: Colour = Colour(0x56, 0x63, 0x74);
const RULE: Colour = Colour(0xc3, 0xcc, 0xd5);
const FAINT: Colour = Colour(0xe6, 0xeb, 0xef);
const GROUND: Colour = Colour(0xf8, 0xf9, 0xfa);
const PLAIN_BAR: Colour = Colour(0x7f, 0x8f, 0xa0);
const ACTIVE: Colour = Colour(0x3d, 0x4a, 0x59);
const IDLE: Colour = Colour(0xc5, 0xce, 0xd7);

const WIDTH: f32 = RIGHT - LEFT;
/// Height of a table's row.
const LINE: f32 = 15.0;

const fn ink(weight: Weight, size: f32, tint: Colour) -> TextStyle {
    TextStyle { weight, size, tint }
}

const BODY: TextStyle = ink(Weight::Regular, 9.0, TEXT);
const QUIET: TextStyle = ink(Weight::Regular, 9.0, SOFT);
const STRONG: TextStyle = ink(Weight::Bold, 9.0, TEXT);
const SMALL: TextStyle = ink(Weight::Regular, 7.5, SOFT);
const HEADING: TextStyle = ink(Weight::Bold, 11.5, TEXT);

/// The content of the PDF file. Screenshots must be JPEGs in RGB.
///
/// # Errors
/// When the fonts in the program cannot be read, or there is more of something than a PDF can count.
pub fn render_pdf(report: &PrintableReport, made_us: i64) -> Result<Vec<u8>, PdfError> {
    let mut canvas = Canvas::new()?;
    head(&mut canvas, report);
    if report.tables.iter().all(|table| table.rows.is_empty()) {
        canvas.y += 30.0;
        canvas.rect(LEFT, canvas.y, WIDTH, 44.0, GROUND);
        canvas.text(
            LEFT + 16.0,
            canvas.y + 26.0,
            "Nothing was recorded in this time.",
            QUIET,
        );
        canvas.y += 44.0;
    }
    for table in report.tables.iter().filter(|table| !table.rows.is_empty()) {
        usage(&mut canvas, table);
    }
    periods(&mut canvas, report);
    lanes(&mut canvas, report);
    states(&mut canvas, report);
    pictures(&mut canvas, report);
    notes(&mut canvas, report);
    signatures(&mut canvas, report);
    let title = format!("{} · {}", report.title, report.range);
    let foot = format!("{} · {title}", report.foot);
    canvas.finish(&title, &foot, SMALL, made_us)
}

fn head(canvas: &mut Canvas, report: &PrintableReport) {
    let large = ink(Weight::Bold, 21.0, TEXT);
    canvas.y += 16.0;
    for line in canvas.wrap(&report.title, WIDTH, large).iter().take(3) {
        canvas.text(LEFT, canvas.y, line, large);
        canvas.y += 25.0;
    }
    canvas.text(
        LEFT,
        canvas.y - 4.0,
        &report.range,
        ink(Weight::Regular, 12.0, SOFT),
    );
    canvas.y += 16.0;
    canvas.line((LEFT, canvas.y), (RIGHT, canvas.y), RULE);
    canvas.y += 18.0;
    // Three to a row, and no single one below them.
    let places = if report.facts.len() == 4 { 4 } else { 3 };
    let column = WIDTH / places as f32;
    for row in report.facts.chunks(places) {
        let mut lines = 1;
        for (n, (name, value)) in row.iter().enumerate() {
            let x = LEFT + column * n as f32;
            canvas.text(x, canvas.y, name, SMALL);
            let wrapped = canvas.wrap(value, column - 14.0, BODY);
            lines = lines.max(wrapped.len().min(3));
            for (k, line) in wrapped.iter().take(3).enumerate() {
                canvas.text(x, canvas.y + 12.5 * (k + 1) as f32, line, BODY);
            }
        }
        canvas.y += 16.0 + 12.5 * lines as f32;
    }
    canvas.y -= 4.0;
    canvas.line((LEFT, canvas.y), (RIGHT, canvas.y), RULE);
    canvas.y += 30.0;
    let column = WIDTH / report.figures.len().max(3) as f32;
    for (n, (value, name)) in report.figures.iter().enumerate() {
        let x = LEFT + column * n as f32;
        canvas.text(x, canvas.y, value, ink(Weight::Bold, 16.0, TEXT));
        canvas.text(x, canvas.y + 13.0, name, QUIET);
    }
    canvas.y += 13.0;
}

/// A heading, with room for something below it.
fn heading(canvas: &mut Canvas, text: &str, below: f32) {
    canvas.need(44.0 + below);
    canvas.y += 34.0;
    canvas.text(LEFT, canvas.y, text, HEADING);
    canvas.y += 8.0;
}

/// A column's name, its edge, and whether it ends there.
type PdfColumn<'a> = (&'a str, f32, bool);

fn cell(canvas: &mut Canvas, (_, x, ends): PdfColumn, text: &str, of: TextStyle) {
    let y = canvas.y;
    if ends {
        canvas.text_to(x, y, text, of);
    } else {
        canvas.text(x, y, text, of);
    }
}

fn columns(canvas: &mut Canvas, columns: &[PdfColumn]) {
    canvas.y += 12.0;
    for column in columns {
        cell(canvas, *column, column.0, SMALL);
    }
    canvas.y += 5.0;
    canvas.line((LEFT, canvas.y), (RIGHT, canvas.y), RULE);
}

/// Begins a row, on a new page with the columns' names again if need be.
fn row(canvas: &mut Canvas, heads: &[PdfColumn], is_first: bool) {
    if canvas.need(LINE + 4.0) {
        columns(canvas, heads);
    } else if !is_first {
        canvas.line((LEFT, canvas.y), (RIGHT, canvas.y), FAINT);
    }
    canvas.y += 10.8;
}

/// Ends a row.
fn end(canvas: &mut Canvas) {
    canvas.y += LINE - 10.8;
}

fn total(canvas: &mut Canvas, heads: &[PdfColumn]) {
    row(canvas, heads, true);
    canvas.line((LEFT, canvas.y - 10.8), (RIGHT, canvas.y - 10.8), RULE);
}

fn usage(canvas: &mut Canvas, table: &UsageTable) {
    let heads: [PdfColumn; 5] = [
        ("Name", LEFT, false),
        ("Share", RIGHT - 174.0, true),
        ("Active", RIGHT - 116.0, true),
        ("Idle", RIGHT - 58.0, true),
        ("Total", RIGHT, true),
    ];
    // A short table is not torn apart.
    let lines = table.rows.len().min(12) + 1;
    heading(canvas, table.title, 22.0 + LINE * lines as f32);
    columns(canvas, &heads);
    let longest = table
        .rows
        .iter()
        .map(|row| row.share)
        .max()
        .unwrap_or(0)
        .max(1);
    let line = |canvas: &mut Canvas, row: &UsageTableRow, name: TextStyle, number: TextStyle| {
        let [active, idle, total] = row.seconds.map(format_seconds);
        let mut x = LEFT;
        if let Some(tint) = row.tint {
            canvas.rect(x, canvas.y - 6.6, 7.0, 7.0, tint);
            x += 13.0;
        }
        let text = canvas.fit(&row.name, LEFT + 178.0 - x, name);
        canvas.text(x, canvas.y, &text, name);
        let share = if number.weight == Weight::Bold {
            STRONG
        } else {
            QUIET
        };
        for (column, (text, of)) in heads[1..].iter().zip([
            (format_percent(row.share), share),
            (active, number),
            (idle, number),
            (total, number),
        ]) {
            cell(canvas, *column, &text, of);
        }
    };
    for (n, of) in table.rows.iter().enumerate() {
        row(canvas, &heads, n == 0);
        line(canvas, of, BODY, BODY);
        let bar = 90.0 * of.share as f32 / longest as f32;
        let y = canvas.y - 6.4;
        canvas.rect(
            LEFT + 190.0,
            y,
            bar.max(0.5),
            6.5,
            of.tint.unwrap_or(PLAIN_BAR),
        );
        end(canvas);
    }
    total(canvas, &heads);
    line(canvas, &table.total, STRONG, STRONG);
    end(canvas);
}

fn periods(canvas: &mut Canvas, report: &PrintableReport) {
    if report.periods.is_empty() {
        return;
    }
    let heads: [PdfColumn; 5] = [
        ("Name", LEFT, false),
        ("At the desk", LEFT + 96.0, false),
        ("Active, by category", LEFT + 176.0, false),
        ("Active", RIGHT - 58.0, true),
        ("Idle", RIGHT, true),
    ];
    heading(canvas, report.period, 52.0);
    columns(canvas, &heads);
    let mut sum = [0, 0];
    for (n, period) in report.periods.iter().enumerate() {
        row(canvas, &heads, n == 0);
        cell(canvas, heads[0], &period.name, BODY);
        cell(canvas, heads[1], &period.when, QUIET);
        let mut x = heads[2].1;
        for (tint, share) in &period.bar {
            let width = 206.0 * *share as f32 / 1000.0;
            let y = canvas.y - 6.4;
            canvas.rect(x, y, width, 6.5, *tint);
            x += width;
        }
        cell(canvas, heads[3], &format_seconds(period.seconds[0]), BODY);
        cell(canvas, heads[4], &format_seconds(period.seconds[1]), BODY);
        sum = [sum[0] + period.seconds[0], sum[1] + period.seconds[1]];
        end(canvas);
    }
    total(canvas, &heads);
    cell(canvas, heads[0], "Total", STRONG);
    cell(canvas, heads[3], &format_seconds(sum[0]), STRONG);
    cell(canvas, heads[4], &format_seconds(sum[1]), STRONG);
    end(canvas);
}

fn paragraph(canvas: &mut Canvas, text: &str, x: f32, of: TextStyle) {
    for line in canvas.wrap(text, RIGHT - x, of) {
        canvas.need(12.5);
        canvas.y += 12.5;
        canvas.text(x, canvas.y, &line, of);
    }
}

fn lanes(canvas: &mut Canvas, report: &PrintableReport) {
    if report.lanes.is_empty() {
        return;
    }
    heading(canvas, "Time line", 130.0);
    let about = "Colours show what took most of each two minutes. The bars below show active time (dark) and idle time (light) \
                 in each ten minutes; a full bar is ten minutes.";
    paragraph(canvas, about, LEFT, QUIET);
    canvas.y += 16.0;
    let mut x = LEFT;
    for (tint, name) in &report.legend {
        let name = canvas.fit(name, 160.0, BODY);
        let width = canvas.width(&name, BODY) + 13.0;
        if x + width > RIGHT {
            x = LEFT;
            canvas.y += 13.0;
        }
        canvas.rect(x, canvas.y - 6.6, 7.0, 7.0, *tint);
        canvas.text(x + 12.0, canvas.y, &name, BODY);
        x += width + 14.0;
    }
    canvas.y += 4.0;
    for lane in &report.lanes {
        draw(canvas, lane);
    }
}

fn draw(canvas: &mut Canvas, lane: &PrintedTimeline) {
    const HIGH: f32 = 18.0;
    const BARS: f32 = 19.0;
    canvas.need(76.0);
    canvas.y += 18.0;
    canvas.text(LEFT, canvas.y, &lane.name, STRONG);
    canvas.text_to(RIGHT, canvas.y, &lane.sum, QUIET);
    canvas.y += 5.0;
    let at = |place: u32| LEFT + WIDTH * place as f32 / 10_000.0;
    let top = canvas.y;
    canvas.rect(LEFT, top, WIDTH, HIGH, GROUND);
    for strip in &lane.strips {
        // A hair wider, so that no white line shows between neighbours.
        let (from, to) = (at(strip.from), at(strip.to));
        canvas.rect(
            from,
            top,
            (to - from + 0.15).min(RIGHT - from),
            HIGH,
            strip.tint,
        );
    }
    let ground = top + HIGH + 3.0 + BARS;
    for bar in &lane.bars {
        let (from, width) = (
            at(bar.from) + 0.4,
            (at(bar.to) - at(bar.from) - 0.8).max(0.3),
        );
        let [active, idle] = [bar.active, bar.idle].map(|n| BARS * n as f32 / 1000.0);
        canvas.rect(from, ground - active, width, active, ACTIVE);
        canvas.rect(from, ground - active - idle, width, idle, IDLE);
    }
    canvas.line((LEFT, ground), (RIGHT, ground), RULE);
    canvas.y = ground + 9.5;
    for (n, (place, hour)) in lane.hours.iter().enumerate() {
        let x = at(*place);
        canvas.line((x, ground), (x, ground + 2.5), RULE);
        let width = canvas.width(hour, SMALL);
        let x = match n {
            0 => x,
            n if n + 1 == lane.hours.len() => x - width,
            _ => x - width / 2.0,
        };
        canvas.text(x, canvas.y, hour, SMALL);
    }
}

fn states(canvas: &mut Canvas, report: &PrintableReport) {
    let heads: [PdfColumn; 4] = [
        ("State", LEFT, false),
        ("Meaning", LEFT + 80.0, false),
        ("Share", RIGHT - 66.0, true),
        ("Time", RIGHT, true),
    ];
    if report.states.is_empty() {
        return;
    }
    heading(canvas, "Coverage", 180.0);
    paragraph(
        canvas,
        "Every second of this time is in exactly one of these states.",
        LEFT,
        QUIET,
    );
    canvas.y += 4.0;
    columns(canvas, &heads);
    for (n, state) in report.states.iter().enumerate() {
        row(canvas, &heads, n == 0);
        cell(canvas, heads[0], state.name, BODY);
        cell(canvas, heads[1], state.what, QUIET);
        cell(canvas, heads[2], &format_percent(state.share), QUIET);
        cell(canvas, heads[3], &format_seconds(state.seconds), BODY);
        end(canvas);
    }
    total(canvas, &heads);
    cell(canvas, heads[0], "Total", STRONG);
    cell(canvas, heads[3], &format_seconds(report.length), STRONG);
    end(canvas);
}

fn pictures(canvas: &mut Canvas, report: &PrintableReport) {
    if report.pictures.is_empty() {
        return;
    }
    const GAP: f32 = 16.0;
    let column = (WIDTH - GAP) / 2.0;
    let size = |picture: &ReportScreenshot| {
        let (width, height) = (picture.width.max(1) as f32, picture.height.max(1) as f32);
        let scale = (column / width).min(300.0 / height);
        (width * scale, height * scale)
    };
    let high = |pair: &[(ReportScreenshot, String)]| {
        pair.iter().map(|(p, _)| size(p).1).fold(0.0, f32::max)
    };
    heading(
        canvas,
        "Screenshots",
        report.pictures.chunks(2).next().map_or(0.0, high) + 30.0,
    );
    for pair in report.pictures.chunks(2) {
        let height = high(pair);
        canvas.need(height + 34.0);
        canvas.y += 8.0;
        for (n, (picture, caption)) in pair.iter().enumerate() {
            let x = LEFT + (column + GAP) * n as f32;
            let on_page = size(picture);
            let y = canvas.y;
            canvas.rect(x - 0.5, y - 0.5, on_page.0 + 1.0, on_page.1 + 1.0, RULE);
            canvas.image(
                &picture.bytes,
                (picture.width, picture.height),
                (x, y),
                on_page,
            );
            let caption = canvas.fit(caption, column, SMALL);
            canvas.text(x, y + height + 11.0, &caption, SMALL);
        }
        canvas.y += height + 18.0;
    }
}

fn notes(canvas: &mut Canvas, report: &PrintableReport) {
    heading(canvas, "What to know", 30.0);
    let missing =
        "\u{fffd} stands for a character that the font of this file does not have.".to_owned();
    let missing = canvas.has_missing().then_some(missing);
    for note in report.notes.iter().chain(&missing) {
        canvas.need(26.0);
        canvas.y += 2.5;
        let y = canvas.y + 12.5;
        canvas.text(LEFT, y, "·", BODY);
        paragraph(canvas, note, LEFT + 10.0, BODY);
    }
}

fn signatures(canvas: &mut Canvas, report: &PrintableReport) {
    canvas.need(90.0);
    canvas.y += 72.0;
    let column = (WIDTH - 40.0) / 2.0;
    for (n, name) in report.signatures.iter().enumerate() {
        let x = LEFT + (column + 40.0) * n as f32;
        let y = canvas.y;
        canvas.line((x, y), (x + column, y), TEXT);
        let name = canvas.fit(name, column, SMALL);
        canvas.text(x, y + 12.0, &name, SMALL);
    }
}

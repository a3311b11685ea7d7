//! A printable report as a PDF: A4, text that can be selected, fonts inside.

use super::colours::Colour;
use super::cover::ReportScreenshot;
use super::document::PrintableReport;
use super::pdf_page::PdfError;
use super::pdf_page::{Canvas, LEFT, RIGHT, TextStyle, Weight};
use super::tables::{UsageTable, UsageTableRow};
use super::timelines::PrintedTimeline;
use crate::format::{format_percent, format_seconds};
use model::Timestamp;

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

const fn text_style(weight: Weight, size: f32, colour: Colour) -> TextStyle {
    TextStyle {
        weight,
        size,
        colour,
    }
}

const BODY: TextStyle = text_style(Weight::Regular, 9.0, TEXT);
const QUIET: TextStyle = text_style(Weight::Regular, 9.0, SOFT);
const STRONG: TextStyle = text_style(Weight::Bold, 9.0, TEXT);
const SMALL: TextStyle = text_style(Weight::Regular, 7.5, SOFT);
const HEADING: TextStyle = text_style(Weight::Bold, 11.5, TEXT);

/// The content of the PDF file. Screenshots must be JPEGs in RGB.
///
/// # Errors
/// When the fonts in the program cannot be read, or there is more of something than a PDF can count.
pub fn render_pdf(report: &PrintableReport, made: Timestamp) -> Result<Vec<u8>, PdfError> {
    let mut canvas = Canvas::new()?;
    draw_head(&mut canvas, report);
    if report.tables.iter().all(|table| table.rows.is_empty()) {
        canvas.y += 30.0;
        canvas.fill_rect(LEFT, canvas.y, WIDTH, 44.0, GROUND);
        canvas.draw_text(
            LEFT + 16.0,
            canvas.y + 26.0,
            "Nothing was recorded in this time.",
            QUIET,
        );
        canvas.y += 44.0;
    }
    for table in report.tables.iter().filter(|table| !table.rows.is_empty()) {
        draw_usage_table(&mut canvas, table);
    }
    draw_periods(&mut canvas, report);
    draw_timelines(&mut canvas, report);
    draw_states(&mut canvas, report);
    draw_screenshots(&mut canvas, report);
    draw_notes(&mut canvas, report);
    draw_signatures(&mut canvas, report);
    let title = format!("{} · {}", report.title, report.range);
    let foot = format!("{} · {title}", report.foot);
    canvas.finish(&title, &foot, SMALL, made)
}

fn draw_head(canvas: &mut Canvas, report: &PrintableReport) {
    let large = text_style(Weight::Bold, 21.0, TEXT);
    canvas.y += 16.0;
    for line in canvas.wrap_text(&report.title, WIDTH, large).iter().take(3) {
        canvas.draw_text(LEFT, canvas.y, line, large);
        canvas.y += 25.0;
    }
    canvas.draw_text(
        LEFT,
        canvas.y - 4.0,
        &report.range,
        text_style(Weight::Regular, 12.0, SOFT),
    );
    canvas.y += 16.0;
    canvas.draw_line((LEFT, canvas.y), (RIGHT, canvas.y), RULE);
    canvas.y += 18.0;
    // Three to a row, and no single one below them.
    let places = if report.facts.len() == 4 { 4 } else { 3 };
    let column = WIDTH / places as f32;
    for row in report.facts.chunks(places) {
        let mut lines = 1;
        for (n, (name, value)) in row.iter().enumerate() {
            let x = LEFT + column * n as f32;
            canvas.draw_text(x, canvas.y, name, SMALL);
            let wrapped = canvas.wrap_text(value, column - 14.0, BODY);
            lines = lines.max(wrapped.len().min(3));
            for (k, line) in wrapped.iter().take(3).enumerate() {
                canvas.draw_text(x, canvas.y + 12.5 * (k + 1) as f32, line, BODY);
            }
        }
        canvas.y += 16.0 + 12.5 * lines as f32;
    }
    canvas.y -= 4.0;
    canvas.draw_line((LEFT, canvas.y), (RIGHT, canvas.y), RULE);
    canvas.y += 30.0;
    let column = WIDTH / report.figures.len().max(3) as f32;
    for (n, (value, name)) in report.figures.iter().enumerate() {
        let x = LEFT + column * n as f32;
        canvas.draw_text(x, canvas.y, value, text_style(Weight::Bold, 16.0, TEXT));
        canvas.draw_text(x, canvas.y + 13.0, name, QUIET);
    }
    canvas.y += 13.0;
}

/// A heading, with room for something below it.
fn draw_heading(canvas: &mut Canvas, text: &str, below: f32) {
    canvas.need_height(44.0 + below);
    canvas.y += 34.0;
    canvas.draw_text(LEFT, canvas.y, text, HEADING);
    canvas.y += 8.0;
}

/// A column's name, its edge, and whether it ends there.
type PdfColumn<'a> = (&'a str, f32, bool);

fn draw_cell(canvas: &mut Canvas, (_, x, ends): PdfColumn, text: &str, of: TextStyle) {
    let y = canvas.y;
    if ends {
        canvas.draw_text_to(x, y, text, of);
    } else {
        canvas.draw_text(x, y, text, of);
    }
}

fn draw_column_heads(canvas: &mut Canvas, columns: &[PdfColumn]) {
    canvas.y += 12.0;
    for column in columns {
        draw_cell(canvas, *column, column.0, SMALL);
    }
    canvas.y += 5.0;
    canvas.draw_line((LEFT, canvas.y), (RIGHT, canvas.y), RULE);
}

/// Begins a row, on a new page with the columns' names again if need be.
fn begin_row(canvas: &mut Canvas, heads: &[PdfColumn], is_first: bool) {
    if canvas.need_height(LINE + 4.0) {
        draw_column_heads(canvas, heads);
    } else if !is_first {
        canvas.draw_line((LEFT, canvas.y), (RIGHT, canvas.y), FAINT);
    }
    canvas.y += 10.8;
}

/// Ends a row.
fn end_row(canvas: &mut Canvas) {
    canvas.y += LINE - 10.8;
}

fn begin_total_row(canvas: &mut Canvas, heads: &[PdfColumn]) {
    begin_row(canvas, heads, true);
    canvas.draw_line((LEFT, canvas.y - 10.8), (RIGHT, canvas.y - 10.8), RULE);
}

fn draw_usage_table(canvas: &mut Canvas, table: &UsageTable) {
    // The numbers end at the right, in columns of one width.
    let numbers = ["Share"]
        .into_iter()
        .chain(table.headings.iter().map(String::as_str));
    let mut heads: Vec<PdfColumn> = vec![("Name", LEFT, false)];
    for (n, heading) in numbers.enumerate() {
        heads.push((
            heading,
            RIGHT - 58.0 * (table.headings.len() - n) as f32,
            true,
        ));
    }
    // A short table is not torn apart.
    let lines = table.rows.len().min(12) + 1;
    draw_heading(canvas, table.title, 22.0 + LINE * lines as f32);
    draw_column_heads(canvas, &heads);
    let longest = table.longest_share();
    let line = |canvas: &mut Canvas, row: &UsageTableRow, name: TextStyle, number: TextStyle| {
        let mut x = LEFT;
        if let Some(colour) = row.colour {
            canvas.fill_rect(x, canvas.y - 6.6, 7.0, 7.0, colour);
            x += 13.0;
        }
        let text = canvas.fit_text(&row.name, LEFT + 178.0 - x, name);
        canvas.draw_text(x, canvas.y, &text, name);
        let share = if number.weight == Weight::Bold {
            STRONG
        } else {
            QUIET
        };
        draw_cell(canvas, heads[1], &format_percent(row.share), share);
        for (column, seconds) in heads[2..].iter().zip(&row.seconds) {
            draw_cell(canvas, *column, &format_seconds(*seconds), number);
        }
    };
    for (n, of) in table.rows.iter().enumerate() {
        begin_row(canvas, &heads, n == 0);
        line(canvas, of, BODY, BODY);
        let bar = 90.0 * of.share as f32 / longest as f32;
        let y = canvas.y - 6.4;
        canvas.fill_rect(
            LEFT + 190.0,
            y,
            bar.max(0.5),
            6.5,
            of.colour.unwrap_or(PLAIN_BAR),
        );
        end_row(canvas);
    }
    begin_total_row(canvas, &heads);
    line(canvas, &table.total, STRONG, STRONG);
    end_row(canvas);
}

fn draw_periods(canvas: &mut Canvas, report: &PrintableReport) {
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
    draw_heading(canvas, report.period, 52.0);
    draw_column_heads(canvas, &heads);
    let mut sum = [0, 0];
    for (n, period) in report.periods.iter().enumerate() {
        begin_row(canvas, &heads, n == 0);
        draw_cell(canvas, heads[0], &period.name, BODY);
        draw_cell(canvas, heads[1], &period.when, QUIET);
        let mut x = heads[2].1;
        for (colour, share) in &period.bar {
            let width = 206.0 * *share as f32 / 1000.0;
            let y = canvas.y - 6.4;
            canvas.fill_rect(x, y, width, 6.5, *colour);
            x += width;
        }
        draw_cell(canvas, heads[3], &format_seconds(period.seconds[0]), BODY);
        draw_cell(canvas, heads[4], &format_seconds(period.seconds[1]), BODY);
        sum = [sum[0] + period.seconds[0], sum[1] + period.seconds[1]];
        end_row(canvas);
    }
    begin_total_row(canvas, &heads);
    draw_cell(canvas, heads[0], "Total", STRONG);
    draw_cell(canvas, heads[3], &format_seconds(sum[0]), STRONG);
    draw_cell(canvas, heads[4], &format_seconds(sum[1]), STRONG);
    end_row(canvas);
}

fn draw_paragraph(canvas: &mut Canvas, text: &str, x: f32, of: TextStyle) {
    for line in canvas.wrap_text(text, RIGHT - x, of) {
        canvas.need_height(12.5);
        canvas.y += 12.5;
        canvas.draw_text(x, canvas.y, &line, of);
    }
}

fn draw_timelines(canvas: &mut Canvas, report: &PrintableReport) {
    if report.timelines.is_empty() {
        return;
    }
    draw_heading(canvas, "Time line", 130.0);
    let about = "Colours show what took most of each two minutes. The bars below show active time (dark) and idle time (light) \
                 in each ten minutes; a full bar is ten minutes.";
    draw_paragraph(canvas, about, LEFT, QUIET);
    canvas.y += 16.0;
    let mut x = LEFT;
    for (colour, name) in &report.legend {
        let name = canvas.fit_text(name, 160.0, BODY);
        let width = canvas.text_width(&name, BODY) + 13.0;
        if x + width > RIGHT {
            x = LEFT;
            canvas.y += 13.0;
        }
        canvas.fill_rect(x, canvas.y - 6.6, 7.0, 7.0, *colour);
        canvas.draw_text(x + 12.0, canvas.y, &name, BODY);
        x += width + 14.0;
    }
    canvas.y += 4.0;
    for timeline in &report.timelines {
        draw_timeline(canvas, timeline);
    }
}

fn draw_timeline(canvas: &mut Canvas, timeline: &PrintedTimeline) {
    const HIGH: f32 = 18.0;
    const BARS: f32 = 19.0;
    canvas.need_height(76.0);
    canvas.y += 18.0;
    canvas.draw_text(LEFT, canvas.y, &timeline.name, STRONG);
    canvas.draw_text_to(RIGHT, canvas.y, &timeline.sum, QUIET);
    canvas.y += 5.0;
    let at = |place: u32| LEFT + WIDTH * place as f32 / 10_000.0;
    let top = canvas.y;
    canvas.fill_rect(LEFT, top, WIDTH, HIGH, GROUND);
    for strip in &timeline.strips {
        // A hair wider, so that no white line shows between neighbours.
        let (from, to) = (at(strip.from), at(strip.to));
        canvas.fill_rect(
            from,
            top,
            (to - from + 0.15).min(RIGHT - from),
            HIGH,
            strip.colour,
        );
    }
    let ground = top + HIGH + 3.0 + BARS;
    for bar in &timeline.bars {
        let (from, width) = (
            at(bar.from) + 0.4,
            (at(bar.to) - at(bar.from) - 0.8).max(0.3),
        );
        let [active, idle] = [bar.active, bar.idle].map(|n| BARS * n as f32 / 1000.0);
        canvas.fill_rect(from, ground - active, width, active, ACTIVE);
        canvas.fill_rect(from, ground - active - idle, width, idle, IDLE);
    }
    canvas.draw_line((LEFT, ground), (RIGHT, ground), RULE);
    canvas.y = ground + 9.5;
    for (n, (place, hour)) in timeline.hours.iter().enumerate() {
        let x = at(*place);
        canvas.draw_line((x, ground), (x, ground + 2.5), RULE);
        let width = canvas.text_width(hour, SMALL);
        let x = match n {
            0 => x,
            n if n + 1 == timeline.hours.len() => x - width,
            _ => x - width / 2.0,
        };
        canvas.draw_text(x, canvas.y, hour, SMALL);
    }
}

fn draw_states(canvas: &mut Canvas, report: &PrintableReport) {
    let heads: [PdfColumn; 4] = [
        ("State", LEFT, false),
        ("Meaning", LEFT + 80.0, false),
        ("Share", RIGHT - 66.0, true),
        ("Time", RIGHT, true),
    ];
    if report.states.is_empty() {
        return;
    }
    draw_heading(canvas, "Coverage", 180.0);
    draw_paragraph(
        canvas,
        "Every second of this time is in exactly one of these states.",
        LEFT,
        QUIET,
    );
    canvas.y += 4.0;
    draw_column_heads(canvas, &heads);
    for (n, state) in report.states.iter().enumerate() {
        begin_row(canvas, &heads, n == 0);
        draw_cell(canvas, heads[0], state.name, BODY);
        draw_cell(canvas, heads[1], state.what, QUIET);
        draw_cell(canvas, heads[2], &format_percent(state.share), QUIET);
        draw_cell(canvas, heads[3], &format_seconds(state.seconds), BODY);
        end_row(canvas);
    }
    begin_total_row(canvas, &heads);
    draw_cell(canvas, heads[0], "Total", STRONG);
    draw_cell(canvas, heads[3], &format_seconds(report.length), STRONG);
    end_row(canvas);
}

fn draw_screenshots(canvas: &mut Canvas, report: &PrintableReport) {
    if report.screenshots.is_empty() {
        return;
    }
    const GAP: f32 = 16.0;
    let column = (WIDTH - GAP) / 2.0;
    let size = |screenshot: &ReportScreenshot| {
        let (width, height) = (
            screenshot.width.max(1) as f32,
            screenshot.height.max(1) as f32,
        );
        let scale = (column / width).min(300.0 / height);
        (width * scale, height * scale)
    };
    let high = |pair: &[(ReportScreenshot, String)]| {
        pair.iter().map(|(p, _)| size(p).1).fold(0.0, f32::max)
    };
    draw_heading(
        canvas,
        "Screenshots",
        report.screenshots.chunks(2).next().map_or(0.0, high) + 30.0,
    );
    for pair in report.screenshots.chunks(2) {
        let height = high(pair);
        canvas.need_height(height + 34.0);
        canvas.y += 8.0;
        for (n, (screenshot, caption)) in pair.iter().enumerate() {
            let x = LEFT + (column + GAP) * n as f32;
            let on_page = size(screenshot);
            let y = canvas.y;
            canvas.fill_rect(x - 0.5, y - 0.5, on_page.0 + 1.0, on_page.1 + 1.0, RULE);
            canvas.draw_image(
                &screenshot.bytes,
                (screenshot.width, screenshot.height),
                (x, y),
                on_page,
            );
            let caption = canvas.fit_text(caption, column, SMALL);
            canvas.draw_text(x, y + height + 11.0, &caption, SMALL);
        }
        canvas.y += height + 18.0;
    }
}

fn draw_notes(canvas: &mut Canvas, report: &PrintableReport) {
    draw_heading(canvas, "What to know", 30.0);
    let missing =
        "\u{fffd} stands for a character that the font of this file does not have.".to_owned();
    let missing = canvas.has_missing().then_some(missing);
    for note in report.notes.iter().chain(&missing) {
        canvas.need_height(26.0);
        canvas.y += 2.5;
        let y = canvas.y + 12.5;
        canvas.draw_text(LEFT, y, "·", BODY);
        draw_paragraph(canvas, note, LEFT + 10.0, BODY);
    }
}

fn draw_signatures(canvas: &mut Canvas, report: &PrintableReport) {
    canvas.need_height(90.0);
    canvas.y += 72.0;
    let column = (WIDTH - 40.0) / 2.0;
    for (n, name) in report.signatures.iter().enumerate() {
        let x = LEFT + (column + 40.0) * n as f32;
        let y = canvas.y;
        canvas.draw_line((x, y), (x + column, y), TEXT);
        let name = canvas.fit_text(name, column, SMALL);
        canvas.draw_text(x, y + 12.0, &name, SMALL);
    }
}

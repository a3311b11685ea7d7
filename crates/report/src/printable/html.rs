//! A printable report as one HTML file: styles and charts inside, nothing fetched, nothing run. It prints on A4.
//!
//! Always true: every text of the report goes through `escape_html`, and the file forbids scripts and requests by itself.

use super::colours::Colour;
use super::document::{PeriodRow, PrintableReport};
use super::tables::{UsageTable, UsageTableRow};
use super::timelines::PrintedTimeline;
use crate::format::{format_percent, format_seconds};
use data_encoding::BASE64;
use std::fmt::Write;

const STYLE: &str = include_str!("report.css");

/// Text for an element or a quoted attribute.
fn escape_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

fn format_colour(Colour(r, g, b): Colour) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

// Writing into a String cannot fail, so the results are dropped throughout.

/// The content of the HTML file.
#[must_use]
pub fn render_html(report: &PrintableReport) -> String {
    let mut out = String::with_capacity(64 * 1024);
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>{} · {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n",
        escape_html(&report.title),
        escape_html(&report.range),
    );
    write_head(&mut out, report);
    if report.tables.iter().all(|table| table.rows.is_empty()) {
        out.push_str("<p class=\"empty\">Nothing was recorded in this time.</p>\n");
    }
    for table in report.tables.iter().filter(|table| !table.rows.is_empty()) {
        write_usage_table(&mut out, table);
    }
    write_periods(&mut out, report);
    write_timelines(&mut out, report);
    write_states(&mut out, report);
    write_screenshots(&mut out, report);
    write_foot(&mut out, report);
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn write_head(out: &mut String, report: &PrintableReport) {
    let _ = write!(
        out,
        "<header>\n<h1>{}</h1>\n<p class=\"range\">{}</p>\n<dl class=\"facts\">\n",
        escape_html(&report.title),
        escape_html(&report.range)
    );
    for (name, value) in &report.facts {
        let _ = writeln!(
            out,
            "<div><dt>{name}</dt><dd>{}</dd></div>",
            escape_html(value)
        );
    }
    out.push_str("</dl>\n</header>\n<section class=\"figures\" aria-label=\"Totals\">\n");
    for (value, name) in &report.figures {
        let _ = writeln!(
            out,
            "<div><b>{}</b><span>{}</span></div>",
            escape_html(value),
            escape_html(name)
        );
    }
    out.push_str("</section>\n");
}

fn write_usage_table(out: &mut String, table: &UsageTable) {
    let _ = write!(
        out,
        "<section>\n<h2>{}</h2>\n<table>\n<thead><tr><th scope=\"col\">Name</th><th class=\"bar\" aria-label=\"Share\"></th>\
         <th scope=\"col\" class=\"n\">Share</th>",
        table.title
    );
    for heading in &table.headings {
        let _ = write!(out, "<th scope=\"col\" class=\"n\">{heading}</th>");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    let longest = table.longest_share();
    for row in &table.rows {
        let colour = row
            .colour
            .map_or_else(|| "#7f8fa0".to_owned(), format_colour);
        let bar = format!(
            "<i style=\"width:{}%;background:{colour}\"></i>",
            row.share * 100 / longest
        );
        write_usage_row(out, row, &bar);
    }
    out.push_str("</tbody>\n<tfoot>\n");
    write_usage_row(out, &table.total, "");
    out.push_str("</tfoot>\n</table>\n</section>\n");
}

fn write_usage_row(out: &mut String, row: &UsageTableRow, bar: &str) {
    let key = row.colour.map_or_else(String::new, |colour| {
        format!(
            "<i class=\"key\" style=\"background:{}\"></i>",
            format_colour(colour)
        )
    });
    let _ = write!(
        out,
        "<tr><th scope=\"row\">{key}{}</th><td class=\"bar\">{bar}</td><td class=\"n soft\">{}</td>",
        escape_html(&row.name),
        format_percent(row.share)
    );
    for seconds in &row.seconds {
        let _ = write!(out, "<td class=\"n\">{}</td>", format_seconds(*seconds));
    }
    out.push_str("</tr>\n");
}

fn write_periods(out: &mut String, report: &PrintableReport) {
    if report.periods.is_empty() {
        return;
    }
    let _ = write!(
        out,
        "<section>\n<h2>{}</h2>\n<table class=\"periods\">\n<thead><tr><th scope=\"col\">Name</th><th scope=\"col\">At the desk</th>\
         <th class=\"bar wide\">Active, by category</th><th scope=\"col\" class=\"n\">Active</th><th scope=\"col\" class=\"n\">Idle</th></tr></thead>\n<tbody>\n",
        report.period
    );
    let mut sum = [0, 0];
    for PeriodRow {
        name,
        when,
        seconds,
        bar,
    } in &report.periods
    {
        let mut parts = String::new();
        for (colour, share) in bar {
            let _ = write!(
                parts,
                "<i style=\"width:{}.{}%;background:{}\"></i>",
                share / 10,
                share % 10,
                format_colour(*colour)
            );
        }
        sum = [sum[0] + seconds[0], sum[1] + seconds[1]];
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"soft\">{}</td><td class=\"bar wide\">{parts}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            escape_html(name),
            escape_html(when),
            format_seconds(seconds[0]),
            format_seconds(seconds[1])
        );
    }
    let _ = write!(
        out,
        "</tbody>\n<tfoot>\n<tr><th scope=\"row\">Total</th><td class=\"soft\"></td><td class=\"bar wide\"></td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n</tfoot>\n</table>\n</section>\n",
        format_seconds(sum[0]),
        format_seconds(sum[1])
    );
}

fn write_timelines(out: &mut String, report: &PrintableReport) {
    if report.timelines.is_empty() {
        return;
    }
    out.push_str(
        "<section>\n<h2>Time line</h2>\n<p class=\"about\">Colours show what took most of each two minutes. The bars below show \
         active time (dark) and idle time (light) in each ten minutes; a full bar is ten minutes.</p>\n<ul class=\"legend\">\n",
    );
    for (colour, name) in &report.legend {
        let _ = writeln!(
            out,
            "<li><i class=\"key\" style=\"background:{}\"></i>{}</li>",
            format_colour(*colour),
            escape_html(name)
        );
    }
    out.push_str("</ul>\n");
    for timeline in &report.timelines {
        write_timeline(out, timeline);
    }
    out.push_str("</section>\n");
}

fn write_timeline(out: &mut String, timeline: &PrintedTimeline) {
    let _ = write!(
        out,
        "<figure>\n<figcaption><b>{}</b><span>{}</span></figcaption>\n\
         <svg viewBox=\"0 0 10000 100\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{}: {}\">\n\
         <path class=\"ground\" d=\"M0 0H10000V46H0Z\"/>\n",
        escape_html(&timeline.name),
        escape_html(&timeline.sum),
        escape_html(&timeline.name),
        escape_html(&timeline.sum)
    );
    // One path a colour keeps a month small.
    let mut colours: Vec<Colour> = timeline.strips.iter().map(|s| s.colour).collect();
    colours.sort_unstable();
    colours.dedup();
    for colour in colours {
        let _ = write!(out, "<path fill=\"{}\" d=\"", format_colour(colour));
        for strip in timeline.strips.iter().filter(|s| s.colour == colour) {
            let _ = write!(out, "M{} 0H{}V46H{}Z", strip.from, strip.to, strip.from);
        }
        out.push_str("\"/>\n");
    }
    for (class, part) in [("idle", false), ("active", true)] {
        let _ = write!(out, "<path class=\"{class}\" d=\"");
        for bar in &timeline.bars {
            // Forty-four units are ten minutes; idle time stands on active time.
            let base = 100 - if part { 0 } else { bar.active * 44 / 1000 };
            let high = if part { bar.active } else { bar.idle } * 44 / 1000;
            if high > 0 {
                let (from, to) = (bar.from + 6, bar.to.saturating_sub(6).max(bar.from + 7));
                let _ = write!(out, "M{from} {base}V{}H{to}V{base}Z", base - high);
            }
        }
        out.push_str("\"/>\n");
    }
    for (at, _) in &timeline.hours {
        let _ = write!(out, "<path class=\"hour\" d=\"M{at} 0V100\"/>");
    }
    out.push_str("\n</svg>\n<div class=\"hours\" aria-hidden=\"true\">");
    for (at, hour) in &timeline.hours {
        let _ = write!(
            out,
            "<span style=\"left:{}.{:02}%\">{hour}</span>",
            at / 100,
            at % 100
        );
    }
    out.push_str("</div>\n</figure>\n");
}

fn write_states(out: &mut String, report: &PrintableReport) {
    if report.states.is_empty() {
        return;
    }
    out.push_str(
        "<section class=\"whole\">\n<h2>Coverage</h2>\n<p class=\"about\">Every second of this time is in exactly one of these states.</p>\n\
         <table>\n<thead><tr><th scope=\"col\">State</th><th scope=\"col\">Meaning</th><th scope=\"col\" class=\"n\">Share</th>\
         <th scope=\"col\" class=\"n\">Time</th></tr></thead>\n<tbody>\n",
    );
    for state in &report.states {
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"soft\">{}</td><td class=\"n soft\">{}</td><td class=\"n\">{}</td></tr>",
            state.name,
            state.what,
            format_percent(state.share),
            format_seconds(state.seconds)
        );
    }
    let _ = write!(
        out,
        "</tbody>\n<tfoot><tr><th scope=\"row\">Total</th><td></td><td></td><td class=\"n\">{}</td></tr></tfoot>\n</table>\n</section>\n",
        format_seconds(report.length)
    );
}

fn write_screenshots(out: &mut String, report: &PrintableReport) {
    if report.screenshots.is_empty() {
        return;
    }
    out.push_str("<section>\n<h2>Screenshots</h2>\n<div class=\"screenshots\">\n");
    for (screenshot, caption) in &report.screenshots {
        // Only a few media types are images; any other in a record becomes WebP, which uam makes.
        let media = match screenshot.media.as_str() {
            known @ ("image/png" | "image/jpeg") => known,
            _ => "image/webp",
        };
        let _ = writeln!(
            out,
            "<figure><img alt=\"Screenshot {}\" width=\"{}\" height=\"{}\" src=\"data:{media};base64,{}\"><figcaption>{}</figcaption></figure>",
            screenshot.seq,
            screenshot.width,
            screenshot.height,
            BASE64.encode(&screenshot.bytes),
            escape_html(caption)
        );
    }
    out.push_str("</div>\n</section>\n");
}

fn write_foot(out: &mut String, report: &PrintableReport) {
    out.push_str("<section class=\"notes\">\n<h2>What to know</h2>\n<ul>\n");
    for note in &report.notes {
        let _ = writeln!(out, "<li>{}</li>", escape_html(note));
    }
    out.push_str("</ul>\n</section>\n<section class=\"signatures\">\n");
    for name in &report.signatures {
        let _ = writeln!(out, "<p>{}</p>", escape_html(name));
    }
    let _ = write!(
        out,
        "</section>\n<footer>{}</footer>\n",
        escape_html(&report.foot)
    );
}

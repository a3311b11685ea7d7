#![allow(clippy::unwrap_used)]

use super::*;
use crate::day::tests::{H, S, at, span};
use crate::format::*;
use crate::overview::Overview;
use crate::overview::OverviewBuilder;
use crate::rules::{ClassificationRule, ClassificationRules};
use crate::{Extent, ViewOptions};
use jiff::civil::Date;
use jiff::civil::date;
use model::{MICROS_PER_SECOND, Timestamp};
use model::{Span, WindowInfo};
use proptest::prelude::*;
use std::sync::Arc;
use std::time::Duration;

/// A title as an enemy would have it.
pub(crate) fn hostile() -> String {
    format!(
        "</title><script>alert(1)</script>\"' onload=x \u{202e}gpj\u{1b}[31m\r\n{}",
        "W".repeat(10_000)
    )
}

fn rule(name: &str, app: &str) -> ClassificationRule {
    ClassificationRule {
        name: name.to_owned(),
        app: Some(app.to_owned()),
        title: None,
    }
}

/// `count` days at a desk, with something of everything.
pub(crate) fn days(count: usize, meaning: &ClassificationRules) -> Overview {
    let zone = "Europe/Berlin";
    let first = date(2026, 3, 23);
    let all: Vec<Date> = first
        .series(jiff::Span::new().days(1))
        .take(count)
        .collect();
    let apps = [
        "Code",
        "firefox",
        "Slack",
        "Alacritty",
        "libreoffice-writer",
        "Gimp",
        "vlc",
        "Nautilus",
    ];
    let mut spans: Vec<Span> = Vec::new();
    let began = at("2026-03-23T07:00:00Z");
    for day in 0..count as u32 {
        if (day + 1) % 7 == 0 {
            continue;
        }
        let begin = began + day * 24 * H + (day % 5) * 17 * 60 * S;
        let mut end = begin;
        for n in 0u32..(300 + (day % 4) * 40) {
            let length = (20 + (n * n * 7 + day * 13) % 140) * S;
            let (state, app) = match (n % 60, (n / 9 + day) % 23) {
                (57..=59, _) => (model::Coverage::Idle, "Code"),
                (56, _) => (model::Coverage::Locked, ""),
                (_, 0) => (model::Coverage::Active, "protected"),
                (_, 1) => (model::Coverage::Active, ""),
                (_, k) => (model::Coverage::Active, apps[((k * 5) % 8) as usize]),
            };
            let mut span = span(end, length, zone, state, app);
            if n == 250 {
                span.window = Some(Arc::new(WindowInfo {
                    app: hostile(),
                    exe: String::new(),
                    title: hostile(),
                }));
            }
            spans.push(span);
            end += length;
        }
        spans.push(super::tests::span(
            end,
            H,
            zone,
            model::Coverage::Paused,
            "",
        ));
    }
    let extent = Extent {
        began: began - 9 * H,
        now: began + count as u32 * 24 * H,
    };
    let mut making = OverviewBuilder::new(ViewOptions::default(), Some(meaning), extent);
    let spans: Vec<&Span> = spans.iter().collect();
    making.add_days(&all, &spans, zone);
    making.finish(Vec::new())
}

pub(crate) fn cover() -> Cover {
    Cover {
        client: Some("Müller & Söhne <GmbH>".to_owned()),
        author: Some("Ada Λάμδα Ивановна 日本".to_owned()),
        version: "0.1.0".to_owned(),
        made: at("2026-04-01T08:00:00Z"),
        zone: "Europe/Berlin".to_owned(),
        projects: true,
        ..Cover::default()
    }
}

fn rules() -> ClassificationRules {
    let projects = [
        rule("uam", "code|alacritty"),
        rule("Website", "firefox"),
        rule("Ω & Б", "gimp"),
    ];
    ClassificationRules::new(&[], true, &projects).unwrap()
}

#[test]
fn durations_are_carried_so_that_their_sum_is_whole() {
    assert_eq!(
        carry_seconds([1_500, 1_500, 400, 600].map(Duration::from_millis)),
        [1, 2, 0, 1]
    );
    assert_eq!(carry_seconds([]), [0; 0]);
}

proptest! {
    #[test]
    fn carried_durations_sum_to_the_sum(us in prop::collection::vec(0u64..10_000_000_000, 0..50)) {
        let told = carry_seconds(us.iter().map(|us| Duration::from_micros(*us)));
        prop_assert_eq!(told.iter().sum::<u64>(), us.iter().sum::<u64>() / MICROS_PER_SECOND);
        for (told, us) in told.iter().zip(&us) {
            prop_assert!(told.abs_diff(us / MICROS_PER_SECOND) <= 1);
        }
    }
}

/// The numbers of a printable report add up as printed.
#[test]
fn a_week_adds_up_as_printed() {
    let report = PrintableReport::new(&days(7, &rules()), cover());
    let totals: Vec<&[u64]> = report
        .tables
        .iter()
        .map(|t| t.total.seconds.as_slice())
        .collect();
    assert_eq!(totals.len(), 3);
    assert!(totals.windows(2).all(|w| w[0] == w[1]), "{totals:?}");
    let state = |name| {
        report
            .states
            .iter()
            .find(|s| s.name == name)
            .map(|s| s.seconds)
    };
    let (active, idle) = (totals[0][0], totals[0][1]);
    let days: Vec<u64> = (0..2)
        .map(|n| report.periods.iter().map(|p| p.seconds[n]).sum())
        .collect();
    assert_eq!(days, [active, idle]);
    assert_eq!(state("active").map(|s| s.abs_diff(active) <= 1), Some(true));
    assert_eq!(
        report.states.iter().map(|s| s.seconds).sum::<u64>(),
        report.length
    );
    assert_eq!((report.timelines.len(), report.periods.len()), (6, 6));
    for timeline in &report.timelines {
        assert!(
            timeline
                .strips
                .iter()
                .all(|s| s.from < s.to && s.to <= 10_000)
        );
        assert!(timeline.bars.iter().all(|b| b.active + b.idle <= 1000));
    }
    assert_eq!(report.legend.len(), 12, "{:?}", report.legend);
}

#[test]
fn a_year_is_told_by_the_month_and_without_time_lines() {
    let mut overview = days(3, &rules());
    let day = overview.days[0].clone();
    overview.days = date(2026, 1, 1)
        .series(jiff::Span::new().days(1))
        .take(365)
        .map(|date| {
            let mut day = day.clone();
            day.totals.day = date;
            day
        })
        .collect();
    let report = PrintableReport::new(&overview, cover());
    assert_eq!(
        (report.period, report.periods.len(), report.timelines.len()),
        ("Months", 12, 0)
    );
    assert_eq!(report.periods[1].when, "28 days");
}

#[test]
fn html_is_one_file_that_fetches_and_runs_nothing() {
    let text = html::render_html(&PrintableReport::new(&days(2, &rules()), cover()));
    for bad in [
        "<script",
        "http://",
        "https://",
        "url(",
        "@import",
        "<link",
        "onload=x \"",
        "\u{202e}",
        "\u{1b}",
        "WWWWWWWWWWWW\u{0}",
    ] {
        assert!(!text.contains(bad), "{bad}");
    }
    assert!(text.contains("Müller &amp; Söhne &lt;GmbH&gt;"));
    assert!(
        text.contains("&lt;script&gt;alert(1)"),
        "the title is shown, as text"
    );
    assert!(!text.contains(&"W".repeat(200)), "and clipped");
    insta::assert_snapshot!(text.replace(include_str!("report.css"), "…\n"));
}

/// The bytes of a string in a PDF, `<hex>` or `(literal)`.
fn bytes_of(string: &str) -> Vec<u8> {
    let inner = &string[1..string.len() - 1];
    if string.starts_with('<') {
        let pairs = inner
            .as_bytes()
            .chunks(2)
            .map(|c| std::str::from_utf8(c).unwrap());
        return pairs.map(|c| u8::from_str_radix(c, 16).unwrap()).collect();
    }
    let mut out = Vec::new();
    let mut rest = inner.bytes();
    while let Some(b) = rest.next() {
        out.push(match (b, if b == b'\\' { rest.next() } else { None }) {
            (_, None) => b,
            (_, Some(b'n')) => b'\n',
            (_, Some(b'r')) => b'\r',
            (_, Some(b't')) => b'\t',
            (_, Some(b'b')) => 8,
            (_, Some(b'f')) => 12,
            (_, Some(c @ b'0'..=b'7')) => {
                let more: Vec<u8> = rest.by_ref().take(2).collect();
                let octal = [&[c][..], &more].concat();
                u8::from_str_radix(std::str::from_utf8(&octal).unwrap(), 8).unwrap()
            }
            (_, Some(c)) => c,
        });
    }
    out
}

/// The text of a PDF of ours: the text of each page, by the maps that viewers copy text with.
fn text_of(pdf: &[u8]) -> String {
    use std::io::Read;
    let text = String::from_utf8_lossy(pdf);
    let mut streams = Vec::new();
    let mut at = 0;
    while let Some(found) = pdf[at..].windows(7).position(|w| w == b"stream\n") {
        let begin = at + found + 7;
        let mut out = String::new();
        if flate2::read::ZlibDecoder::new(&pdf[begin..])
            .read_to_string(&mut out)
            .is_ok()
        {
            streams.push(out);
        }
        at = begin;
    }
    assert!(text.contains("/Type /Page") || !streams.is_empty());
    let pairs = |cmap: &String| -> std::collections::HashMap<String, char> {
        let lines = cmap
            .lines()
            .filter_map(|line| line.strip_prefix('<')?.split_once("> <"));
        lines
            .filter_map(|(glyph, c)| {
                let c = u32::from_str_radix(c.strip_suffix('>')?, 16).ok()?;
                Some((glyph.to_lowercase(), char::from_u32(c)?))
            })
            .collect()
    };
    let maps: Vec<_> = streams
        .iter()
        .filter(|s| s.contains("begincmap"))
        .map(pairs)
        .collect();
    let mut out = String::new();
    for page in streams.iter().filter(|s| s.contains("BT")) {
        let mut font = 0;
        for line in page.lines() {
            if let Some(rest) = line.strip_prefix("/F") {
                font = rest[..1].parse().unwrap();
            }
            if let Some(string) = line.strip_suffix(" Tj") {
                let glyphs = bytes_of(string);
                let glyphs = glyphs
                    .chunks(2)
                    .map(|c| c.iter().map(|b| format!("{b:02x}")).collect::<String>());
                out.extend(glyphs.map(|glyph| maps[font].get(&glyph).copied().unwrap_or('?')));
                out.push('\n');
            }
        }
    }
    out
}

#[test]
fn the_text_of_a_pdf_can_be_copied_and_fits_its_columns() {
    let report = PrintableReport::new(&days(2, &rules()), cover());
    let text = text_of(&pdf::render_pdf(&report, Timestamp::UNIX_EPOCH).unwrap());
    let lines: Vec<&str> = text.lines().collect();
    for line in [
        "Time report for Müller & Söhne <GmbH>",
        "Projects",
        "Ω & Б",
        "2 / 3",
    ] {
        assert!(lines.contains(&line), "{line}: {text}");
    }
    assert!(
        text.contains("Ada Λάμδα Ивановна \u{fffd}\u{fffd}"),
        "what is missing is seen"
    );
    assert!(
        lines
            .iter()
            .any(|l| l.starts_with("</title><script>") && l.ends_with('…')),
        "{text}"
    );
    assert!(!text.contains(['\u{202e}', '\u{1b}', '?']), "{text}");
    let total = format_seconds(report.tables[0].total.seconds[2]);
    assert_eq!(
        lines.iter().filter(|l| **l == total).count(),
        3,
        "one for each table"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever names are, both files can be made, and nothing of a name is markup.
    #[test]
    fn any_name_is_harmless(name in "(.|[<>&\"'\u{0}-\u{1f}\u{202e}日🎉]){0,80}") {
        let cover = Cover { client: Some(name.clone()), author: Some(name), ..cover() };
        let report = PrintableReport::new(&Overview::default(), cover);
        let text = html::render_html(&report);
        let plain = html::render_html(&PrintableReport::new(&Overview::default(), self::cover()));
        // A blank name is none: its fact, of six tags, is not there.
        let blank = ["<dt>For", "<dt>By"].iter().filter(|fact| !text.contains(**fact)).count();
        prop_assert_eq!(text.matches('<').count() + 6 * blank, plain.matches('<').count());
        prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
        prop_assert!(pdf::render_pdf(&report, Timestamp::UNIX_EPOCH).is_ok());
    }
}

#[test]
fn an_empty_time_says_so() {
    let overview = Overview::default();
    let report = PrintableReport::new(&overview, Cover::default());
    assert!(html::render_html(&report).contains("Nothing was recorded"));
    assert!(
        pdf::render_pdf(&report, Timestamp::UNIX_EPOCH)
            .unwrap()
            .starts_with(b"%PDF-")
    );
}

/// Writes the drawn reports to files for the eye: `UAM_SHEETS=DIR cargo test -p report looked_at`.
#[test]
fn sheets_can_be_looked_at() {
    let Ok(dir) = std::env::var("UAM_SHEETS") else {
        return;
    };
    let dir = std::path::Path::new(&dir);
    for count in [1, 9, 35, 70] {
        let mut cover = cover();
        if let Ok(bytes) = std::fs::read(dir.join("picture.jpg")) {
            let screenshot = |seq| ReportScreenshot {
                seq,
                at: cover.made,
                zone: "Europe/Berlin".to_owned(),
                window: hostile(),
                width: 1280,
                height: 720,
                media: "image/jpeg".to_owned(),
                bytes: bytes.clone(),
            };
            cover.screenshots = (1..4).map(screenshot).collect();
        }
        let report = PrintableReport::new(&days(count, &rules()), cover);
        std::fs::write(
            dir.join(format!("{count}.html")),
            html::render_html(&report),
        )
        .unwrap();
        std::fs::write(
            dir.join(format!("{count}.pdf")),
            pdf::render_pdf(&report, Timestamp::UNIX_EPOCH).unwrap(),
        )
        .unwrap();
    }
    let blocks = days(9, &rules()).blocks(crate::GroupBy::App, Duration::ZERO);
    let calendar = crate::ics::render_ics(
        &blocks,
        crate::GroupBy::App,
        "d",
        Timestamp::UNIX_EPOCH,
        "0.1.0",
    );
    std::fs::write(dir.join("9.ics"), calendar).unwrap();
    let empty = PrintableReport::new(&Overview::default(), Cover::default());
    std::fs::write(dir.join("0.html"), html::render_html(&empty)).unwrap();
    std::fs::write(
        dir.join("0.pdf"),
        pdf::render_pdf(&empty, Timestamp::UNIX_EPOCH).unwrap(),
    )
    .unwrap();
}

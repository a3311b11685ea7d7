//! The rows of text on the present state. The least important ones are left out where rows are short.

use super::content::Panel;
use model::Timestamp;
use ratatui::style::{Color, Modifier, Style};
use report::AgentStatus;
use report::format::{format_age, format_clock_time};
use report::load_zone;
use report::status::format_counts;
use std::time::Duration;

/// One row: a label and its text.
pub(super) struct PanelRow {
    pub(super) label: &'static str,
    pub(super) text: String,
    pub(super) style: Style,
    /// The row with the smallest weight is left out first.
    weight: u8,
}

impl PanelRow {
    fn new(label: &'static str, text: impl Into<String>, weight: u8) -> Self {
        Self {
            label,
            text: text.into(),
            style: Style::new(),
            weight,
        }
    }
}

/// The rows of text, at most `max_rows`.
pub(super) fn text_rows(panel: &Panel<'_>, max_rows: u16) -> Vec<PanelRow> {
    let Some(s) = panel.status else {
        return vec![PanelRow::new("window", "waiting for the first record …", 9)];
    };
    let now = panel.now;
    let mut rows = vec![PanelRow {
        style: Style::new().add_modifier(Modifier::BOLD),
        ..PanelRow::new("window", s.window_label(), 9)
    }];
    rows.push(PanelRow::new("this span", format_counts(&s.span_counts), 6));
    rows.push(PanelRow::new("today", format_counts(&s.today_counts), 7));
    rows.push(PanelRow::new("", s.today_text(), 5));
    rows.push(PanelRow {
        style: if s.is_fresh(now) {
            Style::new()
        } else {
            panel.coloured_style(Color::Red)
        },
        ..PanelRow::new("last saved", s.durable_text(now), 9)
    });
    rows.push(PanelRow::new(
        "outbox",
        format!("{} → {}", s.outbox.text(), s.destination),
        8,
    ));
    let failed = s.last_upload.as_ref().is_some_and(|u| !u.ok);
    rows.push(PanelRow {
        style: if failed {
            panel.coloured_style(Color::Red)
        } else {
            Style::new()
        },
        ..PanelRow::new("last upload", s.upload_text(now), 8)
    });
    rows.push(PanelRow::new("screenshot", screenshot_text(s, now), 4));
    if let Some(hours) = s.hours_text(now) {
        rows.push(PanelRow::new("hours", hours, 3));
    }
    if let Some(disk) = s.disk {
        rows.push(PanelRow {
            style: panel.coloured_style(Color::Red),
            ..PanelRow::new("disk", disk.text(), 8)
        });
    }
    if let Some(missing) = s.missing.first() {
        let more = match s.missing.len() {
            1 => String::new(),
            n => format!(" (and {} more; see `uam doctor`)", n - 1),
        };
        rows.push(PanelRow {
            style: panel.coloured_style(Color::Yellow),
            ..PanelRow::new(
                "unavailable",
                format!("{}: {}{more}", missing.concern, missing.why.reason),
                6,
            )
        });
    }
    if let Some(power) = s.power.filter(|p| p.discharging) {
        rows.push(PanelRow::new("battery", format!("{} %", power.percent), 3));
    }
    while rows.len() > usize::from(max_rows) {
        let least = rows.iter().map(|r| r.weight).min().unwrap_or(0);
        if let Some(at) = rows.iter().rposition(|r| r.weight == least) {
            rows.remove(at);
        }
    }
    rows
}

/// When the last screenshot was taken, and when the next one is due.
fn screenshot_text(s: &AgentStatus, now: Timestamp) -> String {
    let last = match s.last_screenshot {
        Some(at) => format!("last at {}", format_clock_time(at, &load_zone(&s.zone))),
        None => "none yet".to_owned(),
    };
    match s.next_screenshot {
        Some(next) => {
            let left = next.duration_since(now).max(Duration::from_secs(1));
            format!("{last} · next within {}", format_age(left))
        }
        None => format!("{last} · off"),
    }
}

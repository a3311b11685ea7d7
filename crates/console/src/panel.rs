//! The panel: what is so now, and the day so far. A pure function of what it is given.

mod day;
mod help;
mod tops;

use model::Coverage;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::style::{Color, Modifier, Style};
use ratatui::widgets::Widget;
use ratatui_image::{Image, protocol::Protocol as Encoded};
use report::status::counts_text;
use report::text::{age, clip, clock, columns, zone};
use report::{AgentStatus, DaySummary};

/// Columns of a label such as `on disk`.
const LABEL: usize = 10;

/// Narrowest terminal in which a picture stands beside the text.
const WIDE: u16 = 72;

/// Rows of the largest panel.
const TALLEST: u16 = 44;

/// The picture beside the text.
pub(crate) struct Beside<'a> {
    pub(crate) encoded: &'a Encoded,
    pub(crate) caption: String,
}

/// Everything the panel shows.
pub(crate) struct View<'a> {
    /// None until the first one comes.
    pub(crate) status: Option<&'a AgentStatus>,
    /// The day so far; none until it is known.
    pub(crate) glance: Option<&'a DaySummary>,
    /// The present, in microseconds since the Unix epoch (UTC).
    pub(crate) now_us: i64,
    /// A question that stands in place of the keys.
    pub(crate) question: Option<&'a str>,
    /// An answer that does, while no question stands.
    pub(crate) said: Option<&'a str>,
    /// The list of keys stands in place of everything else.
    pub(crate) help: bool,
    /// The view can be left without an end of the recording.
    pub(crate) attached: bool,
    /// The last shot.
    pub(crate) picture: Option<Beside<'a>>,
    /// False where colours are not wanted; then words and shapes alone tell.
    pub(crate) colour: bool,
}

/// How the rows between the rule above and the keys below are shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Plan {
    /// What is so now, and the picture.
    now: u16,
    /// The day as a strip and a curve; 0 where there is no room.
    day: u16,
    /// What was in front longest; 0 where there is no room.
    tops: u16,
    /// Empty rows between them.
    gap: u16,
}

impl Plan {
    /// For a panel of `height` rows.
    fn of(height: u16) -> Self {
        let rows = height.saturating_sub(2);
        if rows < 13 {
            return Self {
                now: rows,
                day: 0,
                tops: 0,
                gap: 0,
            };
        }
        let gap = u16::from(rows >= 24);
        let day = if rows >= 28 { 8 } else { 4 };
        let tops = (rows / 3).clamp(4, 12);
        Self {
            now: rows - day - tops - 2 * gap,
            day,
            tops,
            gap,
        }
    }
}

/// Rows of the panel in a terminal of `rows` rows: a quarter is left to the log, two rows at least, and where that
/// leaves fewer than four there is no panel.
pub(crate) fn height(rows: u16) -> u16 {
    let wish = match rows {
        0..=19 => 8,
        _ => (rows - (rows / 4).max(6)).min(TALLEST),
    };
    let most = rows.saturating_sub(2);
    if most < 4 { 0 } else { wish.min(most) }
}

/// Room for the picture in a panel of that size, in columns and rows; none where it is too small.
pub(crate) fn picture_room(panel: Rect) -> Option<Size> {
    let plan = Plan::of(panel.height);
    // Above is the rule, below the caption; the last row is never drawn on, since sixels there make the screen scroll.
    let rows = match plan.day {
        0 => plan.now,
        _ => plan.now.saturating_sub(1),
    };
    let columns = (panel.width / 3).min(60);
    (panel.width >= WIDE && rows >= 4).then(|| Size::new(columns, rows))
}

/// The colour of a state.
pub(crate) fn state_colour(state: Coverage) -> Color {
    match state {
        Coverage::Active => Color::Green,
        Coverage::Idle => Color::Yellow,
        Coverage::Locked | Coverage::Asleep => Color::Blue,
        Coverage::Paused => Color::Magenta,
        Coverage::LowBattery | Coverage::Blind => Color::Red,
        Coverage::Off => Color::DarkGray,
    }
}

impl View<'_> {
    pub(crate) fn render(&self, area: Rect, buf: &mut Buffer) {
        if area.width < 10 || area.height < 2 {
            return;
        }
        self.rule(area, buf);
        if self.help {
            help::render(self, area, buf);
            self.bottom(area, buf);
            return;
        }
        let plan = Plan::of(area.height);
        let mut text_width = area.width - 1;
        if let Some(beside) = &self.picture
            && let Some(room) = picture_room(area)
            && beside.encoded.size().width <= room.width
            && beside.encoded.size().height <= room.height
        {
            let size = beside.encoded.size();
            let left = area.right() - size.width - 1;
            let at = Rect::new(left, area.y + 1, size.width, size.height);
            Image::new(beside.encoded).render(at, buf);
            let caption = clip(&beside.caption, room.width.into());
            let left = area.right() - 1 - columns(&caption) as u16;
            buf.set_string(left, at.bottom(), &caption, self.dim());
            let beside = size.width.max(columns(&caption) as u16);
            text_width = area.width - beside - 3;
        }
        let rows = self.rows(plan.now);
        for (y, row) in (area.y + 1..area.y + 1 + plan.now).zip(&rows) {
            let label = format!(" {:<LABEL$}", row.label);
            buf.set_string(area.x, y, &label, self.dim());
            let text = clip(&row.text, usize::from(text_width).saturating_sub(LABEL + 1));
            buf.set_string(area.x + LABEL as u16 + 1, y, &text, row.style);
        }
        if let (Some(glance), Some(status)) = (self.glance, self.status) {
            let day = Rect {
                y: area.y + 1 + plan.now + plan.gap,
                height: plan.day,
                ..area
            };
            day::render(self, glance, &zone(&status.zone), day, buf);
            let tops = Rect {
                y: day.bottom() + plan.gap,
                height: plan.tops,
                ..area
            };
            tops::render(self, glance, tops, buf);
        }
        self.bottom(area, buf);
    }

    /// `── uam 0.1.0 ───────────── ● recording · active for 12 min ──`
    fn rule(&self, area: Rect, buf: &mut Buffer) {
        let width = usize::from(area.width);
        buf.set_string(area.x, area.y, "─".repeat(width), self.dim());
        let (headline, style) = match self.status {
            Some(s) => {
                let sign = if s.recording(self.now_us) {
                    "●"
                } else {
                    "○"
                };
                let colour = if s.fresh(self.now_us) {
                    state_colour(s.state)
                } else {
                    Color::Red
                };
                (
                    format!(" {sign} {} ", s.headline(self.now_us)),
                    self.coloured(colour).add_modifier(Modifier::BOLD),
                )
            }
            None => (" ○ starting ".to_owned(), Style::new()),
        };
        let headline = clip(&headline, width.saturating_sub(4));
        let left = area.right() - 2 - columns(&headline) as u16;
        buf.set_string(left, area.y, &headline, style);
        let name = match self.status {
            Some(s) => format!(" uam {} ", s.version),
            None => " uam ".to_owned(),
        };
        let name = clip(&name, 20);
        if usize::from(left - area.x) > columns(&name) + 4 {
            buf.set_string(area.x + 2, area.y, &name, Style::new());
        }
    }

    /// The last row: a question, an answer, or the keys.
    fn bottom(&self, area: Rect, buf: &mut Buffer) {
        let y = area.bottom() - 1;
        let bold = Style::new().add_modifier(Modifier::BOLD);
        if let Some(text) = self.question.or(self.said) {
            let text = clip(text, usize::from(area.width) - 2);
            // Turned round, so that it stands out on a light screen as on a dark one.
            let style = match self.question {
                Some(_) if self.colour => bold.add_modifier(Modifier::REVERSED),
                _ => bold,
            };
            buf.set_string(area.x + 1, y, &text, style);
            return;
        }
        let pause = match self.status {
            Some(s) if s.state == Coverage::Paused => "resume",
            _ => "pause",
        };
        let quit = if self.attached { "leave" } else { "quit" };
        let keys = [
            ("p", pause),
            ("s", "shot"),
            ("x", "exclude"),
            ("d", "delete"),
            ("o", "page"),
            ("‹›", "pictures"),
            ("?", "help"),
            ("q", quit),
        ];
        let width = |keys: &[(&str, &str)]| -> usize {
            keys.iter().map(|(k, w)| columns(k) + w.len() + 3).sum()
        };
        let mut shown: Vec<(&str, &str)> = keys.to_vec();
        // Help names those that found no room.
        for spare in ["‹›", "o", "d", "x", "s", "p", "?"] {
            if width(&shown) < usize::from(area.width) {
                break;
            }
            shown.retain(|(key, _)| *key != spare);
        }
        let mut x = area.x + 1;
        for (key, what) in shown {
            buf.set_string(x, y, key, bold);
            let after = x + columns(key) as u16 + 1;
            buf.set_stringn(
                after,
                y,
                what,
                usize::from(area.right().saturating_sub(after)),
                self.dim(),
            );
            x = after + what.len() as u16 + 2;
        }
    }

    /// The rows of text, the less important ones left out where `room` is short.
    fn rows(&self, room: u16) -> Vec<Row> {
        let Some(s) = self.status else {
            return vec![Row::new("window", "waiting for the first record …", 9)];
        };
        let now = self.now_us;
        let mut rows = vec![Row {
            style: Style::new().add_modifier(Modifier::BOLD),
            ..Row::new("window", s.window_text(), 9)
        }];
        rows.push(Row::new("this span", counts_text(&s.span_counts), 6));
        rows.push(Row::new("today", counts_text(&s.today_counts), 7));
        rows.push(Row::new("", s.today_text(), 5));
        rows.push(Row {
            style: if s.fresh(now) {
                Style::new()
            } else {
                self.coloured(Color::Red)
            },
            ..Row::new("on disk", s.durable_text(now), 9)
        });
        rows.push(Row::new(
            "outbox",
            format!("{} → {}", s.outbox_text(), s.destination),
            8,
        ));
        let failed = s.last_upload.as_ref().is_some_and(|u| !u.ok);
        rows.push(Row {
            style: if failed {
                self.coloured(Color::Red)
            } else {
                Style::new()
            },
            ..Row::new("upload", s.upload_text(now), 8)
        });
        rows.push(Row::new("shot", shot_text(s, now), 4));
        if let Some(hours) = s.hours_text(now) {
            rows.push(Row::new("hours", hours, 3));
        }
        if let Some(disk) = s.disk {
            rows.push(Row {
                style: self.coloured(Color::Red),
                ..Row::new("disk", disk.text(), 8)
            });
        }
        if let Some(missing) = s.missing.first() {
            let more = match s.missing.len() {
                1 => String::new(),
                n => format!(" (and {} more; see `uam doctor`)", n - 1),
            };
            rows.push(Row {
                style: self.coloured(Color::Yellow),
                ..Row::new(
                    "missing",
                    format!("{}: {}{more}", missing.concern, missing.why.reason),
                    6,
                )
            });
        }
        if let Some(power) = s.power.filter(|p| p.discharging) {
            rows.push(Row::new("battery", format!("{} %", power.percent), 3));
        }
        while rows.len() > usize::from(room) {
            let least = rows.iter().map(|r| r.weight).min().unwrap_or(0);
            if let Some(at) = rows.iter().rposition(|r| r.weight == least) {
                rows.remove(at);
            }
        }
        rows
    }

    fn coloured(&self, colour: Color) -> Style {
        if self.colour {
            Style::new().fg(colour)
        } else {
            Style::new()
        }
    }

    fn dim(&self) -> Style {
        if self.colour {
            Style::new().add_modifier(Modifier::DIM)
        } else {
            Style::new()
        }
    }
}

fn shot_text(s: &AgentStatus, now: i64) -> String {
    let last = match s.last_shot_us {
        Some(at) => format!("last at {}", clock(at, &zone(&s.zone))),
        None => "none yet".to_owned(),
    };
    match s.next_shot_us {
        Some(next) => {
            let left = u64::try_from(next.saturating_sub(now)).unwrap_or(0);
            format!("{last} · next within {}", age(left.max(1_000_000)))
        }
        None => format!("{last} · off"),
    }
}

struct Row {
    label: &'static str,
    text: String,
    style: Style,
    /// Rows of small weight go first when room is short.
    weight: u8,
}

impl Row {
    fn new(label: &'static str, text: impl Into<String>, weight: u8) -> Self {
        Self {
            label,
            text: text.into(),
            style: Style::new(),
            weight,
        }
    }
}

#[cfg(test)]
mod tests;

//! The terminal as two parts: the log above, which scrolls into the scrollback, and the panel below, which stays.
//!
//! The log scrolls within its own region (DECSTBM), so a new line neither clears nor redraws the panel, and a sixel
//! image in it stays as it is. The cursor's position at the start need not be known: the panel is always at the
//! bottom, and line feeds make room for it. So nothing here waits for an answer of the terminal.

use crate::panel;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::style::Color;
use ratatui::{Terminal, TerminalOptions, Viewport};
use report::{LogLine, LogSubject};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Log lines kept for redrawing after a change of size; more than any terminal has rows.
const MAX_KEPT_LINES: usize = 300;

/// A terminal split in two.
pub(crate) struct SplitScreen<W: Write> {
    terminal: Terminal<CrosstermBackend<W>>,
    size: Size,
    colour: bool,
    kept: VecDeque<LogLine>,
}

impl<W: Write> SplitScreen<W> {
    /// Makes room for the panel below the terminal's contents.
    pub(crate) fn new(mut out: W, size: Size, colour: bool) -> io::Result<Self> {
        let panel = panel_area(size);
        write!(out, "\x1b[?25l\r{}", "\n".repeat(panel.height.into()))?;
        out.flush()?;
        let viewport = Viewport::Fixed(panel);
        Ok(Self {
            terminal: Terminal::with_options(
                CrosstermBackend::new(out),
                TerminalOptions { viewport },
            )?,
            size,
            colour,
            kept: VecDeque::new(),
        })
    }

    /// The panel's area.
    pub(crate) fn current_panel_area(&self) -> Rect {
        panel_area(self.size)
    }

    /// Adds lines to the log.
    pub(crate) fn append_lines(
        &mut self,
        lines: impl IntoIterator<Item = LogLine>,
    ) -> io::Result<()> {
        let lines: Vec<LogLine> = lines.into_iter().collect();
        if lines.is_empty() {
            return Ok(());
        }
        let text = self.scroll_sequence(lines.iter());
        self.kept.extend(lines);
        while self.kept.len() > MAX_KEPT_LINES {
            self.kept.pop_front();
        }
        self.write_sequence(&text)
    }

    /// Draws the panel; only changed cells are sent.
    pub(crate) fn draw_panel(&mut self, render: impl FnOnce(Rect, &mut Buffer)) -> io::Result<()> {
        if self.current_panel_area().height == 0 {
            return Ok(());
        }
        self.terminal
            .draw(|frame| render(frame.area(), frame.buffer_mut()))?;
        Ok(())
    }

    /// Redraws everything in a new size. Each terminal re-wraps its contents in its own way when its size changes, so
    /// the screen is cleared and the last lines are laid out again.
    pub(crate) fn redraw_resized(&mut self, size: Size) -> io::Result<()> {
        self.size = size;
        // ratatui moves a viewport that became narrower to the top row; a second call puts it in the right place.
        self.terminal.resize(self.current_panel_area())?;
        self.terminal.resize(self.current_panel_area())?;
        self.write_sequence("\x1b[r\x1b[H\x1b[2J")?;
        let log_rows = usize::from(size.height - self.current_panel_area().height);
        let from = self.kept.len().saturating_sub(log_rows);
        let text = self.scroll_sequence(self.kept.iter().skip(from));
        self.write_sequence(&text)
    }

    /// Clears the panel and leaves the cursor below the log.
    pub(crate) fn close_panel(&mut self) -> io::Result<()> {
        let text = restore_sequence(self.current_panel_area());
        self.write_sequence(&text)
    }

    /// The escape sequence that scrolls lines into the log's region.
    fn scroll_sequence<'a>(&self, lines: impl Iterator<Item = &'a LogLine>) -> String {
        let bottom = self.size.height - self.current_panel_area().height;
        let width = usize::from(self.size.width);
        let mut text = format!("\x1b[1;{bottom}r\x1b[{bottom};1H");
        for line in lines {
            text.push_str("\r\n");
            text.push_str(&style_line(line, width, self.colour));
        }
        text.push_str("\x1b[r");
        text
    }

    fn write_sequence(&mut self, text: &str) -> io::Result<()> {
        let out = self.terminal.backend_mut();
        out.write_all(text.as_bytes())?;
        Write::flush(out)
    }
}

/// The escape sequence that gives the terminal back, with the panel's rows cleared.
pub(crate) fn restore_sequence(panel: Rect) -> String {
    format!("\x1b[r\x1b[0m\x1b[{};1H\x1b[J\x1b[?25h", panel.y + 1)
}

fn panel_area(size: Size) -> Rect {
    let height = panel::panel_height(size.height);
    Rect::new(0, size.height - height, size.width, height)
}

/// A log line with colours, narrower than the terminal so that it never wraps.
fn style_line(line: &LogLine, width: usize, colour: bool) -> String {
    let width = width.saturating_sub(1);
    if width < 40 {
        return report::format::clip_to_width(&line.to_plain_text(40), width);
    }
    if !colour {
        return line.to_plain_text(width);
    }
    let laid = line.layout(width);
    let word = match line.word {
        word if word.is_warning() => Color::Red,
        LogSubject::State(state) => panel::state_colour(state),
        LogSubject::Shot | LogSubject::Upload(_) => Color::Cyan,
        LogSubject::Notice(_) => Color::Magenta,
    };
    let mut out = String::new();
    // Writing into a String cannot fail.
    let _ = write!(
        out,
        "\x1b[2m{}\x1b[0m  \x1b[{}m{}\x1b[0m {} \x1b[2m{}\x1b[0m",
        laid.time,
        sgr_code(word),
        laid.word,
        laid.text,
        laid.detail
    );
    out
}

/// The SGR code of a colour of the terminal's own palette (ECMA-48).
fn sgr_code(colour: Color) -> u8 {
    match colour {
        Color::Red => 31,
        Color::Green => 32,
        Color::Yellow => 33,
        Color::Blue => 34,
        Color::Magenta => 35,
        Color::Cyan => 36,
        Color::DarkGray => 90,
        _ => 39,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use model::Timestamp;
    use std::cell::RefCell;
    use std::rc::Rc;

    fn line(text: &str) -> LogLine {
        LogLine {
            at: Timestamp::UNIX_EPOCH,
            zone: "UTC".into(),
            word: LogSubject::Shot,
            text: text.into(),
            detail: String::new(),
            duration: None,
        }
    }

    /// Keeps the written bytes for the test.
    #[derive(Clone, Default)]
    struct Sent(Rc<RefCell<Vec<u8>>>);

    impl Sent {
        fn take(&self) -> String {
            String::from_utf8(self.0.take()).unwrap()
        }
    }

    impl Write for Sent {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_log_scrolls_above_the_panel() {
        let sent = Sent::default();
        let mut screen = SplitScreen::new(sent.clone(), Size::new(80, 24), false).unwrap();
        assert_eq!(sent.take(), format!("\x1b[?25l\r{}", "\n".repeat(18)));
        screen.append_lines([line("a"), line("b")]).unwrap();
        assert_eq!(
            sent.take(),
            "\x1b[1;6r\x1b[6;1H\r\n00:00:00  screenshot    a\r\n00:00:00  screenshot    b\x1b[r"
        );
        screen.close_panel().unwrap();
        assert_eq!(sent.take(), "\x1b[r\x1b[0m\x1b[7;1H\x1b[J\x1b[?25h");
    }

    #[test]
    fn another_size_redraws_the_last_lines() {
        let sent = Sent::default();
        let mut screen = SplitScreen::new(sent.clone(), Size::new(80, 24), false).unwrap();
        screen
            .append_lines((0..50).map(|n| line(&n.to_string())))
            .unwrap();
        sent.take();
        screen.redraw_resized(Size::new(60, 12)).unwrap();
        let text = sent.take();
        let text = &text[text.rfind("\x1b[r\x1b[H").unwrap()..];
        assert!(text.starts_with("\x1b[r\x1b[H\x1b[2J\x1b[1;4r"), "{text:?}");
        assert_eq!(text.matches("screenshot").count(), 4);
        assert!(text.contains("screenshot    49"));
        screen
            .draw_panel(|area, buf| {
                assert_eq!(area, Rect::new(0, 4, 60, 8));
                buf.set_string(0, 4, "panel", ratatui::style::Style::new());
            })
            .unwrap();
        let text = sent.take();
        assert!(
            text.contains("\x1b[5;1H") && text.contains("panel"),
            "{text:?}"
        );
    }

    #[test]
    fn no_size_is_too_small() {
        for (columns, rows) in [(0, 0), (1, 1), (5, 3), (9, 6), (40, 5), (300, 100)] {
            let mut screen = SplitScreen::new(Vec::new(), Size::new(columns, rows), true).unwrap();
            screen.append_lines([line("日本語")]).unwrap();
            screen
                .draw_panel(|area, buf| {
                    let panel = panel::Panel {
                        status: None,
                        day_summary: None,
                        now: Timestamp::UNIX_EPOCH,
                        question: Some("Stop?"),
                        message: None,
                        help: false,
                        attached: false,
                        screenshot: None,
                        colour: true,
                    };
                    panel::render_panel(&panel, area, buf);
                })
                .unwrap();
            screen.redraw_resized(Size::new(rows, columns)).unwrap();
            screen.close_panel().unwrap();
        }
    }

    #[test]
    fn a_line_never_wraps_and_colours_end() {
        let text = style_line(&line(&"日本".repeat(100)), 80, true);
        assert!(text.ends_with("\x1b[0m"));
        for width in [1, 10, 39, 41, 80] {
            let text = style_line(&line(&"日本".repeat(100)), width, false);
            assert!(
                report::format::display_width(&text) < width.max(1),
                "{width}: {text}"
            );
        }
    }
}

//! The view's thread: waits for keys and updates, draws the log and the panel, and hands commands over.

use super::options::{LiveOptions, ViewEnd};
use super::terminal_guard::{TerminalGuard, claim_terminal, install_panic_hook};
use crate::dialog::{Dialog, KeyContext};
use crate::error::ConsoleError;
use crate::event::ConsoleEvent;
use crate::graphics::{GraphicsProtocol, TerminalGraphics, decode_image};
use crate::inline_image::reduce_to_palette;
use crate::input::{InputEvents, KeyInput, TerminalInput};
use crate::panel::{Panel, PanelScreenshot, render_panel, screenshot_area};
use crate::split_screen::SplitScreen;
use crate::updates::{PendingUpdates, ShownScreenshot, ViewUpdates};
use model::{Clock, Timestamp};
use ratatui::layout::{Rect, Size};
use ratatui_image::protocol::Protocol as EncodedImage;
use report::format::{format_count, format_minute};
use report::load_zone;
use report::{AgentStatus, DaySummary, LogLine, LogSubject};
use std::io;
use std::time::{Duration, Instant};

/// The panel is drawn at least this often, so that the ages in it stay right.
const REDRAW_INTERVAL: Duration = Duration::from_secs(1);

/// Two changes closer together than this are drawn as one.
const SETTLE_TIME: Duration = Duration::from_millis(100);

/// Runs the view until it ends, and returns how.
pub(super) fn run_view(
    input: TerminalInput,
    updates: &ViewUpdates,
    options: LiveOptions,
    time: &dyn Clock,
    commands: impl FnMut(ConsoleEvent),
) -> ViewEnd {
    let result =
        ViewLoop::open(input, options).and_then(|mut view| view.run_loop(updates, time, commands));
    match result {
        Ok(end) => end,
        // A closed terminal shows as an error of reading or of writing, whichever comes first.
        Err(ConsoleError::Terminal(error)) if is_terminal_gone(&error) => ViewEnd::TerminalClosed,
        Err(error) => ViewEnd::Failed(error),
    }
}

fn is_terminal_gone(error: &io::Error) -> bool {
    // EIO is 5 and ENXIO 6 on every Unix: the terminal has hung up.
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::NotConnected
    ) || matches!(error.raw_os_error(), Some(5 | 6))
}

/// The state of the view's thread.
struct ViewLoop {
    input: TerminalInput,
    screen: SplitScreen<io::Stdout>,
    graphics: Option<TerminalGraphics>,
    colour: bool,
    attached: bool,
    status: Option<Box<AgentStatus>>,
    day_summary: Option<Box<DaySummary>>,
    screenshot: Option<ShownScreenshot>,
    encoded: Option<EncodedImage>,
    dialog: Dialog,
    // Last, so that it is dropped after the screen.
    _guard: TerminalGuard,
}

impl ViewLoop {
    fn open(input: TerminalInput, options: LiveOptions) -> Result<Self, ConsoleError> {
        install_panic_hook();
        crossterm::terminal::enable_raw_mode()?;
        let size = TerminalInput::terminal_size()?;
        claim_terminal(Rect::new(0, size.cells.height.saturating_sub(1), 0, 0));
        let guard = TerminalGuard;
        let graphics = if options.screenshots && options.colour {
            Some(TerminalGraphics::detect_raw(options.protocol)?)
        } else {
            None
        };
        let screen = SplitScreen::new(io::stdout(), size.cells, options.colour)?;
        claim_terminal(screen.current_panel_area());
        Ok(Self {
            input,
            screen,
            graphics,
            colour: options.colour,
            attached: options.attached,
            status: None,
            day_summary: None,
            screenshot: None,
            encoded: None,
            dialog: Dialog::default(),
            _guard: guard,
        })
    }

    fn run_loop(
        &mut self,
        updates: &ViewUpdates,
        time: &dyn Clock,
        mut commands: impl FnMut(ConsoleEvent),
    ) -> Result<ViewEnd, ConsoleError> {
        let mut size = TerminalInput::terminal_size()?.cells;
        let mut drawn = Instant::now();
        let mut changed = true;
        self.draw_panel(time)?;
        loop {
            let interval = redraw_interval(changed);
            let events = self
                .input
                .wait_for_events(interval.saturating_sub(drawn.elapsed()))?;
            if events.closed {
                return Ok(ViewEnd::TerminalClosed);
            }
            changed |= self.handle_keys(events, size, &mut commands)?;
            let pending = updates.take_pending();
            changed |= pending.changes_panel();
            let ended = pending.ended;
            self.apply_updates(pending, time)?;
            if ended {
                self.screen.close_panel()?;
                return Ok(ViewEnd::Requested);
            }
            let current_size = TerminalInput::terminal_size()?.cells;
            if current_size != size {
                size = current_size;
                self.screen.redraw_resized(size)?;
                claim_terminal(self.screen.current_panel_area());
                self.encode_screenshot();
                changed = true;
            }
            if drawn.elapsed() >= redraw_interval(changed) {
                self.draw_panel(time)?;
                drawn = Instant::now();
                changed = false;
            }
        }
    }

    /// Handles the keys in order; true when there was one.
    fn handle_keys(
        &mut self,
        events: InputEvents,
        size: Size,
        commands: &mut impl FnMut(ConsoleEvent),
    ) -> io::Result<bool> {
        let pressed = !events.keys.is_empty();
        for key in events.keys {
            if key == KeyInput::Redraw {
                self.screen.redraw_resized(size)?;
                continue;
            }
            let status = self.status.as_ref();
            let context = KeyContext {
                state: status.map(|s| s.state),
                app: status
                    .and_then(|s| s.window.as_ref())
                    .map(|w| w.app.as_str()),
                attached: self.attached,
            };
            if let Some(command) = self.dialog.handle_key(key, context, Instant::now()) {
                commands(command);
            }
        }
        Ok(pressed)
    }

    /// Appends the new log lines, and keeps the rest for the next drawing of the panel.
    fn apply_updates(&mut self, pending: PendingUpdates, time: &dyn Clock) -> io::Result<()> {
        if pending.dropped > 0 {
            let status = self.status.as_deref();
            let note = dropped_lines_note(pending.dropped, time.now().utc, status);
            self.screen.append_lines([note])?;
        }
        self.screen.append_lines(pending.lines)?;
        if let Some(status) = pending.status {
            self.status = Some(status);
        }
        if let Some(day_summary) = pending.day_summary {
            self.day_summary = Some(day_summary);
        }
        if pending.forget {
            self.screenshot = None;
            self.encoded = None;
        }
        if let Some(screenshot) = pending.screenshot {
            self.show_screenshot(screenshot, pending.chosen);
        }
        if let Some(text) = pending.message {
            self.dialog.show_message(text, Instant::now());
        }
        if let Some(command) = pending.code {
            self.dialog.ask_code(command, Instant::now());
        }
        Ok(())
    }

    /// Shows a screenshot. A new one does not replace an older one that the user chose to look at.
    fn show_screenshot(&mut self, screenshot: ShownScreenshot, chosen: bool) {
        match &mut self.screenshot {
            Some(shown) if !chosen && shown.place < shown.of => shown.of = screenshot.of,
            shown => {
                *shown = Some(screenshot);
                self.encode_screenshot();
            }
        }
    }

    /// Encodes the screenshot for the terminal and the present size of its area. A screenshot that cannot be encoded
    /// is left out; the journal has it all the same.
    fn encode_screenshot(&mut self) {
        self.encoded = None;
        if let (Some(graphics), Some(screenshot), Some(area)) = (
            &self.graphics,
            &self.screenshot,
            screenshot_area(self.screen.current_panel_area()),
        ) {
            self.encoded = decode_image(&screenshot.bytes)
                .and_then(|image| graphics.encode_image(image, area, std::process::id()))
                .ok();
        }
    }

    fn draw_panel(&mut self, time: &dyn Clock) -> Result<(), ConsoleError> {
        let now = Instant::now();
        let question = self.dialog.current_question(now);
        let zone_name = self.status.as_ref().map_or("UTC", |s| s.zone.as_str());
        let screenshot = match (&self.encoded, &self.screenshot) {
            (Some(encoded), Some(shown)) => Some(PanelScreenshot {
                encoded,
                caption: shown.format_caption(&format_minute(shown.at, &load_zone(zone_name))),
            }),
            _ => None,
        };
        let few_colours = self
            .graphics
            .is_some_and(|g| g.protocol() == GraphicsProtocol::HalfBlocks && !g.has_true_colour());
        let panel = Panel {
            status: self.status.as_deref(),
            day_summary: self.day_summary.as_deref(),
            now: time.now().utc,
            question: question.as_deref(),
            message: self.dialog.current_message(now),
            help: self.dialog.shows_help(),
            attached: self.attached,
            screenshot,
            colour: self.colour,
        };
        self.screen.draw_panel(|area, buf| {
            render_panel(&panel, area, buf);
            if few_colours {
                reduce_to_palette(buf, area);
            }
        })?;
        Ok(())
    }
}

fn redraw_interval(changed: bool) -> Duration {
    if changed {
        SETTLE_TIME
    } else {
        REDRAW_INTERVAL
    }
}

/// The log line that stands for lines the view was too slow to show.
fn dropped_lines_note(lines: u64, at: Timestamp, status: Option<&AgentStatus>) -> LogLine {
    LogLine {
        at,
        zone: status.map_or("UTC", |s| s.zone.as_str()).into(),
        word: LogSubject::Notice(model::NoticeCode::Stalled),
        text: format!(
            "{} not shown here; the journal has them",
            format_count(lines, "line was", "lines were")
        ),
        detail: String::new(),
        duration: None,
    }
}

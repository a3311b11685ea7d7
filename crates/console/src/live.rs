//! The live view: a thread that waits, draws and listens.

use crate::ConsoleError;
use crate::dialog::{Command, Dialog, Situation};
use crate::graphics::{Graphics, Protocol, decode};
use crate::input::{Input, Key};
use crate::panel::{Beside, View, picture_room};
use crate::picture::to_palette;
use crate::screen::{Screen, leaving};
use crate::updates::{Picture, Updates};
use model::Clock;
use ratatui::layout::Rect;
use ratatui_image::protocol::Protocol as Encoded;
use report::text::{count, minute, zone};
use report::{AgentStatus, DaySummary, LogLine, LogSubject};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::thread::{self, JoinHandle, ThreadId};
use std::time::{Duration, Instant};

/// Ages are drawn anew this often.
const TICK: Duration = Duration::from_secs(1);

/// Two changes closer together than this are drawn as one.
const SETTLE: Duration = Duration::from_millis(100);

/// How the view ended.
#[derive(Debug)]
pub enum Ended {
    /// It was told to.
    Asked,
    /// The terminal is gone; recording should go on or end as the settings say.
    TerminalClosed,
    /// The terminal refused.
    Failed(ConsoleError),
}

/// How the view looks.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Colours; see [`colour_wanted`]. Without them no picture is shown either.
    pub colour: bool,
    /// Show the last shot beside the panel.
    pub pictures: bool,
    /// How, instead of what the terminal says it can.
    pub protocol: Option<Protocol>,
    /// The view can be left without an end of the recording.
    pub attached: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            colour: colour_wanted(),
            pictures: true,
            protocol: None,
            attached: false,
        }
    }
}

/// False when `NO_COLOR` is set to anything (<https://no-color.org>) or the terminal is a dumb one.
#[must_use]
pub fn colour_wanted() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|v: std::ffi::OsString| !v.is_empty());
    !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// The running view. Dropping it ends the view and gives the terminal back.
#[derive(Debug)]
pub struct Live {
    updates: Updates,
    thread: Option<JoinHandle<Ended>>,
}

impl Live {
    /// Starts the view on standard input and output, in a thread of its own. `commands` is called from that thread
    /// and should not block.
    ///
    /// # Errors
    /// [`ConsoleError::NotATerminal`], or when the thread or its wake-up cannot be made.
    pub fn start(
        options: Options,
        time: Arc<dyn Clock>,
        commands: impl FnMut(Command) + Send + 'static,
    ) -> Result<Self, ConsoleError> {
        if !Input::is_terminal() {
            return Err(ConsoleError::NotATerminal);
        }
        let (input, wake) = Input::terminal()?;
        let updates = Updates::new(wake);
        let told = updates.clone();
        let thread = thread::Builder::new()
            .name("console".to_owned())
            .spawn(move || {
                let ended = run(input, &told, options, &*time, commands);
                told.close();
                ended
            })?;
        Ok(Self {
            updates,
            thread: Some(thread),
        })
    }

    /// What the view is told through; clone it to wherever news comes from.
    #[must_use]
    pub fn updates(&self) -> &Updates {
        &self.updates
    }

    /// Shows what it was told, ends the view, gives the terminal back, and says how it ended.
    pub fn finish(mut self) -> Ended {
        self.join()
    }

    fn join(&mut self) -> Ended {
        self.updates.end();
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(ended)) => ended,
            Some(Err(_)) => Ended::Failed(ConsoleError::Terminal(io::Error::other(
                "the view broke down; the recording is not affected",
            ))),
            None => Ended::Asked,
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.join();
        }
    }
}

/// The panel's place while the terminal is ours, and whose it is.
static OURS: Mutex<Option<(ThreadId, Rect)>> = Mutex::new(None);

/// Gives the terminal back if the live view holds it: raw mode off, cursor shown, panel cleared. Does no harm when
/// called twice. For a program that must leave without unwinding; [`Live`] calls it itself.
pub fn restore() {
    let ours = OURS.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some((_, panel)) = ours {
        // A terminal that is gone needs nothing given back.
        let _ = io::stdout().write_all(leaving(panel).as_bytes());
        let _ = io::stdout().flush();
        let _ = crossterm::terminal::disable_raw_mode();
    }
}

fn set_ours(panel: Rect) {
    *OURS.lock().unwrap_or_else(PoisonError::into_inner) = Some((thread::current().id(), panel));
}

/// Gives the terminal back however the view's thread ends.
struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// A panic's message should not be written into the panel: before it comes, the terminal is given back.
fn restore_before_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let mine = OURS
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .is_some_and(|(thread, _)| thread == thread::current().id());
            if mine {
                restore();
            }
            before(info);
        }));
    });
}

fn run(
    input: Input,
    updates: &Updates,
    options: Options,
    time: &dyn Clock,
    commands: impl FnMut(Command),
) -> Ended {
    match Window::open(input, options).and_then(|mut view| view.run(updates, time, commands)) {
        Ok(ended) => ended,
        // A terminal that closes is noticed by reading or by writing, whichever comes first.
        Err(ConsoleError::Terminal(error)) if is_gone(&error) => Ended::TerminalClosed,
        Err(error) => Ended::Failed(error),
    }
}

fn is_gone(error: &io::Error) -> bool {
    // EIO is 5 and ENXIO 6 on every Unix: the terminal has hung up.
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::NotConnected
    ) || matches!(error.raw_os_error(), Some(5 | 6))
}

/// The view's thread's own state.
struct Window {
    input: Input,
    screen: Screen<io::Stdout>,
    graphics: Option<Graphics>,
    colour: bool,
    attached: bool,
    status: Option<Box<AgentStatus>>,
    glance: Option<Box<DaySummary>>,
    picture: Option<Picture>,
    encoded: Option<Encoded>,
    dialog: Dialog,
    // Last, so that it is dropped after the screen.
    _guard: Guard,
}

impl Window {
    fn open(input: Input, options: Options) -> Result<Self, ConsoleError> {
        restore_before_panics();
        crossterm::terminal::enable_raw_mode()?;
        let size = Input::size()?;
        set_ours(Rect::new(0, size.cells.height.saturating_sub(1), 0, 0));
        let guard = Guard;
        let graphics = if options.pictures && options.colour {
            Some(Graphics::detect_raw(options.protocol)?)
        } else {
            None
        };
        let screen = Screen::new(io::stdout(), size.cells, options.colour)?;
        set_ours(screen.panel());
        Ok(Self {
            input,
            screen,
            graphics,
            colour: options.colour,
            attached: options.attached,
            status: None,
            glance: None,
            picture: None,
            encoded: None,
            dialog: Dialog::default(),
            _guard: guard,
        })
    }

    fn run(
        &mut self,
        updates: &Updates,
        time: &dyn Clock,
        mut commands: impl FnMut(Command),
    ) -> Result<Ended, ConsoleError> {
        let mut size = Input::size()?.cells;
        let mut drawn = Instant::now();
        let mut changed = true;
        self.draw(time)?;
        loop {
            let due = if changed { SETTLE } else { TICK };
            let woken = self.input.wait(due.saturating_sub(drawn.elapsed()))?;
            if woken.closed {
                return Ok(Ended::TerminalClosed);
            }
            for key in woken.keys {
                changed = true;
                if key == Key::Redraw {
                    self.screen.resize(size)?;
                    continue;
                }
                let about = Situation {
                    state: self.status.as_ref().map(|s| s.state),
                    app: self
                        .status
                        .as_ref()
                        .and_then(|s| s.window.as_ref())
                        .map(|w| w.app.as_str()),
                    attached: self.attached,
                };
                if let Some(command) = self.dialog.key(key, about, Instant::now()) {
                    commands(command);
                }
            }
            let mut told = updates.take();
            changed |= told.changes();
            if told.dropped > 0 {
                let at_us = time.now().utc_us;
                self.screen
                    .log([skipped(told.dropped, at_us, self.status.as_deref())])?;
            }
            self.screen.log(told.lines.drain(..))?;
            if let Some(status) = told.status {
                self.status = Some(status);
            }
            if let Some(glance) = told.glance {
                self.glance = Some(glance);
            }
            if told.forget {
                self.picture = None;
                self.encoded = None;
            }
            if let Some(picture) = told.picture {
                self.show(picture, told.stepped);
            }
            if let Some(text) = told.said {
                self.dialog.say(text, Instant::now());
            }
            if let Some(wish) = told.code {
                self.dialog.ask_code(wish, Instant::now());
            }
            if told.ended {
                self.screen.leave()?;
                return Ok(Ended::Asked);
            }
            let now_size = Input::size()?.cells;
            if now_size != size {
                size = now_size;
                self.screen.resize(size)?;
                set_ours(self.screen.panel());
                self.encode();
                changed = true;
            }
            if drawn.elapsed() >= if changed { SETTLE } else { TICK } {
                self.draw(time)?;
                drawn = Instant::now();
                changed = false;
            }
        }
    }

    /// Shows a shot. Who looks at an older one is not torn away from it by a new one.
    fn show(&mut self, picture: Picture, stepped: bool) {
        match &mut self.picture {
            Some(shown) if !stepped && shown.place < shown.of => shown.of = picture.of,
            shown => {
                *shown = Some(picture);
                self.encode();
            }
        }
    }

    /// Makes the terminal's form of the shown shot for the room there is. A picture that cannot be shown is left
    /// out; it is in the journal all the same.
    fn encode(&mut self) {
        self.encoded = None;
        if let (Some(graphics), Some(picture), Some(room)) = (
            &self.graphics,
            &self.picture,
            picture_room(self.screen.panel()),
        ) {
            self.encoded = decode(&picture.bytes)
                .and_then(|image| graphics.encode(image, room, std::process::id()))
                .ok();
        }
    }

    fn draw(&mut self, time: &dyn Clock) -> Result<(), ConsoleError> {
        let now = Instant::now();
        let question = self.dialog.question(now);
        let zone_name = self.status.as_ref().map_or("UTC", |s| s.zone.as_str());
        let picture = match (&self.encoded, &self.picture) {
            (Some(encoded), Some(picture)) => Some(Beside {
                encoded,
                caption: picture.caption(&minute(picture.at_us, &zone(zone_name))),
            }),
            _ => None,
        };
        let few_colours = self
            .graphics
            .is_some_and(|g| g.protocol() == Protocol::HalfBlocks && !g.true_colour());
        let view = View {
            status: self.status.as_deref(),
            glance: self.glance.as_deref(),
            now_us: time.now().utc_us,
            question: question.as_deref(),
            said: self.dialog.said(now),
            help: self.dialog.helps(),
            attached: self.attached,
            picture,
            colour: self.colour,
        };
        self.screen.draw(|area, buf| {
            view.render(area, buf);
            if few_colours {
                to_palette(buf, area);
            }
        })?;
        Ok(())
    }
}

fn skipped(lines: u64, at_us: i64, status: Option<&AgentStatus>) -> LogLine {
    LogLine {
        at_us,
        zone: status.map_or("UTC", |s| s.zone.as_str()).into(),
        word: LogSubject::Notice(model::NoticeCode::Stalled),
        text: format!(
            "{} not shown here; the journal has them",
            count(lines, "line was", "lines were")
        ),
        detail: String::new(),
        dur_us: None,
    }
}

//! The same through crossterm, for systems without `poll` on terminals: a wake-up may take half a second.

use super::{Key, Size, Woken};
use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long a wake-up may go unnoticed.
const SLICE: Duration = Duration::from_millis(500);

/// Wakes an [`Input`].
#[derive(Debug)]
pub(crate) struct Wake {
    pending: Arc<AtomicBool>,
}

impl Wake {
    pub(crate) fn wake(&self) {
        self.pending.store(true, Ordering::Release);
    }
}

/// What can be waited for.
#[derive(Debug)]
pub(crate) struct Input {
    pending: Arc<AtomicBool>,
}

impl Input {
    /// Keys from the terminal, changes of size, and wake-ups.
    pub(crate) fn terminal() -> io::Result<(Self, Wake)> {
        Self::wake_only()
    }

    /// The same; there is no cheaper way here.
    pub(crate) fn wake_only() -> io::Result<(Self, Wake)> {
        let pending = Arc::new(AtomicBool::new(false));
        Ok((
            Self {
                pending: pending.clone(),
            },
            Wake { pending },
        ))
    }

    /// True when both ends are a terminal.
    pub(crate) fn is_terminal() -> bool {
        io::stdin().is_terminal() && io::stdout().is_terminal()
    }

    /// The size of the terminal; its cells' size in pixels cannot be known here.
    pub(crate) fn size() -> io::Result<Size> {
        let (columns, rows) = crossterm::terminal::size()?;
        Ok(Size {
            cells: ratatui::layout::Size::new(columns, rows),
            font: None,
        })
    }

    /// Waits until something happens or `timeout` has passed.
    pub(crate) fn wait(&mut self, timeout: Duration) -> io::Result<Woken> {
        let mut woken = Woken::default();
        if self.pending.swap(false, Ordering::AcqRel) || !event::poll(timeout.min(SLICE))? {
            return Ok(woken);
        }
        if let Event::Key(key) = event::read()?
            && key.kind == KeyEventKind::Press
        {
            let control = key.modifiers.contains(KeyModifiers::CONTROL);
            woken.keys.push(match key.code {
                KeyCode::Char('c') if control => Key::Interrupt,
                KeyCode::Char('l') if control => Key::Redraw,
                KeyCode::Char(c) => Key::Char(c.to_ascii_lowercase()),
                _ => Key::Other,
            });
        }
        Ok(woken)
    }

    /// Terminals here do not answer reliably, so they are not asked.
    pub(crate) fn ask_terminal(
        _question: &str,
        _limit: Duration,
        _done: impl FnMut(u8) -> bool,
    ) -> io::Result<()> {
        Ok(())
    }
}

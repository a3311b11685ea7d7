//! The same on Windows: a thread reads the console, and the view waits for what it sends.
//!
//! The console's handle could be waited for together with a wake-up only through the Windows API itself; a thread that
//! blocks in the library's reader costs nothing and wakes up for nothing either.

use super::{Key, Size, Woken};
use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// Things that may wait for the view. Keys beyond that wait in the console.
const WAITING: usize = 64;

/// True when standard output is a console that understands escape sequences; older ones are asked to, here.
pub(crate) fn takes_escapes() -> bool {
    io::stdout().is_terminal() && crossterm::ansi_support::supports_ansi()
}

/// What the view waits for.
#[derive(Debug)]
enum Told {
    Wake,
    Key(Key),
    Resized,
    Closed,
}

/// Wakes an [`Input`].
#[derive(Debug)]
pub(crate) struct Wake {
    tell: SyncSender<Told>,
    /// True while an unread wake-up is under way, so that there is never more than one.
    pending: Arc<AtomicBool>,
}

impl Wake {
    pub(crate) fn wake(&self) {
        if !self.pending.swap(true, Ordering::AcqRel) {
            // It can only fail when nobody is left to wake, or when so much is waiting that the view is awake.
            let _ = self.tell.try_send(Told::Wake);
        }
    }
}

/// What can be waited for.
#[derive(Debug)]
pub(crate) struct Input {
    told: Receiver<Told>,
    /// Keeps the queue open where nobody wakes.
    _tell: SyncSender<Told>,
    pending: Arc<AtomicBool>,
}

impl Input {
    /// Keys from the console, changes of size, and wake-ups.
    pub(crate) fn terminal() -> io::Result<(Self, Wake)> {
        let (input, wake) = Self::wake_only()?;
        let tell = wake.tell.clone();
        // The thread ends with the console, with the view's end at the next key, or with the program.
        std::thread::Builder::new()
            .name("console-keys".into())
            .spawn(move || {
                loop {
                    let told = match event::read() {
                        Ok(event) => understand(&event),
                        Err(_) => Some(Told::Closed),
                    };
                    let last = matches!(told, Some(Told::Closed));
                    if told.is_some_and(|told| tell.send(told).is_err()) || last {
                        return;
                    }
                }
            })?;
        Ok((input, wake))
    }

    /// Wake-ups alone.
    pub(crate) fn wake_only() -> io::Result<(Self, Wake)> {
        let pending = Arc::new(AtomicBool::new(false));
        let (tell, told) = sync_channel(WAITING);
        let input = Self {
            told,
            _tell: tell.clone(),
            pending: Arc::clone(&pending),
        };
        Ok((input, Wake { tell, pending }))
    }

    /// True when there is a console that can show the view. Keys are read from the console itself, whatever standard
    /// input is.
    pub(crate) fn is_terminal() -> bool {
        takes_escapes()
    }

    /// The size of the console; its cells' size in pixels cannot be known here.
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
        let first = match self.told.recv_timeout(timeout) {
            Ok(told) => Some(told),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Told::Closed),
        };
        for told in first.into_iter().chain(self.told.try_iter()) {
            match told {
                Told::Wake => self.pending.store(false, Ordering::Release),
                Told::Key(key) => woken.keys.push(key),
                Told::Resized => {}
                Told::Closed => woken.closed = true,
            }
        }
        Ok(woken)
    }

    /// Consoles here give their answers as keys, if at all, so they are not asked.
    pub(crate) fn ask_terminal(
        _question: &str,
        _limit: Duration,
        _done: impl FnMut(u8) -> bool,
    ) -> io::Result<()> {
        Ok(())
    }
}

fn understand(event: &Event) -> Option<Told> {
    match event {
        Event::Key(key) if key.kind == KeyEventKind::Press => {
            let control = key.modifiers.contains(KeyModifiers::CONTROL);
            Some(Told::Key(match key.code {
                KeyCode::Char('c') if control => Key::Interrupt,
                KeyCode::Char('l') if control => Key::Redraw,
                KeyCode::Char(c) => Key::Char(c.to_ascii_lowercase()),
                KeyCode::Left => Key::Left,
                KeyCode::Right => Key::Right,
                KeyCode::Backspace => Key::Erase,
                _ => Key::Other,
            }))
        }
        Event::Resize(..) => Some(Told::Resized),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_wake_up_is_never_lost_and_never_repeated() {
        let (mut input, wake) = Input::wake_only().unwrap();
        for _ in 0..1000 {
            wake.wake();
        }
        // A day: the test would hang if the wake-up were lost.
        input.wait(Duration::from_secs(86_400)).unwrap();
        assert!(input.told.try_recv().is_err());
        wake.wake();
        input.wait(Duration::from_secs(86_400)).unwrap();
    }
}

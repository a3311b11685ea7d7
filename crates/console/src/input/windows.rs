//! On Windows a thread reads the console, and the view waits for the signals it sends.
//!
//! The console's handle could be waited for together with a wake-up only through the Windows API itself; a thread that
//! blocks in the library's reader costs nothing and never wakes without a reason.

use super::events::{InputEvents, KeyInput, TerminalSize};
use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// Signals that may wait for the view. Further keys wait in the console.
const QUEUE_CAPACITY: usize = 64;

/// True when standard output is a console that understands escape sequences; this call switches it on in older ones.
pub(crate) fn supports_escapes() -> bool {
    io::stdout().is_terminal() && crossterm::ansi_support::supports_ansi()
}

/// A signal that wakes the view.
#[derive(Debug)]
enum ConsoleSignal {
    Wake,
    Key(KeyInput),
    Resized,
    Closed,
}

/// Wakes a [`TerminalInput`].
#[derive(Debug)]
pub(crate) struct InputWaker {
    sender: SyncSender<ConsoleSignal>,
    /// True while an unread wake-up is in the queue, so that there is never more than one.
    pending: Arc<AtomicBool>,
}

impl InputWaker {
    pub(crate) fn wake(&self) {
        if !self.pending.swap(true, Ordering::AcqRel) {
            // It can only fail when there is no view to wake, or when the queue is full and the view is awake anyway.
            let _ = self.sender.try_send(ConsoleSignal::Wake);
        }
    }
}

/// The keys and wake-ups that the view waits for.
#[derive(Debug)]
pub(crate) struct TerminalInput {
    signals: Receiver<ConsoleSignal>,
    /// Keeps the queue open where there is no other sender.
    _sender: SyncSender<ConsoleSignal>,
    pending: Arc<AtomicBool>,
}

impl TerminalInput {
    /// Reads keys from the console, changes of size, and wake-ups.
    pub(crate) fn open_terminal() -> io::Result<(Self, InputWaker)> {
        let (input, waker) = Self::open_without_terminal()?;
        let sender = waker.sender.clone();
        // The thread ends with the console, with the view's end at the next key, or with the program.
        std::thread::Builder::new()
            .name("console-keys".into())
            .spawn(move || {
                loop {
                    let signal = match event::read() {
                        Ok(event) => to_signal(&event),
                        Err(_) => Some(ConsoleSignal::Closed),
                    };
                    let last = matches!(signal, Some(ConsoleSignal::Closed));
                    if signal.is_some_and(|signal| sender.send(signal).is_err()) || last {
                        return;
                    }
                }
            })?;
        Ok((input, waker))
    }

    /// Gets wake-ups alone.
    pub(crate) fn open_without_terminal() -> io::Result<(Self, InputWaker)> {
        let pending = Arc::new(AtomicBool::new(false));
        let (sender, signals) = sync_channel(QUEUE_CAPACITY);
        let input = Self {
            signals,
            _sender: sender.clone(),
            pending: Arc::clone(&pending),
        };
        Ok((input, InputWaker { sender, pending }))
    }

    /// True when there is a console that can show the view. Keys are read from the console itself, whatever standard
    /// input is.
    pub(crate) fn is_terminal() -> bool {
        supports_escapes()
    }

    /// The size of the console; its cells' size in pixels cannot be known here.
    pub(crate) fn terminal_size() -> io::Result<TerminalSize> {
        let (columns, rows) = crossterm::terminal::size()?;
        Ok(TerminalSize {
            cells: ratatui::layout::Size::new(columns, rows),
            font: None,
        })
    }

    /// Waits until something happens or `timeout` has passed.
    pub(crate) fn wait_for_events(&mut self, timeout: Duration) -> io::Result<InputEvents> {
        let mut events = InputEvents::default();
        let first = match self.signals.recv_timeout(timeout) {
            Ok(signal) => Some(signal),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(ConsoleSignal::Closed),
        };
        for signal in first.into_iter().chain(self.signals.try_iter()) {
            match signal {
                ConsoleSignal::Wake => self.pending.store(false, Ordering::Release),
                ConsoleSignal::Key(key) => events.keys.push(key),
                ConsoleSignal::Resized => {}
                ConsoleSignal::Closed => events.closed = true,
            }
        }
        Ok(events)
    }

    /// Does nothing: consoles on Windows send answers as keys, if at all.
    pub(crate) fn query_terminal(
        _question: &str,
        _limit: Duration,
        _done: impl FnMut(u8) -> bool,
    ) -> io::Result<()> {
        Ok(())
    }
}

fn to_signal(event: &Event) -> Option<ConsoleSignal> {
    match event {
        Event::Key(key) if key.kind == KeyEventKind::Press => {
            let control = key.modifiers.contains(KeyModifiers::CONTROL);
            Some(ConsoleSignal::Key(match key.code {
                KeyCode::Char('c') if control => KeyInput::Interrupt,
                KeyCode::Char('l') if control => KeyInput::Redraw,
                KeyCode::Char(c) => KeyInput::Char(c.to_ascii_lowercase()),
                KeyCode::Left => KeyInput::Left,
                KeyCode::Right => KeyInput::Right,
                KeyCode::Backspace => KeyInput::Erase,
                _ => KeyInput::Other,
            }))
        }
        Event::Resize(..) => Some(ConsoleSignal::Resized),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_wake_up_is_never_lost_and_never_repeated() {
        let (mut input, waker) = TerminalInput::open_without_terminal().unwrap();
        for _ in 0..1000 {
            waker.wake();
        }
        // A day: the test would hang if the wake-up were lost.
        input.wait_for_events(Duration::from_secs(86_400)).unwrap();
        assert!(input.signals.try_recv().is_err());
        waker.wake();
        input.wait_for_events(Duration::from_secs(86_400)).unwrap();
    }
}

//! Waits with `poll` on the terminal and a socket at once: no wake-up without a reason.
//!
//! crossterm's event reader is not used here: it loops for ever once the terminal has hung up.

use super::events::{InputEvents, TerminalSize};
use super::key_decoder::KeyDecoder;
use ratatui_image::FontSize;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// True when standard output is a terminal: every one of them understands escape sequences.
pub(crate) fn supports_escapes() -> bool {
    io::stdout().is_terminal()
}

/// Wakes a [`TerminalInput`].
#[derive(Debug)]
pub(crate) struct InputWaker {
    socket: UnixStream,
    /// True while the socket holds an unread wake-up, so that it never fills.
    pending: Arc<AtomicBool>,
}

impl InputWaker {
    pub(crate) fn wake(&self) {
        if !self.pending.swap(true, Ordering::AcqRel) {
            // It can only fail when the other end is gone (nobody to wake) or full (already awake).
            let _ = (&self.socket).write(&[1]);
        }
    }
}

/// The source of keys: standard input, or the process's own terminal where standard input is something else (the
/// recording process reads its requests there).
#[derive(Debug)]
enum KeySource {
    Stdin(io::Stdin),
    Terminal(File),
}

impl KeySource {
    fn open_source() -> Option<Self> {
        let stdin = io::stdin();
        if stdin.is_terminal() {
            return Some(Self::Stdin(stdin));
        }
        File::open("/dev/tty").ok().map(Self::Terminal)
    }
}

impl AsFd for KeySource {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Stdin(stdin) => stdin.as_fd(),
            Self::Terminal(file) => file.as_fd(),
        }
    }
}

/// The keys, signals and wake-ups that the view waits for.
#[derive(Debug)]
pub(crate) struct TerminalInput {
    wake_ups: UnixStream,
    pending: Arc<AtomicBool>,
    decoder: KeyDecoder,
    source: Option<KeySource>,
    resized: Option<signal_hook::SigId>,
}

impl TerminalInput {
    /// Reads keys from the terminal, changes of its size, and wake-ups.
    pub(crate) fn open_terminal() -> io::Result<(Self, InputWaker)> {
        let (mut input, waker) = Self::open_without_terminal()?;
        input.source = KeySource::open_source();
        input.resized = Some(signal_hook::low_level::pipe::register(
            signal_hook::consts::SIGWINCH,
            waker.socket.try_clone()?,
        )?);
        Ok((input, waker))
    }

    /// Gets wake-ups alone.
    pub(crate) fn open_without_terminal() -> io::Result<(Self, InputWaker)> {
        let (socket, wake_ups) = UnixStream::pair()?;
        socket.set_nonblocking(true)?;
        wake_ups.set_nonblocking(true)?;
        let pending = Arc::new(AtomicBool::new(false));
        Ok((
            Self {
                wake_ups,
                pending: pending.clone(),
                decoder: KeyDecoder::default(),
                source: None,
                resized: None,
            },
            InputWaker { socket, pending },
        ))
    }

    /// True when both ends are a terminal.
    pub(crate) fn is_terminal() -> bool {
        io::stdout().is_terminal() && KeySource::open_source().is_some()
    }

    /// The size of the terminal on standard output.
    pub(crate) fn terminal_size() -> io::Result<TerminalSize> {
        let size = rustix::termios::tcgetwinsize(io::stdout())?;
        let font = (size.ws_xpixel > 0 && size.ws_ypixel > 0)
            .then(|| {
                Some(FontSize::new(
                    size.ws_xpixel.checked_div(size.ws_col)?,
                    size.ws_ypixel.checked_div(size.ws_row)?,
                ))
            })
            .flatten()
            .filter(|f| f.width > 0 && f.height > 0);
        Ok(TerminalSize {
            cells: ratatui::layout::Size::new(size.ws_col, size.ws_row),
            font,
        })
    }

    /// Waits until something happens or `timeout` has passed.
    pub(crate) fn wait_for_events(&mut self, timeout: Duration) -> io::Result<InputEvents> {
        let mut fds = vec![PollFd::new(&self.wake_ups, PollFlags::IN)];
        if let Some(source) = &self.source {
            fds.push(PollFd::new(source, PollFlags::IN));
        }
        let timeout = Timespec {
            tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: timeout.subsec_nanos().into(),
        };
        match poll(&mut fds, Some(&timeout)) {
            Ok(_) => {}
            // A signal counts as a wake-up.
            Err(rustix::io::Errno::INTR) => return Ok(InputEvents::default()),
            Err(error) => return Err(error.into()),
        }
        let woken = !fds[0].revents().is_empty();
        let terminal = fds.get(1).map_or(PollFlags::empty(), PollFd::revents);
        drop(fds);
        if woken {
            // First the bytes, then the flag. A waker that comes in between writes no byte and needs none: its update
            // was queued before, and the queue is read after this. In the other order its byte could be read here and
            // the flag would stay set for ever.
            let mut sink = [0; 64];
            while matches!(self.wake_ups.read(&mut sink), Ok(n) if n == sink.len()) {}
            self.pending.store(false, Ordering::Release);
        }
        let mut events = InputEvents::default();
        let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
        if terminal.intersects(gone) {
            events.closed = true;
        } else if let Some(source) = &self.source
            && terminal.contains(PollFlags::IN)
        {
            // One read per poll: in raw mode it never blocks, and 0 bytes mean the end.
            let mut bytes = [0; 256];
            match rustix::io::read(source, &mut bytes) {
                Ok(0) => events.closed = true,
                Ok(n) => events.keys = self.decoder.decode_bytes(&bytes[..n]),
                Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
                Err(_) => events.closed = true,
            }
        }
        Ok(events)
    }

    /// Sends `question` to the terminal and reads until `done` returns true, `limit` passes or the terminal is gone.
    /// Raw mode must be on.
    pub(crate) fn query_terminal(
        question: &str,
        limit: Duration,
        mut done: impl FnMut(u8) -> bool,
    ) -> io::Result<()> {
        let mut out = io::stdout();
        out.write_all(question.as_bytes())?;
        out.flush()?;
        let Some(source) = KeySource::open_source() else {
            return Ok(());
        };
        let until = Instant::now() + limit;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let timeout = Timespec {
                tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: left.subsec_nanos().into(),
            };
            let mut fds = [PollFd::new(&source, PollFlags::IN)];
            match poll(&mut fds, Some(&timeout)) {
                Ok(0) => return Ok(()),
                Ok(_) if fds[0].revents() == PollFlags::IN => {}
                Ok(_) => return Ok(()),
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            }
            let mut bytes = [0; 256];
            let read = rustix::io::read(&source, &mut bytes)?;
            if read == 0 || bytes[..read].iter().any(|b| done(*b)) {
                return Ok(());
            }
        }
    }
}

impl Drop for TerminalInput {
    fn drop(&mut self) {
        if let Some(id) = self.resized.take() {
            signal_hook::low_level::unregister(id);
        }
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
        let mut left = [0];
        assert_eq!(
            input.wake_ups.read(&mut left).unwrap_err().kind(),
            io::ErrorKind::WouldBlock
        );
        waker.wake();
        input.wait_for_events(Duration::from_secs(86_400)).unwrap();
    }
}

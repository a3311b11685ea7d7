//! Waiting with `poll` on the terminal and a socket at once: no wake-up without a reason.
//!
//! crossterm's event reader is not used here: it reads in a loop that has no end once the terminal has hung up.

use super::key_decoder::Keys;
use super::{Size, Woken};
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
pub(crate) fn takes_escapes() -> bool {
    io::stdout().is_terminal()
}

/// Wakes an [`Input`].
#[derive(Debug)]
pub(crate) struct Wake {
    socket: UnixStream,
    /// True while an unread wake-up lies in the socket, so that it never holds more than a byte or two.
    pending: Arc<AtomicBool>,
}

impl Wake {
    pub(crate) fn wake(&self) {
        if !self.pending.swap(true, Ordering::AcqRel) {
            // It can only fail when the other end is gone (nobody to wake) or full (already awake).
            let _ = (&self.socket).write(&[1]);
        }
    }
}

/// Where keys come from: standard input, or the process's own terminal where standard input is something else (the
/// recording process gets its orders there).
#[derive(Debug)]
enum Keyboard {
    Stdin(io::Stdin),
    Terminal(File),
}

impl Keyboard {
    fn find() -> Option<Self> {
        let stdin = io::stdin();
        if stdin.is_terminal() {
            return Some(Self::Stdin(stdin));
        }
        File::open("/dev/tty").ok().map(Self::Terminal)
    }
}

impl AsFd for Keyboard {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Stdin(stdin) => stdin.as_fd(),
            Self::Terminal(file) => file.as_fd(),
        }
    }
}

/// What can be waited for.
#[derive(Debug)]
pub(crate) struct Input {
    woken: UnixStream,
    pending: Arc<AtomicBool>,
    keys: Keys,
    keyboard: Option<Keyboard>,
    resized: Option<signal_hook::SigId>,
}

impl Input {
    /// Keys from the terminal, changes of its size, and wake-ups.
    pub(crate) fn terminal() -> io::Result<(Self, Wake)> {
        let (mut input, wake) = Self::wake_only()?;
        input.keyboard = Keyboard::find();
        input.resized = Some(signal_hook::low_level::pipe::register(
            signal_hook::consts::SIGWINCH,
            wake.socket.try_clone()?,
        )?);
        Ok((input, wake))
    }

    /// Wake-ups alone.
    pub(crate) fn wake_only() -> io::Result<(Self, Wake)> {
        let (socket, woken) = UnixStream::pair()?;
        socket.set_nonblocking(true)?;
        woken.set_nonblocking(true)?;
        let pending = Arc::new(AtomicBool::new(false));
        Ok((
            Self {
                woken,
                pending: pending.clone(),
                keys: Keys::default(),
                keyboard: None,
                resized: None,
            },
            Wake { socket, pending },
        ))
    }

    /// True when both ends are a terminal.
    pub(crate) fn is_terminal() -> bool {
        io::stdout().is_terminal() && Keyboard::find().is_some()
    }

    /// The size of the terminal on standard output.
    pub(crate) fn size() -> io::Result<Size> {
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
        Ok(Size {
            cells: ratatui::layout::Size::new(size.ws_col, size.ws_row),
            font,
        })
    }

    /// Waits until something happens or `timeout` has passed.
    pub(crate) fn wait(&mut self, timeout: Duration) -> io::Result<Woken> {
        let mut fds = vec![PollFd::new(&self.woken, PollFlags::IN)];
        if let Some(keyboard) = &self.keyboard {
            fds.push(PollFd::new(keyboard, PollFlags::IN));
        }
        let timeout = Timespec {
            tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: timeout.subsec_nanos().into(),
        };
        match poll(&mut fds, Some(&timeout)) {
            Ok(_) => {}
            // A signal: as good as a wake-up.
            Err(rustix::io::Errno::INTR) => return Ok(Woken::default()),
            Err(error) => return Err(error.into()),
        }
        let woken = !fds[0].revents().is_empty();
        let terminal = fds.get(1).map_or(PollFlags::empty(), PollFd::revents);
        drop(fds);
        if woken {
            // First the bytes, then the flag: who wakes in between writes no byte, and needs none, because what it
            // has to say was said before and is looked at after this. The other way round, its byte could be eaten
            // here and the flag stay up for ever.
            let mut sink = [0; 64];
            while matches!(self.woken.read(&mut sink), Ok(n) if n == sink.len()) {}
            self.pending.store(false, Ordering::Release);
        }
        let mut result = Woken::default();
        let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
        if terminal.intersects(gone) {
            result.closed = true;
        } else if let Some(keyboard) = &self.keyboard
            && terminal.contains(PollFlags::IN)
        {
            // One read per poll: in raw mode it gives what there is and never blocks, and 0 bytes are the end.
            let mut bytes = [0; 256];
            match rustix::io::read(keyboard, &mut bytes) {
                Ok(0) => result.closed = true,
                Ok(n) => result.keys = self.keys.push(&bytes[..n]),
                Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
                Err(_) => result.closed = true,
            }
        }
        Ok(result)
    }

    /// Sends `question` to the terminal and reads until `done` says so, `limit` passes or the terminal is gone.
    /// Raw mode must be on.
    pub(crate) fn ask_terminal(
        question: &str,
        limit: Duration,
        mut done: impl FnMut(u8) -> bool,
    ) -> io::Result<()> {
        let mut out = io::stdout();
        out.write_all(question.as_bytes())?;
        out.flush()?;
        let Some(keyboard) = Keyboard::find() else {
            return Ok(());
        };
        let until = Instant::now() + limit;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let timeout = Timespec {
                tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: left.subsec_nanos().into(),
            };
            let mut fds = [PollFd::new(&keyboard, PollFlags::IN)];
            match poll(&mut fds, Some(&timeout)) {
                Ok(0) => return Ok(()),
                Ok(_) if fds[0].revents() == PollFlags::IN => {}
                Ok(_) => return Ok(()),
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            }
            let mut bytes = [0; 256];
            let read = rustix::io::read(&keyboard, &mut bytes)?;
            if read == 0 || bytes[..read].iter().any(|b| done(*b)) {
                return Ok(());
            }
        }
    }
}

impl Drop for Input {
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
        let (mut input, wake) = Input::wake_only().unwrap();
        for _ in 0..1000 {
            wake.wake();
        }
        // A day: the test would hang if the wake-up were lost.
        input.wait(Duration::from_secs(86_400)).unwrap();
        let mut left = [0];
        assert_eq!(
            input.woken.read(&mut left).unwrap_err().kind(),
            io::ErrorKind::WouldBlock
        );
        wake.wake();
        input.wait(Duration::from_secs(86_400)).unwrap();
    }
}

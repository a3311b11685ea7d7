//! A connection to the X server, its atoms, and how to wait for it.

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;
use x11rb::connection::Connection;
use x11rb::errors::{ConnectError, ConnectionError, ReplyError, ReplyOrIdError};
use x11rb::protocol::xproto::ConnectionExt as _;
use x11rb::protocol::xproto::{Screen, Window};
use x11rb::rust_connection::RustConnection;

x11rb::atom_manager! {
    /// The names that are asked for.
    pub(super) Atoms: AtomsCookie {
        _NET_ACTIVE_WINDOW,
        _NET_SUPPORTING_WM_CHECK,
        _NET_WM_NAME,
        _NET_WM_PID,
        _GTK_FRAME_EXTENTS,
        UTF8_STRING,
        COMPOUND_TEXT,
        WM_CLIENT_MACHINE,
        WM_STATE,
    }
}

/// The connection is of no use any more.
#[derive(Debug, thiserror::Error)]
pub(super) enum X11Error {
    /// No connection could be made.
    #[error("no connection to the X server: {0}")]
    Connect(#[from] ConnectError),
    /// The connection broke.
    #[error("the X server went away: {0}")]
    Broken(#[from] ConnectionError),
    /// The server answered with an error where none is normal.
    #[error("the X server refused a request: {0}")]
    Refused(String),
}

impl From<ReplyError> for X11Error {
    fn from(error: ReplyError) -> Self {
        match error {
            ReplyError::ConnectionError(broken) => Self::Broken(broken),
            ReplyError::X11Error(refused) => Self::Refused(format!("{:?}", refused.error_kind)),
        }
    }
}

impl From<ReplyOrIdError> for X11Error {
    fn from(error: ReplyOrIdError) -> Self {
        match error {
            ReplyOrIdError::ConnectionError(broken) => Self::Broken(broken),
            ReplyOrIdError::X11Error(refused) => Self::Refused(format!("{:?}", refused.error_kind)),
            ReplyOrIdError::IdsExhausted => Self::Refused("no resource numbers are left".into()),
        }
    }
}

impl From<rustix::io::Errno> for X11Error {
    fn from(error: rustix::io::Errno) -> Self {
        Self::Broken(ConnectionError::IoError(error.into()))
    }
}

/// The answer, where an error about a vanished window is normal: `None` for any X error.
pub(super) fn ignore_missing_window<T>(
    answer: Result<T, ReplyError>,
) -> Result<Option<T>, X11Error> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(ReplyError::X11Error(_)) => Ok(None),
        Err(ReplyError::ConnectionError(broken)) => Err(broken.into()),
    }
}

/// One connection.
pub(super) struct X11Connection {
    pub(super) conn: RustConnection,
    pub(super) root: Window,
    pub(super) atoms: Atoms,
    screen: usize,
}

impl X11Connection {
    /// Connects to `display`, or to the environment's `DISPLAY`.
    pub(super) fn open(display: Option<&str>) -> Result<Self, X11Error> {
        let (conn, screen) = x11rb::connect(display)?;
        let root = conn
            .setup()
            .roots
            .get(screen)
            .ok_or(ConnectError::InvalidScreen)?
            .root;
        let atoms = Atoms::new(&conn)?.reply()?;
        Ok(Self {
            conn,
            root,
            atoms,
            screen,
        })
    }

    /// The screen's fixed facts.
    pub(super) fn screen(&self) -> Option<&Screen> {
        self.conn.setup().roots.get(self.screen)
    }

    /// Waits until the server has answered everything that it was asked, and so has sent every event before that.
    pub(super) fn read_queued_events(&self) -> Result<(), X11Error> {
        self.conn.get_input_focus()?.reply()?;
        Ok(())
    }

    /// Waits until the server has something to say, `waker` rings, or `time` is over (`None`: for ever).
    pub(super) fn wait(&self, waker: &X11Waker, time: Option<Duration>) -> Result<(), X11Error> {
        self.conn.flush()?;
        let stream = self.conn.stream().as_fd();
        wait_for(
            &mut [
                PollFd::from_borrowed_fd(stream, PollFlags::IN),
                PollFd::new(&*waker.0, PollFlags::IN),
            ],
            time,
        )
    }
}

/// Wakes a thread that waits in [`X11Connection::wait`]; once rung it rings until it is hushed.
#[derive(Clone)]
pub(super) struct X11Waker(Arc<OwnedFd>);

impl X11Waker {
    pub(super) fn new() -> Result<Self, X11Error> {
        Ok(Self(Arc::new(eventfd(
            0,
            EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK,
        )?)))
    }

    pub(super) fn wake(&self) {
        // Fails only when it was rung 2^64 - 2 times already, and then it rings.
        let _ = rustix::io::write(&*self.0, &1u64.to_ne_bytes());
    }

    /// Silences it until it is rung again.
    pub(super) fn clear(&self) {
        // One that does not ring has nothing to be read.
        let _ = rustix::io::read(&*self.0, &mut [0; 8]);
    }

    /// Waits until it rings, at most `time`.
    pub(super) fn wait(&self, time: Duration) -> Result<(), X11Error> {
        wait_for(&mut [PollFd::new(&*self.0, PollFlags::IN)], Some(time))
    }
}

fn wait_for(fds: &mut [PollFd<'_>], time: Option<Duration>) -> Result<(), X11Error> {
    // A wait longer than the kernel can count is as good as one without an end.
    let time = time.and_then(|time| Timespec::try_from(time).ok());
    match poll(fds, time.as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

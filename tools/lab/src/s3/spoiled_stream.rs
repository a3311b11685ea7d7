//! A connection whose next answer can be spoiled on its way out.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Both ways of a connection.
pub(super) trait AsyncStream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> AsyncStream for T {}

const FINE: u64 = u64::MAX;
const GARBAGE: u64 = u64::MAX - 1;
const BROKEN: u64 = u64::MAX - 2;

/// Decides how the next answer is spoiled.
#[derive(Clone, Debug)]
pub(super) struct SpoilSwitch(Arc<AtomicU64>);

impl SpoilSwitch {
    pub(super) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(FINE)))
    }

    /// The next answer becomes bytes that are no HTTP, and the connection ends.
    pub(super) fn garbage(&self) {
        self.0.store(GARBAGE, Ordering::SeqCst);
    }

    /// Only the first `bytes` of the next answer are sent, and the connection ends.
    pub(super) fn cut(&self, bytes: u64) {
        self.0.store(bytes.min(BROKEN - 1), Ordering::SeqCst);
    }
}

/// A connection that obeys its switch.
pub(super) struct SpoiledStream {
    pub(super) inner: Box<dyn AsyncStream>,
    pub(super) how: SpoilSwitch,
}

impl AsyncRead for SpoiledStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for SpoiledStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let how = self.how.0.load(Ordering::SeqCst);
        let sent: Vec<u8> = match how {
            FINE => return Pin::new(&mut self.inner).poll_write(cx, buf),
            BROKEN => return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
            GARBAGE => buf.iter().map(|b| b ^ 0xa5).collect(),
            cut => buf
                .iter()
                .copied()
                .take(usize::try_from(cut).unwrap_or(usize::MAX))
                .collect(),
        };
        self.how.0.store(BROKEN, Ordering::SeqCst);
        if sent.is_empty() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        // An answer to a put is short and fits; the rest is spoiled just as well.
        match Pin::new(&mut self.inner).poll_write(cx, &sent) {
            Poll::Ready(Ok(_)) => Poll::Ready(Ok(buf.len())),
            other => other,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(cx);
        if flushed.is_ready() && self.how.0.load(Ordering::SeqCst) == BROKEN {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

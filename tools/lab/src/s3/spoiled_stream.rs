//! A connection whose next answer can be spoilt on its way out.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Both ways of a connection.
pub(super) trait Both: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Both for T {}

const FINE: u64 = u64::MAX;
const GARBAGE: u64 = u64::MAX - 1;
const BROKEN: u64 = u64::MAX - 2;

/// What becomes of the next answer.
#[derive(Clone, Debug)]
pub(super) struct Spoil(Arc<AtomicU64>);

impl Spoil {
    pub(super) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(FINE)))
    }

    /// It becomes bytes that are no HTTP, and the connection ends.
    pub(super) fn garbage(&self) {
        self.0.store(GARBAGE, Ordering::SeqCst);
    }

    /// Only its first bytes are sent, and the connection ends.
    pub(super) fn cut(&self, bytes: u64) {
        self.0.store(bytes.min(BROKEN - 1), Ordering::SeqCst);
    }
}

/// The connection.
pub(super) struct Spoilt {
    pub(super) inner: Box<dyn Both>,
    pub(super) how: Spoil,
}

impl AsyncRead for Spoilt {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for Spoilt {
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
        // An answer to a put is short and fits; whatever did not go out is spoilt just as well.
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

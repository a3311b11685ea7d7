//! The limit of the speed of uploads.

use futures::stream::{self, Stream, StreamExt};
use http_body::Body;
use object_store::client::{HttpError, HttpRequestBody};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Bytes that go out at once.
const PIECE: usize = 16 << 10;

/// A limit that all requests of a sink share. Time not used is not saved up: after a rest the first piece goes at once,
/// and the next one waits for it.
#[derive(Debug)]
pub(crate) struct RateLimit {
    bytes_per_s: u64,
    free_at: Mutex<Option<Instant>>,
}

impl RateLimit {
    /// `None` for no limit (0).
    pub(crate) fn new(kib_per_s: u32) -> Option<Arc<Self>> {
        (kib_per_s > 0).then(|| {
            Arc::new(Self {
                bytes_per_s: u64::from(kib_per_s) * 1024,
                free_at: Mutex::new(None),
            })
        })
    }

    /// How long this many bytes take.
    pub(crate) fn time_for(&self, bytes: u64) -> Duration {
        Duration::from_micros(bytes.saturating_mul(1_000_000) / self.bytes_per_s)
    }

    /// How long a piece must wait at `now`. From then on its time is taken.
    fn reserve_time(&self, now: Instant, bytes: usize) -> Duration {
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = free_at.map_or(now, |at| at.max(now));
        *free_at = Some(begin + self.time_for(bytes as u64));
        begin.duration_since(now)
    }

    /// The body in pieces, each at its time.
    pub(crate) fn slow_down(
        self: &Arc<Self>,
        mut body: HttpRequestBody,
    ) -> impl Stream<Item = Result<bytes::Bytes, HttpError>> + use<> {
        let limit = Arc::clone(self);
        stream::poll_fn(move |cx| Pin::new(&mut body).poll_frame(cx))
            .flat_map(|frame| {
                let mut pieces = Vec::new();
                match frame.map(|f| f.into_data().unwrap_or_default()) {
                    Err(error) => pieces.push(Err(error)),
                    Ok(mut data) => {
                        while !data.is_empty() {
                            pieces.push(Ok(data.split_to(PIECE.min(data.len()))));
                        }
                    }
                }
                stream::iter(pieces)
            })
            .then(move |piece| {
                let limit = Arc::clone(&limit);
                async move {
                    let piece = piece?;
                    tokio::time::sleep(limit.reserve_time(Instant::now(), piece.len())).await;
                    Ok(piece)
                }
            })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn many_pieces_together_take_their_time() {
        assert!(RateLimit::new(0).is_none());
        let pace = RateLimit::new(64).unwrap();
        let now = Instant::now();
        let waits: Vec<u128> = (0..5)
            .map(|_| pace.reserve_time(now, PIECE).as_millis())
            .collect();
        assert_eq!(waits, [0, 250, 500, 750, 1000]);
        // A rest is not saved up.
        let later = now + Duration::from_secs(60);
        assert_eq!(pace.reserve_time(later, PIECE).as_millis(), 0);
        assert_eq!(pace.reserve_time(later, PIECE).as_millis(), 250);
        assert_eq!(pace.time_for(8 << 20).as_secs(), 128);
    }
}

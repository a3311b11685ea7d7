//! Whether a store honours `If-None-Match`: known of Amazon, learnt of others.
//!
//! Some stores say that they lack it (501), and some say nothing and replace the object. So after the first put that a
//! store acknowledged, the same bytes are put there once more: one that honours the condition refuses (412), and one that
//! stores again lacks it, and has lost nothing by it. Then a look goes before each put. Keys carry their content's hash,
//! so even two writers between look and put cannot change the content of an object.

use std::sync::atomic::{AtomicU8, Ordering};
use url::Url;

const UNKNOWN: u8 = 0;
const TRYING: u8 = 1;
const HONOURED: u8 = 2;
const LACKING: u8 = 3;

/// Objects larger than this (in bytes) are not put twice to find out.
pub(crate) const SMALL: usize = 256 << 10;

/// The knowledge about one store.
#[derive(Debug)]
pub(crate) struct ConditionalPuts(AtomicU8);

impl ConditionalPuts {
    /// For a sink that is known to honour them.
    pub(crate) fn honoured() -> Self {
        Self(AtomicU8::new(HONOURED))
    }

    /// For the store at that address; `None` for Amazon's own.
    pub(crate) fn for_endpoint(endpoint: Option<&Url>) -> Self {
        let amazon =
            endpoint.is_none_or(|url| url.domain().is_some_and(|d| d.ends_with(".amazonaws.com")));
        Self(AtomicU8::new(if amazon { HONOURED } else { UNKNOWN }))
    }

    pub(crate) fn are_missing(&self) -> bool {
        self.0.load(Ordering::Relaxed) == LACKING
    }

    /// It said or showed that it lacks them.
    pub(crate) fn set_missing(&self) {
        self.0.store(LACKING, Ordering::Relaxed);
    }

    /// It refused a put because of one.
    pub(crate) fn set_honoured(&self) {
        if !self.are_missing() {
            self.0.store(HONOURED, Ordering::Relaxed);
        }
    }

    /// True for the one caller who is to probe; it then reports the result, or calls [`Self::release_probe`].
    pub(crate) fn claim_probe(&self) -> bool {
        self.0
            .compare_exchange(UNKNOWN, TRYING, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }

    /// The answer was neither yes nor no.
    pub(crate) fn release_probe(&self) {
        let _ = self
            .0
            .compare_exchange(TRYING, UNKNOWN, Ordering::Relaxed, Ordering::Relaxed);
    }
}

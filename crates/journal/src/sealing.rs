//! The keys a journal is written with, and the one place where anything is sealed or opened.
//!
//! Always true: whatever goes to the disk passes [`seal_row`] or [`seal_file`]; there is no third way.

use model::DeviceId;
use std::cell::RefCell;
use std::collections::VecDeque;
use vault::{Aad, AgeOpenError, Opener, SealError, Sealer, SealingSession};

/// How many sessions are remembered whose key is not at hand; when full the oldest is tried again on need.
const CLOSED_KEPT: usize = 256;

/// The keys that the writer needs.
#[derive(Clone, Debug)]
pub struct JournalKeys {
    /// The installation's id, which is authenticated with everything sealed.
    pub device: DeviceId,
    /// Seals for whoever may read.
    pub sealer: Sealer,
    /// Opens records of the present lease; in a process of the viewer also the rest. Nothing in the journal needs it
    /// to open everything.
    pub opener: Opener,
}

/// Seals one row for its place.
pub(crate) fn seal_row(
    session: &SealingSession,
    aad: &Aad<'_>,
    plain: &[u8],
) -> Result<Vec<u8>, SealError> {
    session.seal(aad, plain)
}

/// Seals a whole file, which any `age` program and the right key open.
pub(crate) fn seal_file(sealer: &Sealer, plain: &[u8]) -> Result<Vec<u8>, SealError> {
    sealer.seal_file(plain)
}

/// An opener that remembers which sessions it cannot open: asking again costs a fifth of a millisecond for each row.
#[derive(Debug)]
pub(crate) struct KeyRing {
    opener: Opener,
    closed: RefCell<VecDeque<[u8; 16]>>,
}

impl KeyRing {
    pub(crate) fn new(opener: Opener) -> Self {
        Self {
            opener,
            closed: RefCell::default(),
        }
    }

    /// As [`Opener::open`].
    pub(crate) fn open(
        &self,
        wrapped_key: &[u8],
        aad: &Aad<'_>,
        sealed: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        if self.closed.borrow().contains(aad.session) {
            return Err(SealError::Key {
                what: aad.kind,
                seq: aad.seq,
            });
        }
        let opened = self.opener.open(wrapped_key, aad, sealed);
        if let Err(SealError::Key { .. }) = opened {
            let mut closed = self.closed.borrow_mut();
            if closed.len() >= CLOSED_KEPT {
                closed.pop_front();
            }
            closed.push_back(*aad.session);
        }
        opened
    }

    /// As [`Opener::open_file`].
    pub(crate) fn open_file(&self, sealed: &[u8]) -> Result<Vec<u8>, AgeOpenError> {
        self.opener
            .open_file(sealed)
            .map(|mut plain| std::mem::take(&mut *plain))
    }
}

//! Reading a whole sink: everything that lies in it, one after the other, and what it holds.
//!
//! Always true: whatever the sink holds, no more than [`MAX_AT_ONCE`] objects are under way at once, and no object is
//! held whole unless it was asked for whole.

use crate::classify::classify;
use crate::error::SinkError;
use crate::store::{MAX_AT_ONCE, ObjectHead, ObjectStoreSink, Sink};
use bytes::Bytes;
use data_encoding::HEXLOWER;
use futures::StreamExt;
use object_store::ObjectStoreExt;
use sha2::{Digest, Sha256};
use std::ops::ControlFlow;

/// What an object turned out to hold when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectDigest {
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256, 64 lower-case hex digits.
    pub sha256: String,
}

/// One result for each key, in order; `None` for an object that is not there.
pub type LookupResults<T> = Vec<Result<Option<T>, SinkError>>;

/// A sink that can be read through.
pub trait InspectableSink: Sink {
    /// Every object below `folder`, in any order, one at a time, until `visit` breaks.
    ///
    /// # Errors
    /// When the sink cannot be asked.
    fn for_each_object(
        &self,
        folder: &str,
        visit: &mut dyn FnMut(ObjectHead) -> ControlFlow<()>,
    ) -> Result<(), SinkError>;

    /// Size and SHA-256 of each of these objects.
    fn read_digests(&self, keys: &[String]) -> LookupResults<ObjectDigest>;

    /// The content of each of these objects.
    fn read_contents(&self, keys: &[String]) -> LookupResults<Bytes>;
}

impl ObjectStoreSink {
    async fn digest(&self, key: &str) -> Result<Option<ObjectDigest>, SinkError> {
        let path = self.path(key)?;
        let found = match self.inner.get(&path).await {
            Ok(found) => found,
            Err(error) => return self.absent(&error),
        };
        let (mut bytes, mut hash) = (0, Sha256::new());
        let mut stream = found.into_stream();
        while let Some(piece) = stream.next().await {
            let piece = piece.map_err(|e| classify(&e, self.at()))?;
            bytes += piece.len() as u64;
            hash.update(&piece);
        }
        let sha256 = HEXLOWER.encode(&hash.finalize());
        Ok(Some(ObjectDigest { bytes, sha256 }))
    }
}

impl InspectableSink for ObjectStoreSink {
    fn for_each_object(
        &self,
        folder: &str,
        visit: &mut dyn FnMut(ObjectHead) -> ControlFlow<()>,
    ) -> Result<(), SinkError> {
        let path = self.path(folder)?;
        let path = (!path.as_ref().is_empty()).then_some(path);
        self.runtime.block_on(async {
            let mut stream = self.inner.list(path.as_ref());
            while let Some(meta) = stream.next().await {
                let meta = meta.map_err(|e| classify(&e, self.at()))?;
                let head = ObjectHead {
                    key: self.key(&meta.location),
                    bytes: meta.size,
                    sha256: None,
                };
                if visit(head).is_break() {
                    break;
                }
            }
            Ok(())
        })
    }

    fn read_digests(&self, keys: &[String]) -> LookupResults<ObjectDigest> {
        self.runtime.block_on(
            futures::stream::iter(keys)
                .map(|key| self.digest(key))
                .buffered(MAX_AT_ONCE)
                .collect(),
        )
    }

    fn read_contents(&self, keys: &[String]) -> LookupResults<Bytes> {
        self.runtime.block_on(
            futures::stream::iter(keys)
                .map(|key| self.read(key))
                .buffered(MAX_AT_ONCE)
                .collect(),
        )
    }
}

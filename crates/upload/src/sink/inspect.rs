//! Reading a whole sink: every object in it, one after the other, and its content.
//!
//! Always true: whatever the sink holds, no more than [`MAX_AT_ONCE`] objects are under way at once, and no object is
//! held whole unless it was asked for whole.

use super::interface::{InspectableSink, LookupResults, ObjectDigest, ObjectHead};
use super::object_store::ObjectStoreSink;
use crate::error::SinkError;
use crate::http::classify::classify_error;
use crate::http::service::MAX_AT_ONCE;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use futures::StreamExt;
use object_store::ObjectStoreExt;
use sha2::{Digest, Sha256};
use std::ops::ControlFlow;

impl ObjectStoreSink {
    async fn read_digest(&self, key: &str) -> Result<Option<ObjectDigest>, SinkError> {
        let path = self.full_path(key)?;
        let found = match self.inner.get(&path).await {
            Ok(found) => found,
            Err(error) => return self.accept_absent(&error),
        };
        let (mut bytes, mut hash) = (0, Sha256::new());
        let mut stream = found.into_stream();
        while let Some(piece) = stream.next().await {
            let piece = piece.map_err(|e| classify_error(&e, self.error_context()))?;
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
        let path = self.full_path(folder)?;
        let path = (!path.as_ref().is_empty()).then_some(path);
        self.runtime.block_on(async {
            let mut stream = self.inner.list(path.as_ref());
            while let Some(meta) = stream.next().await {
                let meta = meta.map_err(|e| classify_error(&e, self.error_context()))?;
                let head = ObjectHead {
                    key: self.key_of(&meta.location),
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
                .map(|key| self.read_digest(key))
                .buffered(MAX_AT_ONCE)
                .collect(),
        )
    }

    fn read_contents(&self, keys: &[String]) -> LookupResults<Bytes> {
        self.runtime.block_on(
            futures::stream::iter(keys)
                .map(|key| self.read_object(key))
                .buffered(MAX_AT_ONCE)
                .collect(),
        )
    }
}

//! The interface of every destination: put a new object, ask, read, list, delete.
//!
//! Always true:
//! * [`Sink::put_new`] never replaces an object. It answers [`PutOutcome::Stored`] only after the sink acknowledged this very
//!   put, and [`PutOutcome::AlreadyThere`] only after a look at that very key confirmed size and content. So putting again
//!   after a lost answer is safe, and there is never a second object. (Where the key may not read, the store's own word
//!   that the name is taken must do; see `sink/put.rs`.)
//! * Keys here never carry the destination's prefix; the sink adds and removes it.

use crate::error::SinkError;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::ops::ControlFlow;

/// How a put ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutOutcome {
    /// This put stored the object.
    Stored,
    /// An earlier put had stored it; size and content were confirmed.
    AlreadyThere,
}

/// An object to put.
#[derive(Clone, Debug)]
pub struct NewObject {
    /// Key without the destination's prefix; see [`crate::object_keys`].
    pub key: String,
    /// Content.
    pub body: Bytes,
    /// SHA-256 of the content, 64 lower-case hex digits.
    pub sha256: String,
}

impl NewObject {
    /// An object with the content's hash computed here.
    #[must_use]
    pub fn new(key: impl Into<String>, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        Self {
            key: key.into(),
            sha256: sha256_hex(&body),
            body,
        }
    }
}

/// The facts that a sink gives about an object without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectHead {
    /// Key without the destination's prefix.
    pub key: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 from the object's metadata, where the sink keeps it. Listings do not carry it.
    pub sha256: Option<String>,
}

/// A destination for objects. All calls block until done or until the sink's timeouts pass.
pub trait Sink: Send + Sync {
    /// Stores the object unless one of that key exists; see the module's promises.
    ///
    /// # Errors
    /// After an error it is not known whether the object was stored; putting again finds out.
    fn put_new(&self, object: &NewObject) -> Result<PutOutcome, SinkError>;

    /// Puts several objects, some at once; one result per object, in order. Ends early when a put fails for a reason
    /// that concerns all of them: the objects not tried get no result.
    fn put_all(&self, objects: &[NewObject]) -> Vec<Result<PutOutcome, SinkError>> {
        let mut results = Vec::with_capacity(objects.len());
        for object in objects {
            let result = self.put_new(object);
            let failed = result.is_err();
            results.push(result);
            if failed {
                break;
            }
        }
        results
    }

    /// The facts about the object; `None` when there is none.
    ///
    /// # Errors
    /// When the sink cannot be asked.
    fn head(&self, key: &str) -> Result<Option<ObjectHead>, SinkError>;

    /// The object's content; `None` when there is none.
    ///
    /// # Errors
    /// When the sink cannot be asked.
    fn get(&self, key: &str) -> Result<Option<Bytes>, SinkError>;

    /// Up to `limit` objects below `folder` (a whole path, such as `raw/v1`; empty for all), by key in ascending order.
    ///
    /// # Errors
    /// When the sink cannot be asked.
    fn list(&self, folder: &str, limit: usize) -> Result<Vec<ObjectHead>, SinkError>;

    /// Deletes the object; that there is none is as good. A bucket that keeps versions, or that is locked, may keep it
    /// all the same.
    ///
    /// # Errors
    /// When the sink does not allow it or cannot be asked.
    fn delete(&self, key: &str) -> Result<(), SinkError>;

    /// Where it is, for people; never a secret.
    fn describe(&self) -> String;
}

/// Size and hash of an object that was read whole.
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

/// SHA-256 in lower-case hex.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

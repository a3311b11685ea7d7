//! A sink over `object_store`: S3, a directory, or memory.
//!
//! Always true:
//! * Nothing is put into a bucket that lists its objects to anyone.
//! * At most [`MAX_AT_ONCE`] requests are under way at once.

use super::interface::{NewObject, ObjectHead, PutOutcome, Sink};
use crate::error::SinkError;
use crate::http::classify::{ErrorContext, classify_disk_error, classify_error, find_refusal};
use crate::http::conditional_puts::ConditionalPuts;
use crate::http::service::{MAX_AT_ONCE, S3HttpService};
use bytes::Bytes;
use futures::StreamExt;
use object_store::path::Path;
use object_store::{Attribute, GetOptions, ObjectStore, ObjectStoreExt};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::runtime::Runtime;
use url::Url;

/// Name of the metadata entry that keeps an object's SHA-256 with it, where the sink has metadata.
pub(super) const SHA256_ENTRY: &str = "sha256";

/// A [`Sink`] over `object_store`: S3, a directory, or memory.
pub struct ObjectStoreSink {
    pub(super) inner: Arc<dyn ObjectStore>,
    // One thread is enough: it waits for the network. Calls from several threads take turns driving it.
    pub(super) runtime: Runtime,
    prefix: String,
    description: String,
    place: String,
    pub(super) kind: StoreKind,
    pub(super) conditions: Arc<ConditionalPuts>,
    // Set once an object was taken for stored on the store's word alone, since the key may not read.
    pub(super) unread: AtomicBool,
    // For a bucket: the way to it, its own address, and whether it lists its objects to anyone, once that is known.
    pub(super) bucket: Option<(S3HttpService, Url)>,
    public: OnceLock<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StoreKind {
    S3,
    Directory,
    Memory,
}

impl std::fmt::Debug for ObjectStoreSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ObjectStoreSink({})", self.description)
    }
}

impl ObjectStoreSink {
    /// A sink in memory, for tests and dry runs; gone when dropped.
    ///
    /// # Errors
    /// When the operating system gives no resources to drive it.
    pub fn memory() -> Result<Self, SinkError> {
        Self::new(
            Arc::new(object_store::memory::InMemory::new()),
            String::new(),
            "memory".into(),
            "memory".into(),
            StoreKind::Memory,
        )
    }

    /// A directory, made when missing. Objects and their directories are synced to the disk before a put is
    /// acknowledged.
    ///
    /// # Errors
    /// When the directory cannot be made or used.
    pub fn directory(dir: &std::path::Path) -> Result<Self, SinkError> {
        let place = dir.display().to_string();
        std::fs::create_dir_all(dir).map_err(|e| classify_disk_error(&e, &place))?;
        let inner = object_store::local::LocalFileSystem::new_with_prefix(dir)
            .map_err(|e| {
                classify_error(
                    &e,
                    ErrorContext {
                        place: &place,
                        disk: true,
                    },
                )
            })?
            .with_fsync(true);
        Self::new(
            Arc::new(inner),
            String::new(),
            format!("the directory {place}"),
            place,
            StoreKind::Directory,
        )
    }

    pub(super) fn new(
        inner: Arc<dyn ObjectStore>,
        prefix: String,
        description: String,
        place: String,
        kind: StoreKind,
    ) -> Result<Self, SinkError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            // Only a directory's file work runs there.
            .max_blocking_threads(MAX_AT_ONCE)
            .build()
            .map_err(|e| SinkError::Other {
                what: e.to_string(),
            })?;
        Ok(Self {
            inner,
            runtime,
            prefix,
            description,
            place,
            kind,
            conditions: Arc::new(ConditionalPuts::honoured()),
            unread: AtomicBool::new(false),
            bucket: None,
            public: OnceLock::new(),
        })
    }

    /// Remarks for the user about this sink after some use: that it lacks conditional puts, or that its key may
    /// not read.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.conditions.are_missing() {
            remarks.push("This store has no conditional puts (If-None-Match), so uam checks for an object before it stores one; a second writer at the same moment would go unnoticed.".into());
        }
        if self.unread.load(Ordering::Relaxed) {
            remarks.push("This key may not read. An object whose acknowledgement was lost therefore counts as stored, because the store says that its name, which holds its hash, is taken.".into());
        }
        remarks
    }

    /// Refuses a bucket whose objects anyone can list. It is asked without a signature, once; any answer but a
    /// list is right, and without an answer the next put asks again.
    ///
    /// # Errors
    /// [`SinkError::PublicBucket`].
    pub fn reject_public_bucket(&self) -> Result<(), SinkError> {
        let Some((service, address)) = &self.bucket else {
            return Ok(());
        };
        let public = match self.public.get() {
            Some(public) => *public,
            None => {
                let asked = self
                    .runtime
                    .block_on(service.is_list_public(address, &self.prefix));
                asked.is_some_and(|public| *self.public.get_or_init(|| public))
            }
        };
        if public {
            return Err(SinkError::PublicBucket {
                bucket: self.place.clone(),
            });
        }
        Ok(())
    }

    pub(super) fn error_context(&self) -> ErrorContext<'_> {
        ErrorContext {
            place: &self.place,
            disk: self.kind == StoreKind::Directory,
        }
    }

    pub(super) fn full_path(&self, key: &str) -> Result<Path, SinkError> {
        let full = match (self.prefix.as_str(), key) {
            ("", key) => key.to_owned(),
            (prefix, "") => prefix.to_owned(),
            (prefix, key) => format!("{prefix}/{key}"),
        };
        Path::parse(full).map_err(|e| SinkError::Other {
            what: e.to_string(),
        })
    }

    pub(super) fn key_of(&self, path: &Path) -> String {
        let full = path.as_ref();
        full.strip_prefix(&self.prefix)
            .map_or(full, |rest| rest.trim_start_matches('/'))
            .to_owned()
    }

    pub(super) async fn head_object(&self, key: &str) -> Result<Option<ObjectHead>, SinkError> {
        let path = self.full_path(key)?;
        let options = GetOptions {
            head: true,
            ..GetOptions::default()
        };
        match self.inner.get_opts(&path, options).await {
            Ok(found) => Ok(Some(ObjectHead {
                key: key.to_owned(),
                bytes: found.meta.size,
                sha256: found
                    .attributes
                    .get(&Attribute::Metadata(SHA256_ENTRY.into()))
                    .map(|value| value.as_ref().to_owned()),
            })),
            Err(error) => self.accept_absent(&error),
        }
    }

    pub(super) async fn read_object(&self, key: &str) -> Result<Option<Bytes>, SinkError> {
        let path = self.full_path(key)?;
        let found = match self.inner.get(&path).await {
            Ok(found) => found,
            Err(error) => return self.accept_absent(&error),
        };
        match found.bytes().await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) => Err(classify_error(&error, self.error_context())),
        }
    }

    /// "No such object" is an answer, not an error; "no such bucket" is an error.
    pub(super) fn accept_absent<T>(
        &self,
        error: &object_store::Error,
    ) -> Result<Option<T>, SinkError> {
        let no_object = match find_refusal(error) {
            Some(r) => r.status.as_u16() == 404 && r.odd.is_none() && r.code != "NoSuchBucket",
            None => matches!(error, object_store::Error::NotFound { .. }),
        };
        if no_object {
            Ok(None)
        } else {
            Err(classify_error(error, self.error_context()))
        }
    }
}

impl Sink for ObjectStoreSink {
    fn put_new(&self, object: &NewObject) -> Result<PutOutcome, SinkError> {
        self.reject_public_bucket()?;
        self.runtime.block_on(self.put_object(object))
    }

    fn put_all(&self, objects: &[NewObject]) -> Vec<Result<PutOutcome, SinkError>> {
        if let Err(public) = self.reject_public_bucket() {
            return vec![Err(public)];
        }
        self.runtime.block_on(async {
            let mut puts = futures::stream::iter(objects)
                .map(|object| self.put_object(object))
                .buffered(MAX_AT_ONCE);
            let mut results = Vec::with_capacity(objects.len());
            while let Some(result) = puts.next().await {
                let failed = result.is_err();
                results.push(result);
                if failed {
                    break;
                }
            }
            results
        })
    }

    fn head(&self, key: &str) -> Result<Option<ObjectHead>, SinkError> {
        self.runtime.block_on(self.head_object(key))
    }

    fn get(&self, key: &str) -> Result<Option<Bytes>, SinkError> {
        self.runtime.block_on(self.read_object(key))
    }

    fn list(&self, folder: &str, limit: usize) -> Result<Vec<ObjectHead>, SinkError> {
        let path = self.full_path(folder)?;
        let found: Result<Vec<ObjectHead>, object_store::Error> = self.runtime.block_on(async {
            let mut found = Vec::new();
            let mut stream = self
                .inner
                .list((!path.as_ref().is_empty()).then_some(&path));
            while let Some(meta) = stream.next().await {
                let meta = meta?;
                found.push(ObjectHead {
                    key: self.key_of(&meta.location),
                    bytes: meta.size,
                    sha256: None,
                });
                // S3 lists in order, so the rest is not wanted; directories come in any order and must be read whole.
                if self.kind == StoreKind::S3 && found.len() >= limit {
                    break;
                }
            }
            Ok(found)
        });
        let mut found = found.map_err(|e| classify_error(&e, self.error_context()))?;
        found.sort_by(|a, b| a.key.cmp(&b.key));
        found.truncate(limit);
        Ok(found)
    }

    fn delete(&self, key: &str) -> Result<(), SinkError> {
        let path = self.full_path(key)?;
        match self.runtime.block_on(self.inner.delete(&path)) {
            Ok(()) => Ok(()),
            Err(error) => self.accept_absent::<()>(&error).map(|_| ()),
        }
    }

    fn describe(&self) -> String {
        self.description.clone()
    }
}

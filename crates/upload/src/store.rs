//! Sinks: where delivered objects go.
//!
//! What is always true:
//! * [`Sink::put_new`] never replaces an object. It answers [`Put::Stored`] only after the sink acknowledged this very
//!   put, and [`Put::AlreadyThere`] only after a look at that very key confirmed size and content. So putting again
//!   after a lost answer is safe, and there is never a second object.
//! * Keys here never carry the destination's prefix; the sink adds and removes it.
//! * At most [`MAX_AT_ONCE`] requests are under way at once.

use crate::Timeouts;
use crate::classify::{Where, classify, of_disk, refusal};
use crate::destination::{S3, redact_url};
use crate::error::SinkError;
use crate::wire::{Connector, Wire};
use bytes::Bytes;
use futures::StreamExt;
use object_store::aws::{AmazonS3Builder, Checksum, S3ConditionalPut};
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, GetOptions, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutResult,
    RetryConfig,
};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::runtime::Runtime;

/// Requests under way at once.
pub const MAX_AT_ONCE: usize = 4;

/// Name of the metadata entry that keeps an object's SHA-256 with it, where the sink has metadata.
const SHA256_ENTRY: &str = "sha256";

/// How a put ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// This put stored the object.
    Stored,
    /// An earlier put had stored it; size and content were confirmed.
    AlreadyThere,
}

/// An object to put.
#[derive(Clone, Debug)]
pub struct Object {
    /// Key without the destination's prefix; see [`crate::keys`].
    pub key: String,
    /// Content.
    pub body: Bytes,
    /// SHA-256 of the content, 64 lower-case hex digits.
    pub sha256: String,
}

impl Object {
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

/// What a sink knows of an object without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
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
    fn put_new(&self, object: &Object) -> Result<Put, SinkError>;

    /// Puts several objects, some at once; one result per object, in order. Ends early when a put fails for a reason
    /// that concerns all of them: the objects not tried get no result.
    fn put_all(&self, objects: &[Object]) -> Vec<Result<Put, SinkError>> {
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

    /// What is known of the object; `None` when there is none.
    ///
    /// # Errors
    /// When the sink cannot be asked.
    fn head(&self, key: &str) -> Result<Option<Head>, SinkError>;

    /// The object's content; `None` when there is none.
    ///
    /// # Errors
    /// When the sink cannot be asked.
    fn get(&self, key: &str) -> Result<Option<Bytes>, SinkError>;

    /// Up to `limit` objects below `folder` (a whole path, such as `raw/v1`; empty for all), by key in ascending order.
    ///
    /// # Errors
    /// When the sink cannot be asked.
    fn list(&self, folder: &str, limit: usize) -> Result<Vec<Head>, SinkError>;

    /// Deletes the object; that there is none is as good. A bucket that keeps versions, or that is locked, may keep it
    /// all the same.
    ///
    /// # Errors
    /// When the sink does not allow it or cannot be asked.
    fn delete(&self, key: &str) -> Result<(), SinkError>;

    /// Where it is, for people; never a secret.
    fn describe(&self) -> String;
}

/// A [`Sink`] over `object_store`: S3, a directory, or memory.
pub struct Store {
    pub(crate) inner: Arc<dyn ObjectStore>,
    // One thread is enough: it waits for the network. Calls from several threads take turns driving it.
    pub(crate) runtime: Runtime,
    prefix: String,
    description: String,
    place: String,
    kind: Kind,
    // Set once the store said that it has no conditional puts; then a look goes before each put. Our keys carry their
    // content's hash, so even two writers between look and put cannot change what an object holds.
    unconditional: AtomicBool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    S3,
    Directory,
    Memory,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({})", self.description)
    }
}

impl Store {
    /// A sink in memory, for tests and rehearsals; gone when dropped.
    ///
    /// # Errors
    /// When the operating system gives no resources to drive it.
    pub fn memory() -> Result<Self, SinkError> {
        Self::new(
            Arc::new(object_store::memory::InMemory::new()),
            String::new(),
            "memory".into(),
            "memory".into(),
            Kind::Memory,
        )
    }

    /// A directory, made when missing. Objects and their directories are synced to the disk before a put is
    /// acknowledged.
    ///
    /// # Errors
    /// When the directory cannot be made or used.
    pub fn directory(dir: &std::path::Path) -> Result<Self, SinkError> {
        let place = dir.display().to_string();
        std::fs::create_dir_all(dir).map_err(|e| of_disk(&e, &place))?;
        let inner = object_store::local::LocalFileSystem::new_with_prefix(dir)
            .map_err(|e| {
                classify(
                    &e,
                    Where {
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
            Kind::Directory,
        )
    }

    /// An S3 bucket.
    pub(crate) fn s3(s3: &S3, description: String, timeouts: Timeouts) -> Result<Self, SinkError> {
        let http = s3
            .endpoint
            .as_ref()
            .is_some_and(|url| url.scheme() == "http");
        let wire = Wire::new(timeouts, http, s3.on_loopback())?;
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&s3.bucket)
            .with_region(&s3.region)
            .with_access_key_id(&s3.access_key)
            .with_secret_access_key(s3.secret_key.reveal())
            .with_allow_http(http)
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            // The store checks it, and answers with it, so a byte flipped on the way is found out.
            .with_checksum_algorithm(Checksum::SHA256)
            // One object at a time is what every store knows, and what a policy for one device can allow.
            .with_disable_bulk_delete(true)
            // The one schedule for trying again is ours.
            .with_retry(RetryConfig {
                max_retries: 0,
                ..RetryConfig::default()
            })
            .with_http_connector(Connector(wire));
        if let Some(endpoint) = &s3.endpoint {
            builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/'));
        }
        if let Some(token) = &s3.session_token {
            builder = builder.with_token(token.reveal());
        }
        let inner = builder.build().map_err(|e| SinkError::Other {
            what: redact_url(&e.to_string()),
        })?;
        Self::new(
            Arc::new(inner),
            s3.prefix.clone(),
            description,
            s3.bucket.clone(),
            Kind::S3,
        )
    }

    fn new(
        inner: Arc<dyn ObjectStore>,
        prefix: String,
        description: String,
        place: String,
        kind: Kind,
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
            unconditional: AtomicBool::new(false),
        })
    }

    /// What the user should know about this sink after some use: that it lacks conditional puts.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        if self.unconditional.load(Ordering::Relaxed) {
            vec!["This store has no conditional puts (If-None-Match), so each put is preceded by a look; a second writer at the same moment would go unnoticed.".into()]
        } else {
            Vec::new()
        }
    }

    pub(crate) fn at(&self) -> Where<'_> {
        Where {
            place: &self.place,
            disk: self.kind == Kind::Directory,
        }
    }

    pub(crate) fn path(&self, key: &str) -> Result<Path, SinkError> {
        let full = match (self.prefix.as_str(), key) {
            ("", key) => key.to_owned(),
            (prefix, "") => prefix.to_owned(),
            (prefix, key) => format!("{prefix}/{key}"),
        };
        Path::parse(full).map_err(|e| SinkError::Other {
            what: e.to_string(),
        })
    }

    pub(crate) fn key(&self, path: &Path) -> String {
        let full = path.as_ref();
        full.strip_prefix(&self.prefix)
            .map_or(full, |rest| rest.trim_start_matches('/'))
            .to_owned()
    }

    async fn put(&self, object: &Object) -> Result<Put, SinkError> {
        let path = self.path(&object.key)?;
        let mut attributes = Attributes::new();
        if self.kind != Kind::Directory {
            attributes.insert(
                Attribute::Metadata(SHA256_ENTRY.into()),
                object.sha256.clone().into(),
            );
            attributes.insert(Attribute::ContentType, content_type(&object.key).into());
        }
        let conditional = !self.unconditional.load(Ordering::Relaxed);
        let mut put = self
            .try_put(&path, object, attributes.clone(), conditional)
            .await?;
        if let Err(error) = &put
            && conditional
            && refusal(error).is_some_and(|r| r.status.as_u16() == 501)
        {
            self.unconditional.store(true, Ordering::Relaxed);
            put = self.try_put(&path, object, attributes, false).await?;
        }
        match put {
            Ok(ack) if ack.e_tag.as_deref().is_some_and(|tag| !tag.is_empty()) => Ok(Put::Stored),
            // A sink that does not say what it stored has not acknowledged it.
            Ok(_) => self.confirm(object).await,
            Err(error) => {
                let exists = matches!(error, object_store::Error::AlreadyExists { .. })
                    || refusal(&error).is_some_and(|r| matches!(r.status.as_u16(), 409 | 412));
                if exists {
                    self.confirm(object).await
                } else {
                    Err(classify(&error, self.at()))
                }
            }
        }
    }

    /// One put. The outer error is of the look that precedes it where the store lacks conditions.
    async fn try_put(
        &self,
        path: &Path,
        object: &Object,
        attributes: Attributes,
        conditional: bool,
    ) -> Result<object_store::Result<PutResult>, SinkError> {
        if !conditional && self.look(&object.key).await?.is_some() {
            return Ok(Err(object_store::Error::AlreadyExists {
                path: object.key.clone(),
                source: "found by a look".into(),
            }));
        }
        let options = PutOptions {
            mode: if conditional {
                PutMode::Create
            } else {
                PutMode::Overwrite
            },
            attributes,
            ..PutOptions::default()
        };
        Ok(self
            .inner
            .put_opts(path, object.body.clone().into(), options)
            .await)
    }

    /// Whether the sink has this very object: `AlreadyThere` only when size and content agree.
    async fn confirm(&self, object: &Object) -> Result<Put, SinkError> {
        // 409 can also mean "not stored, another request was under way".
        let head = self.look(&object.key).await?.ok_or(SinkError::Conflict)?;
        let different = || SinkError::Different {
            key: object.key.clone(),
        };
        if head.bytes != object.body.len() as u64 {
            return Err(different());
        }
        let same = match head.sha256 {
            Some(sha256) => sha256 == object.sha256,
            None => {
                let stored = self.read(&object.key).await?.ok_or(SinkError::Conflict)?;
                sha256_hex(&stored) == object.sha256
            }
        };
        if same {
            Ok(Put::AlreadyThere)
        } else {
            Err(different())
        }
    }

    async fn look(&self, key: &str) -> Result<Option<Head>, SinkError> {
        let path = self.path(key)?;
        let options = GetOptions {
            head: true,
            ..GetOptions::default()
        };
        match self.inner.get_opts(&path, options).await {
            Ok(found) => Ok(Some(Head {
                key: key.to_owned(),
                bytes: found.meta.size,
                sha256: found
                    .attributes
                    .get(&Attribute::Metadata(SHA256_ENTRY.into()))
                    .map(|value| value.as_ref().to_owned()),
            })),
            Err(error) => self.absent(&error),
        }
    }

    pub(crate) async fn read(&self, key: &str) -> Result<Option<Bytes>, SinkError> {
        let path = self.path(key)?;
        let found = match self.inner.get(&path).await {
            Ok(found) => found,
            Err(error) => return self.absent(&error),
        };
        match found.bytes().await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) => Err(classify(&error, self.at())),
        }
    }

    /// "No such object" is an answer, not an error; "no such bucket" is an error.
    pub(crate) fn absent<T>(&self, error: &object_store::Error) -> Result<Option<T>, SinkError> {
        let no_object = match refusal(error) {
            Some(r) => r.status.as_u16() == 404 && r.odd.is_none() && r.code != "NoSuchBucket",
            None => matches!(error, object_store::Error::NotFound { .. }),
        };
        if no_object {
            Ok(None)
        } else {
            Err(classify(error, self.at()))
        }
    }
}

impl Sink for Store {
    fn put_new(&self, object: &Object) -> Result<Put, SinkError> {
        self.runtime.block_on(self.put(object))
    }

    fn put_all(&self, objects: &[Object]) -> Vec<Result<Put, SinkError>> {
        self.runtime.block_on(async {
            let mut puts = futures::stream::iter(objects)
                .map(|object| self.put(object))
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

    fn head(&self, key: &str) -> Result<Option<Head>, SinkError> {
        self.runtime.block_on(self.look(key))
    }

    fn get(&self, key: &str) -> Result<Option<Bytes>, SinkError> {
        self.runtime.block_on(self.read(key))
    }

    fn list(&self, folder: &str, limit: usize) -> Result<Vec<Head>, SinkError> {
        let path = self.path(folder)?;
        let found: Result<Vec<Head>, object_store::Error> = self.runtime.block_on(async {
            let mut found = Vec::new();
            let mut stream = self
                .inner
                .list((!path.as_ref().is_empty()).then_some(&path));
            while let Some(meta) = stream.next().await {
                let meta = meta?;
                found.push(Head {
                    key: self.key(&meta.location),
                    bytes: meta.size,
                    sha256: None,
                });
                // S3 lists in order, so the rest is not wanted; directories come in any order and must be read whole.
                if self.kind == Kind::S3 && found.len() >= limit {
                    break;
                }
            }
            Ok(found)
        });
        let mut found = found.map_err(|e| classify(&e, self.at()))?;
        found.sort_by(|a, b| a.key.cmp(&b.key));
        found.truncate(limit);
        Ok(found)
    }

    fn delete(&self, key: &str) -> Result<(), SinkError> {
        let path = self.path(key)?;
        match self.runtime.block_on(self.inner.delete(&path)) {
            Ok(()) => Ok(()),
            Err(error) => self.absent::<()>(&error).map(|_| ()),
        }
    }

    fn describe(&self) -> String {
        self.description.clone()
    }
}

/// SHA-256 in lower-case hex.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

fn content_type(key: &str) -> &'static str {
    match key.rsplit_once('.').map(|(_, ending)| ending) {
        Some("webp") => "image/webp",
        Some("zst") => "application/zstd",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}

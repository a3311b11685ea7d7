//! Sinks: where delivered objects go.
//!
//! What is always true:
//! * [`Sink::put_new`] never replaces an object. It answers [`PutOutcome::Stored`] only after the sink acknowledged this very
//!   put, and [`PutOutcome::AlreadyThere`] only after a look at that very key confirmed size and content. So putting again
//!   after a lost answer is safe, and there is never a second object. (Where the key may not read, the store's own word
//!   that the name is taken must do; see `store/put.rs`.)
//! * Nothing is put into a bucket that lists its objects to anyone.
//! * Keys here never carry the destination's prefix; the sink adds and removes it.
//! * At most [`MAX_AT_ONCE`] requests are under way at once.

mod put;

pub(crate) use put::MAX_BODY;

use crate::Timeouts;
use crate::classify::{ErrorContext, classify, of_disk, refusal};
use crate::conditions::ConditionalPuts;
use crate::destination::{Credentials, S3Target, redact_url};
use crate::error::SinkError;
use crate::wire::{S3HttpService, ServiceConnector};
use bytes::Bytes;
use futures::StreamExt;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, Checksum, S3ConditionalPut};
use object_store::path::Path;
use object_store::{Attribute, GetOptions, ObjectStore, ObjectStoreExt, RetryConfig};
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::runtime::Runtime;
use url::Url;

/// Requests under way at once.
pub const MAX_AT_ONCE: usize = 4;

/// Name of the metadata entry that keeps an object's SHA-256 with it, where the sink has metadata.
const SHA256_ENTRY: &str = "sha256";

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
    /// Key without the destination's prefix; see [`crate::keys`].
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

/// What a sink knows of an object without reading it.
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

    /// What is known of the object; `None` when there is none.
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

/// A [`Sink`] over `object_store`: S3, a directory, or memory.
pub struct ObjectStoreSink {
    pub(crate) inner: Arc<dyn ObjectStore>,
    // One thread is enough: it waits for the network. Calls from several threads take turns driving it.
    pub(crate) runtime: Runtime,
    prefix: String,
    description: String,
    place: String,
    kind: StoreKind,
    conditions: Arc<ConditionalPuts>,
    // Set once an object was taken for stored on the store's word alone, since the key may not read.
    unread: AtomicBool,
    // For a bucket: the way to it, its own address, and whether it lists its objects to anyone, once that is known.
    bucket: Option<(S3HttpService, Url)>,
    public: OnceLock<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StoreKind {
    S3,
    Directory,
    Memory,
}

impl std::fmt::Debug for ObjectStoreSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({})", self.description)
    }
}

impl ObjectStoreSink {
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
        std::fs::create_dir_all(dir).map_err(|e| of_disk(&e, &place))?;
        let inner = object_store::local::LocalFileSystem::new_with_prefix(dir)
            .map_err(|e| {
                classify(
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

    /// An S3 bucket.
    pub(crate) fn s3(
        s3: &S3Target,
        description: String,
        timeouts: Timeouts,
    ) -> Result<Self, SinkError> {
        let conditions = Arc::new(ConditionalPuts::of(s3.endpoint.as_ref()));
        let wire = S3HttpService::new(timeouts, s3, Arc::clone(&conditions))?;
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&s3.bucket)
            .with_region(&s3.region)
            .with_allow_http(s3.is_http())
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
            .with_http_connector(ServiceConnector(wire.clone()));
        if let Some(endpoint) = &s3.endpoint {
            builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/'));
        }
        let inner = signed(builder, &s3.credentials)
            .build()
            .map_err(|e| SinkError::Other {
                what: redact_url(&e.to_string()),
            })?;
        let mut store = Self::new(
            Arc::new(inner),
            s3.prefix.clone(),
            description,
            s3.bucket.clone(),
            StoreKind::S3,
        )?;
        store.conditions = conditions;
        store.bucket = Some((wire, s3.address()?));
        Ok(store)
    }

    fn new(
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

    /// What the user should know about this sink after some use: that it lacks conditional puts, or that its key may
    /// not read.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.conditions.are_missing() {
            remarks.push("This store has no conditional puts (If-None-Match), so each put is preceded by a look; a second writer at the same moment would go unnoticed.".into());
        }
        if self.unread.load(Ordering::Relaxed) {
            remarks.push("This key may not read, so an object whose acknowledgement was lost was taken for stored because the store says that its name, which holds its hash, is taken.".into());
        }
        remarks
    }

    /// Refuses a bucket whose objects anyone can list. It is asked without a signature, once; whatever it answers but
    /// a list is as it should be, and no answer is asked for again at the next put.
    ///
    /// # Errors
    /// [`SinkError::PublicBucket`].
    pub fn reject_public_bucket(&self) -> Result<(), SinkError> {
        let Some((wire, address)) = &self.bucket else {
            return Ok(());
        };
        let public = match self.public.get() {
            Some(public) => *public,
            None => {
                let asked = self
                    .runtime
                    .block_on(wire.lists_to_anyone(address, &self.prefix));
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

    pub(crate) fn at(&self) -> ErrorContext<'_> {
        ErrorContext {
            place: &self.place,
            disk: self.kind == StoreKind::Directory,
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

    async fn head_object(&self, key: &str) -> Result<Option<ObjectHead>, SinkError> {
        let path = self.path(key)?;
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

impl Sink for ObjectStoreSink {
    fn put_new(&self, object: &NewObject) -> Result<PutOutcome, SinkError> {
        self.reject_public_bucket()?;
        self.runtime.block_on(self.put(object))
    }

    fn put_all(&self, objects: &[NewObject]) -> Vec<Result<PutOutcome, SinkError>> {
        if let Err(public) = self.reject_public_bucket() {
            return vec![Err(public)];
        }
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

    fn head(&self, key: &str) -> Result<Option<ObjectHead>, SinkError> {
        self.runtime.block_on(self.head_object(key))
    }

    fn get(&self, key: &str) -> Result<Option<Bytes>, SinkError> {
        self.runtime.block_on(self.read(key))
    }

    fn list(&self, folder: &str, limit: usize) -> Result<Vec<ObjectHead>, SinkError> {
        let path = self.path(folder)?;
        let found: Result<Vec<ObjectHead>, object_store::Error> = self.runtime.block_on(async {
            let mut found = Vec::new();
            let mut stream = self
                .inner
                .list((!path.as_ref().is_empty()).then_some(&path));
            while let Some(meta) = stream.next().await {
                let meta = meta?;
                found.push(ObjectHead {
                    key: self.key(&meta.location),
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

/// The builder with what requests are signed with.
fn signed(builder: AmazonS3Builder, credentials: &Credentials) -> AmazonS3Builder {
    match credentials {
        Credentials::Keys {
            access_key,
            secret_key,
            session_token,
            ..
        } => {
            let builder = builder
                .with_access_key_id(access_key)
                .with_secret_access_key(secret_key.reveal());
            match session_token {
                Some(token) => builder.with_token(token.reveal()),
                None => builder,
            }
        }
        Credentials::WebIdentity {
            token_file,
            role,
            session,
            service,
        } => {
            let file = token_file.to_string_lossy();
            let builder = builder
                .with_config(AmazonS3ConfigKey::WebIdentityTokenFile, file)
                .with_config(AmazonS3ConfigKey::RoleArn, role)
                .with_config(AmazonS3ConfigKey::RoleSessionName, session);
            match service {
                Some(url) => builder.with_config(AmazonS3ConfigKey::StsEndpoint, url.as_str()),
                None => builder,
            }
        }
        Credentials::Instance { service } => {
            builder.with_metadata_endpoint(service.as_str().trim_end_matches('/'))
        }
    }
}

/// SHA-256 in lower-case hex.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

//! Storing an object once, whatever happens to the answer.
//!
//! A key that may only write cannot look whether a put whose answer was lost has stored its object. There the store's own
//! word is taken: it refused the next put with 412, so an object of that very name exists; the name holds 64 bits of the
//! content's SHA-256, device and counter; and nobody but this device's key and the bucket's owner can write that name. It
//! does not show that nobody wrote something else there first, on purpose; a reader who compares hashes sees it.

use super::interface::{NewObject, PutOutcome, sha256_hex};
use super::object_store::{ObjectStoreSink, SHA256_ENTRY, StoreKind};
use crate::error::SinkError;
use crate::http::classify::{classify_error, find_refusal};
use crate::http::conditional_puts::SMALL;
use crate::http::service::MAX_BODY;
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, MultipartUpload, ObjectStore, PutMode, PutMultipartOptions, PutOptions,
    PutResult,
};
use std::sync::atomic::Ordering;

/// Size of a part in bytes; S3 wants 5 MiB at least and takes 10,000 of them.
const PART: usize = 8 << 20;

impl ObjectStoreSink {
    pub(super) async fn put_object(&self, object: &NewObject) -> Result<PutOutcome, SinkError> {
        let path = self.full_path(&object.key)?;
        let conditional = !self.conditions.are_missing();
        let mut put = self.try_put(&path, object, conditional).await?;
        if let Err(error) = &put
            && conditional
            && refusal_status(error) == Some(501)
        {
            self.conditions.set_missing();
            put = self.try_put(&path, object, false).await?;
        }
        match put {
            Ok(ack) if is_acknowledged(&ack) => {
                self.probe_conditional_puts(&path, object).await;
                Ok(PutOutcome::Stored)
            }
            // A sink that does not name the stored bytes has not acknowledged them.
            Ok(_) => self.confirm_stored(object, false).await,
            Err(error) => {
                let refused = refusal_status(&error);
                if refused == Some(412) {
                    self.conditions.set_honoured();
                }
                let exists = matches!(error, object_store::Error::AlreadyExists { .. })
                    || matches!(refused, Some(409 | 412));
                if exists {
                    self.confirm_stored(object, refused == Some(412)).await
                } else {
                    Err(classify_error(&error, self.error_context()))
                }
            }
        }
    }

    /// One put. The outer error is of the look that precedes it where the store lacks conditions.
    async fn try_put(
        &self,
        path: &Path,
        object: &NewObject,
        conditional: bool,
    ) -> Result<object_store::Result<PutResult>, SinkError> {
        let large = self.kind == StoreKind::S3 && object.body.len() as u64 > MAX_BODY;
        // Before so many bytes are sent, a look is cheap even where it is not needed.
        let found = if large || !conditional {
            self.head_object(&object.key).await
        } else {
            Ok(None)
        };
        match found {
            Ok(None) => {}
            Ok(Some(_)) => {
                return Ok(Err(object_store::Error::AlreadyExists {
                    path: object.key.clone(),
                    source: "found by a look".into(),
                }));
            }
            // The condition will tell.
            Err(SinkError::AccessDenied { .. }) if conditional => {}
            Err(error) => return Err(error),
        }
        if large {
            return Ok(self.put_parts(path, object).await);
        }
        let options = PutOptions {
            mode: if conditional {
                PutMode::Create
            } else {
                PutMode::Overwrite
            },
            attributes: self.object_attributes(object),
            ..PutOptions::default()
        };
        Ok(self
            .inner
            .put_opts(path, object.body.clone().into(), options)
            .await)
    }

    /// A large object in parts, one after the other. The last request stores it, under the condition that [`crate::http::service`]
    /// adds; until then there is no object, and the parts are deleted when it fails.
    async fn put_parts(&self, path: &Path, object: &NewObject) -> object_store::Result<PutResult> {
        let options = PutMultipartOptions {
            attributes: self.object_attributes(object),
            ..PutMultipartOptions::default()
        };
        let mut upload = self.inner.put_multipart_opts(path, options).await?;
        let stored = send_parts(&mut upload, object).await;
        if stored.is_err() {
            // Where this fails too, the bucket's own rule for unfinished uploads takes them away.
            let _ = upload.abort().await;
        }
        stored
    }

    fn object_attributes(&self, object: &NewObject) -> Attributes {
        let mut attributes = Attributes::new();
        if self.kind != StoreKind::Directory {
            attributes.insert(
                Attribute::Metadata(SHA256_ENTRY.into()),
                object.sha256.clone().into(),
            );
            attributes.insert(Attribute::ContentType, content_type(&object.key).into());
        }
        attributes
    }

    /// Finds out whether the store honours conditions, by an object it has just stored.
    async fn probe_conditional_puts(&self, path: &Path, object: &NewObject) {
        if object.body.len() > SMALL || !self.conditions.claim_probe() {
            return;
        }
        match self.try_put(path, object, true).await {
            Ok(Ok(ack)) if is_acknowledged(&ack) => self.conditions.set_missing(),
            Ok(Err(error)) if matches!(refusal_status(&error), Some(409 | 412)) => {
                self.conditions.set_honoured();
            }
            _ => self.conditions.release_probe(),
        }
    }

    /// Whether the sink has this very object: `AlreadyThere` only when size and content agree. `by_name`: it refused
    /// the put because an object of that name exists.
    async fn confirm_stored(
        &self,
        object: &NewObject,
        by_name: bool,
    ) -> Result<PutOutcome, SinkError> {
        let head = match self.head_object(&object.key).await {
            Err(denied @ SinkError::AccessDenied { .. }) if by_name => {
                return self.accept_taken_name(object, denied);
            }
            // The key may not look, and the store did not say that the name is taken.
            Err(SinkError::AccessDenied { .. }) => return Err(SinkError::Conflict),
            head => head?,
        };
        // 409 can also mean "not stored, another request was under way".
        let head = head.ok_or(SinkError::Conflict)?;
        let different = || SinkError::Different {
            key: object.key.clone(),
        };
        if head.bytes != object.body.len() as u64 {
            return Err(different());
        }
        let same = match head.sha256 {
            Some(sha256) => sha256 == object.sha256,
            None => {
                let stored = self
                    .read_object(&object.key)
                    .await?
                    .ok_or(SinkError::Conflict)?;
                sha256_hex(&stored) == object.sha256
            }
        };
        if same {
            Ok(PutOutcome::AlreadyThere)
        } else {
            Err(different())
        }
    }

    /// Takes the store's word for an object it could not be asked about; see the module.
    fn accept_taken_name(
        &self,
        object: &NewObject,
        denied: SinkError,
    ) -> Result<PutOutcome, SinkError> {
        let hash = object.sha256.get(..16);
        if !hash.is_some_and(|hash| object.key.contains(hash)) {
            return Err(denied);
        }
        self.unread.store(true, Ordering::Relaxed);
        Ok(PutOutcome::AlreadyThere)
    }
}

async fn send_parts(
    upload: &mut Box<dyn MultipartUpload>,
    object: &NewObject,
) -> object_store::Result<PutResult> {
    let mut rest = object.body.clone();
    while !rest.is_empty() {
        let part = rest.split_to(PART.min(rest.len()));
        upload.put_part(part.into()).await?;
    }
    upload.complete().await
}

fn is_acknowledged(ack: &PutResult) -> bool {
    ack.e_tag.as_deref().is_some_and(|tag| !tag.is_empty())
}

fn refusal_status(error: &object_store::Error) -> Option<u16> {
    find_refusal(error).map(|r| r.status.as_u16())
}

fn content_type(key: &str) -> &'static str {
    match key.rsplit_once('.').map(|(_, ending)| ending) {
        Some("webp") => "image/webp",
        Some("zst") => "application/zstd",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}

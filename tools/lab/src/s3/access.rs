//! BucketAccess control of the server.

use s3s::access::{S3Access, S3AccessContext};
use std::pin::Pin;

/// Name of the bucket.
pub(super) const BUCKET: &str = "lab";

/// Operations that the server allows with a valid signature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BucketAccess {
    /// Everything.
    #[default]
    Whole,
    /// To store and nothing else, as with the policy of `docs/IAM.md`: no head, no list, no get, no delete.
    PutOnly,
    /// Everything, and anyone may list the bucket.
    PublicList,
}

/// Only signed requests, and only for the one bucket: `s3s-fs` by itself would make any bucket that is named.
pub(super) struct OneBucket(pub(super) BucketAccess);

impl OneBucket {
    fn may(&self, cx: &S3AccessContext<'_>) -> s3s::S3Result<()> {
        let operation = cx.s3_op().name();
        let bucket = cx.s3_path().get_bucket_name();
        if bucket.is_some_and(|name| name != BUCKET) {
            return Err(s3s::s3_error!(NoSuchBucket));
        }
        let public = self.0 == BucketAccess::PublicList && operation == "ListObjectsV2";
        if cx.credentials().is_none() && !public {
            return Err(s3s::s3_error!(AccessDenied, "the request is not signed"));
        }
        let stores = matches!(
            operation,
            "PutObject"
                | "CreateMultipartUpload"
                | "UploadPart"
                | "CompleteMultipartUpload"
                | "AbortMultipartUpload"
        );
        if self.0 == BucketAccess::PutOnly && !stores {
            return Err(s3s::s3_error!(AccessDenied, "the key may only store"));
        }
        Ok(())
    }
}

impl S3Access for OneBucket {
    // Written as the attribute of the `async-trait` crate would write it.
    fn check<'life0, 'life1, 'life2, 'async_trait>(
        &'life0 self,
        cx: &'life1 mut S3AccessContext<'life2>,
    ) -> Pin<Box<dyn Future<Output = s3s::S3Result<()>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        'life2: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(std::future::ready(self.may(cx)))
    }
}

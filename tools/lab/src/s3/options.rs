//! Settings of a server.

use super::access::BucketAccess;
use super::fault_plan::FaultPlan;
use std::path::PathBuf;

/// How to start a server.
pub struct S3ServerOptions {
    /// Directory that holds the bucket's directory; made when missing.
    pub dir: PathBuf,
    /// The faults of its answers.
    pub faults: FaultPlan,
    /// The operations it allows.
    pub access: BucketAccess,
    /// Speak TLS, with a certificate of [`super::AUTHORITY`].
    pub tls: bool,
}

impl S3ServerOptions {
    /// No faults, everything allowed, no TLS.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            faults: FaultPlan::none(),
            access: BucketAccess::Whole,
            tls: false,
        }
    }
}

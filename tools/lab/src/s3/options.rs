//! Settings of a server.

use super::access::BucketAccess;
use super::fault_plan::FaultPlan;
use std::path::PathBuf;

/// How to start a server.
pub struct S3ServerOptions {
    /// Directory that holds the bucket's directory; made when missing.
    pub dir: PathBuf,
    /// Name of the bucket; made when missing.
    pub bucket: String,
    /// BucketAccess key id the client must use.
    pub access_key: String,
    /// Secret key the client must sign with.
    pub secret_key: String,
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The faults of its answers.
    pub faults: FaultPlan,
    /// The operations it allows.
    pub access: BucketAccess,
    /// Speak TLS, with a certificate of [`super::AUTHORITY`].
    pub tls: bool,
}

impl S3ServerOptions {
    /// Bucket `lab`, keys `lab-access` and `lab-secret`, a free port, no faults.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            bucket: "lab".into(),
            access_key: "lab-access".into(),
            secret_key: "lab-secret".into(),
            port: 0,
            faults: FaultPlan::none(),
            access: BucketAccess::Whole,
            tls: false,
        }
    }
}

//! Settings of a server.

use super::access::Access;
use super::fault_plan::Faults;
use std::path::PathBuf;

/// How to start a server.
pub struct Options {
    /// Directory that holds the bucket's directory; made when missing.
    pub dir: PathBuf,
    /// Name of the bucket; made when missing.
    pub bucket: String,
    /// Access key id the client must use.
    pub access_key: String,
    /// Secret key the client must sign with.
    pub secret_key: String,
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// What goes wrong.
    pub faults: Faults,
    /// What is allowed.
    pub access: Access,
    /// Speak TLS, with a certificate of [`AUTHORITY`].
    pub tls: bool,
}

impl Options {
    /// Bucket `lab`, keys `lab-access` and `lab-secret`, a free port, no faults.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            bucket: "lab".into(),
            access_key: "lab-access".into(),
            secret_key: "lab-secret".into(),
            port: 0,
            faults: Faults::none(),
            access: Access::Whole,
            tls: false,
        }
    }
}

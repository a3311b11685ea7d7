//! Which request fails, and how.

/// The fault of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum S3Fault {
    /// Nothing; the request is served.
    None,
    /// The connection is closed before anything is read or stored.
    Close,
    /// This many bytes of the body are read, then the connection is reset; nothing is stored.
    CutBody(u64),
    /// An S3 error is answered and nothing is stored.
    Refuse {
        /// HTTP status.
        status: u16,
        /// S3 error code, such as `SlowDown`.
        code: &'static str,
    },
    /// The request is served, then the connection is closed instead of answering.
    LoseAnswer,
    /// The request is served, then this error is answered all the same.
    AnswerInstead {
        /// HTTP status.
        status: u16,
        /// S3 error code.
        code: &'static str,
    },
    /// The request is served, and bytes that are no HTTP are sent in place of the answer.
    Garbage,
    /// The request is served, and only the first bytes of the answer are sent (1 or more).
    CutAnswer(u64),
    /// Nothing is stored and nothing is answered until the client gives up ([`super::MAX_STALL`] at most).
    Stall,
    /// A captive portal: 200 with a page of HTML, nothing stored. With `etag` the page carries an ETag, as static
    /// pages often do.
    Portal {
        /// Whether the page has an ETag.
        etag: bool,
    },
    /// A captive portal that redirects to its log-in page.
    Redirect,
    /// 403 `RequestTimeTooSkewed`; the server's clock (its `Date`) is this many seconds ahead of the real time.
    Skewed(i64),
    /// 301 `PermanentRedirect`, as a bucket in another region answers.
    OtherRegion(&'static str),
}

/// A request as a fault plan sees it. Numbers start at 1 and count since the server was first started.
#[derive(Clone, Debug)]
pub struct SeenRequest<'a> {
    /// HTTP method.
    pub method: &'a str,
    /// Path after the bucket, still percent-encoded; empty for the bucket itself.
    pub key: &'a str,
    /// Number of this request.
    pub request: u64,
    /// Number of this put; 0 when it is not a put, or one of an object whose put was acknowledged before.
    pub put: u64,
    /// True when it asks to store only if there is no such object (`If-None-Match: *`).
    pub conditional: bool,
}

/// Decides the fault of each request.
pub struct FaultPlan(pub(super) Box<dyn Fn(&SeenRequest<'_>) -> S3Fault + Send + Sync>);

impl FaultPlan {
    /// No faults.
    #[must_use]
    pub fn none() -> Self {
        Self::each(|_| S3Fault::None)
    }

    /// The n-th puts (from 1) get these faults, all other requests none.
    #[must_use]
    pub fn puts(plan: &[(u64, S3Fault)]) -> Self {
        let plan = plan.to_vec();
        Self::each(move |seen| {
            plan.iter()
                .find(|(n, _)| *n == seen.put)
                .map_or(S3Fault::None, |(_, fault)| fault.clone())
        })
    }

    /// The fault that the closure chooses for each request.
    #[must_use]
    pub fn each(plan: impl Fn(&SeenRequest<'_>) -> S3Fault + Send + Sync + 'static) -> Self {
        Self(Box::new(plan))
    }
}

impl Default for FaultPlan {
    fn default() -> Self {
        Self::none()
    }
}

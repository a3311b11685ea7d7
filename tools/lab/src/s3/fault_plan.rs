//! Which request fails, and how.

/// What goes wrong with one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
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
pub struct Seen<'a> {
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
pub struct Faults(pub(super) Box<dyn Fn(&Seen<'_>) -> Fault + Send + Sync>);

impl Faults {
    /// No faults.
    #[must_use]
    pub fn none() -> Self {
        Self::each(|_| Fault::None)
    }

    /// The n-th puts (from 1) get these faults, all other requests none.
    #[must_use]
    pub fn puts(plan: &[(u64, Fault)]) -> Self {
        let plan = plan.to_vec();
        Self::each(move |seen| {
            plan.iter()
                .find(|(n, _)| *n == seen.put)
                .map_or(Fault::None, |(_, fault)| fault.clone())
        })
    }

    /// Whatever the closure says.
    #[must_use]
    pub fn each(plan: impl Fn(&Seen<'_>) -> Fault + Send + Sync + 'static) -> Self {
        Self(Box::new(plan))
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self::none()
    }
}

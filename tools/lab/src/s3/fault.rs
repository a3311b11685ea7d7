//! What goes wrong, and how it looks on the wire.

use super::spoil::Spoil;
use super::{Answer, Dropped, MAX_STALL, Shared};
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_TYPE, DATE, ETAG, HeaderName, HeaderValue, LOCATION};
use hyper::{Method, Request, Response, StatusCode};
use s3s::dto::{Timestamp, TimestampFormat};
use std::pin::Pin;
use std::time::{Duration, SystemTime};

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
    /// Nothing is stored and nothing is answered until the client gives up ([`MAX_STALL`] at most).
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

/// Serves the request, or answers as the fault says.
pub(super) async fn with_fault(
    shared: &Shared,
    spoil: &Spoil,
    fault: &Fault,
    mut request: Request<Incoming>,
) -> Answer {
    let head_only = request.method() == Method::HEAD;
    let page = |status: u16, body: String| {
        let mut response = Response::new(if head_only {
            s3s::Body::empty()
        } else {
            s3s::Body::from(body)
        });
        *response.status_mut() = StatusCode::from_u16(status).map_err(|_| Dropped)?;
        Ok(response)
    };
    let refusal = |status: u16, code: &str| {
        let mut response = page(
            status,
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>a fault of the plan</Message></Error>"
            ),
        )?;
        set(&mut response, CONTENT_TYPE, "application/xml")?;
        Ok(response)
    };
    match *fault {
        Fault::None => serve(shared, request).await,
        Fault::Close => Err(Dropped),
        Fault::CutBody(bytes) => {
            let mut read = 0_u64;
            let body = request.body_mut();
            while read < bytes {
                match std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await {
                    Some(Ok(frame)) => read += frame.data_ref().map_or(0, |d| d.len() as u64),
                    Some(Err(_)) | None => break,
                }
            }
            Err(Dropped)
        }
        Fault::Refuse { status, code } => {
            drain(&mut request).await;
            refusal(status, code)
        }
        Fault::LoseAnswer => {
            serve(shared, request).await?;
            Err(Dropped)
        }
        Fault::AnswerInstead { status, code } => {
            serve(shared, request).await?;
            refusal(status, code)
        }
        Fault::Garbage => {
            let answer = serve(shared, request).await?;
            spoil.garbage();
            Ok(answer)
        }
        Fault::CutAnswer(bytes) => {
            let answer = serve(shared, request).await?;
            spoil.cut(bytes);
            Ok(answer)
        }
        Fault::Stall => {
            tokio::time::sleep(MAX_STALL).await;
            Err(Dropped)
        }
        Fault::Portal { etag } => {
            drain(&mut request).await;
            let mut response = page(
                200,
                "<html><body>Welcome! Please log in.</body></html>".into(),
            )?;
            set(&mut response, CONTENT_TYPE, "text/html")?;
            if etag {
                set(&mut response, ETAG, "\"5f3a-portal\"")?;
            }
            Ok(response)
        }
        Fault::Redirect => {
            drain(&mut request).await;
            let mut response = page(302, String::new())?;
            set(&mut response, LOCATION, "http://portal.invalid/login")?;
            Ok(response)
        }
        Fault::Skewed(ahead) => {
            drain(&mut request).await;
            let mut response = refusal(403, "RequestTimeTooSkewed")?;
            set(&mut response, DATE, &http_date(ahead).ok_or(Dropped)?)?;
            Ok(response)
        }
        Fault::OtherRegion(region) => {
            drain(&mut request).await;
            let mut response = refusal(301, "PermanentRedirect")?;
            set(
                &mut response,
                HeaderName::from_static("x-amz-bucket-region"),
                region,
            )?;
            Ok(response)
        }
    }
}

async fn serve(shared: &Shared, request: Request<Incoming>) -> Answer {
    // Read to its end, as stores do: one that answers before and closes may make the client lose the answer.
    let (parts, mut body) = request.into_parts();
    let mut whole = Vec::new();
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        if let Some(data) = frame.map_err(|_| Dropped)?.data_ref() {
            whole.extend_from_slice(data);
        }
    }
    shared
        .service
        .call(Request::from_parts(parts, s3s::Body::from(whole)))
        .await
        .map_err(|_| Dropped)
}

/// Reads the body to its end, so that the client reads the answer instead of seeing its own write fail.
async fn drain(request: &mut Request<Incoming>) {
    let body = request.body_mut();
    while let Some(Ok(_)) = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await {}
}

fn set(response: &mut Response<s3s::Body>, name: HeaderName, value: &str) -> Result<(), Dropped> {
    let value = HeaderValue::from_str(value).map_err(|_| Dropped)?;
    response.headers_mut().insert(name, value);
    Ok(())
}

/// The time `ahead` seconds from now in the form of a `Date` header.
fn http_date(ahead: i64) -> Option<String> {
    let offset = Duration::from_secs(ahead.unsigned_abs());
    let time = if ahead < 0 {
        SystemTime::now().checked_sub(offset)?
    } else {
        SystemTime::now().checked_add(offset)?
    };
    let mut text = Vec::new();
    Timestamp::from(time)
        .format(TimestampFormat::HttpDate, &mut text)
        .ok()?;
    String::from_utf8(text).ok()
}

//! How a fault looks on the wire.

use super::fault_plan::S3Fault;
use super::spoiled_stream::SpoilSwitch;
use super::state::ServerState;
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_TYPE, DATE, ETAG, HeaderName, HeaderValue, LOCATION};
use hyper::{Method, Request, Response, StatusCode};
use s3s::dto::{Timestamp, TimestampFormat};
use std::pin::Pin;
use std::time::{Duration, SystemTime};

/// A stalled request is dropped after this long, so that a test without timeouts still ends.
pub const MAX_STALL: Duration = Duration::from_secs(60);

/// Returned to hyper to make it drop the connection.
#[derive(Debug)]
pub(super) struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("connection dropped by the fault plan")
    }
}

impl std::error::Error for Dropped {}

/// The answer to a request, or [`Dropped`].
pub(super) type HandlerResult = Result<Response<s3s::Body>, Dropped>;

/// Serves the request, or answers as the fault says.
pub(super) async fn answer_with_fault(
    state: &ServerState,
    spoil: &SpoilSwitch,
    fault: &S3Fault,
    mut request: Request<Incoming>,
) -> HandlerResult {
    let head_only = request.method() == Method::HEAD;
    match *fault {
        S3Fault::None => serve_request(state, request).await,
        S3Fault::Close => Err(Dropped),
        S3Fault::CutBody(bytes) => {
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
        S3Fault::Refuse { status, code } => {
            read_body(&mut request).await;
            make_refusal(head_only, status, code)
        }
        S3Fault::LoseAnswer => {
            serve_request(state, request).await?;
            Err(Dropped)
        }
        S3Fault::AnswerInstead { status, code } => {
            serve_request(state, request).await?;
            make_refusal(head_only, status, code)
        }
        S3Fault::Garbage => {
            let answer = serve_request(state, request).await?;
            spoil.garbage();
            Ok(answer)
        }
        S3Fault::CutAnswer(bytes) => {
            let answer = serve_request(state, request).await?;
            spoil.cut(bytes);
            Ok(answer)
        }
        S3Fault::Stall => {
            tokio::time::sleep(MAX_STALL).await;
            Err(Dropped)
        }
        S3Fault::Portal { etag } => {
            read_body(&mut request).await;
            let page = "<html><body>Welcome! Please log in.</body></html>";
            let mut response = make_page(head_only, 200, page.into())?;
            set_header(&mut response, CONTENT_TYPE, "text/html")?;
            if etag {
                set_header(&mut response, ETAG, "\"5f3a-portal\"")?;
            }
            Ok(response)
        }
        S3Fault::Redirect => {
            read_body(&mut request).await;
            let mut response = make_page(head_only, 302, String::new())?;
            set_header(&mut response, LOCATION, "http://portal.invalid/login")?;
            Ok(response)
        }
        S3Fault::Skewed(ahead) => {
            read_body(&mut request).await;
            let mut response = make_refusal(head_only, 403, "RequestTimeTooSkewed")?;
            set_header(&mut response, DATE, &http_date(ahead).ok_or(Dropped)?)?;
            Ok(response)
        }
        S3Fault::OtherRegion(region) => {
            read_body(&mut request).await;
            let mut response = make_refusal(head_only, 301, "PermanentRedirect")?;
            let name = HeaderName::from_static("x-amz-bucket-region");
            set_header(&mut response, name, region)?;
            Ok(response)
        }
    }
}

/// An answer with this body, which is left out of the answer to a HEAD request.
fn make_page(head_only: bool, status: u16, body: String) -> HandlerResult {
    let mut response = Response::new(if head_only {
        s3s::Body::empty()
    } else {
        s3s::Body::from(body)
    });
    *response.status_mut() = StatusCode::from_u16(status).map_err(|_| Dropped)?;
    Ok(response)
}

fn make_refusal(head_only: bool, status: u16, code: &str) -> HandlerResult {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>a fault of the plan</Message></Error>"
    );
    let mut response = make_page(head_only, status, body)?;
    set_header(&mut response, CONTENT_TYPE, "application/xml")?;
    Ok(response)
}

async fn serve_request(state: &ServerState, request: Request<Incoming>) -> HandlerResult {
    // Read to its end, as stores do: one that answers before and closes may make the client lose the answer.
    let (parts, mut body) = request.into_parts();
    let mut whole = Vec::new();
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        if let Some(data) = frame.map_err(|_| Dropped)?.data_ref() {
            whole.extend_from_slice(data);
        }
    }
    state
        .service
        .call(Request::from_parts(parts, s3s::Body::from(whole)))
        .await
        .map_err(|_| Dropped)
}

/// Reads the body to its end, so that the client reads the answer instead of seeing its own write fail.
async fn read_body(request: &mut Request<Incoming>) {
    let body = request.body_mut();
    while let Some(Ok(_)) = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await {}
}

fn set_header(
    response: &mut Response<s3s::Body>,
    name: HeaderName,
    value: &str,
) -> Result<(), Dropped> {
    let value = HeaderValue::from_str(value).map_err(|_| Dropped)?;
    response.headers_mut().insert(name, value);
    Ok(())
}

/// The time `ahead` seconds from now in the form of a `Date` header.
fn http_date(ahead: i64) -> Option<String> {
    let offset = Duration::from_secs(ahead.unsigned_abs());
    let now = SystemTime::now();
    let time = match ahead < 0 {
        true => now.checked_sub(offset)?,
        false => now.checked_add(offset)?,
    };
    let mut text = Vec::new();
    Timestamp::from(time)
        .format(TimestampFormat::HttpDate, &mut text)
        .ok()?;
    String::from_utf8(text).ok()
}

//! Responses, all with the security headers.

use crate::backend::BackendError;
use crate::guard::add_security_headers;
use axum::body::Body;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::BodyExt;
use hyper::body::{Body as _, Frame};
use hyper::header::{
    ACCEPT_ENCODING, ALLOW, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE,
    HeaderMap, HeaderValue, RETRY_AFTER,
};
use hyper::{Response, StatusCode};
use serde::Serialize;
use std::convert::Infallible;
use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

pub(crate) type HttpResponse = Response<Body>;

pub(crate) fn bytes_response(
    status: StatusCode,
    media: &'static str,
    body: impl Into<Body>,
) -> HttpResponse {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    add_security_headers(headers);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    response
}

pub(crate) fn json_response<T: Serialize>(status: StatusCode, value: &T) -> HttpResponse {
    match serde_json::to_vec(value) {
        Ok(body) => bytes_response(status, "application/json", body),
        Err(_) => error_response(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the answer cannot be written",
        ),
    }
}

/// A file to save; browsers do not display it. `name` needs no quoting.
pub(crate) fn download_response(name: &str, media: &'static str, body: Vec<u8>) -> HttpResponse {
    let mut response = bytes_response(StatusCode::OK, media, body);
    let value = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
    let value = value.unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    response.headers_mut().insert(CONTENT_DISPOSITION, value);
    response
}

#[derive(Serialize)]
struct ErrorJson<'a> {
    error: &'a str,
}

pub(crate) fn error_response(status: StatusCode, text: &str) -> HttpResponse {
    let mut response = json_response(status, &ErrorJson { error: text });
    let extra = match status {
        StatusCode::METHOD_NOT_ALLOWED => Some((ALLOW, "GET, POST")),
        StatusCode::TOO_MANY_REQUESTS => Some((RETRY_AFTER, "60")),
        StatusCode::SERVICE_UNAVAILABLE => Some((RETRY_AFTER, "1")),
        _ => None,
    };
    if let Some((name, value)) = extra {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

pub(crate) fn bad_request_response(text: &str) -> HttpResponse {
    error_response(StatusCode::BAD_REQUEST, text)
}

pub(crate) fn busy_response() -> HttpResponse {
    error_response(
        StatusCode::SERVICE_UNAVAILABLE,
        "busy; try again in a moment",
    )
}

pub(crate) fn backend_error_response(error: &BackendError) -> HttpResponse {
    match error {
        BackendError::Locked => error_response(StatusCode::UNAUTHORIZED, "locked"),
        BackendError::Denied(text) => error_response(StatusCode::FORBIDDEN, text),
        BackendError::Missing(text) => error_response(StatusCode::NOT_FOUND, text),
        BackendError::Failed(text) => error_response(StatusCode::INTERNAL_SERVER_ERROR, text),
    }
}

/// Pieces that a [`streaming_response`] holds before its sender waits.
const MAX_WAITING_PIECES: usize = 8;

/// A response that arrives piece by piece, and the sender of its pieces. The sender waits for a slow reader.
pub(crate) fn streaming_response(media: &'static str) -> (HttpResponse, mpsc::Sender<Bytes>) {
    let (sender, pieces) = mpsc::channel(MAX_WAITING_PIECES);
    let body = Body::new(BodyStream(pieces));
    (bytes_response(StatusCode::OK, media, body), sender)
}

struct BodyStream(mpsc::Receiver<Bytes>);

impl hyper::body::Body for BodyStream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0
            .poll_recv(cx)
            .map(|piece| piece.map(|p| Ok(Frame::data(p))))
    }
}

/// Bodies shorter than this, in bytes, are not compressed.
const MIN_COMPRESSED: u64 = 1_000;

pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter();
    let mut words = values
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','));
    words.any(|word| word.trim().eq_ignore_ascii_case("gzip"))
}

/// Compresses complete text. Screenshots, downloads and streams stay as they are.
pub(crate) async fn compress_response(response: HttpResponse) -> HttpResponse {
    let headers = response.headers();
    let media = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let is_text = media.is_some_and(|m| m.starts_with("text/") || m == "application/json");
    let size = response.body().size_hint().exact();
    let is_long = size.is_some_and(|size| size >= MIN_COMPRESSED);
    if !is_text || !is_long || headers.contains_key(CONTENT_DISPOSITION) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let body = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(e) => return error_response(StatusCode::INTERNAL_SERVER_ERROR, &e.to_string()),
    };
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 3), Compression::fast());
    let body = match encoder.write_all(&body).and_then(|()| encoder.finish()) {
        Ok(compressed) => {
            let gzip = HeaderValue::from_static("gzip");
            head.headers.insert(CONTENT_ENCODING, gzip);
            // The server sets it again, for the compressed body.
            head.headers.remove(CONTENT_LENGTH);
            Bytes::from(compressed)
        }
        Err(_) => body,
    };
    Response::from_parts(head, Body::from(body))
}

//! Answers as bytes.

use crate::backend::Refused;
use crate::guard;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Frame, Incoming};
use hyper::header::{
    ACCEPT_ENCODING, ALLOW, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap,
    HeaderValue, RETRY_AFTER,
};
use hyper::{Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc;

/// Longest body of a request, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

pub(crate) type Reply = Response<BoxBody<Bytes, Infallible>>;

pub(crate) fn bytes(status: StatusCode, media: &'static str, body: impl Into<Bytes>) -> Reply {
    finish(status, media, Full::new(body.into()).boxed())
}

pub(crate) fn json<T: Serialize>(status: StatusCode, value: &T) -> Reply {
    match serde_json::to_vec(value) {
        Ok(body) => bytes(status, "application/json", body),
        Err(_) => words(StatusCode::INTERNAL_SERVER_ERROR, "the answer has no form"),
    }
}

#[derive(Serialize)]
struct Words<'a> {
    error: &'a str,
}

/// A file to be saved; browsers do not show it. `name` is made of days and an ending.
pub(crate) fn download(name: &str, media: &'static str, body: Vec<u8>) -> Reply {
    let mut reply = bytes(StatusCode::OK, media, body);
    let value = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
    let value = value.unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    reply.headers_mut().insert(CONTENT_DISPOSITION, value);
    reply
}

/// Shorter bodies (bytes) are not worth packing.
const LEAST_PACKED: u64 = 1_000;

/// Does whoever asks take packed answers?
pub(crate) fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter();
    let mut words = values
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','));
    words.any(|word| word.trim().eq_ignore_ascii_case("gzip"))
}

/// The same, packed, if it is text that is whole. Pictures and files to be saved stay as they are.
pub(crate) async fn packed(reply: Reply) -> Reply {
    let headers = reply.headers();
    let media = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let text = media.is_some_and(|m| m.starts_with("text/") || m == "application/json");
    let whole = reply.body().size_hint().exact();
    let worth = whole.is_some_and(|size| size >= LEAST_PACKED);
    if !text || !worth || headers.contains_key(CONTENT_DISPOSITION) {
        return reply;
    }
    let (mut head, body) = reply.into_parts();
    let Ok(body) = body.collect().await;
    let body = body.to_bytes();
    let mut packer = GzEncoder::new(Vec::with_capacity(body.len() / 3), Compression::fast());
    let done = packer.write_all(&body).and_then(|()| packer.finish());
    let body = match done {
        Ok(packed) => {
            let gzip = HeaderValue::from_static("gzip");
            head.headers.insert(CONTENT_ENCODING, gzip);
            Bytes::from(packed)
        }
        Err(_) => body,
    };
    Response::from_parts(head, Full::new(body).boxed())
}

/// A refusal in words.
pub(crate) fn words(status: StatusCode, text: &str) -> Reply {
    let mut reply = json(status, &Words { error: text });
    let extra = match status {
        StatusCode::METHOD_NOT_ALLOWED => Some((ALLOW, "GET, POST")),
        StatusCode::TOO_MANY_REQUESTS => Some((RETRY_AFTER, "60")),
        StatusCode::SERVICE_UNAVAILABLE => Some((RETRY_AFTER, "1")),
        _ => None,
    };
    if let Some((name, value)) = extra {
        reply
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    reply
}

pub(crate) fn refused(why: &Refused) -> Reply {
    match why {
        Refused::Locked => words(StatusCode::UNAUTHORIZED, "locked"),
        Refused::Denied(text) => words(StatusCode::FORBIDDEN, text),
        Refused::Missing(text) => words(StatusCode::NOT_FOUND, text),
        Refused::Failed(text) => words(StatusCode::INTERNAL_SERVER_ERROR, text),
    }
}

/// An answer that comes piece by piece, and the other end of it. The piece that does not fit waits with its sender.
pub(crate) fn stream(media: &'static str) -> (Reply, mpsc::Sender<Bytes>) {
    let (tx, rx) = mpsc::channel(8);
    (finish(StatusCode::OK, media, Pieces(rx).boxed()), tx)
}

fn finish(status: StatusCode, media: &'static str, body: BoxBody<Bytes, Infallible>) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    guard::put_headers(headers);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    reply
}

struct Pieces(mpsc::Receiver<Bytes>);

impl Body for Pieces {
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

/// A body as JSON, whole within `patience` and [`MAX_BODY`].
pub(crate) async fn read<T: DeserializeOwned>(
    body: Incoming,
    patience: Duration,
) -> Result<T, Reply> {
    let whole = Limited::new(body, MAX_BODY).collect();
    let whole = match tokio::time::timeout(patience, whole).await {
        Err(_) => {
            return Err(words(
                StatusCode::REQUEST_TIMEOUT,
                "the request came too slowly",
            ));
        }
        Ok(Err(e)) if e.is::<LengthLimitError>() => {
            return Err(words(
                StatusCode::PAYLOAD_TOO_LARGE,
                "the request is too long",
            ));
        }
        Ok(Err(_)) => return Err(words(StatusCode::BAD_REQUEST, "the request broke off")),
        Ok(Ok(whole)) => zeroize::Zeroizing::new(whole.to_bytes().to_vec()),
    };
    serde_json::from_slice(&whole).map_err(|_| {
        words(
            StatusCode::BAD_REQUEST,
            "that is not what is asked for here",
        )
    })
}

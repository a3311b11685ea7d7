//! The HTTP layer below the object store: it keeps what the layer above would throw away.
//!
//! `object_store` folds every refusal into one opaque error. This service sits under it, sees each answer first, and
//! turns whatever is not a proper success into a [`Refusal`] that travels up the error chain by type: status, S3 error
//! code, region, the time the store asked to wait, and how far this computer's clock is off.
//!
//! It also refuses to take a captive portal's `200 OK` for a stored object: a put is acknowledged only by an answer
//! with an ETag, without a page of HTML, and with the same checksum where the store echoes one.

use crate::Timeouts;
use crate::error::SinkError;
use futures::StreamExt;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpResponseBody, HttpService,
};
use reqwest::header::{CONTENT_TYPE, DATE, ETAG, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Method, StatusCode};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Once;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The most of a refusal's body that is read; an S3 error document has a few hundred bytes.
const MAX_ERROR_BODY: usize = 64 * 1024;

/// Carries the body's SHA-256 in base64; stores that check it answer with it.
const CHECKSUM: &str = "x-amz-checksum-sha256";

/// Slowest link that still counts as working, in bytes per second; a body gets this much extra time.
const SLOWEST_LINK: u64 = 8 * 1024;

/// An answer that is not a success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Request method, to tell a refused write from a refused read.
    pub(crate) method: Method,
    /// HTTP status of the answer.
    pub(crate) status: StatusCode,
    /// S3 error code; empty where the answer had none.
    pub(crate) code: String,
    /// The bucket's own region, where the store named it.
    pub(crate) region: Option<String>,
    /// How long the store asked to wait.
    pub(crate) retry_after: Option<Duration>,
    /// This computer's clock minus the store's, in seconds.
    pub(crate) ahead_s: Option<i64>,
    /// Set when the answer did not come from an object store at all: what was odd about it.
    pub(crate) odd: Option<&'static str>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.code)
    }
}

impl std::error::Error for Refusal {}

/// Said when a request took too long.
#[derive(Debug)]
struct TooSlow;

impl fmt::Display for TooSlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no answer in time")
    }
}

impl std::error::Error for TooSlow {}

/// Hands `object_store` the service of this module.
#[derive(Debug)]
pub(crate) struct Connector(pub(crate) Wire);

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.0.clone()))
    }
}

/// An HTTP client that keeps refusals typed.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    client: reqwest::Client,
    timeouts: Timeouts,
}

impl Wire {
    /// `endpoint_is_http`: no TLS will be spoken, so no root certificates are loaded (there may be none).
    /// `loopback`: proxies of the environment are not asked.
    pub(crate) fn new(
        timeouts: Timeouts,
        endpoint_is_http: bool,
        loopback: bool,
    ) -> Result<Self, SinkError> {
        // The process has one TLS provider; whoever came first has set the same one or their own.
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("uam/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(timeouts.connect)
            .timeout(timeouts.total)
            // S3 never needs a redirect followed; a captive portal would love one to be.
            .redirect(reqwest::redirect::Policy::none())
            .http1_only()
            // Shorter than any store's own limit, so that no request is sent into a connection about to be closed.
            .pool_idle_timeout(Duration::from_secs(15))
            .pool_max_idle_per_host(crate::store::MAX_AT_ONCE);
        if endpoint_is_http {
            builder = builder.tls_certs_only([]);
        }
        if loopback {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|e| SinkError::Tls {
            what: deepest(&e).to_string(),
        })?;
        Ok(Self { client, timeouts })
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let method = request.method().clone();
        let checksum = request.headers().get(CHECKSUM).cloned();
        let body = request.body().content_length() as u64;
        let patience = self.timeouts.answer + Duration::from_secs(body / SLOWEST_LINK);
        let answer = tokio::time::timeout(patience, HttpService::call(&self.client, request))
            .await
            .map_err(|_| HttpError::new(HttpErrorKind::Timeout, TooSlow))??;
        let odd = oddity(
            &method,
            answer.status(),
            answer.headers(),
            checksum.as_ref(),
        );
        if answer.status().is_success() {
            return match odd {
                None => Ok(answer),
                // `Unknown` keeps the layer above from trying again by itself.
                Some(_) => Err(HttpError::new(
                    HttpErrorKind::Unknown,
                    refusal(method, &answer, None, odd),
                )),
            };
        }
        let (parts, body) = answer.into_parts();
        let text = read_some(body).await?;
        let answer = HttpResponse::from_parts(parts, HttpResponseBody::from(text.clone()));
        let text = String::from_utf8_lossy(&text);
        // An S3 redirect may name the region in its document only.
        let odd = odd.filter(|_| element(&text, "Code").is_none());
        let mut refusal = refusal(method, &answer, element(&text, "Code"), odd);
        if refusal.region.is_none() {
            refusal.region = element(&text, "Region");
        }
        Err(HttpError::new(HttpErrorKind::Unknown, refusal))
    }
}

/// What shows that an answer is not an object store's; `None` for a proper one.
fn oddity(
    method: &Method,
    status: StatusCode,
    headers: &HeaderMap,
    sent_checksum: Option<&HeaderValue>,
) -> Option<&'static str> {
    let put = *method == Method::PUT;
    if status.is_redirection() && !headers.contains_key("x-amz-bucket-region") {
        Some("it redirects elsewhere (a log-in page of the network?)")
    } else if !status.is_success() {
        None
    } else if (put || *method == Method::GET) && is_html(headers) {
        Some("a web page came instead (a log-in page of the network?)")
    } else if put && !headers.contains_key(ETAG) {
        Some("the acknowledgement has no ETag")
    } else if put
        && let Some(sent) = sent_checksum
        && let Some(echoed) = headers.get(CHECKSUM)
        && echoed != sent
    {
        Some("the acknowledgement has another checksum")
    } else {
        None
    }
}

fn refusal(
    method: Method,
    answer: &HttpResponse,
    code: Option<String>,
    odd: Option<&'static str>,
) -> Refusal {
    let headers = answer.headers();
    Refusal {
        method,
        status: answer.status(),
        code: code.unwrap_or_default(),
        region: text(headers, "x-amz-bucket-region"),
        retry_after: headers
            .get(RETRY_AFTER)
            .and_then(|v| v.to_str().ok()?.trim().parse().ok())
            .map(Duration::from_secs),
        ahead_s: ahead_of(headers),
        odd,
    }
}

impl HttpService for Wire {
    // Written as the attribute of the `async-trait` crate would write it; the crate is not needed for one method.
    fn call<'life0, 'async_trait>(
        &'life0 self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(self.exchange(request))
    }
}

async fn read_some(body: HttpResponseBody) -> Result<bytes::Bytes, HttpError> {
    let mut read = Vec::new();
    let mut stream = body.bytes_stream();
    while let Some(piece) = stream.next().await {
        let piece = piece?;
        let room = MAX_ERROR_BODY.saturating_sub(read.len());
        read.extend_from_slice(piece.get(..room.min(piece.len())).unwrap_or_default());
        if read.len() >= MAX_ERROR_BODY {
            break;
        }
    }
    Ok(read.into())
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

fn is_html(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .is_some_and(|v| v.as_bytes().to_ascii_lowercase().starts_with(b"text/html"))
}

/// This computer's clock minus the server's `Date`, in seconds.
fn ahead_of(headers: &HeaderMap) -> Option<i64> {
    let server = jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(headers.get(DATE)?.to_str().ok()?)
        .ok()?
        .as_second();
    let here = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    i64::try_from(here).ok()?.checked_sub(server)
}

/// The text of the first element of that name in an S3 error document; `None` where there is none or it is not a
/// plain word. Codes and regions are words of letters, digits, dots and dashes, so no XML reader is needed.
fn element(document: &str, name: &str) -> Option<String> {
    let (_, rest) = document.split_once(&format!("<{name}>"))?;
    let (word, _) = rest.split_once("</")?;
    let plain = !word.is_empty()
        && word.len() <= 128
        && word
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-');
    plain.then(|| word.to_owned())
}

/// The innermost cause of an error: the sentence that says most.
pub(crate) fn deepest<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> &'a (dyn std::error::Error + 'static) {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_the_code_of_an_error_document_and_nothing_else() {
        let xml = "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>x</Message><Region>eu-west-3</Region></Error>";
        assert_eq!(element(xml, "Code").as_deref(), Some("SlowDown"));
        assert_eq!(element(xml, "Region").as_deref(), Some("eu-west-3"));
        assert_eq!(element("<html><Code><b>x</b></Code>", "Code"), None);
        assert_eq!(element("<Code>", "Code"), None);
        assert_eq!(element("", "Code"), None);
    }

    #[test]
    fn the_servers_date_gives_the_offset() {
        let mut headers = HeaderMap::new();
        assert_eq!(ahead_of(&headers), None);
        headers.insert(DATE, "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap());
        let now = i64::try_from(
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap()
                .as_secs(),
        )
        .unwrap();
        let ahead = ahead_of(&headers).unwrap();
        assert!((now - 784_111_777 - ahead).abs() <= 5, "{ahead}");
    }
}

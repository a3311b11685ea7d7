//! The HTTP layer below the object store: it keeps what the layer above would throw away.
//!
//! `object_store` folds every refusal into one opaque error. This service sits under it, sees each answer first, and
//! turns whatever is not a proper success into a [`StoreRefusal`] that travels up the error chain by type: status, S3 error
//! code, region, the time the store asked to wait, and how far this computer's clock is off.
//!
//! It also refuses to take a captive portal's `200 OK` for a stored object: a put is acknowledged only by an answer
//! with an ETag, without a page of HTML, and with the same checksum where the store echoes one.
//!
//! Requests for keys to sign with (a machine's role, a web identity) come through here too; they go to another host than
//! the store's, and what refuses them is a [`NoCredentials`].

use crate::Timeouts;
use crate::conditions::ConditionalPuts;
use crate::destination::{Credentials, S3Target};
use crate::error::SinkError;
use crate::pace::RateLimit;
use futures::StreamExt;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpResponseBody, HttpService,
};
use reqwest::header::{
    CONTENT_LENGTH, CONTENT_TYPE, DATE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, RETRY_AFTER,
};
use reqwest::{Method, StatusCode};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Once};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use url::Url;

/// The most of a refusal's body that is read; an S3 error document has a few hundred bytes.
const MAX_ERROR_BODY: usize = 64 * 1024;

/// Carries the body's SHA-256 in base64; stores that check it answer with it.
const CHECKSUM: &str = "x-amz-checksum-sha256";

/// Slowest link that still counts as working, in bytes per second; a body gets this much extra time.
const SLOWEST_LINK: u64 = 8 * 1024;

/// An answer that is not a success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoreRefusal {
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

impl fmt::Display for StoreRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.code)
    }
}

impl std::error::Error for StoreRefusal {}

/// Said when a request took too long.
#[derive(Debug)]
struct TooSlow;

impl fmt::Display for TooSlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no answer in time")
    }
}

impl std::error::Error for TooSlow {}

/// What gives out keys answered with something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoCredentials {
    /// HTTP status of the answer.
    pub(crate) status: StatusCode,
    /// Error code; empty where the answer had none.
    pub(crate) code: String,
}

impl fmt::Display for NoCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sep = if self.code.is_empty() { "" } else { " " };
        write!(
            f,
            "the service that gives out keys answered {}{sep}{}",
            self.status.as_u16(),
            self.code
        )
    }
}

impl std::error::Error for NoCredentials {}

/// Hands `object_store` the service of this module.
#[derive(Debug)]
pub(crate) struct ServiceConnector(pub(crate) S3HttpService);

impl HttpConnector for ServiceConnector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.0.clone()))
    }
}

/// An HTTP client that keeps refusals typed.
#[derive(Clone)]
pub(crate) struct S3HttpService {
    client: reqwest::Client,
    /// For keys from this machine's own role, which no proxy can know.
    direct: Option<reqwest::Client>,
    timeouts: Timeouts,
    /// The store's host and port.
    store: (String, Option<u16>),
    conditions: Arc<ConditionalPuts>,
    pace: Option<Arc<RateLimit>>,
}

impl fmt::Debug for S3HttpService {
    // The client would show its proxy.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wire({})", self.store.0)
    }
}

impl S3HttpService {
    /// The way to one store.
    pub(crate) fn new(
        timeouts: Timeouts,
        s3: &S3Target,
        conditions: Arc<ConditionalPuts>,
    ) -> Result<Self, SinkError> {
        // The process has one TLS provider; whoever came first has set the same one or their own.
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let tls = |what: String| SinkError::Tls { what };
        let pace = RateLimit::new(s3.network.limit_kib_per_s);
        let slower = pace.as_ref().map(|p| p.time_for(crate::store::MAX_BODY));
        let plain = || {
            reqwest::Client::builder()
                .user_agent(concat!("uam/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(timeouts.connect)
                .timeout(timeouts.total + slower.unwrap_or_default())
                // S3 never needs a redirect followed; a captive portal would love one to be.
                .redirect(reqwest::redirect::Policy::none())
                .http1_only()
                // Shorter than any store's own limit, so that no request is sent into a connection about to be closed.
                .pool_idle_timeout(Duration::from_secs(15))
                .pool_max_idle_per_host(crate::store::MAX_AT_ONCE)
                // The destination names its proxy; nothing is taken from the environment behind its back.
                .no_proxy()
        };
        let mut builder = plain();
        if let Some(proxy) = s3.network.proxy().map_err(tls)? {
            builder = builder.proxy(proxy);
        }
        let own = s3.network.certificates().map_err(tls)?;
        // Where no TLS is spoken no root certificates are loaded; there may be none.
        let no_tls = s3.is_http() && !matches!(s3.credentials, Credentials::WebIdentity { .. });
        if let Some(certificates) = own.or_else(|| no_tls.then(Vec::new)) {
            builder = builder.tls_certs_only(certificates);
        }
        let build = |builder: reqwest::ClientBuilder| {
            builder.build().map_err(|e| tls(deepest(&e).to_string()))
        };
        let address = s3.address()?;
        Ok(Self {
            client: build(builder)?,
            direct: matches!(s3.credentials, Credentials::Instance { .. })
                .then(|| build(plain().tls_certs_only([])))
                .transpose()?,
            timeouts,
            store: host_and_port(address.host_str(), address.port()),
            conditions,
            pace,
        })
    }

    /// Asks a bucket for a list without a signature: true when it gives one. `None` when it gave no answer.
    pub(crate) async fn lists_to_anyone(&self, bucket: &Url, prefix: &str) -> Option<bool> {
        let mut url = bucket.clone();
        url.query_pairs_mut()
            .append_pair("list-type", "2")
            .append_pair("max-keys", "1");
        if !prefix.is_empty() {
            url.query_pairs_mut()
                .append_pair("prefix", &format!("{prefix}/"));
        }
        let asked = self.client.get(url).timeout(self.timeouts.answer).send();
        let (status, _, text) = whole(asked.await.ok()?).await.ok()?;
        Some(status == StatusCode::OK && is_list(&text))
    }

    async fn exchange(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let to = request.uri();
        if host_and_port(to.host(), to.port_u16()) != self.store {
            return self.keys(request).await;
        }
        // What completes an object of many parts is its put; the layer above has no condition for it. The signature
        // does not cover this header, and need not.
        if *request.method() == Method::POST
            && to.query().is_some_and(|q| q.starts_with("uploadId="))
            && !self.conditions.are_missing()
        {
            let any = HeaderValue::from_static("*");
            request.headers_mut().insert(IF_NONE_MATCH, any);
        }
        let method = request.method().clone();
        let checksum = request.headers().get(CHECKSUM).cloned();
        let body = request.body().content_length() as u64;
        let paced = self.pace.as_ref().map(|p| p.time_for(body));
        let patience = self.timeouts.answer
            + Duration::from_secs(body / SLOWEST_LINK)
            + paced.unwrap_or_default();
        let answer = in_time(patience, async {
            match &self.pace {
                Some(pace) if body > 0 => self.slowly(pace, request).await,
                _ => HttpService::call(&self.client, request).await,
            }
        })
        .await?;
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

    /// A request for keys to sign with.
    async fn keys(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let client = self.direct.as_ref().unwrap_or(&self.client);
        let answer = in_time(self.timeouts.answer, HttpService::call(client, request)).await?;
        if answer.status().is_success() && !is_html(answer.headers()) {
            return Ok(answer);
        }
        let status = answer.status();
        let text = read_some(answer.into_body()).await?;
        let code = element(&String::from_utf8_lossy(&text), "Code").unwrap_or_default();
        Err(HttpError::new(
            HttpErrorKind::Unknown,
            NoCredentials { status, code },
        ))
    }

    /// A request whose body goes out no faster than the pace allows.
    async fn slowly(
        &self,
        pace: &Arc<RateLimit>,
        request: HttpRequest,
    ) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let address = parts.uri.to_string();
        let url = Url::parse(&address).map_err(|e| HttpError::new(HttpErrorKind::Request, e))?;
        let mut request = reqwest::Request::new(parts.method, url);
        *request.headers_mut() = parts.headers;
        *request.body_mut() = Some(reqwest::Body::wrap_stream(pace.slow(body)));
        let answer = self.client.execute(request).await.map_err(of_reqwest)?;
        // What answers a body is short.
        let (status, headers, text) = whole(answer).await.map_err(of_reqwest)?;
        let mut answer = HttpResponse::new(HttpResponseBody::from(text));
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }
}

async fn in_time<T>(
    patience: Duration,
    answer: impl Future<Output = Result<T, HttpError>>,
) -> Result<T, HttpError> {
    tokio::time::timeout(patience, answer)
        .await
        .map_err(|_| HttpError::new(HttpErrorKind::Timeout, TooSlow))?
}

/// An answer with the beginning of its body.
async fn whole(
    mut answer: reqwest::Response,
) -> Result<(StatusCode, HeaderMap, bytes::Bytes), reqwest::Error> {
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut read = Vec::new();
    while let Some(piece) = answer.chunk().await? {
        read.extend_from_slice(&piece);
        if read.len() >= MAX_ERROR_BODY {
            break;
        }
    }
    Ok((status, headers, read.into()))
}

fn of_reqwest(error: reqwest::Error) -> HttpError {
    let kind = if error.is_timeout() {
        HttpErrorKind::Timeout
    } else if error.is_connect() {
        HttpErrorKind::Connect
    } else {
        HttpErrorKind::Interrupted
    };
    HttpError::new(kind, error.without_url())
}

fn host_and_port(host: Option<&str>, port: Option<u16>) -> (String, Option<u16>) {
    (host.unwrap_or_default().to_ascii_lowercase(), port)
}

/// Whether an answer's body is a list of a bucket.
pub(crate) fn is_list(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).contains("<ListBucketResult")
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
    } else if (put || *method == Method::GET) && is_page(headers) {
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

impl StoreRefusal {
    /// Of an answer that says nothing but its status and its body.
    pub(crate) fn bare(status: StatusCode, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        Self {
            method: Method::PUT,
            status,
            code: element(&text, "Code").unwrap_or_default(),
            region: element(&text, "Region"),
            retry_after: None,
            ahead_s: None,
            odd: None,
        }
    }
}

fn refusal(
    method: Method,
    answer: &HttpResponse,
    code: Option<String>,
    odd: Option<&'static str>,
) -> StoreRefusal {
    let headers = answer.headers();
    StoreRefusal {
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

impl HttpService for S3HttpService {
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

/// HTML with something in it: some stores (moto) call even an empty acknowledgement HTML.
fn is_page(headers: &HeaderMap) -> bool {
    is_html(headers) && headers.get(CONTENT_LENGTH).is_none_or(|n| n != "0")
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
    fn an_empty_acknowledgement_may_call_itself_html_and_a_page_may_not() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, "text/html; charset=utf-8".parse().unwrap());
        headers.insert(ETAG, "\"x\"".parse().unwrap());
        let odd = |headers: &HeaderMap| oddity(&Method::PUT, StatusCode::OK, headers, None);
        assert!(odd(&headers).is_some());
        headers.insert(CONTENT_LENGTH, "12".parse().unwrap());
        assert!(odd(&headers).is_some());
        headers.insert(CONTENT_LENGTH, "0".parse().unwrap());
        assert_eq!(odd(&headers), None);
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

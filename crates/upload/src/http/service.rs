//! The HTTP layer below the object store: it keeps facts that the layer above would drop.
//!
//! `object_store` merges every refusal into one opaque error. This service sits under it, sees each answer first, and
//! turns whatever is not a proper success into a [`StoreRefusal`](super::refusal::StoreRefusal) that travels up the error chain by type: status, S3 error
//! code, region, the time the store asked to wait, and how far this computer's clock is off.
//!
//! It also refuses to take a captive portal's `200 OK` for a stored object: a put is acknowledged only by an answer
//! with an ETag, without a page of HTML, and with the same checksum where the store echoes one.
//!
//! Requests for keys to sign with (a machine's role, a web identity) come through here too; they go to another host than
//! the store's, and a refusal of them is a [`NoCredentials`].

use super::conditional_puts::ConditionalPuts;
use super::rate_limit::RateLimit;
use super::refusal::{
    CHECKSUM, NoCredentials, find_oddity, innermost_cause, is_html, is_list, read_element,
    read_refusal,
};
use crate::destination::credentials::Credentials;
use crate::destination::s3_target::S3Target;
use crate::error::SinkError;
use crate::timeouts::Timeouts;
use futures::StreamExt;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpResponseBody, HttpService,
};
use reqwest::header::{HeaderMap, HeaderValue, IF_NONE_MATCH};
use reqwest::{Method, StatusCode};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Once};
use std::time::Duration;
use url::Url;

/// Requests under way at once.
pub const MAX_AT_ONCE: usize = 4;

/// The largest body of one request, in bytes; larger objects go in parts.
pub(crate) const MAX_BODY: u64 = 16 << 20;

/// The most of a refusal's body that is read; an S3 error document has a few hundred bytes.
const MAX_ERROR_BODY: usize = 64 * 1024;

/// Slowest link that still counts as working, in bytes per second; a body gets this much extra time.
const SLOWEST_LINK: u64 = 8 * 1024;

/// A request took too long.
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
        write!(f, "S3HttpService({})", self.store.0)
    }
}

impl S3HttpService {
    /// The way to one store.
    pub(crate) fn new(
        timeouts: Timeouts,
        s3: &S3Target,
        conditions: Arc<ConditionalPuts>,
    ) -> Result<Self, SinkError> {
        // The process has one TLS provider; the first caller has set the same one or its own.
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let tls = |what: String| SinkError::Tls { what };
        let pace = RateLimit::new(s3.network.limit_kib_per_s);
        let slower = pace.as_ref().map(|p| p.time_for(MAX_BODY));
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
                .pool_max_idle_per_host(MAX_AT_ONCE)
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
            builder
                .build()
                .map_err(|e| tls(innermost_cause(&e).to_string()))
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
    pub(crate) async fn is_list_public(&self, bucket: &Url, prefix: &str) -> Option<bool> {
        let mut url = bucket.clone();
        url.query_pairs_mut()
            .append_pair("list-type", "2")
            .append_pair("max-keys", "1");
        if !prefix.is_empty() {
            url.query_pairs_mut()
                .append_pair("prefix", &format!("{prefix}/"));
        }
        let asked = self.client.get(url).timeout(self.timeouts.answer).send();
        let (status, _, text) = read_answer(asked.await.ok()?).await.ok()?;
        Some(status == StatusCode::OK && is_list(&text))
    }

    async fn exchange(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let to = request.uri();
        if host_and_port(to.host(), to.port_u16()) != self.store {
            return self.fetch_keys(request).await;
        }
        // The request that completes an object of many parts is its put; the layer above has no condition for it. The signature
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
        let answer = with_time_limit(patience, async {
            match &self.pace {
                Some(pace) if body > 0 => self.send_slowly(pace, request).await,
                _ => HttpService::call(&self.client, request).await,
            }
        })
        .await?;
        let odd = find_oddity(
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
                    read_refusal(method, &answer, None, odd),
                )),
            };
        }
        let (parts, body) = answer.into_parts();
        let text = read_beginning(body).await?;
        let answer = HttpResponse::from_parts(parts, HttpResponseBody::from(text.clone()));
        let text = String::from_utf8_lossy(&text);
        // An S3 redirect may name the region in its document only.
        let odd = odd.filter(|_| read_element(&text, "Code").is_none());
        let mut refusal = read_refusal(method, &answer, read_element(&text, "Code"), odd);
        if refusal.region.is_none() {
            refusal.region = read_element(&text, "Region");
        }
        Err(HttpError::new(HttpErrorKind::Unknown, refusal))
    }

    /// A request for keys to sign with.
    async fn fetch_keys(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let client = self.direct.as_ref().unwrap_or(&self.client);
        let answer =
            with_time_limit(self.timeouts.answer, HttpService::call(client, request)).await?;
        if answer.status().is_success() && !is_html(answer.headers()) {
            return Ok(answer);
        }
        let status = answer.status();
        let text = read_beginning(answer.into_body()).await?;
        let code = read_element(&String::from_utf8_lossy(&text), "Code").unwrap_or_default();
        Err(HttpError::new(
            HttpErrorKind::Unknown,
            NoCredentials { status, code },
        ))
    }

    /// A request whose body goes out no faster than the pace allows.
    async fn send_slowly(
        &self,
        pace: &Arc<RateLimit>,
        request: HttpRequest,
    ) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let address = parts.uri.to_string();
        let url = Url::parse(&address).map_err(|e| HttpError::new(HttpErrorKind::Request, e))?;
        let mut request = reqwest::Request::new(parts.method, url);
        *request.headers_mut() = parts.headers;
        *request.body_mut() = Some(reqwest::Body::wrap_stream(pace.slow_down(body)));
        let answer = self.client.execute(request).await.map_err(to_http_error)?;
        // The answer to a body is short.
        let (status, headers, text) = read_answer(answer).await.map_err(to_http_error)?;
        let mut answer = HttpResponse::new(HttpResponseBody::from(text));
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }
}

async fn with_time_limit<T>(
    patience: Duration,
    answer: impl Future<Output = Result<T, HttpError>>,
) -> Result<T, HttpError> {
    tokio::time::timeout(patience, answer)
        .await
        .map_err(|_| HttpError::new(HttpErrorKind::Timeout, TooSlow))?
}

/// An answer with the beginning of its body.
async fn read_answer(
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

fn to_http_error(error: reqwest::Error) -> HttpError {
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

async fn read_beginning(body: HttpResponseBody) -> Result<bytes::Bytes, HttpError> {
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

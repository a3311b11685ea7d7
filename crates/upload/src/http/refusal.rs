//! An answer that is no success, with its facts typed.

use object_store::client::HttpResponse;
use reqwest::header::{
    CONTENT_LENGTH, CONTENT_TYPE, DATE, ETAG, HeaderMap, HeaderValue, RETRY_AFTER,
};
use reqwest::{Method, StatusCode};
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Carries the body's SHA-256 in base64; stores that check it answer with it.
pub(super) const CHECKSUM: &str = "x-amz-checksum-sha256";

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
    /// Set when the answer did not come from an object store at all: the sign of it.
    pub(crate) odd: Option<&'static str>,
}

impl fmt::Display for StoreRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.code)
    }
}

impl std::error::Error for StoreRefusal {}

/// The answer of a service that gives out keys, when it gave none.
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

/// Whether an answer's body is a list of a bucket.
pub(super) fn is_list(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).contains("<ListBucketResult")
}

/// The sign that an answer is not an object store's; `None` for a proper one.
pub(super) fn find_oddity(
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
    /// The refusal in an answer that has a status and a body alone.
    pub(super) fn from_status(status: StatusCode, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        Self {
            method: Method::PUT,
            status,
            code: read_element(&text, "Code").unwrap_or_default(),
            region: read_element(&text, "Region"),
            retry_after: None,
            ahead_s: None,
            odd: None,
        }
    }
}

pub(super) fn read_refusal(
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
        region: header_text(headers, "x-amz-bucket-region"),
        retry_after: headers
            .get(RETRY_AFTER)
            .and_then(|v| v.to_str().ok()?.trim().parse().ok())
            .map(Duration::from_secs),
        ahead_s: clock_offset(headers),
        odd,
    }
}

fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

pub(super) fn is_html(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .is_some_and(|v| v.as_bytes().to_ascii_lowercase().starts_with(b"text/html"))
}

/// HTML with something in it: some stores (moto) call even an empty acknowledgement HTML.
fn is_page(headers: &HeaderMap) -> bool {
    is_html(headers) && headers.get(CONTENT_LENGTH).is_none_or(|n| n != "0")
}

/// This computer's clock minus the server's `Date`, in seconds.
fn clock_offset(headers: &HeaderMap) -> Option<i64> {
    let server = jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(headers.get(DATE)?.to_str().ok()?)
        .ok()?
        .as_second();
    let here = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    i64::try_from(here).ok()?.checked_sub(server)
}

/// The text of the first element of that name in an S3 error document; `None` where there is none or it is not a
/// plain word. Codes and regions are words of letters, digits, dots and dashes, so no XML reader is needed.
pub(super) fn read_element(document: &str, name: &str) -> Option<String> {
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
pub(super) fn innermost_cause<'a>(
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
        assert_eq!(read_element(xml, "Code").as_deref(), Some("SlowDown"));
        assert_eq!(read_element(xml, "Region").as_deref(), Some("eu-west-3"));
        assert_eq!(read_element("<html><Code><b>x</b></Code>", "Code"), None);
        assert_eq!(read_element("<Code>", "Code"), None);
        assert_eq!(read_element("", "Code"), None);
    }

    #[test]
    fn an_empty_acknowledgement_may_call_itself_html_and_a_page_may_not() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, "text/html; charset=utf-8".parse().unwrap());
        headers.insert(ETAG, "\"x\"".parse().unwrap());
        let odd = |headers: &HeaderMap| find_oddity(&Method::PUT, StatusCode::OK, headers, None);
        assert!(odd(&headers).is_some());
        headers.insert(CONTENT_LENGTH, "12".parse().unwrap());
        assert!(odd(&headers).is_some());
        headers.insert(CONTENT_LENGTH, "0".parse().unwrap());
        assert_eq!(odd(&headers), None);
    }

    #[test]
    fn the_servers_date_gives_the_offset() {
        let mut headers = HeaderMap::new();
        assert_eq!(clock_offset(&headers), None);
        headers.insert(DATE, "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap());
        let now = i64::try_from(
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap()
                .as_secs(),
        )
        .unwrap();
        let ahead = clock_offset(&headers).unwrap();
        assert!((now - 784_111_777 - ahead).abs() <= 5, "{ahead}");
    }
}

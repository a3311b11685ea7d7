//! The checks that every request must pass before anything else looks at it. Pure.
//!
//! Always true: a request passes only if it names this server (no other host name that points here), comes from this
//! page or was typed into the address bar, and is a GET, or a POST of JSON.

use hyper::header::{
    AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN,
};
use hyper::{Method, Request, StatusCode};

/// Longest path and query, in bytes.
const MAX_TARGET: usize = 2048;

/// The names under which this server may be asked.
#[derive(Clone, Debug)]
pub(crate) struct ServerNames {
    hosts: [String; 2],
    origins: [String; 2],
}

/// Why a request is refused: the status and the text of the response.
pub(crate) type GuardRefusal = (StatusCode, &'static str);

impl ServerNames {
    pub(crate) fn new(port: u16) -> Self {
        let hosts = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
        Self {
            origins: [
                format!("http://{}", hosts[0]),
                format!("http://{}", hosts[1]),
            ],
            hosts,
        }
    }

    /// Checks server, method, origin, length and media type, in this order.
    pub(crate) fn check_request<B>(&self, request: &Request<B>) -> Result<(), GuardRefusal> {
        let headers = request.headers();
        let host = single_value(headers, &HOST).flatten();
        let is_ours = |name: &str| self.hosts.iter().any(|h| h == name);
        let target = request
            .uri()
            .authority()
            .is_none_or(|a| is_ours(a.as_str()));
        if !host.is_some_and(is_ours) || !target {
            return Err((
                StatusCode::MISDIRECTED_REQUEST,
                "the request names another server",
            ));
        }
        if request.method() != Method::GET && request.method() != Method::POST {
            return Err((StatusCode::METHOD_NOT_ALLOWED, "GET and POST only"));
        }
        let is_post = request.method() == Method::POST;
        match single_value(headers, &ORIGIN) {
            None if !is_post => {}
            Some(Some(origin)) if self.origins.iter().any(|o| o == origin) => {}
            _ => return Err((StatusCode::FORBIDDEN, "the request comes from another page")),
        }
        let is_frame = !is_post && request.uri().path() == "/";
        match single_value(headers, &FETCH_SITE).flatten() {
            Some("same-origin") => {}
            Some("none") if is_frame => {}
            _ => {
                return Err((
                    StatusCode::FORBIDDEN,
                    "the request comes from another page, or from a browser that is too old",
                ));
            }
        }
        if request.uri().path().len() + request.uri().query().map_or(0, str::len) > MAX_TARGET {
            return Err((StatusCode::URI_TOO_LONG, "that address is too long"));
        }
        if is_post && !has_json_body(headers) {
            return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, "JSON only"));
        }
        Ok(())
    }
}

static FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The single value of a header: `None` when it is absent, `Some(None)` when it comes twice or is not text.
fn single_value<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Option<&'a str>> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    Some(match values.next() {
        None => first.to_str().ok(),
        Some(_) => None,
    })
}

fn has_json_body(headers: &HeaderMap) -> bool {
    single_value(headers, &CONTENT_TYPE)
        .flatten()
        .and_then(|value| value.split(';').next())
        .is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json"))
}

/// The token of `Authorization: Bearer …`.
pub(crate) fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    single_value(headers, &AUTHORIZATION)
        .flatten()?
        .strip_prefix("Bearer ")
}

/// Headers of every response, refusals included.
const SECURITY_HEADERS: [(&str, &str); 8] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
         trusted-types 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("x-frame-options", "DENY"),
    (
        "permissions-policy",
        "camera=(), microphone=(), geolocation=(), display-capture=()",
    ),
];

pub(crate) fn add_security_headers(headers: &mut HeaderMap) {
    for (name, value) in SECURITY_HEADERS {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn asked(method: &str, target: &str, headers: &[(&str, &str)]) -> Result<(), u16> {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        ServerNames::new(4711)
            .check_request(&request.body(()).unwrap())
            .map_err(|(status, _)| status.as_u16())
    }

    const HERE: (&str, &str) = ("host", "127.0.0.1:4711");
    const SAME: (&str, &str) = ("sec-fetch-site", "same-origin");
    const OURS: (&str, &str) = ("origin", "http://127.0.0.1:4711");
    const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");

    #[test]
    fn only_requests_to_this_server_pass() {
        assert_eq!(asked("GET", "/", &[HERE, SAME]), Ok(()));
        let local = ("host", "localhost:4711");
        assert_eq!(asked("GET", "/", &[local, SAME]), Ok(()));
        for host in [
            "evil.example:4711",
            "127.0.0.1",
            "127.0.0.1:4712",
            "",
            "127.0.0.1:4711.evil",
        ] {
            assert_eq!(
                asked("GET", "/", &[("host", host), SAME]),
                Err(421),
                "{host}"
            );
        }
        assert_eq!(asked("GET", "/", &[SAME]), Err(421));
        assert_eq!(asked("GET", "/", &[HERE, HERE, SAME]), Err(421));
        assert_eq!(
            asked("GET", "http://evil.example/", &[HERE, SAME]),
            Err(421)
        );
        // Checked first, for preflights too.
        assert_eq!(asked("OPTIONS", "/", &[("host", "evil.example")]), Err(421));
    }

    #[test]
    fn only_requests_of_this_page_pass() {
        let typed = ("sec-fetch-site", "none");
        assert_eq!(asked("GET", "/", &[HERE, typed]), Ok(()));
        assert_eq!(asked("GET", "/style.css", &[HERE, typed]), Err(403));
        assert_eq!(asked("GET", "/", &[HERE]), Err(403));
        for site in ["cross-site", "same-site", ""] {
            let site = ("sec-fetch-site", site);
            assert_eq!(asked("GET", "/", &[HERE, site]), Err(403), "{site:?}");
        }
        for origin in [
            "http://evil.example",
            "null",
            "http://127.0.0.1:1",
            "https://127.0.0.1:4711",
        ] {
            let origin = ("origin", origin);
            assert_eq!(
                asked("GET", "/", &[HERE, SAME, origin]),
                Err(403),
                "{origin:?}"
            );
        }
        assert_eq!(asked("GET", "/", &[HERE, SAME, OURS]), Ok(()));
        assert_eq!(asked("GET", "/", &[HERE, SAME, OURS, OURS]), Err(403));
    }

    #[test]
    fn only_this_page_posts_and_only_json() {
        assert_eq!(asked("POST", "/x", &[HERE, SAME, OURS, JSON]), Ok(()));
        assert_eq!(asked("POST", "/x", &[HERE, SAME, JSON]), Err(403));
        assert_eq!(asked("POST", "/x", &[HERE, SAME, OURS]), Err(415));
        let form = ("content-type", "text/plain");
        assert_eq!(asked("POST", "/x", &[HERE, SAME, OURS, form]), Err(415));
        for method in ["OPTIONS", "PUT", "DELETE", "HEAD", "TRACE", "ODD"] {
            assert_eq!(
                asked(method, "/x", &[HERE, SAME, OURS, JSON]),
                Err(405),
                "{method}"
            );
        }
    }

    #[test]
    fn long_addresses_are_refused() {
        let long = format!("/api/search?q={}", "a".repeat(MAX_TARGET));
        assert_eq!(asked("GET", &long, &[HERE, SAME]), Err(414));
    }
}

//! What a request must look like before anything else is asked. Pure.
//!
//! Always true: a request passes only when it names this very server (no other name that was made to point here),
//! comes from this page or was typed by its owner, and reads, or writes JSON.

use hyper::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN};
use hyper::{Method, Request, StatusCode};

/// Longest path and query, in bytes.
const MAX_TARGET: usize = 2048;

/// The names of this server.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    hosts: [String; 2],
    origins: [String; 2],
}

/// Why a request goes no further.
pub(crate) type Refusal = (StatusCode, &'static str);

impl Names {
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

    pub(crate) fn check<B>(&self, request: &Request<B>) -> Result<(), Refusal> {
        let headers = request.headers();
        let host = one(headers, &HOST).flatten();
        let named = |name: &str| self.hosts.iter().any(|h| h == name);
        let target = request.uri().authority().is_none_or(|a| named(a.as_str()));
        if !host.is_some_and(named) || !target {
            return Err((StatusCode::MISDIRECTED_REQUEST, "this is another server"));
        }
        if request.method() != Method::GET && request.method() != Method::POST {
            return Err((StatusCode::METHOD_NOT_ALLOWED, "GET and POST only"));
        }
        let post = request.method() == Method::POST;
        match one(headers, &ORIGIN) {
            None if !post => {}
            Some(Some(origin)) if self.origins.iter().any(|o| o == origin) => {}
            _ => return Err((StatusCode::FORBIDDEN, "another page asks")),
        }
        let page = !post && request.uri().path() == "/";
        match one(headers, &SITE).flatten() {
            Some("same-origin") => {}
            Some("none") if page => {}
            _ => {
                return Err((
                    StatusCode::FORBIDDEN,
                    "another page asks, or a browser that is too old",
                ));
            }
        }
        if request.uri().path().len() + request.uri().query().map_or(0, str::len) > MAX_TARGET {
            return Err((StatusCode::URI_TOO_LONG, "that address is too long"));
        }
        if post && !is_json(headers) {
            return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, "JSON only"));
        }
        Ok(())
    }
}

static SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The one value of a header; `None` when it is not there, `Some(None)` when it is there twice or is no text.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Option<&'a str>> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    Some(match values.next() {
        None => first.to_str().ok(),
        Some(_) => None,
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    one(headers, &CONTENT_TYPE)
        .flatten()
        .and_then(|value| value.split(';').next())
        .is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json"))
}

/// The token of `Authorization: Bearer …`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    one(headers, &hyper::header::AUTHORIZATION)
        .flatten()?
        .strip_prefix("Bearer ")
}

/// On every answer, refusals too.
const ALWAYS: [(&str, &str); 8] = [
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

pub(crate) fn put_headers(headers: &mut HeaderMap) {
    for (name, value) in ALWAYS {
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
        Names::new(4711)
            .check(&request.body(()).unwrap())
            .map_err(|(status, _)| status.as_u16())
    }

    const HERE: (&str, &str) = ("host", "127.0.0.1:4711");
    const SAME: (&str, &str) = ("sec-fetch-site", "same-origin");
    const OURS: (&str, &str) = ("origin", "http://127.0.0.1:4711");
    const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");

    #[test]
    fn only_this_server_is_asked() {
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
        // Before anything else, preflights too.
        assert_eq!(asked("OPTIONS", "/", &[("host", "evil.example")]), Err(421));
    }

    #[test]
    fn only_this_page_asks() {
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
    fn what_is_written_is_json_from_this_page() {
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
    fn addresses_have_an_end() {
        let long = format!("/api/search?q={}", "a".repeat(MAX_TARGET));
        assert_eq!(asked("GET", &long, &[HERE, SAME]), Err(414));
    }
}

//! The security checklist: one test for each line, or several.

use crate::client::{DAY, start_page, start_page_with};
use crate::demo::backend::CODE;
use crate::export::{export_target, factors_json};
use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::sync::atomic::Ordering;
use std::time::Duration;
use web::{PageEnd, PageLimits};

/// The paths that need the session's token.
const TOKEN_PATHS: [&str; 10] = [
    "/api/day",
    "/api/days?first=2026-03-01&last=2026-03-31",
    "/api/shots",
    "/api/picture?seq=1",
    "/api/search?q=a&first=2026-03-10&last=2026-03-10",
    "/api/sent",
    "/api/settings",
    "/api/check",
    "/api/factors",
    "/api/live",
];

#[test]
fn line_1_it_listens_on_loopback_only_and_every_route_needs_the_token() {
    let page = start_page();
    // Nothing listens on another address of this computer, where it has one.
    let outside = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    });
    if let Some(address) = outside.ok().filter(|a| !a.ip().is_loopback()) {
        let tried =
            TcpStream::connect_timeout(&(address.ip(), page.port).into(), Duration::from_secs(5));
        assert!(tried.is_err(), "it answers on {}", address.ip());
    }
    assert!(TcpStream::connect(("127.0.0.2", page.port)).is_err());
    for target in TOKEN_PATHS {
        assert_eq!(page.get(target, None).status, 401, "{target}");
    }
    // A path that does not exist cannot be told from one that does.
    assert_eq!(page.get("/api/nothing", None).status, 401);
    assert_eq!(page.post("/api/delete", None, "{}").status, 401);
    assert_eq!(page.post("/api/check", None, "{}").status, 401);
    assert_eq!(page.post(&export_target("csv"), None, "{}").status, 401);
    assert!(page.probe.purposes().is_empty(), "the backend was asked");
}

#[test]
fn line_1_without_the_token_all_paths_look_the_same() {
    let page = start_page();
    let head = |answer: crate::client::Answer| {
        let lines = answer.head.lines().map(str::to_ascii_lowercase);
        lines
            .filter(|line| !line.starts_with("date:"))
            .collect::<Vec<_>>()
    };
    let missing = head(page.get("/api/nothing", None));
    for target in ["/api/day", "/api/delete", "/api/live"] {
        assert_eq!(head(page.get(target, None)), missing, "{target}");
        assert_eq!(head(page.post(target, None, "{}")), missing, "{target}");
    }
}

#[test]
fn line_2_another_name_is_another_server() {
    let page = start_page();
    let (port, token) = (page.port, page.sign_in());
    let bearer = format!("Bearer {token}");
    let asked = |host: &str, target: &str| {
        let headers = [
            ("Host", host),
            ("Sec-Fetch-Site", "same-origin"),
            ("Authorization", bearer.as_str()),
        ];
        page.send_request("GET", target, &headers, "").status
    };
    for target in ["/", "/style.css", "/api/settings", "/nothing"] {
        for host in [
            "evil.example",
            &format!("evil.example:{port}"),
            "127.0.0.1",
            "127.0.0.1:1",
            &format!("[::1]:{port}"),
        ] {
            assert_eq!(asked(host, target), 421, "{host} {target}");
        }
        let none = page.send_request("GET", target, &[("Sec-Fetch-Site", "same-origin")], "");
        assert_eq!(none.status, 421, "{target}");
    }
    assert_eq!(asked(&format!("localhost:{port}"), "/api/settings"), 200);
    assert_eq!(asked(&page.host(), "/api/settings"), 200);
    assert_eq!(
        asked(&page.host(), &format!("http://evil.example:{port}/")),
        421
    );
}

#[test]
fn line_3_other_pages_are_refused_and_no_answer_allows_them() {
    let page = start_page();
    let (host, token) = (page.host(), page.sign_in());
    let bearer = format!("Bearer {token}");
    let asked = |method: &str, more: &[(&str, &str)]| {
        let mut headers = vec![("Host", host.as_str()), ("Authorization", bearer.as_str())];
        headers.extend_from_slice(more);
        page.send_request(method, "/api/settings", &headers, "")
    };
    let same = ("Sec-Fetch-Site", "same-origin");
    assert_eq!(asked("GET", &[same]).status, 200);
    assert_eq!(
        asked("GET", &[same, ("Origin", &page.origin())]).status,
        200
    );
    for wrong in [
        &[same, ("Origin", "http://evil.example")][..],
        &[same, ("Origin", "null")],
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Sec-Fetch-Site", "same-site")],
        &[("Sec-Fetch-Site", "none")],
        &[],
    ] {
        assert_eq!(asked("GET", wrong).status, 403, "{wrong:?}");
    }
    let preflight = asked(
        "OPTIONS",
        &[
            same,
            ("Origin", "http://evil.example"),
            ("Access-Control-Request-Method", "POST"),
        ],
    );
    assert_eq!(preflight.status, 405);
    for answer in [preflight, asked("GET", &[same]), page.get("/", None)] {
        assert!(
            !answer.head.to_ascii_lowercase().contains("access-control-"),
            "{}",
            answer.head
        );
    }
    // The frame may be opened from the address bar, not by another page.
    let frame = |site: &str| {
        page.send_request("GET", "/", &[("Host", &host), ("Sec-Fetch-Site", site)], "")
            .status
    };
    assert_eq!((frame("none"), frame("cross-site")), (200, 403));
}

#[test]
fn line_4_a_link_opens_once_and_there_are_no_cookies() {
    let page = start_page();
    let old = page.new_link();
    let link = page.new_link();
    assert_eq!(page.post_link(&old).status, 401, "an older link works");
    let answer = page.post_link(&link);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("set-cookie"), None);
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    assert!(token.len() >= 43, "fewer than 256 bits");
    assert_ne!(token, link);
    assert_eq!(page.post_link(&link).status, 401, "a link works twice");
    assert_eq!(page.get("/api/settings", Some(&token)).status, 200);
    // The token counts in the header only.
    assert_eq!(
        page.get(&format!("/api/settings?token={token}"), None)
            .status,
        401
    );
    let cookie = format!("token={token}");
    let headers = [
        ("Host", page.host()),
        ("Sec-Fetch-Site", "same-origin".into()),
        ("Cookie", cookie),
    ];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
    assert_eq!(
        page.send_request("GET", "/api/settings", &headers, "")
            .status,
        401
    );
    // A second session ends the first.
    let second = page.sign_in();
    assert_eq!(page.get("/api/settings", Some(&token)).status, 401);
    assert_eq!(page.get("/api/settings", Some(&second)).status, 200);
}

#[test]
fn line_5_the_page_ends_when_idle_when_old_and_when_locked() {
    let ends = |limits: PageLimits| {
        let mut page = start_page_with(limits);
        page.thread.take().unwrap().join().unwrap()
    };
    let short = Duration::from_millis(50);
    assert_eq!(
        ends(PageLimits {
            idle: short,
            ..PageLimits::default()
        }),
        PageEnd::Idle
    );
    assert_eq!(
        ends(PageLimits {
            longest: short,
            ..PageLimits::default()
        }),
        PageEnd::Longest
    );

    let mut page = start_page();
    let token = page.sign_in();
    // A listener is notified of the lock, then its connection ends and the port is free.
    let mut stream = page.connect();
    let asked = format!(
        "GET /api/live HTTP/1.1\r\nHost: {}\r\nSec-Fetch-Site: same-origin\r\nAuthorization: Bearer {token}\r\n\r\n",
        page.host()
    );
    stream.write_all(asked.as_bytes()).unwrap();
    let mut told = [0; 4096];
    let mut received = String::new();
    while !received.contains("event: now") {
        let n = stream.read(&mut told).unwrap();
        assert!(n > 0, "{received}");
        received.push_str(&String::from_utf8_lossy(&told[..n]));
    }
    page.probe.locked.store(true, Ordering::SeqCst);
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    assert!(String::from_utf8_lossy(&rest).contains("event: end"));
    assert_eq!(page.thread.take().unwrap().join().unwrap(), PageEnd::Locked);
    assert!(TcpStream::connect(("127.0.0.1", page.port)).is_err());
}

#[test]
fn line_5_nothing_is_shown_once_locked_even_before_the_server_ends() {
    let page = start_page_with(PageLimits::default());
    let token = page.sign_in();
    assert_eq!(
        page.get(&format!("/api/day?day={DAY}"), Some(&token))
            .status,
        200
    );
    page.probe.locked.store(true, Ordering::SeqCst);
    let mut stream = match TcpStream::connect(("127.0.0.1", page.port)) {
        Ok(stream) => stream,
        // The server has ended already, which is as good.
        Err(_) => return,
    };
    let asked = format!(
        "GET /api/day?day={DAY} HTTP/1.1\r\nHost: {}\r\nSec-Fetch-Site: same-origin\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n",
        page.host()
    );
    let mut told = String::new();
    let _ = stream.write_all(asked.as_bytes());
    let _ = stream.read_to_string(&mut told);
    assert!(
        told.is_empty() || told.starts_with("HTTP/1.1 401"),
        "{told}"
    );
}

#[test]
fn line_5_deleting_asks_for_a_code_again() {
    let page = start_page();
    let (token, seq) = (page.sign_in(), page.shots[2]);
    let request = |code: &str| serde_json::json!({ "seq": seq, "code": code }).to_string();
    let without = serde_json::json!({ "seq": seq }).to_string();
    assert_eq!(page.post("/api/delete", Some(&token), &without).status, 400);
    assert_eq!(
        page.post("/api/delete", Some(&token), &request("000000"))
            .status,
        403
    );
    let picture = format!("/api/picture?seq={seq}");
    assert_eq!(page.get(&picture, Some(&token)).status, 200);
    let done = page.post("/api/delete", Some(&token), &request(CODE));
    assert_eq!(done.status, 200, "{}", done.text());
    assert_eq!(page.get(&picture, Some(&token)).status, 404);
    // A GET never deletes.
    assert_eq!(page.get("/api/delete", Some(&token)).status, 404);
}

#[test]
fn line_6_every_answer_has_the_headers() {
    let page = start_page();
    let token = page.sign_in();
    let host = page.host();
    let answers = [
        page.get("/", None),
        page.get("/main.js", None),
        page.get("/api/day", None),
        page.get(&format!("/api/day?day={DAY}"), Some(&token)),
        page.get(&format!("/api/picture?seq={}", page.shots[0]), Some(&token)),
        page.get(
            "/api/search?q=a&first=2026-03-10&last=2026-03-10",
            Some(&token),
        ),
        page.post(&export_target("html"), Some(&token), &factors_json()),
        page.get_compressed(&format!("/api/day?day={DAY}"), &token),
        page.get("/api/nothing", Some(&token)),
        page.send_request("OPTIONS", "/", &[("Host", &host)], ""),
        page.send_request("GET", "/", &[("Host", "evil.example")], ""),
    ];
    for answer in answers {
        let policy = answer.header("content-security-policy").unwrap();
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' blob:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(policy.split("; ").any(|p| p == part), "{part} in {policy}");
        }
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{}", answer.head);
        }
        assert!(answer.header("content-type").is_some(), "{}", answer.head);
        assert_eq!(answer.header("server"), None);
    }
}

#[test]
fn line_7_hostile_titles_are_harmless_text_in_json() {
    let page = start_page();
    let token = page.sign_in();
    for target in [
        format!("/api/day?day={DAY}"),
        format!("/api/shots?day={DAY}"),
        format!("/api/days?first={DAY}&last={DAY}&by=app"),
        format!("/api/days?first={DAY}&last={DAY}&by=category"),
        "/api/search?q=a&first=2026-03-10&last=2026-03-10".into(),
    ] {
        let answer = page.get(&target, Some(&token));
        let media = answer.header("content-type").unwrap();
        assert!(
            media == "application/json" || media == "application/x-ndjson",
            "{media}"
        );
        let text = answer.text();
        assert!(
            text.contains("<script>alert(2)</script>") || text.contains("<b>"),
            "{target}: it is not there at all"
        );
        for sign in [
            "\u{202e}", "\u{2066}", "\u{200f}", "\\u001b", "\\u0000", "\u{8d}",
        ] {
            assert!(!text.contains(sign), "{target} has {sign:?}");
        }
        for line in text.lines() {
            let longest = longest(&serde_json::from_str(line).unwrap());
            assert!(
                longest <= 400,
                "{target} has a text of {longest} characters"
            );
        }
    }
}

/// Length of the longest text in a value, in characters.
fn longest(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::String(text) => text.chars().count(),
        serde_json::Value::Array(list) => list.iter().map(longest).max().unwrap_or(0),
        serde_json::Value::Object(map) => map.values().map(longest).max().unwrap_or(0),
        _ => 0,
    }
}

#[test]
fn line_9_each_question_is_noticed_and_a_search_without_its_words() {
    let page = start_page();
    let token = page.sign_in();
    let seq = page.shots[0];
    for target in [
        format!("/api/day?day={DAY}"),
        "/api/days?first=2026-03-01&last=2026-03-31".into(),
        "/api/shots".into(),
        format!("/api/picture?seq={seq}"),
        "/api/search?q=secretword&first=2026-03-09&last=2026-03-10".into(),
        "/api/sent".into(),
    ] {
        let before = page.probe.purposes().len();
        assert_eq!(page.get(&target, Some(&token)).status, 200, "{target}");
        assert!(
            page.probe.purposes().len() > before,
            "{target} is not noted"
        );
    }
    let notes = page.probe.purposes();
    assert!(
        notes.contains(&format!("screenshot {seq}, on the page")),
        "{notes:?}"
    );
    assert!(notes.iter().all(|n| !n.contains("secretword")), "{notes:?}");
}

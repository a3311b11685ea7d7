//! The security checklist, a test a line.

use crate::client::{DAY, house, house_with};
use crate::kit::CODE;
use crate::saving::{export, proof};
use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::sync::atomic::Ordering;
use std::time::Duration;
use web::{Ended, Limits, MAX_BODY};

/// Everything that is not the page's own frame.
const BEHIND: [&str; 10] = [
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
    let house = house();
    // Another address of this computer, where it has one: nothing answers there.
    let outside = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    });
    if let Some(address) = outside.ok().filter(|a| !a.ip().is_loopback()) {
        let tried =
            TcpStream::connect_timeout(&(address.ip(), house.port).into(), Duration::from_secs(5));
        assert!(tried.is_err(), "it answers on {}", address.ip());
    }
    assert!(TcpStream::connect(("127.0.0.2", house.port)).is_err());
    for target in BEHIND {
        assert_eq!(house.get(target, None).status, 401, "{target}");
    }
    // What does not exist cannot be told from what does.
    assert_eq!(house.get("/api/nothing", None).status, 401);
    assert_eq!(house.post("/api/delete", None, "{}").status, 401);
    assert_eq!(house.post("/api/check", None, "{}").status, 401);
    assert_eq!(house.post(&export("csv"), None, "{}").status, 401);
    assert!(house.seen.notes().is_empty(), "the desk was asked");
}

#[test]
fn line_2_another_name_is_another_server() {
    let house = house();
    let (port, token) = (house.port, house.enter());
    let bearer = format!("Bearer {token}");
    let asked = |host: &str, target: &str| {
        let headers = [
            ("Host", host),
            ("Sec-Fetch-Site", "same-origin"),
            ("Authorization", bearer.as_str()),
        ];
        house.ask("GET", target, &headers, "").status
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
        let none = house.ask("GET", target, &[("Sec-Fetch-Site", "same-origin")], "");
        assert_eq!(none.status, 421, "{target}");
    }
    assert_eq!(asked(&format!("localhost:{port}"), "/api/settings"), 200);
    assert_eq!(asked(&house.host(), "/api/settings"), 200);
    assert_eq!(
        asked(&house.host(), &format!("http://evil.example:{port}/")),
        421
    );
}

#[test]
fn line_3_other_pages_ask_in_vain_and_no_answer_invites_them() {
    let house = house();
    let (host, token) = (house.host(), house.enter());
    let bearer = format!("Bearer {token}");
    let asked = |method: &str, more: &[(&str, &str)]| {
        let mut headers = vec![("Host", host.as_str()), ("Authorization", bearer.as_str())];
        headers.extend_from_slice(more);
        house.ask(method, "/api/settings", &headers, "")
    };
    let same = ("Sec-Fetch-Site", "same-origin");
    assert_eq!(asked("GET", &[same]).status, 200);
    assert_eq!(
        asked("GET", &[same, ("Origin", &house.origin())]).status,
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
    for answer in [preflight, asked("GET", &[same]), house.get("/", None)] {
        assert!(
            !answer.head.to_ascii_lowercase().contains("access-control-"),
            "{}",
            answer.head
        );
    }
    // The page itself may be opened by its owner, not by a page.
    let page = |site: &str| {
        house
            .ask("GET", "/", &[("Host", &host), ("Sec-Fetch-Site", site)], "")
            .status
    };
    assert_eq!((page("none"), page("cross-site")), (200, 403));
}

#[test]
fn line_4_a_link_opens_once_and_there_are_no_cookies() {
    let house = house();
    let old = house.link();
    let link = house.link();
    assert_eq!(house.try_link(&old).status, 401, "an older link works");
    let answer = house.try_link(&link);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("set-cookie"), None);
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    assert!(token.len() >= 43, "fewer than 256 bits");
    assert_ne!(token, link);
    assert_eq!(house.try_link(&link).status, 401, "a link works twice");
    assert_eq!(house.get("/api/settings", Some(&token)).status, 200);
    // Nowhere but in the header.
    assert_eq!(
        house
            .get(&format!("/api/settings?token={token}"), None)
            .status,
        401
    );
    let cookie = format!("token={token}");
    let headers = [
        ("Host", house.host()),
        ("Sec-Fetch-Site", "same-origin".into()),
        ("Cookie", cookie),
    ];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
    assert_eq!(house.ask("GET", "/api/settings", &headers, "").status, 401);
    // A second session ends the first.
    let second = house.enter();
    assert_eq!(house.get("/api/settings", Some(&token)).status, 401);
    assert_eq!(house.get("/api/settings", Some(&second)).status, 200);
}

#[test]
fn line_5_the_page_ends_when_nobody_looks_when_it_is_old_and_when_it_is_locked() {
    let ends = |limits: Limits| {
        let mut house = house_with(limits);
        house.thread.take().unwrap().join().unwrap()
    };
    let short = Duration::from_millis(50);
    assert_eq!(
        ends(Limits {
            idle: short,
            ..Limits::default()
        }),
        Ended::Idle
    );
    assert_eq!(
        ends(Limits {
            longest: short,
            ..Limits::default()
        }),
        Ended::Longest
    );

    let mut house = house();
    let token = house.enter();
    // Somebody listens: the lock is told, then the connection ends, and the port is free.
    let mut stream = house.connect();
    let asked = format!(
        "GET /api/live HTTP/1.1\r\nHost: {}\r\nSec-Fetch-Site: same-origin\r\nAuthorization: Bearer {token}\r\n\r\n",
        house.host()
    );
    stream.write_all(asked.as_bytes()).unwrap();
    let mut told = [0; 4096];
    let mut seen = String::new();
    while !seen.contains("event: now") {
        let n = stream.read(&mut told).unwrap();
        assert!(n > 0, "{seen}");
        seen.push_str(&String::from_utf8_lossy(&told[..n]));
    }
    house.seen.locked.store(true, Ordering::SeqCst);
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    assert!(String::from_utf8_lossy(&rest).contains("event: end"));
    assert_eq!(house.thread.take().unwrap().join().unwrap(), Ended::Locked);
    assert!(TcpStream::connect(("127.0.0.1", house.port)).is_err());
}

#[test]
fn line_5_nothing_is_shown_once_it_is_locked_even_before_that_is_noticed() {
    let house = house_with(Limits::default());
    let token = house.enter();
    assert_eq!(
        house
            .get(&format!("/api/day?day={DAY}"), Some(&token))
            .status,
        200
    );
    house.seen.locked.store(true, Ordering::SeqCst);
    let mut stream = match TcpStream::connect(("127.0.0.1", house.port)) {
        Ok(stream) => stream,
        // It has ended already, which is as good.
        Err(_) => return,
    };
    let asked = format!(
        "GET /api/day?day={DAY} HTTP/1.1\r\nHost: {}\r\nSec-Fetch-Site: same-origin\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n",
        house.host()
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
fn line_5_taking_out_asks_for_a_code_again() {
    let house = house();
    let (token, seq) = (house.enter(), house.shots[2]);
    let wish = |code: &str| serde_json::json!({ "seq": seq, "code": code }).to_string();
    let without = serde_json::json!({ "seq": seq }).to_string();
    assert_eq!(
        house.post("/api/delete", Some(&token), &without).status,
        400
    );
    assert_eq!(
        house
            .post("/api/delete", Some(&token), &wish("000000"))
            .status,
        403
    );
    let picture = format!("/api/picture?seq={seq}");
    assert_eq!(house.get(&picture, Some(&token)).status, 200);
    let done = house.post("/api/delete", Some(&token), &wish(CODE));
    assert_eq!(done.status, 200, "{}", done.text());
    assert_eq!(house.get(&picture, Some(&token)).status, 404);
    // Never by a request that only reads.
    assert_eq!(house.get("/api/delete", Some(&token)).status, 404);
}

#[test]
fn line_6_every_answer_has_the_headers() {
    let house = house();
    let token = house.enter();
    let host = house.host();
    let answers = [
        house.get("/", None),
        house.get("/main.js", None),
        house.get("/api/day", None),
        house.get(&format!("/api/day?day={DAY}"), Some(&token)),
        house.get(
            &format!("/api/picture?seq={}", house.shots[0]),
            Some(&token),
        ),
        house.get(
            "/api/search?q=a&first=2026-03-10&last=2026-03-10",
            Some(&token),
        ),
        house.post(&export("html"), Some(&token), &proof()),
        house.get_packed(&format!("/api/day?day={DAY}"), &token),
        house.get("/api/nothing", Some(&token)),
        house.ask("OPTIONS", "/", &[("Host", &host)], ""),
        house.ask("GET", "/", &[("Host", "evil.example")], ""),
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
fn line_7_titles_of_strangers_come_as_harmless_words_in_json() {
    let house = house();
    let token = house.enter();
    for target in [
        format!("/api/day?day={DAY}"),
        format!("/api/shots?day={DAY}"),
        format!("/api/days?first={DAY}&last={DAY}&by=app"),
        format!("/api/days?first={DAY}&last={DAY}&by=category"),
        "/api/search?q=a&first=2026-03-10&last=2026-03-10".into(),
    ] {
        let answer = house.get(&target, Some(&token));
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
fn line_8_what_is_written_is_json_and_short() {
    let house = house();
    let token = house.enter();
    let (host, origin, bearer) = (house.host(), house.origin(), format!("Bearer {token}"));
    let base = [
        ("Host", host.as_str()),
        ("Origin", origin.as_str()),
        ("Sec-Fetch-Site", "same-origin"),
        ("Authorization", bearer.as_str()),
    ];
    for media in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "",
    ] {
        let mut headers = base.to_vec();
        if !media.is_empty() {
            headers.push(("Content-Type", media));
        }
        assert_eq!(
            house.ask("POST", "/api/delete", &headers, "{}").status,
            415,
            "{media}"
        );
    }
    let long = format!("{{\"seq\":1,\"code\":\"{}\"}}", "1".repeat(MAX_BODY));
    assert_eq!(house.post("/api/delete", Some(&token), &long).status, 413);
    // Without a length, too.
    let chunked = format!(
        "POST /api/delete HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\nAuthorization: {bearer}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{:x}\r\n{long}\r\n0\r\n\r\n",
        long.len()
    );
    assert_eq!(house.raw(chunked.as_bytes()).status, 413);
    for odd in [
        "",
        "[]",
        "{\"seq\":-1,\"code\":\"1\"}",
        "{\"seq\":1,\"code\":\"1\",\"more\":1}",
        "not json",
    ] {
        assert_eq!(
            house.post("/api/delete", Some(&token), odd).status,
            400,
            "{odd:?}"
        );
    }
}

#[test]
fn line_8_slow_heads_and_bodies_are_cut_off() {
    let short = Duration::from_millis(100);
    let house = house_with(Limits {
        head: short,
        body: short,
        ..Limits::default()
    });
    let mut stream = house.connect();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: ").unwrap();
    let mut told = Vec::new();
    stream.read_to_end(&mut told).unwrap();
    assert!(
        told.is_empty() || told.starts_with(b"HTTP/1.1 408"),
        "{}",
        String::from_utf8_lossy(&told)
    );

    let mut stream = house.connect();
    let head = format!(
        "POST /api/enter HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{{",
        house.host(),
        house.origin()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut told = Vec::new();
    stream.read_to_end(&mut told).unwrap();
    assert!(
        told.starts_with(b"HTTP/1.1 408"),
        "{}",
        String::from_utf8_lossy(&told)
    );
    // A head without end.
    let endless = format!(
        "GET / HTTP/1.1\r\nHost: {}\r\nX: {}",
        house.host(),
        "a".repeat(40_000)
    );
    assert!(matches!(house.raw(endless.as_bytes()).status, 0 | 431));
}

#[test]
fn line_8_connections_have_a_bound() {
    let house = house_with(Limits {
        connections: 3,
        head: Duration::from_secs(600),
        ..Limits::default()
    });
    let asked = format!(
        "GET / HTTP/1.1\r\nHost: {}\r\nSec-Fetch-Site: none\r\n\r\n",
        house.host()
    );
    let mut held: Vec<TcpStream> = (0..3).map(|_| house.connect()).collect();
    for stream in &mut held {
        // An answer shows that it has its place.
        stream.write_all(asked.as_bytes()).unwrap();
        assert_eq!(stream.read(&mut [0; 64]).unwrap(), 64);
    }
    let mut fourth = house.connect();
    let _ = fourth.write_all(asked.as_bytes());
    assert_eq!(
        fourth.read(&mut [0; 64]).unwrap_or(0),
        0,
        "a fourth is answered"
    );
    drop(held);
    // A place is free as soon as the server has seen one go.
    while house.get("/", None).status != 200 {
        std::thread::yield_now();
    }
}

#[test]
fn line_8_five_wrong_tokens_a_minute() {
    let house = house();
    let token = house.enter();
    let link = house.link();
    for n in 0..5 {
        let guess = format!("guess{n}");
        let status = if n % 2 == 0 {
            house.try_link(&guess).status
        } else {
            house.get("/api/day", Some(&guess)).status
        };
        assert_eq!(status, 401);
    }
    let answer = house.get("/api/day", Some("guess"));
    assert_eq!(
        (answer.status, answer.header("retry-after")),
        (429, Some("60"))
    );
    assert_eq!(
        house.try_link(&link).status,
        429,
        "even the right link waits"
    );
    assert_eq!(
        house.get("/api/settings", Some(&token)).status,
        200,
        "its owner is locked out"
    );
}

#[test]
fn line_8_no_address_is_a_file_and_none_leads_elsewhere() {
    let house = house();
    let token = house.enter();
    for target in [
        "/../Cargo.toml",
        "/%2e%2e/Cargo.toml",
        "//etc/passwd",
        "/assets/main.js",
        "/main.js/",
        "/etc/passwd",
        "/api/picture?seq=../../x",
        "/?next=http://evil.example",
        "/api/day?day=../../../etc/passwd",
    ] {
        let answer = house.get(target, Some(&token));
        let frame = target.starts_with("/?") && answer.status == 200;
        assert!(
            frame || (400..500).contains(&answer.status),
            "{target}: {}",
            answer.status
        );
        assert_eq!(answer.header("location"), None);
    }
}

#[test]
fn line_9_each_look_is_noted_and_a_search_without_its_words() {
    let house = house();
    let token = house.enter();
    let seq = house.shots[0];
    for target in [
        format!("/api/day?day={DAY}"),
        "/api/days?first=2026-03-01&last=2026-03-31".into(),
        "/api/shots".into(),
        format!("/api/picture?seq={seq}"),
        "/api/search?q=secretword&first=2026-03-09&last=2026-03-10".into(),
        "/api/sent".into(),
    ] {
        let before = house.seen.notes().len();
        assert_eq!(house.get(&target, Some(&token)).status, 200, "{target}");
        assert!(house.seen.notes().len() > before, "{target} is not noted");
    }
    let notes = house.seen.notes();
    assert!(
        notes.contains(&format!("picture {seq}, on the page")),
        "{notes:?}"
    );
    assert!(notes.iter().all(|n| !n.contains("secretword")), "{notes:?}");
}

//! Line 8 of the checklist: requests are bounded in form, size, time and number.

use crate::client::{start_page, start_page_with};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use web::{MAX_BODY, PageLimits};

#[test]
fn line_8_bodies_are_json_and_short() {
    let page = start_page();
    let token = page.sign_in();
    let (host, origin, bearer) = (page.host(), page.origin(), format!("Bearer {token}"));
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
            page.send_request("POST", "/api/delete", &headers, "{}")
                .status,
            415,
            "{media}"
        );
    }
    let long = format!("{{\"seq\":1,\"code\":\"{}\"}}", "1".repeat(MAX_BODY));
    assert_eq!(page.post("/api/delete", Some(&token), &long).status, 413);
    // Also without a declared length.
    let chunked = format!(
        "POST /api/delete HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\nAuthorization: {bearer}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{:x}\r\n{long}\r\n0\r\n\r\n",
        long.len()
    );
    assert_eq!(page.send_bytes(chunked.as_bytes()).status, 413);
    for odd in [
        "",
        "[]",
        "{\"seq\":-1,\"code\":\"1\"}",
        "{\"seq\":1,\"code\":\"1\",\"more\":1}",
        "not json",
    ] {
        assert_eq!(
            page.post("/api/delete", Some(&token), odd).status,
            400,
            "{odd:?}"
        );
    }
}

#[test]
fn line_8_slow_heads_and_bodies_are_cut_off() {
    let short = Duration::from_millis(100);
    let page = start_page_with(PageLimits {
        head: short,
        body: short,
        ..PageLimits::default()
    });
    let mut stream = page.connect();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: ").unwrap();
    let mut told = Vec::new();
    stream.read_to_end(&mut told).unwrap();
    assert!(
        told.is_empty() || told.starts_with(b"HTTP/1.1 408"),
        "{}",
        String::from_utf8_lossy(&told)
    );

    let mut stream = page.connect();
    let head = format!(
        "POST /api/enter HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{{",
        page.host(),
        page.origin()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut told = Vec::new();
    stream.read_to_end(&mut told).unwrap();
    assert!(
        told.starts_with(b"HTTP/1.1 408"),
        "{}",
        String::from_utf8_lossy(&told)
    );
    // An endless head.
    let endless = format!(
        "GET / HTTP/1.1\r\nHost: {}\r\nX: {}",
        page.host(),
        "a".repeat(40_000)
    );
    assert!(matches!(
        page.send_bytes(endless.as_bytes()).status,
        0 | 431
    ));
}

#[test]
fn line_8_connections_are_bounded() {
    let page = start_page_with(PageLimits {
        connections: 3,
        head: Duration::from_secs(600),
        ..PageLimits::default()
    });
    let asked = format!(
        "GET / HTTP/1.1\r\nHost: {}\r\nSec-Fetch-Site: none\r\n\r\n",
        page.host()
    );
    let mut held: Vec<TcpStream> = (0..3).map(|_| page.connect()).collect();
    for stream in &mut held {
        // An answer shows that the connection was accepted.
        stream.write_all(asked.as_bytes()).unwrap();
        assert_eq!(stream.read(&mut [0; 64]).unwrap(), 64);
    }
    let mut fourth = page.connect();
    let _ = fourth.write_all(asked.as_bytes());
    assert_eq!(
        fourth.read(&mut [0; 64]).unwrap_or(0),
        0,
        "a fourth is answered"
    );
    drop(held);
    // The next connection is accepted as soon as the server has seen one close.
    while page.get("/", None).status != 200 {
        std::thread::yield_now();
    }
}

#[test]
fn line_8_five_wrong_tokens_a_minute() {
    let page = start_page();
    let token = page.sign_in();
    let link = page.new_link();
    for n in 0..5 {
        let guess = format!("guess{n}");
        let status = if n % 2 == 0 {
            page.post_link(&guess).status
        } else {
            page.get("/api/day", Some(&guess)).status
        };
        assert_eq!(status, 401);
    }
    let answer = page.get("/api/day", Some("guess"));
    assert_eq!(
        (answer.status, answer.header("retry-after")),
        (429, Some("60"))
    );
    assert_eq!(
        page.post_link(&link).status,
        429,
        "even the right link waits"
    );
    assert_eq!(
        page.get("/api/settings", Some(&token)).status,
        200,
        "its owner is locked out"
    );
}

#[test]
fn line_8_no_path_names_a_file_and_none_redirects() {
    let page = start_page();
    let token = page.sign_in();
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
        let answer = page.get(target, Some(&token));
        let frame = target.starts_with("/?") && answer.status == 200;
        assert!(
            frame || (400..500).contains(&answer.status),
            "{target}: {}",
            answer.status
        );
        assert_eq!(answer.header("location"), None);
    }
}

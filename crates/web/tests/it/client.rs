//! A page server on its own thread, and requests as bytes.

use crate::demo::backend::{BackendProbe, DemoBackend, DemoMonitor};
use crate::demo::journal;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;
use web::{LinkIssuer, PageEnd, PageLimits, PageServer};

/// A test that waits longer than this for an answer fails.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) struct TestPage {
    pub(crate) port: u16,
    pub(crate) links: LinkIssuer,
    pub(crate) probe: BackendProbe,
    pub(crate) shots: Vec<u64>,
    /// 2026-03-10, the last of three days.
    pub(crate) thread: Option<JoinHandle<PageEnd>>,
    _dir: tempfile::TempDir,
}

/// Six in the evening of 2026-03-10 in Berlin.
pub(crate) const NOW: i64 = 1_773_162_000_000_000;
pub(crate) const DAY: &str = "2026-03-10";

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (n, value) = line.split_once(": ")?;
            n.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

pub(crate) fn start_page() -> TestPage {
    start_page_with(PageLimits::default())
}

pub(crate) fn start_page_with(limits: PageLimits) -> TestPage {
    start_page_from(limits, "00:00")
}

/// Days start at `starts`.
pub(crate) fn start_page_from(limits: PageLimits, starts: &'static str) -> TestPage {
    let dir = tempfile::tempdir().unwrap();
    let keys = journal::keys();
    let at = dir.path().join("journal");
    let shots = journal::fill_journal(&at, &keys, NOW, 3, 1, 6);
    let probe = BackendProbe::default();
    let backend = DemoBackend {
        dir: at,
        keys,
        reader: None,
        probe: probe.clone(),
        starts,
    };
    let limits = PageLimits {
        watch: Duration::from_millis(20),
        ..limits
    };
    let server = PageServer::bind(0).unwrap();
    let links = server.link_issuer();
    let link = links.create_link().unwrap();
    let port = link["http://127.0.0.1:".len()..]
        .split('/')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let watch = Arc::new(DemoMonitor(probe.clone()));
    let thread = std::thread::spawn(move || {
        server
            .serve_until_end(Box::new(backend), watch, limits)
            .unwrap()
    });
    TestPage {
        port,
        links,
        probe,
        shots,
        thread: Some(thread),
        _dir: dir,
    }
}

impl Drop for TestPage {
    fn drop(&mut self) {
        self.probe.locked.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl TestPage {
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(ANSWER_TIMEOUT)).unwrap();
        stream
    }

    /// Sends these bytes and reads until the server closes.
    pub(crate) fn send_bytes(&self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect();
        // The server may answer and close before it has read all bytes.
        let _ = stream.write_all(bytes);
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all);
        parse_answer(&all)
    }

    pub(crate) fn send_request(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut head = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        self.send_bytes(format!("{head}\r\n{body}").as_bytes())
    }

    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A GET as the page sends it.
    pub(crate) fn get(&self, target: &str, token: Option<&str>) -> Answer {
        let (host, bearer) = (self.host(), format!("Bearer {}", token.unwrap_or_default()));
        let mut headers = vec![("Host", host.as_str()), ("Sec-Fetch-Site", "same-origin")];
        if token.is_some() {
            headers.push(("Authorization", &bearer));
        }
        self.send_request("GET", target, &headers, "")
    }

    /// A GET as a browser sends it, which accepts compressed answers.
    pub(crate) fn get_compressed(&self, target: &str, token: &str) -> Answer {
        let (host, bearer) = (self.host(), format!("Bearer {token}"));
        let headers = [
            ("Host", host.as_str()),
            ("Sec-Fetch-Site", "same-origin"),
            ("Accept-Encoding", "gzip, deflate, br"),
            ("Authorization", &bearer),
        ];
        self.send_request("GET", target, &headers, "")
    }

    pub(crate) fn post(&self, target: &str, token: Option<&str>, body: &str) -> Answer {
        let (host, origin) = (self.host(), self.origin());
        let bearer = format!("Bearer {}", token.unwrap_or_default());
        let mut headers = vec![
            ("Host", host.as_str()),
            ("Origin", origin.as_str()),
            ("Sec-Fetch-Site", "same-origin"),
            ("Content-Type", "application/json"),
        ];
        if token.is_some() {
            headers.push(("Authorization", &bearer));
        }
        self.send_request("POST", target, &headers, body)
    }

    pub(crate) fn new_link(&self) -> String {
        let link = self.links.create_link().unwrap();
        link.split_once('#').unwrap().1.to_owned()
    }

    pub(crate) fn post_link(&self, link: &str) -> Answer {
        self.post(
            "/api/enter",
            None,
            &serde_json::json!({ "link": link }).to_string(),
        )
    }

    pub(crate) fn sign_in(&self) -> String {
        let answer = self.post_link(&self.new_link());
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["token"].as_str().unwrap().to_owned()
    }
}

fn parse_answer(all: &[u8]) -> Answer {
    let end = all
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .unwrap_or(all.len());
    let head = String::from_utf8_lossy(&all[..end]).into_owned();
    let body = all.get(end + 4..).unwrap_or_default();
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|s| s.parse().ok())
        .unwrap_or(0);
    let chunked = head
        .to_ascii_lowercase()
        .contains("transfer-encoding: chunked");
    Answer {
        status,
        head,
        body: if chunked {
            join_chunks(body)
        } else {
            body.to_vec()
        },
    }
}

fn join_chunks(mut rest: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(end) = rest.windows(2).position(|w| w == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap_or("0"), 16)
            .unwrap_or(0);
        let Some(chunk) = rest.get(end + 2..end + 2 + size).filter(|c| !c.is_empty()) else {
            break;
        };
        out.extend_from_slice(chunk);
        rest = rest.get(end + 4 + size..).unwrap_or_default();
    }
    out
}

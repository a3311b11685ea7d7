//! One line of each request, response and keyholder line, as they were before the types behind them had their present
//! names. A running uam and a command of another version talk in these words.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use model::{Counts, ErrorKind, NoticeCode, Timestamp, UserError, describe_error};
use platform::endpoint::{EndpointListener, connect_endpoint, mark_answered};
use protocol::{
    AffectedObject, AttachedView, CallError, KeyholderOrders, KeyholderRequest, KeyholderResponse,
    MAX_REQUEST_BYTES, PauseLength, RedactionScope, RedactionSummary, Request, Response,
    ScreenshotStep, ViewTicket, ViewedScreenshot, ViewerKey, call_agent, read_line, read_response,
    serve_agent_request, write_line, write_response,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, Write};
use std::path::PathBuf;
use std::thread::JoinHandle;

const REQUESTS: &str = include_str!("wire/requests.jsonl");
const RESPONSES: &str = include_str!("wire/responses.jsonl");
const KEYHOLDER: &str = include_str!("wire/keyholder.jsonl");

fn encode<T: Serialize>(value: &T) -> String {
    let mut line = Vec::new();
    write_line(&mut line, value).unwrap();
    String::from_utf8(line).unwrap().trim_end().to_owned()
}

fn decode<T: DeserializeOwned>(line: &str) -> T {
    read_line(line.as_bytes(), MAX_REQUEST_BYTES).unwrap()
}

fn ticket() -> ViewTicket {
    ViewTicket::new("4be8")
}

fn requests() -> Vec<Request> {
    let redact = |scope, dry_run, key: Option<&str>| Request::Redact {
        scope,
        dry_run,
        key: key.map(ViewerKey::new),
    };
    let pause = |length| Request::Pause { length };
    let screenshot = |from, step| Request::ViewScreenshot {
        ticket: ticket(),
        from,
        step,
    };
    vec![
        Request::Status,
        pause(PauseLength::UntilResumed),
        pause(PauseLength::Tomorrow),
        pause(PauseLength::Seconds(900)),
        Request::Resume,
        Request::Stop,
        Request::TakeScreenshot,
        Request::FreezeSegments,
        Request::RecordNotices {
            notices: vec![
                (NoticeCode::Access, "Days were read.".to_owned()),
                (NoticeCode::CodeAccepted, String::new()),
            ],
        },
        redact(
            RedactionScope::Since {
                from: Timestamp::from_micros(5),
            },
            true,
            None,
        ),
        redact(
            RedactionScope::Range {
                from: Timestamp::from_micros(-5),
                to: Timestamp::from_seconds(1_790_000_000),
            },
            false,
            Some("AGE-SECRET-KEY-1"),
        ),
        redact(RedactionScope::Screenshot { seq: 42 }, false, None),
        redact(
            RedactionScope::Days {
                first: 20_000,
                last: 20_006,
            },
            false,
            None,
        ),
        Request::ReloadSettings,
        Request::Attach {
            key: ViewerKey::new("AGE-SECRET-KEY-1"),
        },
        Request::View {
            ticket: ticket(),
            after_line: 7,
        },
        screenshot(None, ScreenshotStep::Newest),
        screenshot(Some(3), ScreenshotStep::Older),
        screenshot(Some(3), ScreenshotStep::Newer),
    ]
}

#[test]
fn requests_keep_their_words() {
    let requests = requests();
    let lines: Vec<&str> = REQUESTS.lines().collect();
    assert_eq!(requests.iter().map(encode).collect::<Vec<_>>(), lines);
    for (request, line) in requests.iter().zip(lines) {
        assert_eq!(&decode::<Request>(line), request, "{line}");
    }
}

/// A request that the response may answer, as its line.
fn question(response: &Response) -> Request {
    match response {
        Response::View(_) | Response::Screenshot(_) | Response::TicketExpired(_) => Request::View {
            ticket: ticket(),
            after_line: 0,
        },
        _ => Request::Status,
    }
}

/// Reads a response as the caller of `request` does.
fn receive(request: &Request, line: &str) -> io::Result<Response> {
    read_response(line.as_bytes(), request)
}

/// The line of a response.
fn send(response: Response) -> String {
    let mut line = Vec::new();
    write_response(&mut line, response).unwrap();
    String::from_utf8(line).unwrap().trim_end().to_owned()
}

fn responses() -> Vec<Response> {
    let summary = RedactionSummary {
        spans: 1,
        screenshots: 2,
        records: 3,
        unreadable: 4,
        objects: vec![AffectedObject {
            name: "a/b".to_owned(),
            is_exclusive: true,
            is_screenshot: false,
        }],
        needs_key: true,
        checkpoint_pending: true,
        set_aside_files: vec!["set-aside/1".into()],
        first_at: Some(Timestamp::from_micros(5)),
        redacted_counts: vec![(Timestamp::from_micros(5), Counts::default())],
    };
    let screenshot = ViewedScreenshot {
        seq: 41,
        position: 1,
        total: 2,
        taken_at: Timestamp::from_micros(5),
        is_blurred: true,
        base64: "AAEC".to_owned(),
    };
    // What `report` puts into a state and a view is its own affair; here it comes from the sample.
    let part = |line: usize, name: &str| {
        let line = RESPONSES.lines().nth(line).unwrap();
        decode::<serde_json::Value>(line)[name].take()
    };
    let view: AttachedView = serde_json::from_value(part(5, "scene")).unwrap();
    assert_eq!((view.last_line, view.redactions), (9, 1));
    assert_eq!((view.newest_screenshot, view.lines.len()), (Some(41), 4));
    vec![
        Response::done("Paused until `uam resume`."),
        Response::refused("No picture: the screen is locked."),
        Response::Status {
            headline: "recording · active".to_owned(),
            status: serde_json::from_value(part(2, "status")).unwrap(),
            indicator: vec!["  tray       ok      StatusNotifierItem".to_owned()],
        },
        Response::Redaction {
            text: "Done.".to_owned(),
            summary: Box::new(summary),
        },
        Response::Attached {
            text: "Attached.".to_owned(),
            ticket: ticket(),
        },
        Response::View(Box::new(view)),
        Response::Screenshot(Box::new(screenshot)),
        Response::TicketExpired("This view is closed.".to_owned()),
    ]
}

#[test]
fn responses_keep_their_words() {
    let responses = responses();
    assert_eq!(responses.len(), RESPONSES.lines().count());
    for (response, line) in responses.into_iter().zip(RESPONSES.lines()) {
        let request = question(&response);
        let kind = std::mem::discriminant(&response);
        assert_eq!(send(response), line);
        let read = receive(&request, line).unwrap();
        assert_eq!(std::mem::discriminant(&read), kind, "{line}");
        assert_eq!(send(read), line);
    }
}

#[test]
fn without_a_payload_the_request_tells_done_from_an_expired_ticket() {
    let line = r#"{"ok":true,"text":"x"}"#;
    let read = |request: &Request| receive(request, line).unwrap();
    for request in requests() {
        let response = read(&request);
        match request {
            Request::View { .. } | Request::ViewScreenshot { .. } => {
                assert!(matches!(response, Response::TicketExpired(text) if text == "x"));
            }
            _ => assert!(matches!(response, Response::Done(text) if text == "x")),
        }
    }
}

/// Serves so many callers at an endpoint of its own; each hears what was asked.
fn serve(callers: usize) -> (tempfile::TempDir, PathBuf, JoinHandle<()>) {
    let dir = tempfile::tempdir().unwrap();
    let endpoint = dir.path().join("uam.sock");
    let listener = EndpointListener::bind(&endpoint).unwrap();
    let server = std::thread::spawn(move || {
        for _ in 0..callers {
            let stream = listener.accept().unwrap();
            serve_agent_request(stream, |request| Response::done(format!("{request:?}")));
        }
    });
    (dir, endpoint, server)
}

#[test]
fn a_caller_hears_the_agent_or_that_none_runs() {
    let (_dir, endpoint, server) = serve(1);
    let response = call_agent(&endpoint, &Request::Resume).unwrap();
    assert_eq!(response.text(), "Resume");
    server.join().unwrap();
    let nobody = endpoint.with_file_name("nobody.sock");
    let error = call_agent(&nobody, &Request::Resume).unwrap_err();
    assert!(matches!(error, CallError::NotRunning), "{error:?}");
    let error = UserError::from(error);
    assert_eq!(error.kind(), ErrorKind::Instance);
    assert_eq!(
        describe_error(&error),
        "uam is not running. Start it with `uam`."
    );
}

#[test]
fn nonsense_is_refused_and_reaches_no_further() {
    let lines = ["", "{", "{\"ask\":\"format-disk\"}", "[]"];
    let (_dir, endpoint, server) = serve(lines.len());
    for line in lines {
        let mut stream = connect_endpoint(&endpoint).unwrap();
        stream.write_all(format!("{line}\n").as_bytes()).unwrap();
        let read = read_response(&mut stream, &Request::Status).unwrap();
        mark_answered(&stream);
        assert!(read.is_refused(), "{line}");
        assert!(read.text().starts_with("this is not a request uam knows: "));
    }
    server.join().unwrap();
    assert!(receive(&Request::Status, "nonsense").is_err());
}

#[test]
fn the_keyholder_keeps_its_words() {
    let key = || "AGE-SECRET-KEY-1".to_owned();
    let orders = KeyholderOrders {
        identity: key(),
        idle_seconds: 600,
    };
    let given = KeyholderResponse {
        identity: Some(key()),
    };
    let lines: Vec<&str> = KEYHOLDER.lines().collect();
    assert_eq!(
        lines,
        [
            encode(&KeyholderRequest::FetchIdentity),
            encode(&KeyholderRequest::IsUnlocked),
            encode(&KeyholderRequest::EndUnlock),
            encode(&given),
            encode(&KeyholderResponse::default()),
            encode(&orders),
        ]
    );
    assert_eq!(
        decode::<KeyholderRequest>(lines[0]),
        KeyholderRequest::FetchIdentity
    );
    let read: KeyholderResponse = decode(lines[3]);
    assert_eq!(read.identity, given.identity);
    let read: KeyholderOrders = decode(lines[5]);
    assert_eq!((&read.identity, read.idle_seconds), (&key(), 600));
}

#[test]
fn keys_codes_and_tickets_are_never_printed() {
    let request = Request::Attach {
        key: ViewerKey::new("AGE-SECRET-KEY-1"),
    };
    assert_eq!(format!("{request:?}"), "Attach { key: ViewerKey(..) }");
    assert_eq!(format!("{:?}", ticket()), "ViewTicket(..)");
    let code = protocol::OneTimeCode::new("123456");
    assert_eq!(format!("{code:?}"), "OneTimeCode(..)");
}

//! `uam dashboard`: both factors on the command line, the day through a link, a screenshot deleted with a code, and the
//! lock.

use crate::harness::{Home, PASSPHRASE, Running, until};
use lab::desktop::{TestWindow, VirtualDesktop, WindowSpec};
use model::NoticeCode;
use platform::clock::current_time;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;

const SHOTS: &str = "[shots]\ncapture = true\nblur = false\nevery_seconds = 3600\n[upload]\nevery_seconds = 3600\nhold_seconds = 600\n";
const TITLE: &str = "Quagga <b>dossier</b> 4711";

/// The page, as the page's own scripts speak to it.
struct Page {
    port: u16,
    token: String,
}

impl Page {
    fn ask(&self, target: &str, body: Option<Value>) -> (u16, Vec<u8>) {
        let port = self.port;
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let common = format!(
            "Host: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nSec-Fetch-Site: same-origin\r\nAuthorization: Bearer {}\r\nConnection: close\r\n",
            self.token
        );
        let request = match body.map(|b| b.to_string()) {
            None => format!("GET {target} HTTP/1.1\r\n{common}\r\n"),
            Some(body) => format!(
                "POST {target} HTTP/1.1\r\n{common}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            ),
        };
        stream.write_all(request.as_bytes()).unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        let end = all.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        let head = String::from_utf8_lossy(&all[..end]).into_owned();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, all[end + 4..].to_vec())
    }

    fn json(&self, target: &str) -> Value {
        let (status, body) = self.ask(target, None);
        assert_eq!(status, 200, "{target}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap()
    }
}

/// Follows the link that the command printed; returns the page after it has signed in.
fn enter_page(dashboard: &mut Running) -> Page {
    let link = dashboard.line_with("http://127.0.0.1:");
    let (address, link) = link.trim().split_once("/#").unwrap();
    let mut page = Page {
        port: address.rsplit(':').next().unwrap().parse().unwrap(),
        token: String::new(),
    };
    assert_eq!(page.ask("/api/day", None).0, 401);
    let (status, body) = page.ask("/api/enter", Some(json!({ "link": link })));
    assert_eq!(status, 200);
    let entered: Value = serde_json::from_slice(&body).unwrap();
    page.token = entered["token"].as_str().unwrap().to_owned();
    page
}

/// The recorded notices of access through the page, one a line.
fn page_accesses(home: &Home) -> String {
    let lines = home.lines();
    let texts = lines
        .into_iter()
        .filter(|(text, _)| text.contains("on the page"));
    texts
        .map(|(text, _)| text)
        .collect::<Vec<String>>()
        .join("\n")
}

/// Days are summed up by the rules in the settings, which are read again when they change.
fn assert_projects_follow_the_settings(home: &Home, page: &Page, today: jiff::civil::Date) {
    let by = |list: &str| {
        let target = format!("/api/days?first={today}&last={today}&by={list}");
        page.json(&target)["names"].to_string()
    };
    assert!(!by("project").contains("dossiers"));
    let file = home.path("config.toml");
    let rules = "[[project]]\nname = \"dossiers\"\ntitle = \"dossier\"\n";
    let settings = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{settings}\n{rules}")).unwrap();
    assert!(by("project").contains("dossiers"), "{}", by("project"));
}

/// The check of the bucket finds everything that was uploaded.
fn assert_uploaded_objects_are_complete(home: &Home, page: &Page) {
    home.ok(&["upload", "--now"]);
    let begun = page.ask("/api/check", Some(json!({ "quick": false }))).0;
    assert_eq!(begun, 200);
    let found = until("the check has an answer", || {
        let state = page.json("/api/check");
        (state["running"] == false).then(|| state["last"].clone())
    });
    assert_eq!(found["verdict"], "complete", "{found}");
    assert!(found["objects"].as_u64() > Some(0), "{found}");
    assert!(page.json("/api/sent")["manifest"]["no"].as_u64() >= Some(1));
}

/// The page deletes a screenshot only with a valid code and the passphrase, and each attempt is noted.
fn assert_delete_needs_both_factors(home: &mut Home, page: &Page, seq: u64, picture: &str) {
    let wish = |code: &str| json!({ "seq": seq, "code": code, "passphrase": PASSPHRASE });
    assert_eq!(page.ask("/api/delete", Some(wish("000000"))).0, 403);
    let no_words = json!({ "seq": seq, "code": "000000", "passphrase": "not these words" });
    assert_eq!(page.ask("/api/delete", Some(no_words)).0, 403);
    assert_eq!(page.ask(picture, None).0, 200);
    let code = home.code();
    let (status, told) = page.ask("/api/delete", Some(wish(&code)));
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&told));
    assert_eq!(page.ask(picture, None).0, 404);
    let notices = home.notices();
    for code in [
        NoticeCode::CodeRefused,
        NoticeCode::CodeAccepted,
        NoticeCode::Removed,
    ] {
        assert!(notices.contains(&code), "{code:?}: {notices:?}");
    }
}

#[test]
fn the_page_shows_the_day_takes_a_picture_out_for_a_code_and_ends_with_the_lock() {
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let mut home = Home::new().on(&desktop.display()).config(SHOTS);
    let running = home.start(&[]);
    let spec = WindowSpec::new(TITLE, "Stage", 30, 30);
    let window = TestWindow::open(&desktop.display(), spec).unwrap();
    window.activate().unwrap();
    until("the window is seen", || {
        home.status().window.filter(|w| w.title == TITLE)
    });
    home.ok(&["shot"]);
    until("the picture is kept", || home.status().last_screenshot);

    let mut dashboard = home.with_factors(&["dashboard", "--no-open"]);
    let page = enter_page(&mut dashboard);

    let today = report::local_date(current_time(), "Europe/Berlin");
    let day = page.json(&format!("/api/day?day={today}"));
    assert!(day["windows"].to_string().contains(TITLE), "{day}");
    let seq = day["shots"][0]["seq"].as_u64().unwrap();
    let picture = format!("/api/picture?seq={seq}");
    let (status, bytes) = page.ask(&picture, None);
    assert_eq!((status, &bytes[8..12]), (200, &b"WEBP"[..]));
    assert!(
        page_accesses(&home).contains(&format!("screenshot {seq}, on the page")),
        "{}",
        page_accesses(&home)
    );
    assert!(page_accesses(&home).contains(&format!("the day {today} and its screenshots")));
    assert!(
        page.json("/api/settings")
            .to_string()
            .contains("record.idle_seconds")
    );
    assert_eq!(page.json("/api/sent")["outbox"]["shots"], 1);

    assert_projects_follow_the_settings(&home, &page, today);

    // As a file, after both factors; the access is noted, and the file equals the command's output.
    let export = format!("/api/export?first={today}&last={today}&as=csv");
    let proof = json!({ "code": home.code(), "passphrase": PASSPHRASE });
    let (status, csv) = page.ask(&export, Some(proof));
    let csv = String::from_utf8(csv).unwrap();
    assert!(status == 200 && csv.contains(TITLE), "{csv}");
    assert!(page_accesses(&home).contains(&format!("{today} as a CSV file, on the page")));

    assert_uploaded_objects_are_complete(&home, &page);
    assert_delete_needs_both_factors(&mut home, &page, seq, &picture);

    home.ok(&["lock"]);
    assert!(dashboard.wait().success());
    assert!(
        dashboard.said().contains("The record is locked"),
        "{}",
        dashboard.said()
    );
    assert!(TcpStream::connect(("127.0.0.1", page.port)).is_err());
    running.stop();
}

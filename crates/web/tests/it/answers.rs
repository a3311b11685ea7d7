//! The answers to the page, and that they agree with `report`.

use crate::client::{DAY, TestPage, start_page, start_page_from};
use crate::demo::journal;
use model::Coverage;
use serde_json::Value;
use std::sync::atomic::Ordering;
use web::PageLimits;

#[test]
fn a_day_agrees_with_the_report_of_the_period() {
    let page = start_page();
    let token = page.sign_in();
    let day = page
        .get(&format!("/api/day?day={DAY}"), Some(&token))
        .json();
    let states: u64 = day["states"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s[1].as_u64().unwrap())
        .sum();
    assert!(states > 0);
    // The pieces of each state sum to its row in the table, in tenths of a second.
    for (n, state) in Coverage::ALL
        .iter()
        .enumerate()
        .filter(|(_, s)| **s != Coverage::Off)
    {
        let pieces = day["pieces"].as_array().unwrap();
        let of = pieces.iter().filter(|p| p[2] == n);
        let tenths: i64 = of
            .map(|p| p[1].as_i64().unwrap() - p[0].as_i64().unwrap())
            .sum();
        let total = day["states"][n][1].as_i64().unwrap();
        assert!(
            (tenths / 10 - total).abs() <= 1,
            "{state}: {tenths} and {total}"
        );
    }
    let keys: u64 = day["tens"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t[3].as_u64().unwrap())
        .sum();
    assert_eq!(day["keys"], keys);
    assert_eq!(day["shots"].as_array().unwrap().len(), page.shots.len());
    assert_eq!(day["offsets"][0][1], 3600);

    let days = page
        .get(
            &format!("/api/days?first=2026-03-08&last={DAY}"),
            Some(&token),
        )
        .json();
    let last = days["days"].as_array().unwrap().last().unwrap();
    for n in 0..7 {
        assert_eq!(last["states"][n], day["states"][n][1]);
    }
    assert_eq!(last["keys"], day["keys"]);
}

#[test]
fn the_gallery_is_filtered_and_a_screenshot_has_its_own_bytes() {
    let page = start_page();
    let token = page.sign_in();
    let all = page.get("/api/shots", Some(&token)).json();
    let shots = all["shots"].as_array().unwrap();
    assert_eq!(shots.len(), page.shots.len());
    assert_eq!(shots[0]["seq"], *page.shots.last().unwrap(), "newest first");
    let app = all["apps"][0].as_str().unwrap();
    let some = page
        .get(
            &format!("/api/shots?app={}&day={DAY}", app.replace(' ', "+")),
            Some(&token),
        )
        .json();
    let some = some["shots"].as_array().unwrap();
    assert!(!some.is_empty() && some.len() < shots.len());
    assert!(some.iter().all(|s| s["app"] == app && s["day"] == DAY));
    let before = page
        .get(
            &format!("/api/shots?before={}", page.shots[2]),
            Some(&token),
        )
        .json();
    assert_eq!(before["shots"].as_array().unwrap().len(), 2);
    assert!(
        page.get("/api/shots?day=2026-03-09", Some(&token)).json()["shots"]
            .as_array()
            .unwrap()
            .is_empty()
    );

    let picture = page.get(&format!("/api/picture?seq={}", page.shots[1]), Some(&token));
    assert_eq!(picture.header("content-type"), Some("image/png"));
    assert_eq!(picture.body, journal::screenshot_png(1));
    assert_eq!(
        page.get("/api/picture?seq=999999", Some(&token)).status,
        404
    );
}

#[test]
fn a_search_answers_day_by_day_newest_first() {
    let page = start_page();
    let token = page.sign_in();
    let answer = page.get(
        "/api/search?q=PLANNER+code&first=2026-03-01&last=2026-03-10",
        Some(&token),
    );
    let lines: Vec<serde_json::Value> = answer
        .text()
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(lines.len(), 13, "twelve UTC days and the end");
    let days: Vec<&str> = lines
        .iter()
        .flat_map(|l| l["hits"].as_array().unwrap())
        .map(|h| h["day"].as_str().unwrap())
        .collect();
    assert!(
        days.first() == Some(&DAY) && days.is_sorted_by(|a, b| a >= b),
        "{days:?}"
    );
    assert!(lines.last().unwrap()["day"].is_null());
    for wrong in [
        "/api/search?q=&first=2026-03-01&last=2026-03-10",
        "/api/search?q=a",
        "/api/search?q=a&first=2020-01-01&last=2026-03-10",
    ] {
        assert_eq!(page.get(wrong, Some(&token)).status, 400, "{wrong}");
    }
}

fn sum(rows: &Value, field: &str) -> u64 {
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row[field].as_u64().unwrap()).sum()
}

fn row<'a>(rows: &'a Value, name: &str) -> &'a Value {
    let mut rows = rows.as_array().unwrap().iter();
    rows.find(|row| row["name"] == name)
        .unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn categories_and_projects_sum_to_the_day_and_windows_name_theirs() {
    let page = start_page();
    let token = page.sign_in();
    let ask = |target: &str| page.get(target, Some(&token)).json();
    let day = ask(&format!("/api/day?day={DAY}"));
    let active = day["states"][0][1].as_u64().unwrap();
    for list in ["categories", "projects"] {
        let told = sum(&day[list], "active_s");
        // Each row is cut to whole seconds.
        assert!(
            told <= active && told + 20 > active,
            "{list}: {told} of {active}"
        );
        assert_eq!(sum(&day[list], "keys"), day["keys"].as_u64().unwrap());
    }
    assert!(row(&day["categories"], "railway")["active_s"].as_u64() > Some(60));
    assert!(row(&day["projects"], "northern line")["active_s"].as_u64() > Some(60));
    assert_eq!(day["has_projects"], true);
    let share = day["idle_share"].as_u64().unwrap();
    let idle = day["states"][1][1].as_u64().unwrap();
    assert!(
        share.abs_diff(idle * 1000 / (active + idle)) <= 1,
        "{share}"
    );
    let windows = day["windows"].as_array().unwrap();
    let name = |w: &Value, place: usize, list: &str| {
        let n = usize::try_from(w[place].as_u64().unwrap()).unwrap();
        day[list][n]["name"].as_str().unwrap().to_owned()
    };
    let window = windows
        .iter()
        .find(|w| w[1].as_str().unwrap().contains("northern line"))
        .unwrap();
    assert_eq!(name(window, 2, "categories"), "railway");
    assert_eq!(name(window, 3, "projects"), "northern line");
    // The name comes from a rule; it is made printable like a title.
    let odd = windows
        .iter()
        .find(|w| name(w, 2, "categories").contains("odd"));
    assert_eq!(name(odd.unwrap(), 2, "categories"), "<b>odd</b>· ·category");

    // The same for a period, from the roll-up.
    for (by, list) in [("category", "categories"), ("project", "projects")] {
        let days = ask(&format!("/api/days?first=2026-03-08&last={DAY}&by={by}"));
        let last = days["days"].as_array().unwrap().last().unwrap();
        for told in last["rows"].as_array().unwrap() {
            let n = usize::try_from(told[0].as_u64().unwrap()).unwrap();
            let of = row(&day[list], days["names"][n].as_str().unwrap());
            assert_eq!((&told[1], &told[3]), (&of["active_s"], &of["keys"]), "{by}");
        }
        assert_eq!(last["other"], serde_json::json!([0, 0]));
    }
    for wrong in ["&by=colour", "&by=", "&merge=4000", "&merge=x"] {
        let target = format!("/api/days?first=2026-03-08&last={DAY}{wrong}");
        let status = page.get(&target, Some(&token)).status;
        assert_eq!(status, if wrong == "&by=" { 200 } else { 400 }, "{wrong}");
    }
    let year = page.get(
        "/api/days?first=2026-01-01&last=2026-12-31&merge=60",
        Some(&token),
    );
    assert_eq!(year.status, 400, "a year is not merged");
}

#[test]
fn days_start_as_configured_and_short_interruptions_are_merged() {
    let page = start_page_from(PageLimits::default(), "09:00");
    let token = page.sign_in();
    let ask = |target: &str| page.get(target, Some(&token)).json();
    let day = ask(&format!("/api/day?day={DAY}"));
    let nine = journal::start_of(DAY.parse().unwrap()) + 9 * 60 * journal::MINUTE;
    assert_eq!(day["from_us"], nine);
    assert_eq!(day["starts"], "09:00");
    let merged = ask(&format!("/api/day?day={DAY}&merge=3600"));
    let pieces = |day: &Value| day["pieces"].as_array().unwrap().len();
    assert!(pieces(&merged) < pieces(&day));
    // Merging moves time from one row to another and changes no sum.
    assert_eq!(
        (&merged["states"], &merged["keys"]),
        (&day["states"], &day["keys"])
    );
    let both = ask(&format!(
        "/api/days?first={DAY}&last={DAY}&by=app&merge=3600"
    ));
    let rows = both["days"][0]["rows"].as_array().unwrap();
    for told in rows {
        let n = usize::try_from(told[0].as_u64().unwrap()).unwrap();
        let name = both["names"][n].as_str().unwrap();
        let mut apps = merged["apps"].as_array().unwrap().iter();
        let app = apps.find(|a| a["app"] == name).unwrap();
        assert_eq!(told[1], app["active_s"], "{name}");
    }
}

/// Both factors, as the page sends them.
const FACTORS_JSON: &str = "{\"code\":\"123456\"}";

fn saved(page: &TestPage, token: &str, rest: &str) -> (String, Vec<u8>) {
    let target = format!("/api/export?{rest}");
    let answer = page.post(&target, Some(token), FACTORS_JSON);
    assert_eq!(answer.status, 200, "{rest}: {}", answer.text());
    let name = answer.header("content-disposition").unwrap();
    let name = name.strip_prefix("attachment; filename=\"").unwrap();
    (name.trim_end_matches('"').to_owned(), answer.body)
}

#[test]
fn days_are_exported_as_files_named_after_them() {
    let page = start_page();
    let token = page.sign_in();
    let one = format!("first={DAY}&last={DAY}");
    let many = format!("first=2026-03-08&last={DAY}");
    for (form, begins, holds) in [
        ("csv", "day,kind,state", "category"),
        ("json", "{\n", "\"categories\""),
        ("html", "<!doctype html>", "railway"),
        ("pdf", "%PDF-", ""),
        ("ics", "BEGIN:VCALENDAR\r\n", "SUMMARY:northern line"),
    ] {
        for (days, name) in [(&one, DAY), (&many, "2026-03-08-to-2026-03-10")] {
            let (told, body) = saved(&page, &token, &format!("{days}&as={form}"));
            assert_eq!(told, format!("uam-{name}.{form}"));
            let text = String::from_utf8_lossy(&body);
            assert!(
                text.starts_with(begins),
                "{form}: {}",
                &text[..40.min(text.len())]
            );
            assert!(text.contains(holds), "{form}");
            // Hostile titles do not become scripts.
            assert!(
                !text.contains("<script>") || form == "csv" || form == "json",
                "{form}"
            );
        }
    }
    // The output of `uam report --csv`.
    let day = page
        .get(&format!("/api/day?day={DAY}"), Some(&token))
        .json();
    let csv = String::from_utf8(saved(&page, &token, &format!("{one}&as=csv")).1).unwrap();
    let keys: u64 = csv
        .lines()
        .filter(|line| line.starts_with(&format!("{DAY},category,")))
        .map(|line| line.split(',').nth(9).unwrap().parse::<u64>().unwrap())
        .sum();
    assert_eq!(day["keys"], keys);
    let hostile = format!("{one}&as=csv&name=../../x&filename=y%0d%0aSet-Cookie:z");
    assert_eq!(saved(&page, &token, &hostile).0, format!("uam-{DAY}.csv"));
    for wrong in ["as=csv", "as=exe", "", "as=ics&merge=9999"] {
        let target = match wrong {
            "as=csv" => "/api/export?as=csv".to_owned(),
            wrong => format!("/api/export?{one}&{wrong}"),
        };
        let status = page.post(&target, Some(&token), FACTORS_JSON).status;
        assert_eq!(status, 400, "{target}");
    }
    let notes = page.probe.purposes();
    assert!(
        notes.contains(&format!("{DAY} as a PDF file, on the page")),
        "{notes:?}"
    );
}

#[test]
fn one_verification_at_a_time_with_progress_and_findings() {
    let page = start_page();
    let token = page.sign_in();
    let state = || page.get("/api/check", Some(&token)).json();
    assert_eq!(
        (&state()["running"], &state()["last"]),
        (&Value::Bool(false), &Value::Null)
    );
    let begin = |quick: bool| {
        let body = serde_json::json!({ "quick": quick }).to_string();
        page.post("/api/check", Some(&token), &body).json()
    };
    assert_eq!(begin(false)["running"], true);
    while state()["step"]["of"] != 8 {
        std::thread::yield_now();
    }
    // A second one does not start: the progress of the first is the answer.
    assert_eq!(begin(true)["running"], true);
    page.probe.gate.store(true, Ordering::SeqCst);
    while state()["running"] == true {
        std::thread::yield_now();
    }
    let last = &state()["last"];
    assert_eq!(
        (&last["verdict"], &last["found"]),
        (&"tampered".into(), &2.into())
    );
    assert_eq!(last["findings"][0]["wrong"], false);
    begin(true);
    while state()["running"] == true {
        std::thread::yield_now();
    }
    assert_eq!(state()["last"]["verdict"], "complete");
    for odd in ["{}", "{\"quick\":1}", "{\"quick\":true,\"more\":1}"] {
        assert_eq!(
            page.post("/api/check", Some(&token), odd).status,
            400,
            "{odd}"
        );
    }
}

#[test]
fn a_verification_ends_with_its_page() {
    let mut page = start_page();
    let token = page.sign_in();
    page.post("/api/check", Some(&token), "{\"quick\":false}");
    page.probe.locked.store(true, Ordering::SeqCst);
    page.thread.take().unwrap().join().unwrap();
    while !page.probe.stopped.load(Ordering::SeqCst) {
        std::thread::yield_now();
    }
}

#[test]
fn screenshots_are_found_by_words_of_their_titles() {
    let page = start_page();
    let token = page.sign_in();
    let ask = |rest: &str| page.get(&format!("/api/shots?{rest}"), Some(&token)).json();
    let some = ask("q=alert(2)%20IMG");
    assert_eq!(some["shots"].as_array().unwrap().len(), 1);
    assert_eq!(some["looked"], 6);
    assert!(ask("q=zebra")["shots"].as_array().unwrap().is_empty());
    let long = format!("/api/shots?q={}", "x".repeat(300));
    assert_eq!(page.get(&long, Some(&token)).status, 400);
}

#[test]
fn answers_are_compressed_on_request() {
    let page = start_page();
    let token = page.sign_in();
    let target = format!("/api/day?day={DAY}");
    let (plain, packed) = (
        page.get(&target, Some(&token)),
        page.get_compressed(&target, &token),
    );
    assert_eq!(plain.header("content-encoding"), None);
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert!(packed.body.len() * 2 < plain.body.len());
    let mut text = Vec::new();
    let mut unpacker = flate2::read::GzDecoder::new(packed.body.as_slice());
    std::io::Read::read_to_end(&mut unpacker, &mut text).unwrap();
    let told: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(told["pieces"], plain.json()["pieces"]);
    // Screenshots are not compressed.
    let target = format!("/api/picture?seq={}", page.shots[0]);
    let answer = page.get_compressed(&target, &token);
    assert_eq!(answer.header("content-encoding"), None, "{target}");
}

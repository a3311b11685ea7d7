//! What the page is told, and that it is what `report` says.

use crate::client::{DAY, house};
use model::Coverage;

#[test]
fn a_day_sums_to_what_the_report_says() {
    let house = house();
    let token = house.enter();
    let day = house
        .get(&format!("/api/day?day={DAY}"), Some(&token))
        .json();
    let states: u64 = day["states"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s[1].as_u64().unwrap())
        .sum();
    assert!(states > 0);
    // Tenths of a second in the lanes, by state: what the table says.
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
        let told = day["states"][n][1].as_i64().unwrap();
        assert!(
            (tenths / 10 - told).abs() <= 1,
            "{state}: {tenths} and {told}"
        );
    }
    let keys: u64 = day["tens"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t[3].as_u64().unwrap())
        .sum();
    assert_eq!(day["keys"], keys);
    assert_eq!(day["shots"].as_array().unwrap().len(), house.shots.len());
    assert_eq!(day["offsets"][0][1], 3600);

    let days = house
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
fn the_gallery_is_filtered_and_a_picture_is_what_was_taken() {
    let house = house();
    let token = house.enter();
    let all = house.get("/api/shots", Some(&token)).json();
    let shots = all["shots"].as_array().unwrap();
    assert_eq!(shots.len(), house.shots.len());
    assert_eq!(
        shots[0]["seq"],
        *house.shots.last().unwrap(),
        "newest first"
    );
    let app = all["apps"][0].as_str().unwrap();
    let some = house
        .get(
            &format!("/api/shots?app={}&day={DAY}", app.replace(' ', "+")),
            Some(&token),
        )
        .json();
    let some = some["shots"].as_array().unwrap();
    assert!(!some.is_empty() && some.len() < shots.len());
    assert!(some.iter().all(|s| s["app"] == app && s["day"] == DAY));
    let before = house
        .get(
            &format!("/api/shots?before={}", house.shots[2]),
            Some(&token),
        )
        .json();
    assert_eq!(before["shots"].as_array().unwrap().len(), 2);
    assert!(
        house.get("/api/shots?day=2026-03-09", Some(&token)).json()["shots"]
            .as_array()
            .unwrap()
            .is_empty()
    );

    let picture = house.get(
        &format!("/api/picture?seq={}", house.shots[1]),
        Some(&token),
    );
    assert_eq!(picture.header("content-type"), Some("image/png"));
    assert_eq!(picture.body, crate::kit::picture(1));
    assert_eq!(
        house.get("/api/picture?seq=999999", Some(&token)).status,
        404
    );
}

#[test]
fn a_search_answers_day_by_day_newest_first() {
    let house = house();
    let token = house.enter();
    let answer = house.get(
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
        assert_eq!(house.get(wrong, Some(&token)).status, 400, "{wrong}");
    }
}

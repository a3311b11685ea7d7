//! The checklist's lines on files to save: a file is a copy that nothing watches over any more.

use crate::client::{DAY, house};
use crate::kit::CODE;

/// Where a day is saved as a file.
pub(crate) fn export(form: &str) -> String {
    format!("/api/export?first={DAY}&last={DAY}&as={form}")
}

/// Both factors, as the page sends them.
pub(crate) fn proof() -> String {
    serde_json::json!({ "code": CODE }).to_string()
}

#[test]
fn line_5_saving_days_asks_for_a_code_again() {
    let house = house();
    let token = house.enter();
    let saved = |body: &str| house.post(&export("csv"), Some(&token), body).status;
    assert_eq!(saved("{}"), 400);
    let before = house.seen.notes().len();
    assert_eq!(saved(r#"{"code":"000000"}"#), 403);
    assert_eq!(house.seen.notes().len(), before, "nothing was read");
    assert_eq!(saved(&proof()), 200);
    // Never by a request that only reads.
    assert_eq!(house.get(&export("csv"), Some(&token)).status, 404);
    assert_eq!(
        house.get("/api/factors", Some(&token)).json()["passphrase"],
        false
    );
}

#[test]
fn line_8_no_name_of_a_file_comes_from_the_request() {
    let house = house();
    let token = house.enter();
    for target in [
        "/api/export?first=2026-03-10&last=../../etc/passwd&as=csv",
        "/api/export?first=2026-03-10&last=2026-03-10&as=../csv",
    ] {
        let answer = house.post(target, Some(&token), &proof());
        assert_eq!(answer.status, 400, "{target}");
    }
}

#[test]
fn line_9_saving_days_is_noted() {
    let house = house();
    let token = house.enter();
    for form in ["csv", "pdf"] {
        let before = house.seen.notes().len();
        let answer = house.post(&export(form), Some(&token), &proof());
        assert_eq!(answer.status, 200, "{form}");
        assert!(house.seen.notes().len() > before, "{form} is not noted");
    }
}

//! The checklist's lines on exports: an exported file is a copy that nothing protects any more.

use crate::client::{DAY, start_page};
use crate::demo::backend::CODE;

/// The address that exports a day.
pub(crate) fn export_target(form: &str) -> String {
    format!("/api/export?first={DAY}&last={DAY}&as={form}")
}

/// Both factors, as the page sends them.
pub(crate) fn factors_json() -> String {
    serde_json::json!({ "code": CODE }).to_string()
}

#[test]
fn line_5_exporting_asks_for_a_code_again() {
    let page = start_page();
    let token = page.sign_in();
    let saved = |body: &str| page.post(&export_target("csv"), Some(&token), body).status;
    assert_eq!(saved("{}"), 400);
    let before = page.probe.purposes().len();
    assert_eq!(saved(r#"{"code":"000000"}"#), 403);
    assert_eq!(page.probe.purposes().len(), before, "nothing was read");
    assert_eq!(saved(&factors_json()), 200);
    // A GET never exports.
    assert_eq!(page.get(&export_target("csv"), Some(&token)).status, 404);
    assert_eq!(
        page.get("/api/factors", Some(&token)).json()["passphrase"],
        false
    );
}

#[test]
fn line_8_no_file_name_comes_from_the_request() {
    let page = start_page();
    let token = page.sign_in();
    for target in [
        "/api/export?first=2026-03-10&last=../../etc/passwd&as=csv",
        "/api/export?first=2026-03-10&last=2026-03-10&as=../csv",
    ] {
        let answer = page.post(target, Some(&token), &factors_json());
        assert_eq!(answer.status, 400, "{target}");
    }
}

#[test]
fn line_9_exporting_is_noticed() {
    let page = start_page();
    let token = page.sign_in();
    for form in ["csv", "pdf"] {
        let before = page.probe.purposes().len();
        let answer = page.post(&export_target(form), Some(&token), &factors_json());
        assert_eq!(answer.status, 200, "{form}");
        assert!(
            page.probe.purposes().len() > before,
            "{form} is not noticed"
        );
    }
}

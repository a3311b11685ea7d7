use super::*;
use proptest::prelude::*;

#[test]
fn lines_are_folded_between_characters_and_unfold_to_themselves() {
    let text = format!("SUMMARY:{}", "日本語, ".repeat(40));
    let mut out = String::new();
    fold_line(&mut out, &text);
    assert!(out.split("\r\n").all(|line| line.len() <= 75));
    assert_eq!(out.trim_end_matches("\r\n").replace("\r\n ", ""), text);
}

#[test]
fn text_cannot_leave_its_value() {
    assert_eq!(
        escape_text("a;b,c\\d\r\nEND:VEVENT"),
        "a\\;b\\,c\\\\d\\nEND:VEVENT"
    );
}

proptest! {
    /// Whatever a title says, it is one value of one line, and no bytes but text come through.
    #[test]
    fn a_hostile_name_stays_in_its_line(name in "(.|[\\r\\n:;,\\\\\u{202e}]){0,300}") {
        let mut out = String::new();
        fold_line(&mut out, &format!("SUMMARY:{}", escape_text(&to_printable(&name, NAME))));
        prop_assert!(out.ends_with("\r\n"));
        let unfolded = out.replace("\r\n ", "");
        prop_assert_eq!(unfolded.matches('\n').count(), 1);
        prop_assert!(out.split("\r\n").all(|line| line.len() <= 75));
    }
}

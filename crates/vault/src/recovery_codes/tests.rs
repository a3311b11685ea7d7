#![allow(clippy::unwrap_used)]
use super::*;
use proptest::prelude::*;
use std::collections::HashSet;

fn of(bits: u128) -> RecoveryCode {
    RecoveryCode(Zeroizing::new((bits & ((1 << 125) - 1)).to_be_bytes()))
}

fn bits_of(text: &str) -> Result<u128, RecoveryCodeError> {
    RecoveryCode::parse(text).map(|code| u128::from_be_bytes(*code.key_material()))
}

#[test]
fn a_code_is_written_as_crockford_says() {
    for (bits, text) in [
        (0, "00000-00000-00000-00000-00000"),
        (1, "00000-00000-00000-00000-00001"),
        ((1 << 125) - 1, "ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ"),
        (1 << 124, "G0000-00000-00000-00000-00000"),
        (
            0x0008_8642_98e8_4a96_c6b9_f08c_a74a_daf8,
            "01234-56789-ABCDE-FGHJK-MNPQR",
        ),
    ] {
        assert_eq!(*of(bits).reveal(), text);
        assert_eq!(bits_of(text), Ok(bits));
    }
}

#[test]
fn a_code_is_read_as_it_was_meant() {
    let meant = bits_of("01234-56789-ABCDE-FGHJK-MNPQR").unwrap();
    for typed in [
        "0123456789ABCDEFGHJKMNPQR",
        "01234-56789-abcde-fghjk-mnpqr",
        " 01234 56789 ABCDE FGHJK MNPQR\r\n",
        "OI234-56789-ABCDE-FGHJK-MNPQR",
        "ol234-56789-abcde-fghjk-mnpqr",
        "0-1-2-3-4--56789ABCDE-FGHJKMNPQR-",
        "01234\u{2013}56789\u{2014}ABCDE\u{2212}FGHJK\u{a0}MNPQR",
    ] {
        assert_eq!(bits_of(typed), Ok(meant), "{typed}");
    }
}

#[test]
fn an_invalid_code_is_refused_without_repeating_it() {
    let symbol = |block, place| RecoveryCodeError::Symbol { block, place };
    for (typed, error) in [
        ("", RecoveryCodeError::Length { found: 0 }),
        ("123 456", RecoveryCodeError::Length { found: 6 }),
        (
            "01234-56789-ABCDE-FGHJK-MNPQ",
            RecoveryCodeError::Length { found: 24 },
        ),
        (
            "01234-56789-ABCDE-FGHJK-MNPQRS",
            RecoveryCodeError::Length { found: 26 },
        ),
        ("U1234-56789-ABCDE-FGHJK-MNPQR", symbol(1, 1)),
        ("01234-5678u-ABCDE-FGHJK-MNPQR", symbol(2, 5)),
        ("01234-56789-ABCDE-FGHJK-MNPQ*", symbol(5, 5)),
        ("01234-56789-\u{c4}BCDE-FGHJK-MNPQR", symbol(3, 1)),
        ("01234-56789-ABCDE-FGH\u{ff2a}K-MNPQR", symbol(4, 4)),
    ] {
        assert_eq!(RecoveryCode::parse(typed).unwrap_err(), error, "{typed}");
        let text = error.to_string();
        assert!(!text.contains("ABCDE"), "{text}");
        assert!(!text.contains('*'), "{text}");
    }
    assert!(symbol(2, 5).to_string().contains("character 5 of block 2"));
}

#[test]
fn a_random_code_fills_its_125_bits() {
    let codes: Vec<u128> = (0..200)
        .map(|_| u128::from_be_bytes(*RecoveryCode::random().unwrap().key_material()))
        .collect();
    let (any, all) = codes
        .iter()
        .fold((0, u128::MAX), |(any, all), code| (any | code, all & code));
    // Each bit is set in some and clear in others (but for a chance of 2 in 2^193).
    assert_eq!(any, (1 << 125) - 1);
    assert_eq!(all, 0);
}

#[test]
fn the_first_block_can_be_typed_back() {
    let code = RecoveryCode::parse("O1234-56789-ABCDE-FGHJK-MNPQR").unwrap();
    assert_eq!(*code.first_block(), "01234");
    for typed in ["01234", " oL2-34 "] {
        assert!(code.begins_with(typed), "{typed}");
    }
    for typed in ["", "0123", "012345", "01235", "0123U", "56789"] {
        assert!(!code.begins_with(typed), "{typed}");
    }
}

#[test]
fn no_code_shows_in_debug_text() {
    let kit = RecoveryKit::random().unwrap();
    let debug = format!("{kit:?}");
    assert!(debug.contains("RecoveryCode(..)"), "{debug}");
    for code in kit.codes() {
        assert!(!debug.contains(&*code.first_block()), "{debug}");
    }
}

#[test]
fn a_kit_has_ten_different_codes() {
    let kit = RecoveryKit::random().unwrap();
    let different: HashSet<_> = kit.codes().iter().map(|c| *c.key_material()).collect();
    assert_eq!(different.len(), RECOVERY_CODES);
    assert_eq!(RECOVERY_CODES, 10);
}

#[test]
fn the_page_holds_all_that_is_needed() {
    let codes = (0..10).map(|n| of(n << 120 | n)).collect();
    let page = RecoveryKit { codes }.page("00112233445566778899aabbccddeeff", "2026-11-30");
    let expected = "\
uam recovery kit
================

Device   00112233445566778899aabbccddeeff
Made on  2026-11-30

  [ ]  1   00000-00000-00000-00000-00000
  [ ]  2   10000-00000-00000-00000-00001
  [ ]  3   20000-00000-00000-00000-00002
  [ ]  4   30000-00000-00000-00000-00003
  [ ]  5   40000-00000-00000-00000-00004
  [ ]  6   50000-00000-00000-00000-00005
  [ ]  7   60000-00000-00000-00000-00006
  [ ]  8   70000-00000-00000-00000-00007
  [ ]  9   80000-00000-00000-00000-00008
  [ ] 10   90000-00000-00000-00000-00009

What it is for
";
    assert!(page.starts_with(expected), "{}", *page);
    for needed in ["uam recover --from FILE", "uam recover\n", "works once"] {
        assert!(page.contains(needed), "{needed}");
    }
    assert!(page.lines().all(|line| line.len() <= 72 && line.is_ascii()));
    assert!(page.ends_with(".\n"));
    // It never grew, so it was never copied.
    let room = PAGE_HEAD.len() + PAGE_FOOT.len() + 42 + 1024;
    assert_eq!(page.capacity(), room);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_printed_code_reads_back(bits: u128, noise in proptest::collection::vec((0usize..40, "[-_ \u{2013}]"), 0..6)) {
        let code = of(bits);
        let mut typed = code.reveal().to_lowercase();
        for (at, separator) in noise {
            if typed.is_char_boundary(at) {
                typed.insert_str(at, &separator);
            }
        }
        prop_assert_eq!(bits_of(&typed), Ok(bits & ((1 << 125) - 1)));
    }

    /// Whichever character is misread: if it was not meant to be the same, the code is another or none.
    #[test]
    fn a_misread_character_is_noticed(bits: u128, at in 0usize..29, wrong: char) {
        let right = of(bits).reveal();
        let as_meant = |c: char| five_bits(c).ok_or(c);
        for wrong in ('!'..='~').chain([wrong]) {
            let mut typed: Vec<char> = right.chars().collect();
            let was = std::mem::replace(&mut typed[at], wrong);
            let typed: String = typed.into_iter().collect();
            let separators = code_symbols(&typed).count() == SYMBOLS && was == '-';
            if separators || as_meant(was) == as_meant(wrong) {
                continue;
            }
            prop_assert_ne!(bits_of(&typed), Ok(bits & ((1 << 125) - 1)), "{}", typed);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,60}") {
        if let Ok(code) = RecoveryCode::parse(&text) {
            prop_assert_eq!(code.key_material()[0] & 0xe0, 0);
            let again = RecoveryCode::parse(&code.reveal()).unwrap();
            prop_assert_eq!(code.key_material(), again.key_material());
        }
    }
}

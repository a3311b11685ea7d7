#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

const OPCODE: u8 = 131;

fn input() -> RawInputReader {
    let source = |id, injected| InputDevice {
        id,
        injected,
        down: [0; 4],
    };
    RawInputReader {
        opcode: OPCODE,
        sources: vec![source(5, true), source(9, false)],
    }
}

fn event(kind: u16, source: u16, detail: u32) -> Vec<u8> {
    let mut bytes = vec![0u8; 32];
    bytes[0] = GENERIC_EVENT;
    bytes[1] = OPCODE;
    bytes[8..10].copy_from_slice(&kind.to_ne_bytes());
    bytes[12..16].copy_from_slice(&77u32.to_ne_bytes());
    bytes[16..20].copy_from_slice(&detail.to_ne_bytes());
    bytes[20..22].copy_from_slice(&source.to_ne_bytes());
    bytes
}

#[test]
fn a_repeated_press_counts_once_until_it_is_released() {
    let mut input = input();
    let mut count = 0;
    for kind in [13, 13, 13, 14, 13, 13, 14] {
        if let InputEffect::Counted { counts, .. } = input.read_event(&event(kind, 9, 200)) {
            count += counts.hardware.keys;
        }
    }
    assert_eq!(count, 2);
}

#[test]
fn the_same_key_on_two_keyboards_is_two_presses_from_two_sources() {
    let mut input = input();
    let first = input.read_event(&event(13, 5, 30));
    let second = input.read_event(&event(13, 9, 30));
    assert!(matches!(first, InputEffect::Counted { counts, .. } if counts.injected.keys == 1));
    assert!(matches!(second, InputEffect::Counted { counts, .. } if counts.hardware.keys == 1));
}

#[test]
fn buttons_are_sorted() {
    let mut input = input();
    let mut sum = Counts::default();
    for button in 1..=9 {
        match input.read_event(&event(15, 9, button)) {
            InputEffect::Counted { server_ms, counts } => {
                assert_eq!(server_ms, 77);
                sum += counts;
            }
            other => panic!("{other:?}"),
        }
    }
    let InputCounts {
        left,
        middle,
        right,
        other,
        scroll,
        keys,
        ..
    } = sum.hardware;
    assert_eq!(
        (left, middle, right, other, scroll, keys),
        (1, 1, 1, 2, 4, 0)
    );
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..64), ours in any::<bool>()) {
        let mut bytes = bytes;
        if ours && bytes.len() > 1 {
            bytes[0] = GENERIC_EVENT;
            bytes[1] = OPCODE;
        }
        input().read_event(&bytes);
    }
}

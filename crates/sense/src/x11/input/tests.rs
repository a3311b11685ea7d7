#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

const OPCODE: u8 = 131;

fn input() -> Input {
    let source = |id, injected| Source {
        id,
        injected,
        down: [0; 4],
    };
    Input {
        opcode: OPCODE,
        sources: vec![source(5, true), source(9, false)],
        batch: None,
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

fn at(us: u64) -> Moment {
    Moment {
        utc_us: 0,
        boot_us: 0,
        awake_us: 0,
    }
    .plus_us(us)
}

fn keys(n: u64) -> Counts {
    Counts {
        hardware: InputCounts {
            keys: n,
            ..InputCounts::default()
        },
        ..Counts::default()
    }
}

#[test]
fn a_repeated_press_counts_once_until_it_is_released() {
    let mut input = input();
    let mut count = 0;
    for kind in [13, 13, 13, 14, 13, 13, 14] {
        if let Seen::Counted { counts, .. } = input.take(&event(kind, 9, 200)) {
            count += counts.hardware.keys;
        }
    }
    assert_eq!(count, 2);
}

#[test]
fn the_same_key_on_two_keyboards_is_two_presses_from_two_sources() {
    let mut input = input();
    let first = input.take(&event(13, 5, 30));
    let second = input.take(&event(13, 9, 30));
    assert!(matches!(first, Seen::Counted { counts, .. } if counts.injected.keys == 1));
    assert!(matches!(second, Seen::Counted { counts, .. } if counts.hardware.keys == 1));
}

#[test]
fn buttons_are_sorted() {
    let mut input = input();
    let mut sum = Counts::default();
    for button in 1..=9 {
        match input.take(&event(15, 9, button)) {
            Seen::Counted { server_ms, counts } => {
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

#[test]
fn a_batch_never_spans_two_seconds() {
    let mut input = input();
    assert_eq!(input.add(at(1_999_000), keys(1)), None);
    assert_eq!(input.add(at(1_999_999), keys(1)), None);
    let first = input.add(at(2_000_000), keys(1)).unwrap();
    assert_eq!((first.at, first.counts), (at(1_999_999), keys(2)));
    assert_eq!(input.open_second(), Some(2));
    assert_eq!(input.flush().unwrap().counts, keys(1));
    assert_eq!(input.flush(), None);
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..64), ours in any::<bool>()) {
        let mut bytes = bytes;
        if ours && bytes.len() > 1 {
            bytes[0] = GENERIC_EVENT;
            bytes[1] = OPCODE;
        }
        input().take(&bytes);
    }

    #[test]
    fn batches_keep_every_count(times in prop::collection::vec(0u64..400_000, 1..100)) {
        let mut input = input();
        let (mut now, mut sum, total) = (0, Counts::default(), times.len() as u64);
        for step in times {
            now += step;
            if let Some(batch) = input.add(at(now), keys(1)) {
                sum += batch.counts;
            }
        }
        if let Some(batch) = input.flush() {
            sum += batch.counts;
        }
        prop_assert_eq!(sum, keys(total));
    }
}

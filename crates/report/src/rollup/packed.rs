//! Numbers as a roll-up stores them: those of a usage by position, trailing zeros left out; and varints (seven bits a byte,
//! low ones first).

use crate::totals::Usage;
use model::{Counts, InputCounts};

/// Leaves out trailing zeros.
pub(super) fn drop_trailing_zeros(mut numbers: Vec<u64>) -> Vec<u64> {
    while numbers.last() == Some(&0) {
        numbers.pop();
    }
    numbers
}

/// The numbers of a usage in their order on disk.
pub(super) fn pack(usage: &Usage) -> Vec<u64> {
    let mut numbers = vec![usage.active_us, usage.idle_us];
    for of in [usage.counts.hardware, usage.counts.injected] {
        numbers.extend([
            of.keys, of.left, of.middle, of.right, of.other, of.scroll, of.seconds,
        ]);
    }
    drop_trailing_zeros(numbers)
}

/// A usage of its numbers; missing ones are 0.
pub(super) fn unpack(numbers: &[u64]) -> Usage {
    let at = |n: usize| numbers.get(n).copied().unwrap_or(0);
    let input = |n: usize| InputCounts {
        keys: at(n),
        left: at(n + 1),
        middle: at(n + 2),
        right: at(n + 3),
        other: at(n + 4),
        scroll: at(n + 5),
        seconds: at(n + 6),
    };
    Usage {
        active_us: at(0),
        idle_us: at(1),
        counts: Counts {
            hardware: input(2),
            injected: input(9),
        },
    }
}

/// A text behind its length.
pub(super) fn write_text(out: &mut Vec<u8>, text: &str) {
    write_number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// A varint.
pub(super) fn write_number(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

pub(super) fn read_number(rest: &mut &[u8]) -> Option<u64> {
    let mut n = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, left) = rest.split_first()?;
        *rest = left;
        n |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(n);
        }
    }
    None
}

pub(super) fn read_text<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let length = usize::try_from(read_number(rest)?).ok()?;
    let (text, left) = rest.split_at_checked(length)?;
    *rest = left;
    std::str::from_utf8(text).ok()
}

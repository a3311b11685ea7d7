//! Numbers as a roll-up stores them: those of a usage by position, trailing zeros left out; and varints (seven bits a byte,
//! low ones first).

use crate::totals::Usage;
use model::micros::to_micros;
use model::{Counts, InputCounts};
use std::time::Duration;

/// Leaves out trailing zeros.
pub(super) fn drop_trailing_zeros(mut numbers: Vec<u64>) -> Vec<u64> {
    while numbers.last() == Some(&0) {
        numbers.pop();
    }
    numbers
}

/// Counted inputs of one source in roll-ups that do not say how many they have: the first ones there were.
pub(super) const FIRST_FIELDS: u8 = 7;

/// The numbers of a usage in their order on disk: its times, the hardware's counts, the injected ones.
pub(super) fn pack(usage: &Usage) -> Vec<u64> {
    let Counts { hardware, injected } = usage.counts;
    let times = [usage.active, usage.idle].map(to_micros);
    let counts = [hardware.to_array(), injected.to_array()];
    drop_trailing_zeros([&times[..], counts.as_flattened()].concat())
}

/// A usage of its numbers, written with so many counted inputs of each source; missing ones are 0.
pub(super) fn unpack(numbers: &[u64], fields: u8) -> Usage {
    let fields = usize::from(fields);
    let at = |n: usize| numbers.get(n).copied().unwrap_or(0);
    let counts = |start: usize| {
        let number = |field| if field < fields { at(start + field) } else { 0 };
        InputCounts::from_array(std::array::from_fn(number))
    };
    Usage {
        active: Duration::from_micros(at(0)),
        idle: Duration::from_micros(at(1)),
        counts: Counts {
            hardware: counts(2),
            injected: counts(2 + fields),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usage_of_more_or_fewer_counted_inputs_reads_back() {
        let counts = |from: u64| InputCounts::from_array(std::array::from_fn(|n| from + n as u64));
        let usage = Usage {
            active: Duration::from_micros(1),
            idle: Duration::from_micros(2),
            counts: Counts {
                hardware: counts(10),
                injected: counts(30),
            },
        };
        assert_eq!(unpack(&pack(&usage), InputCounts::LEN as u8), usage);
        let numbers = |fields: u64| {
            [
                vec![1, 2],
                (10..10 + fields).collect(),
                (30..30 + fields).collect(),
            ]
            .concat()
        };
        let more = InputCounts::LEN as u8 + 2;
        assert_eq!(unpack(&numbers(u64::from(more)), more), usage);
        let fewer = unpack(&numbers(2), 2).counts;
        let (hardware, injected) = (fewer.hardware.to_array(), fewer.injected.to_array());
        assert_eq!(
            (hardware[..3].to_vec(), injected[..3].to_vec()),
            (vec![10, 11, 0], vec![30, 31, 0])
        );
    }
}

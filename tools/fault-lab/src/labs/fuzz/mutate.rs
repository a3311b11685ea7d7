//! Making nonsense out of good inputs.

use crate::rng::SeededRng;

/// No input is longer.
pub(super) const MOST: usize = 64 << 10;

/// Numbers at the edges of their types.
const EDGES: &[&[u8]] = &[
    b"0",
    b"-1",
    b"255",
    b"256",
    b"65535",
    b"65536",
    b"2147483647",
    b"-2147483648",
    b"4294967295",
    b"4294967296",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"18446744073709551615",
    b"18446744073709551616",
    b"1e308",
    b"1e999",
    b"-0.0",
    b"NaN",
    b"0x7f",
    b"1_000",
    b"99999999999999999999999999999999999999",
];

/// Words that mean something to some parser.
const WORDS: &[&[u8]] = &[
    b"\"",
    b"'",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"\0",
    b"\n",
    b"\r\n",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xc3\x28",
    "\u{202e}".as_bytes(),
    "\u{130}".as_bytes(),
    b"{",
    b"}",
    b"[",
    b"]",
    b"[[",
    b"{}",
    b"[]",
    b"null",
    b"true",
    b"#",
    b"=",
    b":",
    b";",
    b",",
    b"/",
    b"..",
    b"%00",
    b"%",
    b"${",
    b"$A",
    b"<",
    b"</",
    b"<Code>",
    b"-----BEGIN AGE ENCRYPTED FILE-----",
    b"age-encryption.org/v1",
    b"\x28\xb5\x2f\xfd",
];

/// A changed copy of one of the seeds: one to eight changes, at most [`MOST`] bytes.
pub(super) fn mutate_input(seeds: &[Vec<u8>], words: &[&[u8]], rng: &mut SeededRng) -> Vec<u8> {
    let one = |rng: &mut SeededRng| seeds.get(rng.index(seeds.len()));
    let mut bytes = one(rng).cloned().unwrap_or_default();
    for _ in 0..=rng.below(8) {
        let at = rng.index(bytes.len() + 1);
        let to = at + rng.index((bytes.len() - at).min(64) + 1);
        match rng.below(12) {
            0 | 1 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << rng.below(8);
                }
            }
            2 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = u8::try_from(rng.below(256)).unwrap_or(0);
                }
            }
            3 => drop(bytes.drain(at..to)),
            4 => bytes.truncate(at),
            5 => {
                // Again, once or very often.
                let piece = bytes.get(at..to).unwrap_or_default().to_vec();
                let times = if rng.percent(5) { 500 } else { 1 };
                insert_bytes(&mut bytes, at, &piece.repeat(times));
            }
            6 => {
                if let Some(other) = one(rng) {
                    let from = rng.index(other.len() + 1);
                    let most = if rng.percent(50) { 64 } else { MOST };
                    let end = from + rng.index((other.len() - from).min(most) + 1);
                    let piece = other.get(from..end).unwrap_or_default().to_vec();
                    insert_bytes(&mut bytes, at, &piece);
                }
            }
            7 | 8 => {
                let all = if words.is_empty() || rng.percent(40) {
                    WORDS
                } else {
                    words
                };
                insert_bytes(&mut bytes, at, rng.one(all).unwrap_or_default());
            }
            9 | 10 => insert_edge_number(&mut bytes, rng),
            _ => {
                let (a, b) = (at, rng.index(bytes.len() + 1));
                if a < bytes.len() && b < bytes.len() {
                    bytes.swap(a, b);
                }
            }
        }
        bytes.truncate(MOST);
    }
    bytes
}

fn insert_bytes(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    let room = MOST.saturating_sub(bytes.len()).min(piece.len());
    bytes.splice(at..at, piece.iter().take(room).copied());
}

/// Puts a number at the edge in the place of one of the input's own.
fn insert_edge_number(bytes: &mut Vec<u8>, rng: &mut SeededRng) {
    let from = rng.index(bytes.len() + 1);
    let digit = |b: &u8| b.is_ascii_digit();
    let Some(begin) = bytes
        .get(from..)
        .and_then(|rest| rest.iter().position(digit))
        .map(|n| from + n)
    else {
        return;
    };
    let end = bytes
        .get(begin..)
        .and_then(|rest| rest.iter().position(|b| !b.is_ascii_digit()))
        .map_or(bytes.len(), |n| begin + n);
    let number = rng.one(EDGES).unwrap_or_default();
    bytes.splice(begin..end, number.iter().copied());
}

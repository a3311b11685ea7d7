//! The windows of a roll-up: the bytes after its line of JSON, read only when titles are asked for.
//!
//! Per application its name and its windows; per window its title, its first and last moment in the slot, and its time and
//! counts. Texts lie there as they are, so that words can be looked for without taking anything apart. Numbers are
//! varints (seven bits a byte, low ones first), trailing zeros left out.

use super::packed::{pack, read_number, read_text, unpack, write_number, write_text};
use crate::totals::Usage;
use journal::QuarterHour;
use model::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// The most bytes the windows of a slot may take; where there is more, none is kept and the records tell. A program that
/// counts seconds in its title has 900 of them in a slot.
const MOST_BYTES: usize = 192 * 1024;

/// Builder of the windows, by application and title.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RollupWindows {
    apps: BTreeMap<String, BTreeMap<String, WindowSum>>,
    bytes: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct WindowSum {
    /// Microseconds from the slot's start.
    first: u64,
    last: u64,
    usage: Usage,
}

impl RollupWindows {
    /// Adds the time of a window between two moments, in microseconds from the slot's start.
    pub(super) fn add(&mut self, app: &str, title: &str, (from, to): (u64, u64), usage: &Usage) {
        if self.bytes > MOST_BYTES {
            return;
        }
        if !self.apps.contains_key(app) {
            self.bytes += app.len() + 8;
            self.apps.insert(app.to_owned(), BTreeMap::new());
        }
        let Some(windows) = self.apps.get_mut(app) else {
            return;
        };
        if let Some(sum) = windows.get_mut(title) {
            sum.first = sum.first.min(from);
            sum.last = sum.last.max(to);
            sum.usage += usage;
            return;
        }
        self.bytes += title.len() + 40;
        let sum = WindowSum {
            first: from,
            last: to,
            usage: *usage,
        };
        windows.insert(title.to_owned(), sum);
        if self.bytes > MOST_BYTES {
            self.apps.clear();
        }
    }

    /// Behind a line feed; nothing where there were too many.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        if self.bytes > MOST_BYTES {
            return;
        }
        out.push(b'\n');
        for (app, windows) in &self.apps {
            write_text(out, app);
            write_number(out, windows.len() as u64);
            for (title, sum) in windows {
                write_text(out, title);
                write_number(out, sum.first);
                write_number(out, sum.last - sum.first);
                let numbers = pack(&sum.usage);
                write_number(out, numbers.len() as u64);
                numbers.iter().for_each(|n| write_number(out, *n));
            }
        }
    }
}

/// A window of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RollupWindow<'a> {
    pub(crate) app: &'a str,
    pub(crate) title: &'a str,
    /// Its first and last moment, clipped to the slot.
    pub(crate) seen: (Timestamp, Timestamp),
    pub(crate) usage: Usage,
}

/// Gives each window of a slot, written with so many counted inputs of each source; `None`, sooner or later, when they are
/// not all there.
pub(super) fn for_each_in<'a>(
    (slot, fields): (QuarterHour, u8),
    mut rest: &'a [u8],
    visit: &mut dyn FnMut(RollupWindow<'a>),
) -> Option<()> {
    let start = slot.start();
    let moment = |offset| start + Duration::from_micros(offset);
    let mut numbers = Vec::new();
    while !rest.is_empty() {
        let app = read_text(&mut rest)?;
        for _ in 0..read_number(&mut rest)? {
            let title = read_text(&mut rest)?;
            let first = read_number(&mut rest)?;
            let last = first.checked_add(read_number(&mut rest)?)?;
            numbers.clear();
            for _ in 0..read_number(&mut rest)? {
                numbers.push(read_number(&mut rest)?);
            }
            visit(RollupWindow {
                app,
                title,
                seen: (moment(first), moment(last)),
                usage: unpack(&numbers, fields),
            });
        }
    }
    Some(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::packed::FIRST_FIELDS;
    use super::*;
    use model::{Counts, InputCounts};

    fn usage(n: u64) -> Usage {
        Usage {
            active: Duration::from_micros(n),
            idle: Duration::ZERO,
            counts: Counts {
                injected: InputCounts {
                    seconds: u64::MAX - n,
                    ..InputCounts::default()
                },
                ..Counts::default()
            },
        }
    }

    type Told = (String, String, (i64, i64), Usage);

    fn read_all(content: &[u8]) -> Option<Vec<Told>> {
        let mut out = Vec::new();
        for_each_in((QuarterHour(2), FIRST_FIELDS), content, &mut |w| {
            let seen = (w.seen.0.as_micros(), w.seen.1.as_micros());
            out.push((w.app.to_owned(), w.title.to_owned(), seen, w.usage));
        })?;
        Some(out)
    }

    #[test]
    fn windows_read_back_and_what_is_cut_off_does_not() {
        let mut windows = RollupWindows::default();
        windows.add("b", "", (5, 6), &usage(1));
        windows.add("a\n", "tit\u{0}le ä", (0, 900_000_000), &usage(300));
        let more = Usage {
            active: Duration::from_micros(2),
            ..Usage::default()
        };
        windows.add("b", "", (2, 3), &more);
        let mut out = Vec::new();
        windows.encode(&mut out);
        assert_eq!(out[0], b'\n');
        let start = QuarterHour(2).start().as_micros();
        let found = read_all(&out[1..]).unwrap();
        assert_eq!(
            found[0],
            (
                "a\n".into(),
                "tit\u{0}le ä".into(),
                (start, start + 900_000_000),
                usage(300)
            )
        );
        assert_eq!(
            (found[1].0.as_str(), found[1].2),
            ("b", (start + 2, start + 6))
        );
        assert_eq!((found[1].3.active.as_micros(), found.len()), (3, 2));
        for end in 2..out.len() {
            // At the end of an application it is whole; missing bytes then show in the sums.
            assert!(
                read_all(&out[1..end]).is_none_or(|some| some.len() < 2),
                "{end}"
            );
        }
    }

    #[test]
    fn too_many_are_none() {
        let mut windows = RollupWindows::default();
        for n in 0..100 {
            windows.add(
                "app",
                &format!("{n}{}", "x".repeat(4_000)),
                (0, 1),
                &usage(1),
            );
        }
        assert!(windows.apps.is_empty());
        let mut out = Vec::new();
        windows.encode(&mut out);
        assert!(out.is_empty());
    }
}

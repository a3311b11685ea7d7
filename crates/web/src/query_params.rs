//! What a request asks for, read from its address.

use jiff::civil::Date;
use std::ops::RangeInclusive;

/// Most days in one question; a year and what hangs over at both ends.
const MOST_DAYS: i32 = 400;

/// Most days in which short interruptions are merged, and the longest of these, in seconds.
const MOST_MERGED: i32 = 62;
const MOST_MERGE_S: u64 = 3_600;

/// The part of an address behind the question mark.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn of(text: &str) -> Self {
        let pairs = text.split('&').filter(|p| !p.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        });
        Self(pairs.collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(n, _)| n == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|v| !v.is_empty())
    }

    pub(crate) fn date(&self, name: &str) -> Result<Option<Date>, &'static str> {
        let date = self.get(name).map(|text| {
            let date: Date = text.parse().ok()?;
            (1990..=2200).contains(&date.year()).then_some(date)
        });
        match date {
            Some(None) => Err("a day is written YYYY-MM-DD"),
            Some(day) => Ok(day),
            None => Ok(None),
        }
    }

    pub(crate) fn days(
        &self,
        first: &str,
        last: &str,
    ) -> Result<RangeInclusive<Date>, &'static str> {
        let (Some(first), Some(last)) = (self.date(first)?, self.date(last)?) else {
            return Err("from which day to which?");
        };
        let length = first.until(last).map_or(i32::MAX, |span| span.get_days());
        match (0..MOST_DAYS).contains(&length) {
            true => Ok(first..=last),
            false => Err("those are too many days, or none"),
        }
    }

    /// Which interruptions are merged, in seconds; none if not said. `days` is how many are asked for.
    pub(crate) fn merge(&self, days: i32) -> Result<u64, &'static str> {
        match self.number("merge")?.unwrap_or(0) {
            0 => Ok(0),
            // Visits are told by records alone, and a year of them takes its time.
            _ if days > MOST_MERGED => Err("at most 62 days can be merged at once"),
            seconds if seconds <= MOST_MERGE_S => Ok(seconds),
            _ => Err("interruptions of an hour at most can be merged"),
        }
    }

    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, &'static str> {
        let number = self.get(name).map(str::parse).transpose();
        number.map_err(|_| "that is not a number")
    }
}

/// Percent signs and pluses undone; what is no text becomes the replacement sign.
fn decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.as_bytes().iter();
    while let Some(byte) = bytes.next() {
        let hex = |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16));
        match *byte {
            b'+' => out.push(b' '),
            b'%' => {
                let rest = bytes.as_slice();
                match (hex(rest.first()), hex(rest.get(1))) {
                    (Some(high), Some(low)) => {
                        out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                        bytes.nth(1);
                    }
                    _ => out.push(b'%'),
                }
            }
            byte => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_back() {
        let query = Query::of("q=a%20b+%C3%A4%&day=2026-11-25&empty=&x=%zz");
        assert_eq!(query.get("q"), Some("a b ä%"));
        assert_eq!(query.get("x"), Some("%zz"));
        assert_eq!(query.get("empty"), None);
        assert_eq!(
            query.date("day").unwrap().unwrap().to_string(),
            "2026-11-25"
        );
        assert!(query.date("q").is_err());
        assert!(Query::of("day=9999-12-31").date("day").is_err());
    }

    #[test]
    fn merging_has_its_bounds() {
        let merge = |text: &str, days| Query::of(text).merge(days).ok();
        assert_eq!(merge("", 366), Some(0));
        assert_eq!(merge("merge=0", 366), Some(0));
        assert_eq!(merge("merge=60", 31), Some(60));
        assert_eq!(merge("merge=60", 63), None);
        assert_eq!(merge("merge=3601", 1), None);
        assert_eq!(merge("merge=-1", 1), None);
    }

    #[test]
    fn ranges_have_an_end() {
        let days = |text: &str| Query::of(text).days("first", "last").is_ok();
        assert!(days("first=2026-01-01&last=2026-12-31"));
        assert!(!days("first=2026-01-01&last=2027-12-31"));
        assert!(!days("first=2026-01-02&last=2026-01-01"));
        assert!(!days("first=2026-01-02"));
    }
}

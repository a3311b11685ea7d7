//! The parameters of a request, from its address.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::civil::Date;
use std::convert::Infallible;
use std::ops::RangeInclusive;

/// Most days of one question: a year and the rest of its first and last week.
const MAX_DAYS: i32 = 400;

/// Most days in which short interruptions are merged, and the longest such interruption in seconds.
const MAX_MERGED_DAYS: i32 = 62;
const MAX_MERGE_SECONDS: u64 = 3_600;

/// The part of an address after the question mark. Errors are texts for the response.
pub(crate) struct QueryParams(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for QueryParams {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::parse_query(parts.uri.query().unwrap_or_default()))
    }
}

impl QueryParams {
    pub(crate) fn parse_query(text: &str) -> Self {
        let pairs = text.split('&').filter(|p| !p.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decode(name), percent_decode(value))
        });
        Self(pairs.collect())
    }

    /// The first value of a parameter; `None` when it is absent or empty.
    pub(crate) fn raw_param(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(n, _)| n == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|v| !v.is_empty())
    }

    pub(crate) fn date_param(&self, name: &str) -> Result<Option<Date>, &'static str> {
        let date = self.raw_param(name).map(|text| {
            let date: Date = text.parse().ok()?;
            (1990..=2200).contains(&date.year()).then_some(date)
        });
        match date {
            Some(None) => Err("a day is written YYYY-MM-DD"),
            Some(day) => Ok(day),
            None => Ok(None),
        }
    }

    /// The days from one parameter to another, both included.
    pub(crate) fn day_range(
        &self,
        first: &str,
        last: &str,
    ) -> Result<RangeInclusive<Date>, &'static str> {
        let (Some(first), Some(last)) = (self.date_param(first)?, self.date_param(last)?) else {
            return Err("from which day to which?");
        };
        let length = first.until(last).map_or(i32::MAX, |span| span.get_days());
        match (0..MAX_DAYS).contains(&length) {
            true => Ok(first..=last),
            false => Err("those are too many days, or none"),
        }
    }

    /// Up to which length visits are merged into what they interrupt, in seconds; 0 when not given. `days` is the number
    /// of days asked for.
    pub(crate) fn merge_seconds(&self, days: i32) -> Result<u64, &'static str> {
        match self.number_param("merge")?.unwrap_or(0) {
            0 => Ok(0),
            // Visits are known from records only, and reading a year of records takes long.
            _ if days > MAX_MERGED_DAYS => Err("at most 62 days can be merged at once"),
            seconds if seconds <= MAX_MERGE_SECONDS => Ok(seconds),
            _ => Err("interruptions of an hour at most can be merged"),
        }
    }

    pub(crate) fn number_param(&self, name: &str) -> Result<Option<u64>, &'static str> {
        let number = self.raw_param(name).map(str::parse).transpose();
        number.map_err(|_| "that is not a number")
    }
}

/// Decodes percent signs and pluses. Bytes that are not UTF-8 become the replacement character.
fn percent_decode(text: &str) -> String {
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
    fn addresses_are_decoded() {
        let query = QueryParams::parse_query("q=a%20b+%C3%A4%&day=2026-11-25&empty=&x=%zz");
        assert_eq!(query.raw_param("q"), Some("a b ä%"));
        assert_eq!(query.raw_param("x"), Some("%zz"));
        assert_eq!(query.raw_param("empty"), None);
        assert_eq!(
            query.date_param("day").unwrap().unwrap().to_string(),
            "2026-11-25"
        );
        assert!(query.date_param("q").is_err());
        assert!(
            QueryParams::parse_query("day=9999-12-31")
                .date_param("day")
                .is_err()
        );
    }

    #[test]
    fn merging_is_bounded() {
        let merge = |text: &str, days| QueryParams::parse_query(text).merge_seconds(days).ok();
        assert_eq!(merge("", 366), Some(0));
        assert_eq!(merge("merge=0", 366), Some(0));
        assert_eq!(merge("merge=60", 31), Some(60));
        assert_eq!(merge("merge=60", 63), None);
        assert_eq!(merge("merge=3601", 1), None);
        assert_eq!(merge("merge=-1", 1), None);
    }

    #[test]
    fn long_ranges_are_refused() {
        let days = |text: &str| {
            QueryParams::parse_query(text)
                .day_range("first", "last")
                .is_ok()
        };
        assert!(days("first=2026-01-01&last=2026-12-31"));
        assert!(!days("first=2026-01-01&last=2027-12-31"));
        assert!(!days("first=2026-01-02&last=2026-01-01"));
        assert!(!days("first=2026-01-02"));
    }
}

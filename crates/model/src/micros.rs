//! Lengths as whole microseconds: how the record's JSON writes a [`Duration`].
//!
//! Use with `#[serde(with = "model::micros")]`, or `model::micros::option` for an `Option<Duration>`.

use serde::{Deserialize, Deserializer, Serializer};
use std::time::Duration;

/// Whole microseconds of `length`, at most `u64::MAX` (584,000 years).
#[must_use]
pub fn to_micros(length: Duration) -> u64 {
    u64::try_from(length.as_micros()).unwrap_or(u64::MAX)
}

/// Writes the length as a number of microseconds.
///
/// # Errors
/// The serialiser's own.
pub fn serialize<S: Serializer>(length: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(to_micros(*length))
}

/// Reads a number of microseconds.
///
/// # Errors
/// When there is no number of 0 to `u64::MAX`.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_micros)
}

/// The same for a length that may be missing.
pub mod option {
    use super::{Deserialize, Deserializer, Duration, Serializer, to_micros};

    /// Writes the length as a number of microseconds, or as null.
    ///
    /// # Errors
    /// The serialiser's own.
    pub fn serialize<S: Serializer>(
        length: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match length {
            Some(length) => serializer.serialize_some(&to_micros(*length)),
            None => serializer.serialize_none(),
        }
    }

    /// Reads a number of microseconds, or null.
    ///
    /// # Errors
    /// When there is something else.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_micros))
    }
}

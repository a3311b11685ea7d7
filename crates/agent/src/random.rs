//! A fresh random number. A failing source gives the middle, which is still a moment nobody can foresee to the second.

/// A random number of the whole range.
pub(crate) fn random_u64() -> u64 {
    getrandom::u64().unwrap_or(u64::MAX / 2)
}

/// A random number in `[0, 1)`.
pub(crate) fn random_fraction() -> f64 {
    getrandom::u32().map_or(0.5, |n| f64::from(n) / (f64::from(u32::MAX) + 1.0))
}

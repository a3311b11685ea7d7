//! Helper programs of `cargo xtask bench`; each is one file in `src/bin`. Never shipped.

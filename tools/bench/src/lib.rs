//! Helper programs of `cargo xtask bench`; each is one file in `src/bin`. Never shipped.
//!
//! Every program prints one line of JSON with what it measured, so that the chore needs to know nothing but names.

pub mod canvas;
pub mod cpu;
pub mod screens;

//! Invented days, for the tests and for the example `demo_page`.

pub(crate) mod backend;
pub(crate) mod journal;

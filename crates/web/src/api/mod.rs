//! What the page is told, as JSON.

pub(crate) mod day;
pub(crate) mod days;
pub(crate) mod export;
pub(crate) mod screenshots;
pub(crate) mod search;

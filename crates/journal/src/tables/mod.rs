//! The tables: typed queries, one file a table. No path and no key is known here; an error is SQLite's own.

pub(crate) mod erased;
pub(crate) mod manifests;
pub(crate) mod meta;
pub(crate) mod provisional;
pub(crate) mod records;
pub(crate) mod rollups;
pub(crate) mod schema;
pub(crate) mod screenshots;
pub(crate) mod segments;
pub(crate) mod sequence;
pub(crate) mod sessions;
pub(crate) mod tombstones;

//! Records as lines.

use model::Line;

/// A row that cannot be read; the others can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// Its number.
    pub seq: u64,
    /// Why, for people.
    pub why: String,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// The records, by rising `seq`.
    pub lines: Vec<Line>,
    /// The rows that could not be read.
    pub damaged: Vec<Damaged>,
}

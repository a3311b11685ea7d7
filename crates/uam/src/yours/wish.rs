//! A wish and what it comes to, as they travel between the programs of one user.

use model::Counts;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;
use zeroize::Zeroize;

/// What is wished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "wish")]
pub(crate) enum Wish {
    /// Take out everything from this moment on (microseconds since the Unix epoch, UTC) until it is done.
    Since {
        /// From when.
        from_us: i64,
    },
    /// Take out a time (microseconds since the Unix epoch, UTC).
    Time {
        /// Its start.
        from_us: i64,
        /// Its end; exclusive.
        to_us: i64,
    },
    /// Take out one picture.
    Shot {
        /// Its number.
        seq: u64,
    },
    /// Erase whole days.
    Erase {
        /// First UTC day, counted from 1970-01-01.
        first: i32,
        /// Last UTC day.
        last: i32,
    },
}

/// The viewer's key, lent to the running instance for one wish. It is wiped when dropped and never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Lent(pub(crate) String);

impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lent(..)")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// An object that holds some of what is taken out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Object {
    /// Its name, without the destination's prefix.
    pub(crate) name: String,
    /// True when nothing else is in it: a picture, or a segment of erased records alone.
    pub(crate) whole: bool,
    /// True for a picture.
    pub(crate) picture: bool,
}

/// What a wish comes to, or came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    /// Spans taken out; of an erasure none.
    pub(crate) spans: u64,
    /// Pictures.
    pub(crate) shots: u64,
    /// Records erased, pictures included.
    pub(crate) records: u64,
    /// Rows that do not open without the viewer's key.
    pub(crate) closed: u64,
    /// Objects that the sink has, or may have.
    pub(crate) objects: Vec<Object>,
    /// True when this needs both factors; nothing was done.
    pub(crate) needs_key: bool,
    /// True when somebody who was looking kept old bytes in the write-ahead log.
    pub(crate) unfolded: bool,
    /// Files that were set aside earlier; they may hold it too, and nothing touches them.
    pub(crate) aside: Vec<PathBuf>,
    /// When the first of it began, in microseconds since the Unix epoch (UTC).
    pub(crate) first_us: Option<i64>,
    /// Counts of the spans, by their start.
    #[serde(skip)]
    pub(crate) counted: Vec<(i64, Counts)>,
}

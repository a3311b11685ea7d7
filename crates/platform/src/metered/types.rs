//! The type that the part of every system returns.

/// Is the network paid for by use?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metered {
    /// Yes, or it looks like it (a phone that shares its connection).
    Yes,
    /// No.
    No,
    /// The system does not say.
    Unknown,
}

//! The type that the part of every system returns.

/// The space on one file system, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskSpace {
    /// Bytes that this user may still write; quotas and the system's reserve are subtracted.
    pub free: u64,
    /// Bytes of the whole file system.
    pub total: u64,
}

//! How long a sink waits for the network.

use std::time::Duration;

/// How long a sink waits for the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For an answer, beside the time a slow line (8 KiB/s) needs for the body.
    pub answer: Duration,
    /// For a request and its whole answer, whatever its size.
    pub total: Duration,
}

impl Default for Timeouts {
    /// 10 s, 30 s and 10 min.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            total: Duration::from_secs(600),
        }
    }
}

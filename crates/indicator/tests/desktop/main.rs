//! On a private session bus: real panels, a real notification service, real clicks.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

//! The gate (one-time codes) and the seal over personal data.

//! A real S3 server on loopback.

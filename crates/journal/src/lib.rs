//! The append-only local truth: SQLite, sealed records, picture files, outbox.

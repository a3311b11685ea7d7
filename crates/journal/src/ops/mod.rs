//! The steps: functions over a write transaction, or over a database and the keys that open it. Each file imports only
//! those above it in this list.

pub(crate) mod add_screenshot;
pub(crate) mod commit;
pub(crate) mod connect;
pub(crate) mod depth;
pub(crate) mod doomed_files;
pub(crate) mod erase;
pub(crate) mod freeze;
pub(crate) mod io_recovery;
pub(crate) mod manifest_outbox;
pub(crate) mod open_screenshot;
pub(crate) mod put_queue;
pub(crate) mod read_records;
pub(crate) mod reconcile;
pub(crate) mod recover;
pub(crate) mod redact;
pub(crate) mod retain;
pub(crate) mod rollup_marks;
pub(crate) mod rollups;
pub(crate) mod salvage;
pub(crate) mod unused_keys;
pub(crate) mod uploaded;
pub(crate) mod write_txn;
pub(crate) mod writer;

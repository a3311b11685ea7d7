//! Redaction: a person deletes parts of their own record, or erases whole days of it.
//!
//! Always true: numbers come before changes; the journal is changed before anything is deleted at the destination; objects
//! that could not be deleted are named to the user and in the record.

mod executor;
mod messages;
mod plan;
mod uploaded_copies;

pub use executor::{
    delete_copies_and_note, is_agent_running, record_through, redact_directly, redact_through_agent,
};
pub(crate) use messages::redaction_notice;
pub use messages::{copy_notices, describe_amount, describe_scope};
pub(crate) use plan::{apply, dry_run, exceeds_object_limit};
pub use uploaded_copies::{DeletionReport, delete_uploaded_copies};

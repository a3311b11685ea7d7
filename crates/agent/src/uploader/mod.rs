//! The upload process: uploads the outbox once, then applies the rule for old screenshots.

mod run;
mod summary;

pub use run::{UploadOptions, read_lease, run_upload, summarise_failure};
pub use summary::{UploadProblem, UploadSummary};

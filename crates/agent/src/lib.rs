//! The running agent, and everything that acts on its record from outside: the supervisor, the worker that records, the
//! upload process, the keyholder, and redaction.
//!
//! Always true: nothing here parses a command line or prompts, and nothing prints but a worker's view of a terminal.

mod access;
mod agent_call;
mod app_context;
mod day_so_far;
mod freezing;
mod handover;
mod journal_keys;
pub mod keyholder;
mod latch;
mod notices;
mod page_launcher;
mod random;
pub mod redaction;
pub mod retention;
mod settings_changes;
mod supervisor;
pub mod uploader;
pub mod user_commands;
mod worker;

pub use access::{ReadAccess, UNLOCK_IDLE, unlock_slot_from_store, verify_typed_factors};
pub use agent_call::call_running_agent;
pub use app_context::AppContext;
pub use day_so_far::read_day_so_far;
pub use handover::{Handover, LEASE_DURATION};
pub use journal_keys::journal_keys;
pub use notices::record_notices;
pub use settings_changes::{add_exclusion_rule, reload_after_change};
pub use supervisor::{OWN_EXIT_BASE, SupervisorSetup, run_supervisor};
pub use worker::{
    TerminalMode, TraceFile, UploadProcessSetup, WorkerSetup, describe_availability,
    describe_support, desktop_options, indicator_options, run_worker,
};

//! A real S3 server on loopback, with faults on demand.
//!
//! [`S3Server`] serves one directory as one bucket through `s3s` and `s3s-fs`: it checks signatures (a wrong key gets
//! 403), checksums and `If-None-Match`. A [`FaultPlan`] plan decides the fault of each request. The server can be
//! stopped for a while ([`S3Server::stop`], [`S3Server::restart`]): the port stays the same, nothing listens on it.
//!
//! Always true:
//! * It listens on 127.0.0.1 only, and has released its port when [`S3Server::stop`] returns or the value is dropped.
//! * Everything is bounded: connections ([`MAX_CONNECTIONS`]; more wait to be accepted), the request log
//!   ([`MAX_LOG`]; the oldest entry goes first) and a stall ([`MAX_STALL`]).

mod access;
mod fault_plan;
mod faulty_answer;
mod options;
mod serve;
mod server;
mod spoiled_stream;
mod state;
mod tls;

pub use access::BucketAccess;
pub use fault_plan::{FaultPlan, S3Fault, SeenRequest};
pub use faulty_answer::MAX_STALL;
pub use options::S3ServerOptions;
pub use serve::MAX_CONNECTIONS;
pub use server::{S3Server, read_objects};
pub use state::{MAX_LOG, RequestLogEntry, RequestTotals};
pub use tls::AUTHORITY;

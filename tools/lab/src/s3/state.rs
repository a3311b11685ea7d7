//! The state of a server: its faults, its log, its counters.

use super::fault_plan::{FaultPlan, S3Fault};
use s3s::service::S3Service;
use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio_rustls::TlsAcceptor;

/// Requests remembered by [`super::S3Server::log`]; when full, the oldest is forgotten.
pub const MAX_LOG: usize = 20_000;

/// One received request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestLogEntry {
    /// HTTP method.
    pub method: String,
    /// Path after the bucket, still percent-encoded.
    pub key: String,
    /// The fault it got.
    pub fault: S3Fault,
    /// Status the client was sent; 0 when it got no answer.
    pub status: u16,
}

/// Numbers of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestTotals {
    /// All requests.
    pub requests: u64,
    /// PUT requests, but for those of objects whose put was acknowledged before.
    pub puts: u64,
    /// Requests that got a fault.
    pub faults: u64,
}

/// ServerState by all connections of a server.
pub(super) struct ServerState {
    pub(super) service: S3Service,
    pub(super) faults: Mutex<FaultPlan>,
    pub(super) log: Mutex<VecDeque<RequestLogEntry>>,
    pub(super) acknowledged: Mutex<BTreeSet<String>>,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) requests: AtomicU64,
    pub(super) puts: AtomicU64,
    pub(super) faulty: AtomicU64,
    pub(super) open: AtomicUsize,
}

/// A poisoned lock only means that a test failed elsewhere; its data is still consistent.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

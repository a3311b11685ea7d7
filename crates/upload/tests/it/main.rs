//! Delivery against real servers, directories and journals.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod conformance;
mod credentials;
mod destinations;
mod faults;
mod journals;
mod kit;
mod manifests;
mod meddling;
mod network;
mod readable;
mod recorded_journal;
mod rights;
mod servers;
mod uploaded_journal;

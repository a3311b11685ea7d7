//! Delivery against real servers, directories and journals.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod conformance;
mod credentials;
mod destinations;
mod faults;
mod journals;
mod kit;
mod manifests;
mod network;
mod readable;
mod rights;
mod servers;

//! A made-up user: a desktop, a phone with codes, a bucket, and uam run as they would run it.

pub(crate) mod authenticator;
pub(crate) mod s3_process;
pub(crate) mod simulated_user;
pub(crate) mod uam_process;
pub(crate) mod virtual_screen;

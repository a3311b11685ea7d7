//! uam.
fn main() {}

//! The live terminal view and the plain one.

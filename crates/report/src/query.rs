//! The questions, put to a journal.

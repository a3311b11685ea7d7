//! The recorder: a pure state machine from events to records.

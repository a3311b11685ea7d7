//! Every question anybody asks of the journal.

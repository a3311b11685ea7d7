//! Delivery: outbox to segments and pictures, into any sink.

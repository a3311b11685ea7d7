//! Records that the journal has not taken yet.

use journal::QuarterHour;
use model::{Record, Span};
use recorder::RecorderBatch;
use report::RollupBuilder;
use std::collections::BTreeMap;

/// Records that may wait for a disk that cannot be written; days of a busy desktop. When full, the recording ends with
/// an error: records that are not on disk must not be shown as recorded.
const CAPACITY: usize = 100_000;

/// Records that the journal has not taken yet.
pub(super) struct UnwrittenRecords {
    pub(super) records: Vec<Record>,
    pub(super) pending: BTreeMap<u64, Span>,
    pub(super) drop_below: u64,
    /// Sums of the records, written in the same step as the last record of each.
    pub(super) rollups: RollupBuilder,
}

impl UnwrittenRecords {
    /// `clear_from`: the first quarter hour that nobody has written into.
    pub(super) fn new(clear_from: QuarterHour) -> Self {
        Self {
            records: Vec::new(),
            pending: BTreeMap::new(),
            drop_below: 0,
            rollups: RollupBuilder::new(clear_from),
        }
    }

    pub(super) fn add(&mut self, batch: RecorderBatch) {
        for record in &batch.records {
            if let Record::Span(span) = record {
                self.rollups.add(span);
            }
        }
        self.records.extend(batch.records);
        self.pending.extend(batch.provisional_put);
        self.drop_below = self.drop_below.max(batch.provisional_drop_below);
        let settled = self.drop_below;
        self.pending.retain(|id, _| *id >= settled);
    }

    /// All of it is in the journal.
    pub(super) fn mark_written(&mut self) {
        self.records.clear();
        self.pending.clear();
        self.rollups.mark_written();
    }

    pub(super) fn is_full(&self) -> bool {
        self.records.len() >= CAPACITY
    }
}

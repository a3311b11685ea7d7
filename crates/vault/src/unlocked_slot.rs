//! An opened key slot, and its entry in a list.

use crate::cipher::SecretKey;
use crate::key_slots::{KeySlot, KeySlotKind, SlotKeys};
use model::Timestamp;
use std::fmt;

/// An opened slot: the first factor. Its keys are wiped when it is dropped.
pub struct UnlockedSlot {
    pub(crate) slot: KeySlot,
    pub(crate) keys: SlotKeys,
    pub(crate) gate_key: SecretKey,
}

/// A key slot, for lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySlotInfo {
    /// Its number; never given twice.
    pub id: u32,
    /// The kind of secret that opens it.
    pub kind: KeySlotKind,
    /// When it was made.
    pub created: Timestamp,
}

impl fmt::Debug for UnlockedSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnlockedSlot({} {})", self.slot.kind, self.slot.id)
    }
}

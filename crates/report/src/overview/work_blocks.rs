//! Blocks of work, for a calendar.
//!
//! Each ten minutes go to the label that was active longest in them; neighbours with the same label make a block, which
//! lasts from its first active instant to its last. So blocks never overlap, and a block's active time is never longer than the block.

use super::{Overview, RowLabel};
use crate::buckets::TEN_MINUTES;
use crate::totals::RowKey;
use model::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;
use strum::{EnumString, IntoStaticStr};

/// The label that blocks are made by. Its words are those of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum GroupBy {
    /// Projects.
    Project,
    /// Categories.
    Category,
    /// Applications.
    App,
}

impl GroupBy {
    /// The name a label has here; none where no rule names it, or where the name is withheld.
    fn name(self, label: &RowLabel) -> Option<&str> {
        let name = match self {
            Self::Project => &*label.project,
            Self::Category => &*label.category,
            Self::App => &label.app,
        };
        let ruled = self == Self::App || !name.starts_with('(');
        (ruled && !name.is_empty()).then_some(name)
    }
}

/// A block of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkBlock {
    /// The project, category or application.
    pub name: String,
    /// Its first active instant.
    pub from: Timestamp,
    /// The instant after its last active one.
    pub to: Timestamp,
    /// Active time in it; at most its length.
    pub active: Duration,
    /// The last ten minutes in it.
    ten: Timestamp,
}

impl Overview {
    /// The blocks that last at least `min`, in order.
    #[must_use]
    pub fn blocks(&self, by: GroupBy, min: Duration) -> Vec<WorkBlock> {
        let mut blocks: Vec<WorkBlock> = Vec::new();
        for day in &self.days {
            // Per ten minutes and name.
            let mut tens: BTreeMap<Timestamp, BTreeMap<&str, WorkBlock>> = BTreeMap::new();
            for cell in &day.cells {
                let names = tens.entry(cell.ten).or_default();
                let RowKey::Window(n) = cell.row else {
                    continue;
                };
                let label = &self.labels[n as usize];
                let Some(name) = by.name(label) else { continue };
                let block = names.entry(name).or_insert_with(|| WorkBlock {
                    name: name.to_owned(),
                    from: cell.from,
                    to: cell.to,
                    active: Duration::ZERO,
                    ten: cell.ten,
                });
                block.from = block.from.min(cell.from);
                block.to = block.to.max(cell.to);
                block.active += cell.active;
            }
            for (ten, names) in tens {
                // Of equal ones the first by name.
                let most = names.into_values().rev().max_by_key(|b| b.active);
                let Some(most) = most else { continue };
                match blocks.last_mut() {
                    Some(last) if last.name == most.name && ten == last.ten + TEN_MINUTES => {
                        last.to = last.to.max(most.to);
                        last.active += most.active;
                        last.ten = ten;
                    }
                    _ => blocks.push(most),
                }
            }
        }
        blocks.retain(|b| b.to.duration_since(b.from) >= min);
        blocks
    }
}

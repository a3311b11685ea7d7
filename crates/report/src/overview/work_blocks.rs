//! Blocks of work, for a calendar.
//!
//! Each ten minutes go to the label that was active longest in them; neighbours with the same label make a block, which
//! lasts from its first active instant to its last. So blocks never overlap, and a block's active time is never longer than the block.

use super::{Overview, RowLabel};
use crate::buckets::TEN_US;
use crate::totals::RowKey;
use std::collections::BTreeMap;
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
    /// Its first active instant, in microseconds since the Unix epoch (UTC).
    pub from_us: i64,
    /// The instant after its last active one.
    pub to_us: i64,
    /// Active time in it, in microseconds; at most its length.
    pub active_us: u64,
    ten_us: i64,
}

impl Overview {
    /// The blocks that last at least `min_us` (microseconds), in order.
    #[must_use]
    pub fn blocks(&self, by: GroupBy, min_us: u64) -> Vec<WorkBlock> {
        let mut blocks: Vec<WorkBlock> = Vec::new();
        for day in &self.days {
            // Per ten minutes and name.
            let mut tens: BTreeMap<i64, BTreeMap<&str, WorkBlock>> = BTreeMap::new();
            for cell in &day.cells {
                let names = tens.entry(cell.ten_us).or_default();
                let RowKey::Window(n) = cell.row else {
                    continue;
                };
                let label = &self.labels[n as usize];
                let Some(name) = by.name(label) else { continue };
                let block = names.entry(name).or_insert_with(|| WorkBlock {
                    name: name.to_owned(),
                    from_us: cell.from_us,
                    to_us: cell.to_us,
                    active_us: 0,
                    ten_us: cell.ten_us,
                });
                block.from_us = block.from_us.min(cell.from_us);
                block.to_us = block.to_us.max(cell.to_us);
                block.active_us += cell.active_us;
            }
            for (ten_us, names) in tens {
                // Of equal ones the first by name.
                let most = names.into_values().rev().max_by_key(|b| b.active_us);
                let Some(most) = most else { continue };
                match blocks.last_mut() {
                    Some(last) if last.name == most.name && ten_us - last.ten_us == TEN_US => {
                        last.to_us = last.to_us.max(most.to_us);
                        last.active_us += most.active_us;
                        last.ten_us = ten_us;
                    }
                    _ => blocks.push(most),
                }
            }
        }
        blocks.retain(|b| b.to_us.abs_diff(b.from_us) >= min_us);
        blocks
    }
}

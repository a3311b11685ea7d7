//! Where there is no FUSE, no disk can be cut off in the middle of a write.

use crate::lab::{LabVerdict, RunLength};
use anyhow::Result;

pub(crate) fn run(_: RunLength) -> Result<LabVerdict> {
    Ok(LabVerdict::CannotHere(
        "the disk that is cut off is made with Linux's FUSE and loop devices".to_owned(),
    ))
}

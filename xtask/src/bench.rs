//! bench placeholder
use crate::{args::Bench, process::Stop};
pub(crate) fn run(_o: &Bench, _s: &Stop) -> anyhow::Result<()> {
    Ok(())
}

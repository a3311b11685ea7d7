//! X11.

use crate::{Desktop, Options};
use model::Clock;
use std::sync::Arc;

pub(crate) fn open(_desktop: &mut Desktop, _options: &Options, _clock: &Arc<dyn Clock>) {}

//! Linux: the X11 desktop, logind and the kernel's power supplies.

use crate::{Desktop, Options, x11};
use model::Clock;
use std::sync::Arc;

pub(crate) fn open(desktop: &mut Desktop, options: &Options, clock: &Arc<dyn Clock>) {
    x11::open(desktop, options, clock);
}

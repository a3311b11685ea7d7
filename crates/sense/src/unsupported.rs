//! A system without sensors (yet): every concern is refused with a reason.

use crate::{Desktop, Options};
use model::{Clock, Concern, Unsupported};
use std::sync::Arc;

pub(crate) fn open(desktop: &mut Desktop, _options: &Options, _clock: &Arc<dyn Clock>) {
    for concern in Concern::ALL {
        desktop.refuse(
            concern,
            Unsupported::new(
                format!("there are no sensors for {} yet", std::env::consts::OS),
                "run uam on Linux with an X11 desktop, or replay a trace",
            ),
        );
    }
}

//! A system without sensors (yet): every kind is refused with a reason.

use crate::desktop_builder::DesktopBuilder;
use crate::options::DesktopOptions;
use model::{Clock, SensorKind, Unsupported};
use std::sync::Arc;

pub(crate) fn add_sensors(
    builder: &mut DesktopBuilder,
    _options: &DesktopOptions,
    _clock: &Arc<dyn Clock>,
) {
    for kind in SensorKind::ALL {
        builder.declare_unsupported(
            kind,
            Unsupported::new(
                format!("there are no sensors for {} yet", std::env::consts::OS),
                "run uam on Linux with an X11 desktop, or replay a trace",
            ),
        );
    }
}

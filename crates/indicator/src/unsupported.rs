//! A system whose desktop is not supported: nothing is shown, and the availability says so.

use crate::availability::Availability;
use crate::handler::MenuHandler;
use crate::options::IndicatorOptions;
use crate::shared_state::SharedState;
use model::{SensorSupport, Unsupported};
use std::sync::Arc;

pub(crate) fn run_backend(
    state: &SharedState,
    _options: &IndicatorOptions,
    _handler: &Arc<dyn MenuHandler>,
) {
    let reason = unsupported_reason();
    state.set_unsupported(&reason.reason, &reason.remedy);
}

pub(crate) fn probe_desktop(_options: &IndicatorOptions) -> Availability {
    Availability {
        tray: SensorSupport::Unsupported(unsupported_reason()),
        notifications: SensorSupport::Unsupported(unsupported_reason()),
    }
}

fn unsupported_reason() -> Unsupported {
    Unsupported::new(
        format!("nothing is shown on {} yet", std::env::consts::OS),
        "`uam status` says whether it records",
    )
}

//! Whether this desktop shows the icon and the notifications, and why not.

use crate::options::IndicatorOptions;
use model::{SensorSupport, Unsupported};
use serde::{Deserialize, Serialize};

/// Whether the desktop shows the icon and the notifications.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Availability {
    /// The icon in the tray.
    pub tray: SensorSupport,
    /// The notifications.
    #[serde(rename = "bubbles")]
    pub notifications: SensorSupport,
}

impl Availability {
    /// The availability before the desktop was asked; a part that is switched off has that as its reason.
    #[must_use]
    pub fn before_start(options: &IndicatorOptions) -> Self {
        let unavailable = |wanted: bool, setting: &str| {
            SensorSupport::Unsupported(match wanted {
                true => Unsupported::new("the desktop has not answered yet", ""),
                false => Unsupported::new(format!("switched off ({setting})"), ""),
            })
        };
        Self {
            tray: unavailable(options.tray, "indicator.tray"),
            notifications: unavailable(options.notifications, "indicator.notify"),
        }
    }
}

//! Which parts of the indicator are wanted.

/// Which parts of the indicator are wanted, and on which desktop.
#[derive(Clone, Debug)]
pub struct IndicatorOptions {
    /// Show an icon in the tray.
    pub tray: bool,
    /// Show notifications.
    pub notifications: bool,
    /// The address of the session bus; none means the environment's. Linux only.
    pub bus: Option<String>,
}

//! The active window, and whether it may be named or captured.

use crate::exclusions::ExclusionRules;
use crate::interface::SkipReason;
use model::{ActiveWindow, Coverage, WindowInfo};
use std::sync::Arc;

/// The active window, judged by the exclusion rules.
#[derive(Debug, Default)]
pub(crate) struct ActiveWindowState {
    active: Option<ActiveWindow>,
    protected: bool,
}

impl ActiveWindowState {
    /// The state after `active` became the active window.
    pub(crate) fn new(active: Option<ActiveWindow>, rules: &ExclusionRules) -> Self {
        let protected = active.as_ref().is_some_and(|a| rules.protects(&a.window));
        Self { active, protected }
    }

    /// True when a record would show the difference. From one protected window to another none does.
    pub(crate) fn differs_from(&self, other: &Self) -> bool {
        let same = match (&self.active, &other.active) {
            (Some(a), Some(b)) => a.window == b.window,
            (None, None) => true,
            _ => false,
        };
        !(same || self.protected && other.protected)
    }

    /// The same window under other rules.
    pub(crate) fn under_rules(&self, rules: &ExclusionRules) -> Self {
        Self::new(self.active.clone(), rules)
    }

    pub(crate) fn is_protected(&self) -> bool {
        self.protected
    }

    /// The window, when it may be named in this state.
    pub(crate) fn named_window(&self, state: Coverage) -> Option<Arc<WindowInfo>> {
        self.active
            .as_ref()
            .filter(|_| state.is_recording() && !self.protected)
            .map(|a| Arc::clone(&a.window))
    }

    /// The window, when it may be captured in this state.
    pub(crate) fn screenshot_target(&self, state: Coverage) -> Result<ActiveWindow, SkipReason> {
        match (state, &self.active) {
            (Coverage::Active, _) if self.protected => Err(SkipReason::Protected),
            (Coverage::Active, Some(active)) => Ok(active.clone()),
            (Coverage::Active, None) => Err(SkipReason::NoWindow),
            (state, _) => Err(SkipReason::State(state)),
        }
    }
}

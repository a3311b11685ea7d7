//! The program's side of the menu: it executes commands and answers with notifications.

use crate::shared_state::SharedState;
use crate::status::Notification;
use protocol::UserCommand;
use std::sync::Arc;

/// Executes the commands of the menu. Both methods are called on the indicator's own thread and should return soon:
/// the icon does not change meanwhile.
pub trait MenuHandler: Send + Sync + 'static {
    /// Executes a command that was chosen in the menu. Its outcome can be sent through `notifications` later.
    fn handle_command(&self, command: UserCommand, notifications: &NotificationSender);

    /// The menu is about to be shown: would the page open now?
    fn page_availability(&self) -> PageAvailability;
}

/// Whether the page would open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageAvailability {
    /// At once.
    Ready,
    /// Not before a person has done this, such as "first run `uam unlock` in a terminal".
    Needs(String),
}

/// Sends notifications from any thread, while they are wanted and the indicator runs.
#[derive(Clone)]
pub struct NotificationSender(pub(crate) Arc<SharedState>);

impl NotificationSender {
    /// Shows a notification. Never waits; as [`Indicator::notify`](crate::Indicator::notify).
    pub fn send(&self, notification: Notification) {
        self.0.add_notification(notification);
    }
}

//! Notifications through the desktop's service. Each replaces the one before, so that a busy day leaves no pile of them.

use super::item::escape_markup;
use std::collections::VecDeque;

/// This many sentences wait for a service that has not answered; the oldest gives way.
const MAX_WAITING: usize = crate::shared_state::MAX_NOTIFICATIONS;

/// The abilities of the notification service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ServerCapabilities {
    /// It shows a text below the title.
    body: bool,
    /// It reads that text as markup.
    markup: bool,
}

impl ServerCapabilities {
    pub(super) fn from_words(words: &[String]) -> Self {
        let has = |word: &str| words.iter().any(|w| w == word);
        Self {
            body: has("body"),
            markup: has("body-markup"),
        }
    }
}

/// The next call to send to the service.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NextCall {
    /// Ask for its capabilities.
    GetCapabilities,
    /// Show this: the number of the notification to replace (0: none), title and text.
    Notify(u32, String, String),
}

/// The notifications that wait to be sent.
#[derive(Default)]
pub(super) struct NotificationQueue {
    capabilities: Option<ServerCapabilities>,
    waiting: VecDeque<String>,
    /// A call has not been answered yet.
    pending: bool,
    /// The number of the last notification.
    last: u32,
}

impl NotificationQueue {
    pub(super) fn enqueue_text(&mut self, text: String) {
        if self.waiting.len() >= MAX_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back(text);
    }

    /// True when nothing waits to be sent.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The call to send now, if any. Its answer goes to [`Self::set_capabilities`], [`Self::confirm_shown`] or
    /// [`Self::discard_waiting`].
    pub(super) fn next_call(&mut self) -> Option<NextCall> {
        if self.waiting.is_empty() || self.pending {
            return None;
        }
        self.pending = true;
        let Some(capabilities) = self.capabilities else {
            return Some(NextCall::GetCapabilities);
        };
        let texts: Vec<String> = self.waiting.drain(..).collect();
        let text = texts.join("\n");
        let (title, body) = match capabilities {
            ServerCapabilities { body: false, .. } => {
                (format!("uam: {}", text.replace('\n', " ")), String::new())
            }
            ServerCapabilities { markup: true, .. } => ("uam".to_owned(), escape_markup(&text)),
            ServerCapabilities { markup: false, .. } => ("uam".to_owned(), text),
        };
        Some(NextCall::Notify(self.last, title, body))
    }

    pub(super) fn set_capabilities(&mut self, capabilities: ServerCapabilities) {
        self.pending = false;
        self.capabilities = Some(capabilities);
    }

    pub(super) fn confirm_shown(&mut self, number: u32) {
        self.pending = false;
        self.last = number;
    }

    /// Drops the waiting notifications, because the service failed; later ones are tried again.
    pub(super) fn discard_waiting(&mut self) {
        self.pending = false;
        self.waiting.clear();
    }

    /// Drops the former service: another has taken its place, or none.
    pub(super) fn reset_server(&mut self) {
        (self.capabilities, self.pending, self.last) = (None, false, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue_with(words: &[&str]) -> NotificationQueue {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        let mut queue = NotificationQueue::default();
        queue.set_capabilities(ServerCapabilities::from_words(&words));
        queue
    }

    fn show(number: u32, title: &str, body: &str) -> Option<NextCall> {
        Some(NextCall::Notify(number, title.to_owned(), body.to_owned()))
    }

    #[test]
    fn the_service_is_asked_once_and_each_notification_replaces_the_last() {
        let mut queue = NotificationQueue::default();
        assert_eq!(queue.next_call(), None);
        queue.enqueue_text("one".to_owned());
        assert_eq!(queue.next_call(), Some(NextCall::GetCapabilities));
        queue.enqueue_text("two".to_owned());
        assert_eq!(queue.next_call(), None, "the answer is still to come");
        queue.set_capabilities(ServerCapabilities::from_words(&["body".to_owned()]));
        assert_eq!(queue.next_call(), show(0, "uam", "one\ntwo"));
        queue.enqueue_text("three".to_owned());
        assert_eq!(queue.next_call(), None, "its number is not known yet");
        queue.confirm_shown(7);
        assert_eq!(queue.next_call(), show(7, "uam", "three"));
        queue.reset_server();
        queue.enqueue_text("four".to_owned());
        assert_eq!(queue.next_call(), Some(NextCall::GetCapabilities));
        queue.discard_waiting();
        assert!(queue.is_empty());
    }

    #[test]
    fn each_service_gets_text_it_can_show() {
        for (words, title, body) in [
            (&["body", "body-markup"][..], "uam", "a &lt;b&gt; &amp; c"),
            (&["body"][..], "uam", "a <b> & c"),
            (&["actions"][..], "uam: a <b> & c", ""),
        ] {
            let mut queue = queue_with(words);
            queue.enqueue_text("a <b> & c".to_owned());
            assert_eq!(queue.next_call(), show(0, title, body), "{words:?}");
        }
    }

    #[test]
    fn a_service_that_never_answers_leaves_the_newest_waiting() {
        let mut queue = queue_with(&["body"]);
        queue.enqueue_text("sent".to_owned());
        assert!(queue.next_call().is_some());
        for n in 0..100 {
            queue.enqueue_text(n.to_string());
            assert_eq!(queue.next_call(), None);
        }
        queue.confirm_shown(1);
        let text = "92\n93\n94\n95\n96\n97\n98\n99";
        assert_eq!(queue.next_call(), show(1, "uam", text));
    }
}

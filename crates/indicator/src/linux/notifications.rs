//! Bubbles through the notification service: one that is written over, so that a busy day leaves no heap of them.

use super::item::markup;
use std::collections::VecDeque;

/// So many sentences wait for a service that has not answered; the oldest gives way.
const MOST: usize = crate::MOST_BUBBLES;

/// What the service can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Abilities {
    /// A text below the title?
    body: bool,
    /// Does it take some of that text for markup?
    markup: bool,
}

impl Abilities {
    pub(super) fn of(words: &[String]) -> Self {
        let has = |word: &str| words.iter().any(|w| w == word);
        Self {
            body: has("body"),
            markup: has("body-markup"),
        }
    }
}

/// What is to be sent next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Ask what the service can show.
    Ask,
    /// Show this: the number of the bubble to write over (0: none), title and text.
    Show(u32, String, String),
}

/// The bubbles on their way.
#[derive(Default)]
pub(super) struct Bubbles {
    abilities: Option<Abilities>,
    waiting: VecDeque<String>,
    /// An answer is still to come.
    pending: bool,
    /// The bubble that is there, or was.
    last: u32,
}

impl Bubbles {
    pub(super) fn push(&mut self, text: String) {
        if self.waiting.len() >= MOST {
            self.waiting.pop_front();
        }
        self.waiting.push_back(text);
    }

    /// Nothing waits to be sent?
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    /// What is to be sent now, if anything. Its answer is told to [`Bubbles::able`], [`Bubbles::shown`] or
    /// [`Bubbles::failed`].
    pub(super) fn next(&mut self) -> Option<Next> {
        if self.waiting.is_empty() || self.pending {
            return None;
        }
        self.pending = true;
        let Some(abilities) = self.abilities else {
            return Some(Next::Ask);
        };
        let texts: Vec<String> = self.waiting.drain(..).collect();
        let text = texts.join("\n");
        let (title, body) = match abilities {
            Abilities { body: false, .. } => {
                (format!("uam: {}", text.replace('\n', " ")), String::new())
            }
            Abilities { markup: true, .. } => ("uam".to_owned(), markup(&text)),
            Abilities { markup: false, .. } => ("uam".to_owned(), text),
        };
        Some(Next::Show(self.last, title, body))
    }

    pub(super) fn able(&mut self, abilities: Abilities) {
        self.pending = false;
        self.abilities = Some(abilities);
    }

    pub(super) fn shown(&mut self, number: u32) {
        self.pending = false;
        self.last = number;
    }

    /// What waits was not to be shown here; what comes later is tried anew.
    pub(super) fn failed(&mut self) {
        self.pending = false;
        self.waiting.clear();
    }

    /// Another service, or none: it knows nothing of what the former was told.
    pub(super) fn another(&mut self) {
        (self.abilities, self.pending, self.last) = (None, false, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn able(words: &[&str]) -> Bubbles {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        let mut bubbles = Bubbles::default();
        bubbles.able(Abilities::of(&words));
        bubbles
    }

    fn show(number: u32, title: &str, body: &str) -> Option<Next> {
        Some(Next::Show(number, title.to_owned(), body.to_owned()))
    }

    #[test]
    fn the_service_is_asked_once_and_one_bubble_is_written_over() {
        let mut bubbles = Bubbles::default();
        assert_eq!(bubbles.next(), None);
        bubbles.push("one".to_owned());
        assert_eq!(bubbles.next(), Some(Next::Ask));
        bubbles.push("two".to_owned());
        assert_eq!(bubbles.next(), None, "the answer is still to come");
        bubbles.able(Abilities::of(&["body".to_owned()]));
        assert_eq!(bubbles.next(), show(0, "uam", "one\ntwo"));
        bubbles.push("three".to_owned());
        assert_eq!(bubbles.next(), None, "its number is not known yet");
        bubbles.shown(7);
        assert_eq!(bubbles.next(), show(7, "uam", "three"));
        bubbles.another();
        bubbles.push("four".to_owned());
        assert_eq!(bubbles.next(), Some(Next::Ask));
        bubbles.failed();
        assert!(bubbles.is_idle());
    }

    #[test]
    fn each_service_gets_what_it_can_show() {
        for (words, title, body) in [
            (&["body", "body-markup"][..], "uam", "a &lt;b&gt; &amp; c"),
            (&["body"][..], "uam", "a <b> & c"),
            (&["actions"][..], "uam: a <b> & c", ""),
        ] {
            let mut bubbles = able(words);
            bubbles.push("a <b> & c".to_owned());
            assert_eq!(bubbles.next(), show(0, title, body), "{words:?}");
        }
    }

    #[test]
    fn a_service_that_never_answers_leaves_the_newest_waiting() {
        let mut bubbles = able(&["body"]);
        bubbles.push("sent".to_owned());
        assert!(bubbles.next().is_some());
        for n in 0..100 {
            bubbles.push(n.to_string());
            assert_eq!(bubbles.next(), None);
        }
        bubbles.shown(1);
        let text = "92\n93\n94\n95\n96\n97\n98\n99";
        assert_eq!(bubbles.next(), show(1, "uam", text));
    }
}

//! What a key means, and the questions that stand in place of the keys. Pure: the present comes in.

use crate::input::Key;
use model::Coverage;
use std::time::{Duration, Instant};

/// How long a question stands.
const STANDS: Duration = Duration::from_secs(10);

/// What the user wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Pause the recording.
    Pause(Pause),
    /// Resume it.
    Resume,
    /// Take a shot now.
    Shot,
    /// Stop and quit. The view goes on until it is told to end.
    Stop,
}

/// How long a pause lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// So many minutes.
    Minutes(u16),
    /// Until the next day begins here.
    Tomorrow,
    /// Until resumed.
    UntilResumed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Quit,
    Pause,
}

impl Question {
    fn text(self) -> &'static str {
        match self {
            Self::Quit => "Stop recording and quit?  y yes   any other key: go on",
            Self::Pause => "Pause?  1 15 min   2 1 h   3 until tomorrow   4 until resumed   Esc no",
        }
    }

    /// What a key answers; every other key means no.
    fn answer(self, key: char) -> Option<Command> {
        match (self, key) {
            (Self::Quit, 'y' | 'q') => Some(Command::Stop),
            (Self::Pause, '1') => Some(Command::Pause(Pause::Minutes(15))),
            (Self::Pause, '2') => Some(Command::Pause(Pause::Minutes(60))),
            (Self::Pause, '3') => Some(Command::Pause(Pause::Tomorrow)),
            // Twice the same key, as for quitting.
            (Self::Pause, '4' | 'p') => Some(Command::Pause(Pause::UntilResumed)),
            _ => None,
        }
    }
}

/// The question that stands, if any.
#[derive(Debug, Default)]
pub(crate) struct Dialog {
    asked: Option<(Question, Instant)>,
}

impl Dialog {
    /// What a key means at `now`, while the recording is in `state` (none before the first one is known).
    pub(crate) fn key(
        &mut self,
        key: Key,
        state: Option<Coverage>,
        now: Instant,
    ) -> Option<Command> {
        let asked = self.standing(now);
        self.asked = None;
        let key = match key {
            Key::Interrupt => return Some(Command::Stop),
            Key::Char(key) => key,
            _ => return None,
        };
        if let Some(question) = asked {
            return question.answer(key);
        }
        match (key, state) {
            ('p', Some(Coverage::Paused)) => Some(Command::Resume),
            ('p', Some(_)) => self.ask(Question::Pause, now),
            ('q', _) => self.ask(Question::Quit, now),
            ('s', _) => Some(Command::Shot),
            _ => None,
        }
    }

    /// The question to show at `now`.
    pub(crate) fn text(&self, now: Instant) -> Option<&'static str> {
        self.standing(now).map(Question::text)
    }

    fn ask(&mut self, question: Question, now: Instant) -> Option<Command> {
        self.asked = Some((question, now));
        None
    }

    fn standing(&self, now: Instant) -> Option<Question> {
        self.asked
            .filter(|(_, since)| now.saturating_duration_since(*since) < STANDS)
            .map(|(question, _)| question)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(keys: &str, state: Coverage) -> Vec<Command> {
        let (mut dialog, now) = (Dialog::default(), Instant::now());
        keys.chars()
            .filter_map(|c| {
                let key = match c {
                    'E' => Key::Other,
                    'C' => Key::Interrupt,
                    c => Key::Char(c),
                };
                dialog.key(key, Some(state), now)
            })
            .collect()
    }

    #[test]
    fn a_pause_is_chosen_or_left() {
        for (keys, pause) in [
            ("p1", Pause::Minutes(15)),
            ("p2", Pause::Minutes(60)),
            ("p3", Pause::Tomorrow),
            ("p4", Pause::UntilResumed),
            ("pp", Pause::UntilResumed),
        ] {
            assert_eq!(pressed(keys, Coverage::Active), [Command::Pause(pause)]);
        }
        assert_eq!(pressed("pE1", Coverage::Active), [], "Esc cancels");
        assert_eq!(
            pressed("ps", Coverage::Active),
            [],
            "so does any other key, and that is all it does"
        );
        assert_eq!(pressed("p", Coverage::Paused), [Command::Resume]);
        assert_eq!(pressed("1234", Coverage::Active), []);
    }

    #[test]
    fn quitting_is_asked_for_twice_and_ctrl_c_is_not_asked() {
        assert_eq!(pressed("qy", Coverage::Active), [Command::Stop]);
        assert_eq!(pressed("qq", Coverage::Idle), [Command::Stop]);
        assert_eq!(pressed("qnqs", Coverage::Active), []);
        assert_eq!(pressed("C", Coverage::Active), [Command::Stop]);
        assert_eq!(pressed("pC", Coverage::Active), [Command::Stop]);
        assert_eq!(pressed("s", Coverage::Active), [Command::Shot]);
    }

    #[test]
    fn a_question_stands_for_ten_seconds() {
        let (mut dialog, now) = (Dialog::default(), Instant::now());
        assert_eq!(dialog.text(now), None);
        assert_eq!(
            dialog.key(Key::Char('p'), None, now),
            None,
            "nothing is known yet"
        );
        assert_eq!(dialog.text(now), None);
        dialog.key(Key::Char('p'), Some(Coverage::Active), now);
        let later = now + Duration::from_millis(9_999);
        assert!(dialog.text(later).is_some_and(|t| t.len() <= 78));
        let too_late = now + STANDS;
        assert_eq!(dialog.text(too_late), None);
        assert_eq!(
            dialog.key(Key::Char('4'), Some(Coverage::Active), too_late),
            None
        );
    }
}

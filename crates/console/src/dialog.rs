//! What a key means, and the questions that stand in place of the keys. Pure: the present comes in.

use crate::input::Key;
use model::{Coverage, to_printable};
use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// How long a question stands.
const STANDS: Duration = Duration::from_secs(10);

/// How long there is to type a code; it holds about as long.
const TYPING: Duration = Duration::from_secs(60);

/// Digits of a code.
const DIGITS: usize = 6;

/// What the user wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Pause the recording.
    Pause(Pause),
    /// Resume it.
    Resume,
    /// Take a shot now.
    Shot,
    /// Show another shot.
    Show(Step),
    /// Something that takes a code, unless one was given lately.
    Wish(Wish),
    /// The same, with the code.
    WithCode(Wish, Code),
    /// Stop and quit. The view goes on until it is told to end.
    Stop,
    /// Leave the view; recording goes on.
    Leave,
}

/// Which shot to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The one before.
    Older,
    /// The one after.
    Newer,
}

/// What may take a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Never name and never picture this application from now on.
    Exclude {
        /// Its name.
        app: String,
    },
    /// Take the last ten minutes out of the record.
    Delete,
    /// Open the page in a browser.
    Page,
}

impl Wish {
    fn what(&self) -> String {
        match self {
            Self::Exclude { app } => format!("exclude {}", to_printable(app, 24)),
            Self::Delete => "delete the last 10 min".to_owned(),
            Self::Page => "open the page".to_owned(),
        }
    }
}

/// A code as it was typed. It is wiped when dropped and never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Code(pub Zeroizing<String>);

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(..)")
    }
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

#[derive(Clone, Debug, PartialEq, Eq)]
enum Question {
    Quit,
    Pause,
    Wish(Wish),
    Code(Wish, Code),
}

impl Question {
    fn text(&self) -> Cow<'static, str> {
        match self {
            Self::Quit => "Stop recording and quit?  y yes   any other key: go on".into(),
            Self::Pause => {
                "Pause?  1 15 min   2 1 h   3 until tomorrow   4 until resumed   Esc no".into()
            }
            Self::Wish(Wish::Delete) => {
                "Delete the last 10 min? Names, counts and pictures go.  y yes   Esc no".into()
            }
            Self::Wish(Wish::Exclude { app }) => format!(
                "Never name or picture {} again?  y yes   Esc no",
                to_printable(app, 24)
            )
            .into(),
            Self::Wish(Wish::Page) => "Open the page?  y yes   Esc no".into(),
            Self::Code(wish, code) => format!(
                "Code from your authenticator app, to {}: {}{}  Esc no",
                wish.what(),
                "•".repeat(code.0.len()),
                "_".repeat(DIGITS.saturating_sub(code.0.len()))
            )
            .into(),
        }
    }

    fn stands(&self) -> Duration {
        match self {
            Self::Code(..) => TYPING,
            _ => STANDS,
        }
    }
}

/// What there is to say something about.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Situation<'a> {
    /// The recording's state; none before the first one is known.
    pub(crate) state: Option<Coverage>,
    /// The application in front, unless it is protected.
    pub(crate) app: Option<&'a str>,
    /// Is the view one that can be left without an end of the recording?
    pub(crate) attached: bool,
}

/// What stands in place of the keys or of the panel.
#[derive(Debug, Default)]
pub(crate) struct Dialog {
    asked: Option<(Question, Instant)>,
    said: Option<(String, Instant)>,
    help: bool,
}

impl Dialog {
    /// What a key means at `now`.
    pub(crate) fn key(&mut self, key: Key, about: Situation<'_>, now: Instant) -> Option<Command> {
        let asked = self.standing(now).cloned();
        self.asked = None;
        self.said = None;
        if key == Key::Interrupt {
            return Some(match about.attached {
                true => Command::Leave,
                false => Command::Stop,
            });
        }
        if let Some(question) = asked {
            return self.answered(question, key, now);
        }
        if std::mem::take(&mut self.help) && key != Key::Char('q') {
            return None;
        }
        let key = match key {
            Key::Left => return Some(Command::Show(Step::Older)),
            Key::Right => return Some(Command::Show(Step::Newer)),
            Key::Char(key) => key,
            _ => return None,
        };
        match (key, about.state) {
            ('p', Some(Coverage::Paused)) => Some(Command::Resume),
            ('p', Some(_)) => self.ask(Question::Pause, now),
            ('q', _) if about.attached => Some(Command::Leave),
            ('q', _) => self.ask(Question::Quit, now),
            ('s', _) => Some(Command::Shot),
            ('x', Some(_)) => match about.app {
                Some(app) => {
                    let app = app.to_owned();
                    self.ask(Question::Wish(Wish::Exclude { app }), now)
                }
                None => {
                    self.say("No window with a name is in front.".to_owned(), now);
                    None
                }
            },
            ('d', Some(_)) => self.ask(Question::Wish(Wish::Delete), now),
            ('o', _) => Some(Command::Wish(Wish::Page)),
            (',' | '<', _) => Some(Command::Show(Step::Older)),
            ('.' | '>', _) => Some(Command::Show(Step::Newer)),
            ('?' | 'h', _) => {
                self.help = true;
                None
            }
            _ => None,
        }
    }

    /// What a key answers; nearly every key that is none of the answers means no.
    fn answered(&mut self, question: Question, key: Key, now: Instant) -> Option<Command> {
        let key = match key {
            Key::Char(key) => key,
            Key::Erase => '\u{8}',
            _ => return None,
        };
        match (question, key) {
            (Question::Quit, 'y' | 'q') => Some(Command::Stop),
            (Question::Pause, '1') => Some(Command::Pause(Pause::Minutes(15))),
            (Question::Pause, '2') => Some(Command::Pause(Pause::Minutes(60))),
            (Question::Pause, '3') => Some(Command::Pause(Pause::Tomorrow)),
            // Twice the same key, as for quitting.
            (Question::Pause, '4' | 'p') => Some(Command::Pause(Pause::UntilResumed)),
            (Question::Wish(wish), 'y') => Some(Command::Wish(wish)),
            (Question::Code(wish, mut code), digit @ '0'..='9') => {
                code.0.push(digit);
                if code.0.len() == DIGITS {
                    return Some(Command::WithCode(wish, code));
                }
                self.ask(Question::Code(wish, code), now)
            }
            (Question::Code(wish, mut code), ' ' | '\u{8}') => {
                if key != ' ' {
                    code.0.pop();
                }
                self.ask(Question::Code(wish, code), now)
            }
            _ => None,
        }
    }

    /// Asks for the code that a wish takes.
    pub(crate) fn ask_code(&mut self, wish: Wish, now: Instant) {
        self.ask(Question::Code(wish, Code::default()), now);
    }

    /// A sentence stands in place of the keys for a while.
    pub(crate) fn say(&mut self, text: String, now: Instant) {
        self.said = Some((text, now));
    }

    /// The question to show at `now`.
    pub(crate) fn question(&self, now: Instant) -> Option<Cow<'static, str>> {
        self.standing(now).map(Question::text)
    }

    /// The sentence to show at `now`.
    pub(crate) fn said(&self, now: Instant) -> Option<&str> {
        self.said
            .as_ref()
            .filter(|(_, since)| now.saturating_duration_since(*since) < STANDS)
            .map(|(text, _)| text.as_str())
    }

    /// Is the list of keys to be shown?
    pub(crate) fn helps(&self) -> bool {
        self.help
    }

    fn ask(&mut self, question: Question, now: Instant) -> Option<Command> {
        self.asked = Some((question, now));
        None
    }

    fn standing(&self, now: Instant) -> Option<&Question> {
        self.asked
            .as_ref()
            .filter(|(question, since)| now.saturating_duration_since(*since) < question.stands())
            .map(|(question, _)| question)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTIVE: Situation<'_> = Situation {
        state: Some(Coverage::Active),
        app: Some("Editor"),
        attached: false,
    };

    fn pressed(keys: &str, about: Situation<'_>) -> Vec<Command> {
        let (mut dialog, now) = (Dialog::default(), Instant::now());
        keys.chars()
            .filter_map(|c| dialog.key(key(c), about, now))
            .collect()
    }

    fn key(c: char) -> Key {
        match c {
            'E' => Key::Other,
            'C' => Key::Interrupt,
            'L' => Key::Left,
            'R' => Key::Right,
            'B' => Key::Erase,
            c => Key::Char(c),
        }
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
            assert_eq!(pressed(keys, ACTIVE), [Command::Pause(pause)]);
        }
        assert_eq!(pressed("pE1", ACTIVE), [], "Esc cancels");
        assert_eq!(
            pressed("ps", ACTIVE),
            [],
            "so does any other key, and that is all it does"
        );
        let paused = Situation {
            state: Some(Coverage::Paused),
            ..ACTIVE
        };
        assert_eq!(pressed("p", paused), [Command::Resume]);
        assert_eq!(pressed("1234", ACTIVE), []);
    }

    #[test]
    fn quitting_is_asked_for_twice_and_ctrl_c_is_not_asked() {
        assert_eq!(pressed("qy", ACTIVE), [Command::Stop]);
        assert_eq!(pressed("qq", ACTIVE), [Command::Stop]);
        assert_eq!(pressed("qnqs", ACTIVE), []);
        assert_eq!(pressed("C", ACTIVE), [Command::Stop]);
        assert_eq!(pressed("pC", ACTIVE), [Command::Stop]);
        assert_eq!(pressed("s", ACTIVE), [Command::Shot]);
    }

    #[test]
    fn leaving_an_attached_view_ends_no_recording() {
        let attached = Situation {
            attached: true,
            ..ACTIVE
        };
        for keys in ["q", "C", "pC", "?q"] {
            assert_eq!(pressed(keys, attached), [Command::Leave], "{keys}");
        }
    }

    #[test]
    fn what_changes_the_record_is_asked_for_first() {
        let editor = Wish::Exclude {
            app: "Editor".into(),
        };
        assert_eq!(pressed("xy", ACTIVE), [Command::Wish(editor)]);
        assert_eq!(pressed("dy", ACTIVE), [Command::Wish(Wish::Delete)]);
        assert_eq!(pressed("xEdE", ACTIVE), []);
        assert_eq!(pressed("xndn", ACTIVE), []);
        let nobody = Situation {
            app: None,
            ..ACTIVE
        };
        assert_eq!(pressed("xy", nobody), [], "there is nothing to exclude");
        assert_eq!(pressed("o", ACTIVE), [Command::Wish(Wish::Page)]);
    }

    #[test]
    fn a_code_is_typed_corrected_or_given_up() {
        let typed = |keys: &str| {
            let (mut dialog, now) = (Dialog::default(), Instant::now());
            dialog.ask_code(Wish::Page, now);
            let shown = dialog.question(now).unwrap_or_default().into_owned();
            assert!(shown.contains("______") && shown.len() < 90, "{shown}");
            keys.chars()
                .filter_map(|c| dialog.key(key(c), ACTIVE, now))
                .collect::<Vec<_>>()
        };
        let code = |digits: &str| {
            [Command::WithCode(
                Wish::Page,
                Code(digits.to_owned().into()),
            )]
        };
        assert_eq!(typed("123456"), code("123456"));
        assert_eq!(typed("123 456"), code("123456"));
        assert_eq!(typed("12B3456 7"), code("134567"));
        assert_eq!(typed("12345E6"), []);
        assert_eq!(typed("12x3456"), [], "a letter gives it up");
        assert_eq!(
            format!("{:?}", code("123456")),
            "[WithCode(Page, Code(..))]"
        );
    }

    #[test]
    fn shots_are_stepped_through() {
        let (older, newer) = (Command::Show(Step::Older), Command::Show(Step::Newer));
        assert_eq!(
            pressed("LR,.<>", ACTIVE),
            [
                older.clone(),
                newer.clone(),
                older.clone(),
                newer.clone(),
                older,
                newer
            ]
        );
    }

    #[test]
    fn help_goes_with_the_next_key() {
        let (mut dialog, now) = (Dialog::default(), Instant::now());
        assert_eq!(dialog.key(Key::Char('?'), ACTIVE, now), None);
        assert!(dialog.helps());
        assert_eq!(dialog.key(Key::Char('s'), ACTIVE, now), None);
        assert!(!dialog.helps());
        assert_eq!(dialog.key(Key::Char('s'), ACTIVE, now), Some(Command::Shot));
    }

    #[test]
    fn a_question_stands_for_ten_seconds() {
        let (mut dialog, now) = (Dialog::default(), Instant::now());
        assert_eq!(dialog.question(now), None);
        assert_eq!(
            dialog.key(Key::Char('p'), Situation::default(), now),
            None,
            "nothing is known yet"
        );
        assert_eq!(dialog.question(now), None);
        dialog.key(Key::Char('p'), ACTIVE, now);
        let later = now + Duration::from_millis(9_999);
        assert!(dialog.question(later).is_some_and(|t| t.len() <= 78));
        let too_late = now + STANDS;
        assert_eq!(dialog.question(too_late), None);
        assert_eq!(dialog.key(Key::Char('4'), ACTIVE, too_late), None);
    }
}

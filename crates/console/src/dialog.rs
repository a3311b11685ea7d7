//! The meaning of each key, and the question that waits for an answer. Pure: the present comes in as an argument.

use crate::event::ConsoleEvent;
use crate::input::KeyInput;
use crate::question::{CODE_DIGITS, QUESTION_TIMEOUT, Question};
use model::Coverage;
use protocol::{OneTimeCode, PauseLength, ScreenshotStep, UserCommand};
use std::borrow::Cow;
use std::time::Instant;

/// The facts that decide the meaning of a key.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KeyContext<'a> {
    /// The recording's state; none before the first one is known.
    pub(crate) state: Option<Coverage>,
    /// The application in front, unless it is protected.
    pub(crate) app: Option<&'a str>,
    /// The view can be left without ending the recording.
    pub(crate) attached: bool,
}

/// The question, message or list of keys that is shown, if any.
#[derive(Debug, Default)]
pub(crate) struct Dialog {
    question: Option<(Question, Instant)>,
    message: Option<(String, Instant)>,
    help: bool,
}

impl Dialog {
    /// Handles a key pressed at `now`; returns the command it gives.
    pub(crate) fn handle_key(
        &mut self,
        key: KeyInput,
        context: KeyContext<'_>,
        now: Instant,
    ) -> Option<ConsoleEvent> {
        let question = self.pending_question(now).cloned();
        self.question = None;
        self.message = None;
        if key == KeyInput::Interrupt {
            return Some(match context.attached {
                true => ConsoleEvent::Leave,
                false => ConsoleEvent::Command(UserCommand::Stop),
            });
        }
        if let Some(question) = question {
            return self.handle_answer(question, key, now);
        }
        if std::mem::take(&mut self.help) && key != KeyInput::Char('q') {
            return None;
        }
        let key = match key {
            KeyInput::Left => {
                return Some(ConsoleEvent::Command(UserCommand::StepScreenshot(
                    ScreenshotStep::Older,
                )));
            }
            KeyInput::Right => {
                return Some(ConsoleEvent::Command(UserCommand::StepScreenshot(
                    ScreenshotStep::Newer,
                )));
            }
            KeyInput::Char(key) => key,
            _ => return None,
        };
        match (key, context.state) {
            ('p', Some(Coverage::Paused)) => Some(ConsoleEvent::Command(UserCommand::Resume)),
            ('p', Some(_)) => self.pose_question(Question::Pause, now),
            ('q', _) if context.attached => Some(ConsoleEvent::Leave),
            ('q', _) => self.pose_question(Question::Quit, now),
            ('s', _) => Some(ConsoleEvent::Command(UserCommand::TakeScreenshot)),
            ('x', Some(_)) => match context.app {
                Some(app) => {
                    let app = app.to_owned();
                    self.pose_question(Question::Confirm(UserCommand::ExcludeApp { app }), now)
                }
                None => {
                    self.show_message(
                        "The active window has no name that a rule could use.".to_owned(),
                        now,
                    );
                    None
                }
            },
            ('d', Some(_)) => {
                self.pose_question(Question::Confirm(UserCommand::DeleteLastTenMinutes), now)
            }
            ('o', _) => Some(ConsoleEvent::Command(UserCommand::OpenPage)),
            (',' | '<', _) => Some(ConsoleEvent::Command(UserCommand::StepScreenshot(
                ScreenshotStep::Older,
            ))),
            ('.' | '>', _) => Some(ConsoleEvent::Command(UserCommand::StepScreenshot(
                ScreenshotStep::Newer,
            ))),
            ('?' | 'h', _) => {
                self.help = true;
                None
            }
            _ => None,
        }
    }

    /// Handles the answer to a question; nearly every key that is no answer means no.
    fn handle_answer(
        &mut self,
        question: Question,
        key: KeyInput,
        now: Instant,
    ) -> Option<ConsoleEvent> {
        let key = match key {
            KeyInput::Char(key) => key,
            KeyInput::Erase => '\u{8}',
            _ => return None,
        };
        match (question, key) {
            (Question::Quit, 'y' | 'q') => Some(ConsoleEvent::Command(UserCommand::Stop)),
            (Question::Pause, '1') => Some(ConsoleEvent::Command(UserCommand::Pause(
                PauseLength::from_minutes(15),
            ))),
            (Question::Pause, '2') => Some(ConsoleEvent::Command(UserCommand::Pause(
                PauseLength::from_minutes(60),
            ))),
            (Question::Pause, '3') => Some(ConsoleEvent::Command(UserCommand::Pause(
                PauseLength::Tomorrow,
            ))),
            // Twice the same key, as for quitting.
            (Question::Pause, '4' | 'p') => Some(ConsoleEvent::Command(UserCommand::Pause(
                PauseLength::UntilResumed,
            ))),
            (Question::Confirm(command), 'y') => Some(ConsoleEvent::Command(command)),
            (Question::Code(command, mut code), digit @ '0'..='9') => {
                code.push(digit);
                if code.digits() == CODE_DIGITS {
                    return Some(ConsoleEvent::CodeEntered(command, code));
                }
                self.pose_question(Question::Code(command, code), now)
            }
            (Question::Code(command, mut code), ' ' | '\u{8}') => {
                if key != ' ' {
                    code.pop();
                }
                self.pose_question(Question::Code(command, code), now)
            }
            _ => None,
        }
    }

    /// Asks for the code that a command takes.
    pub(crate) fn ask_code(&mut self, command: UserCommand, now: Instant) {
        self.pose_question(Question::Code(command, OneTimeCode::default()), now);
    }

    /// Shows a sentence in place of the keys for ten seconds.
    pub(crate) fn show_message(&mut self, text: String, now: Instant) {
        self.message = Some((text, now));
    }

    /// The question to show at `now`.
    pub(crate) fn current_question(&self, now: Instant) -> Option<Cow<'static, str>> {
        self.pending_question(now).map(Question::format_text)
    }

    /// The message to show at `now`.
    pub(crate) fn current_message(&self, now: Instant) -> Option<&str> {
        self.message
            .as_ref()
            .filter(|(_, since)| now.saturating_duration_since(*since) < QUESTION_TIMEOUT)
            .map(|(text, _)| text.as_str())
    }

    /// True when the list of keys is shown.
    pub(crate) fn shows_help(&self) -> bool {
        self.help
    }

    fn pose_question(&mut self, question: Question, now: Instant) -> Option<ConsoleEvent> {
        self.question = Some((question, now));
        None
    }

    fn pending_question(&self, now: Instant) -> Option<&Question> {
        self.question
            .as_ref()
            .filter(|(question, since)| {
                now.saturating_duration_since(*since) < question.time_limit()
            })
            .map(|(question, _)| question)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const ACTIVE: KeyContext<'_> = KeyContext {
        state: Some(Coverage::Active),
        app: Some("Editor"),
        attached: false,
    };

    fn press_keys(keys: &str, context: KeyContext<'_>) -> Vec<ConsoleEvent> {
        let (mut dialog, now) = (Dialog::default(), Instant::now());
        keys.chars()
            .filter_map(|c| dialog.handle_key(key_input(c), context, now))
            .collect()
    }

    fn key_input(c: char) -> KeyInput {
        match c {
            'E' => KeyInput::Other,
            'C' => KeyInput::Interrupt,
            'L' => KeyInput::Left,
            'R' => KeyInput::Right,
            'B' => KeyInput::Erase,
            c => KeyInput::Char(c),
        }
    }

    #[test]
    fn a_pause_is_chosen_or_left() {
        for (keys, pause) in [
            ("p1", PauseLength::from_minutes(15)),
            ("p2", PauseLength::from_minutes(60)),
            ("p3", PauseLength::Tomorrow),
            ("p4", PauseLength::UntilResumed),
            ("pp", PauseLength::UntilResumed),
        ] {
            assert_eq!(
                press_keys(keys, ACTIVE),
                [ConsoleEvent::Command(UserCommand::Pause(pause))]
            );
        }
        assert_eq!(press_keys("pE1", ACTIVE), [], "Esc cancels");
        assert_eq!(
            press_keys("ps", ACTIVE),
            [],
            "so does any other key, and that is all it does"
        );
        let paused = KeyContext {
            state: Some(Coverage::Paused),
            ..ACTIVE
        };
        assert_eq!(
            press_keys("p", paused),
            [ConsoleEvent::Command(UserCommand::Resume)]
        );
        assert_eq!(press_keys("1234", ACTIVE), []);
    }

    #[test]
    fn quitting_is_asked_for_twice_and_ctrl_c_is_not_asked() {
        assert_eq!(
            press_keys("qy", ACTIVE),
            [ConsoleEvent::Command(UserCommand::Stop)]
        );
        assert_eq!(
            press_keys("qq", ACTIVE),
            [ConsoleEvent::Command(UserCommand::Stop)]
        );
        assert_eq!(press_keys("qnqs", ACTIVE), []);
        assert_eq!(
            press_keys("C", ACTIVE),
            [ConsoleEvent::Command(UserCommand::Stop)]
        );
        assert_eq!(
            press_keys("pC", ACTIVE),
            [ConsoleEvent::Command(UserCommand::Stop)]
        );
        assert_eq!(
            press_keys("s", ACTIVE),
            [ConsoleEvent::Command(UserCommand::TakeScreenshot)]
        );
    }

    #[test]
    fn leaving_an_attached_view_ends_no_recording() {
        let attached = KeyContext {
            attached: true,
            ..ACTIVE
        };
        for keys in ["q", "C", "pC", "?q"] {
            assert_eq!(press_keys(keys, attached), [ConsoleEvent::Leave], "{keys}");
        }
    }

    #[test]
    fn changes_to_the_record_are_confirmed_first() {
        let editor = UserCommand::ExcludeApp {
            app: "Editor".into(),
        };
        assert_eq!(press_keys("xy", ACTIVE), [ConsoleEvent::Command(editor)]);
        assert_eq!(
            press_keys("dy", ACTIVE),
            [ConsoleEvent::Command(UserCommand::DeleteLastTenMinutes)]
        );
        assert_eq!(press_keys("xEdE", ACTIVE), []);
        assert_eq!(press_keys("xndn", ACTIVE), []);
        let nobody = KeyContext {
            app: None,
            ..ACTIVE
        };
        assert_eq!(press_keys("xy", nobody), [], "there is nothing to exclude");
        assert_eq!(
            press_keys("o", ACTIVE),
            [ConsoleEvent::Command(UserCommand::OpenPage)]
        );
    }

    #[test]
    fn a_code_is_typed_corrected_or_given_up() {
        let typed = |keys: &str| {
            let (mut dialog, now) = (Dialog::default(), Instant::now());
            dialog.ask_code(UserCommand::OpenPage, now);
            let shown = dialog
                .current_question(now)
                .unwrap_or_default()
                .into_owned();
            assert!(shown.contains("______") && shown.len() < 90, "{shown}");
            keys.chars()
                .filter_map(|c| dialog.handle_key(key_input(c), ACTIVE, now))
                .collect::<Vec<_>>()
        };
        let code = |digits: &str| {
            [ConsoleEvent::CodeEntered(
                UserCommand::OpenPage,
                OneTimeCode::new(digits),
            )]
        };
        assert_eq!(typed("123456"), code("123456"));
        assert_eq!(typed("123 456"), code("123456"));
        assert_eq!(typed("12B3456 7"), code("134567"));
        assert_eq!(typed("12345E6"), []);
        assert_eq!(typed("12x3456"), [], "a letter gives it up");
        assert_eq!(
            format!("{:?}", code("123456")),
            "[CodeEntered(OpenPage, OneTimeCode(..))]"
        );
    }

    #[test]
    fn arrow_keys_step_through_screenshots() {
        let (older, newer) = (
            ConsoleEvent::Command(UserCommand::StepScreenshot(ScreenshotStep::Older)),
            ConsoleEvent::Command(UserCommand::StepScreenshot(ScreenshotStep::Newer)),
        );
        assert_eq!(
            press_keys("LR,.<>", ACTIVE),
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
    fn help_closes_with_the_next_key() {
        let (mut dialog, now) = (Dialog::default(), Instant::now());
        assert_eq!(dialog.handle_key(KeyInput::Char('?'), ACTIVE, now), None);
        assert!(dialog.shows_help());
        assert_eq!(dialog.handle_key(KeyInput::Char('s'), ACTIVE, now), None);
        assert!(!dialog.shows_help());
        assert_eq!(
            dialog.handle_key(KeyInput::Char('s'), ACTIVE, now),
            Some(ConsoleEvent::Command(UserCommand::TakeScreenshot))
        );
    }

    #[test]
    fn a_question_stands_for_ten_seconds() {
        let (mut dialog, now) = (Dialog::default(), Instant::now());
        assert_eq!(dialog.current_question(now), None);
        assert_eq!(
            dialog.handle_key(KeyInput::Char('p'), KeyContext::default(), now),
            None,
            "nothing is known yet"
        );
        assert_eq!(dialog.current_question(now), None);
        dialog.handle_key(KeyInput::Char('p'), ACTIVE, now);
        let later = now + Duration::from_millis(9_999);
        assert!(
            dialog
                .current_question(later)
                .is_some_and(|t| t.len() <= 78)
        );
        let too_late = now + QUESTION_TIMEOUT;
        assert_eq!(dialog.current_question(too_late), None);
        assert_eq!(
            dialog.handle_key(KeyInput::Char('4'), ACTIVE, too_late),
            None
        );
    }
}

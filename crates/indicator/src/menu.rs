//! The menu: its entries, and the command of each.

use crate::handler::PageAvailability;
use crate::status::{IconState, IndicatorStatus};
use protocol::{PauseLength, UserCommand};

/// A command and its number, which is the same in every menu: a panel finds the entry again after a change.
pub(crate) type NumberedCommand = (u16, UserCommand);

const PAUSE_15_MIN: NumberedCommand = (10, UserCommand::Pause(PauseLength::from_minutes(15)));
pub(crate) const PAUSE_1_H: NumberedCommand =
    (11, UserCommand::Pause(PauseLength::from_minutes(60)));
const PAUSE_UNTIL_TOMORROW: NumberedCommand = (12, UserCommand::Pause(PauseLength::Tomorrow));
const PAUSE_UNTIL_RESUMED: NumberedCommand = (13, UserCommand::Pause(PauseLength::UntilResumed));
pub(crate) const RESUME: NumberedCommand = (14, UserCommand::Resume);
const TAKE_SCREENSHOT: NumberedCommand = (15, UserCommand::TakeScreenshot);
const OPEN_PAGE: NumberedCommand = (16, UserCommand::OpenPage);
const STOP: NumberedCommand = (17, UserCommand::Stop);

/// One entry of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MenuEntry {
    /// Above 0, and the same for the same entry in every menu.
    pub(crate) id: u16,
    /// Empty for a separator.
    pub(crate) text: String,
    /// None for an entry that only informs.
    pub(crate) command: Option<UserCommand>,
    pub(crate) enabled: bool,
}

impl MenuEntry {
    pub(crate) fn is_separator(&self) -> bool {
        self.text.is_empty()
    }
}

fn separator_entry(id: u16) -> MenuEntry {
    MenuEntry {
        id,
        text: String::new(),
        command: None,
        enabled: false,
    }
}

fn command_entry(
    (id, command): NumberedCommand,
    text: impl Into<String>,
    enabled: bool,
) -> MenuEntry {
    MenuEntry {
        id,
        text: text.into(),
        command: Some(command),
        enabled,
    }
}

/// The menu for a status.
pub(crate) fn build_menu(status: &IndicatorStatus, page: &PageAvailability) -> Vec<MenuEntry> {
    let mut entries = vec![
        MenuEntry {
            id: 1,
            text: status.headline.clone(),
            command: None,
            enabled: false,
        },
        separator_entry(2),
    ];
    if status.icon_state == IconState::Paused {
        entries.push(command_entry(RESUME, "Resume", true));
    }
    // A pause replaces the one before, so it can be chosen during another.
    for (command, text) in [
        (PAUSE_15_MIN, "Pause 15 min"),
        (PAUSE_1_H, "Pause 1 h"),
        (PAUSE_UNTIL_TOMORROW, "Pause until tomorrow"),
        (PAUSE_UNTIL_RESUMED, "Pause until resumed"),
    ] {
        entries.push(command_entry(command, text, true));
    }
    entries.push(separator_entry(3));
    let screenshot =
        status.camera && matches!(status.icon_state, IconState::Active | IconState::Idle);
    entries.push(command_entry(
        TAKE_SCREENSHOT,
        "Take a screenshot now",
        screenshot,
    ));
    entries.push(match page {
        PageAvailability::Ready => command_entry(OPEN_PAGE, "Open the page", true),
        PageAvailability::Needs(action) => {
            let action = model::to_printable(action, 100);
            command_entry(OPEN_PAGE, format!("Open the page: {action}"), false)
        }
    });
    entries.push(separator_entry(4));
    entries.push(command_entry(STOP, "Stop recording", true));
    entries
}

/// The command with this number, if the present menu has it and it is enabled.
pub(crate) fn chosen_command(entries: &[MenuEntry], id: u16) -> Option<UserCommand> {
    let entry = entries.iter().find(|e| e.id == id && e.enabled)?;
    entry.command.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(status: &IndicatorStatus, page: &PageAvailability) -> Vec<(String, bool)> {
        let entries = build_menu(status, page);
        entries.into_iter().map(|e| (e.text, e.enabled)).collect()
    }

    #[test]
    fn a_recording_can_be_paused_and_a_pause_ended() {
        let recording = IndicatorStatus::new(IconState::Active, "recording · active").with_camera();
        let entries = texts(&recording, &PageAvailability::Ready);
        assert_eq!(
            entries.first(),
            Some(&("recording · active".to_owned(), false))
        );
        assert!(entries.contains(&("Take a screenshot now".to_owned(), true)));
        assert!(!entries.iter().any(|(text, _)| text == "Resume"));
        let paused = texts(
            &IndicatorStatus::new(IconState::Paused, "paused").with_camera(),
            &PageAvailability::Ready,
        );
        assert!(paused.contains(&("Resume".to_owned(), true)));
        assert!(paused.contains(&("Take a screenshot now".to_owned(), false)));
        for entries in [&entries, &paused] {
            assert_eq!(entries.last(), Some(&("Stop recording".to_owned(), true)));
        }
    }

    #[test]
    fn a_page_that_would_not_open_says_what_to_do() {
        let status = IndicatorStatus::new(IconState::Idle, "recording · idle");
        let page =
            PageAvailability::Needs("first run `uam unlock`\u{202e} in a terminal".to_owned());
        let entries = texts(&status, &page);
        let text = "Open the page: first run `uam unlock`· in a terminal".to_owned();
        assert!(entries.contains(&(text, false)), "{entries:?}");
        assert!(
            entries.contains(&("Take a screenshot now".to_owned(), false)),
            "no camera"
        );
    }

    #[test]
    fn each_command_keeps_its_number() {
        let paused = IndicatorStatus::new(IconState::Paused, "paused");
        let entries = build_menu(&paused, &PageAvailability::Ready);
        let mut numbered: Vec<NumberedCommand> = entries
            .into_iter()
            .filter_map(|entry| Some((entry.id, entry.command?)))
            .collect();
        numbered.sort_unstable_by_key(|(id, _)| *id);
        let pause = |minutes| UserCommand::Pause(PauseLength::from_minutes(minutes));
        assert_eq!(
            numbered,
            [
                (10, pause(15)),
                (11, pause(60)),
                (12, UserCommand::Pause(PauseLength::Tomorrow)),
                (13, UserCommand::Pause(PauseLength::UntilResumed)),
                (14, UserCommand::Resume),
                (15, UserCommand::TakeScreenshot),
                (16, UserCommand::OpenPage),
                (17, UserCommand::Stop),
            ]
        );
    }

    #[test]
    fn only_enabled_entries_give_a_command() {
        let entries = build_menu(
            &IndicatorStatus::new(IconState::Active, "x"),
            &PageAvailability::Needs("no".to_owned()),
        );
        assert_eq!(chosen_command(&entries, STOP.0), Some(UserCommand::Stop));
        let disabled = [OPEN_PAGE, RESUME, TAKE_SCREENSHOT];
        assert!(
            disabled
                .iter()
                .all(|(id, _)| chosen_command(&entries, *id).is_none())
        );
        for id in [0, 1, 2, 3, 4, 9, 99] {
            assert_eq!(chosen_command(&entries, id), None, "{id}");
        }
        let mut ids: Vec<u16> = entries.iter().map(|e| e.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), entries.len(), "each number once");
    }
}

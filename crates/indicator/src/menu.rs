//! The menu: its entries, and the command of each.

use crate::command::Wish;
use crate::handler::PageAvailability;
use crate::status::{IconState, IndicatorStatus};

/// The number of the first command; each further one has the next.
const FIRST_COMMAND_ID: u16 = 10;

/// Every command of the menu, in the order of their numbers.
const COMMANDS: [Wish; 8] = [
    Wish::PauseQuarter,
    Wish::PauseHour,
    Wish::PauseTomorrow,
    Wish::PauseUntilResumed,
    Wish::Resume,
    Wish::Shot,
    Wish::Page,
    Wish::Stop,
];

/// The number of a command, the same in every menu.
pub(crate) fn menu_id(command: Wish) -> u16 {
    FIRST_COMMAND_ID + command as u16
}

/// The command with this number.
fn command_for_id(id: u16) -> Option<Wish> {
    COMMANDS.into_iter().find(|command| menu_id(*command) == id)
}

/// One entry of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MenuEntry {
    /// Above 0, and the same for the same entry in every menu.
    pub(crate) id: u16,
    /// Empty for a separator.
    pub(crate) text: String,
    /// None for an entry that only informs.
    pub(crate) command: Option<Wish>,
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

fn command_entry(command: Wish, text: impl Into<String>, enabled: bool) -> MenuEntry {
    MenuEntry {
        id: menu_id(command),
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
        entries.push(command_entry(Wish::Resume, "Resume", true));
    }
    // A pause replaces the one before, so it can be chosen during another.
    for (command, text) in [
        (Wish::PauseQuarter, "Pause 15 min"),
        (Wish::PauseHour, "Pause 1 h"),
        (Wish::PauseTomorrow, "Pause until tomorrow"),
        (Wish::PauseUntilResumed, "Pause until resumed"),
    ] {
        entries.push(command_entry(command, text, true));
    }
    entries.push(separator_entry(3));
    let screenshot =
        status.camera && matches!(status.icon_state, IconState::Active | IconState::Idle);
    entries.push(command_entry(Wish::Shot, "Take a picture now", screenshot));
    entries.push(match page {
        PageAvailability::Ready => command_entry(Wish::Page, "Open the page", true),
        PageAvailability::Needs(action) => {
            let action = model::printable(action, 100);
            command_entry(Wish::Page, format!("Open the page: {action}"), false)
        }
    });
    entries.push(separator_entry(4));
    entries.push(command_entry(Wish::Stop, "Stop recording", true));
    entries
}

/// The command with this number, if the present menu has it and it is enabled.
pub(crate) fn chosen_command(entries: &[MenuEntry], id: u16) -> Option<Wish> {
    let entry = entries.iter().find(|e| e.id == id && e.enabled)?;
    entry
        .command
        .filter(|command| command_for_id(id) == Some(*command))
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
        assert!(entries.contains(&("Take a picture now".to_owned(), true)));
        assert!(!entries.iter().any(|(text, _)| text == "Resume"));
        let paused = texts(
            &IndicatorStatus::new(IconState::Paused, "paused").with_camera(),
            &PageAvailability::Ready,
        );
        assert!(paused.contains(&("Resume".to_owned(), true)));
        assert!(paused.contains(&("Take a picture now".to_owned(), false)));
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
            entries.contains(&("Take a picture now".to_owned(), false)),
            "no camera"
        );
    }

    #[test]
    fn only_enabled_entries_give_a_command() {
        let entries = build_menu(
            &IndicatorStatus::new(IconState::Active, "x"),
            &PageAvailability::Needs("no".to_owned()),
        );
        assert_eq!(
            chosen_command(&entries, menu_id(Wish::Stop)),
            Some(Wish::Stop)
        );
        let disabled = [Wish::Page, Wish::Resume, Wish::Shot];
        assert!(
            disabled
                .iter()
                .all(|command| chosen_command(&entries, menu_id(*command)).is_none())
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

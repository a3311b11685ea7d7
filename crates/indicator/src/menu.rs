//! The menu: what it says, and what is wished with each entry.

use crate::status::{Shown, Sign};

/// What somebody chose in the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Pause for a quarter of an hour.
    PauseQuarter,
    /// Pause for an hour.
    PauseHour,
    /// Pause until tomorrow.
    PauseTomorrow,
    /// Pause until somebody resumes.
    PauseUntilResumed,
    /// Record again.
    Resume,
    /// Take a picture now.
    Shot,
    /// Open the page.
    Page,
    /// End uam.
    Stop,
}

impl Wish {
    const ALL: [Self; 8] = [
        Self::PauseQuarter,
        Self::PauseHour,
        Self::PauseTomorrow,
        Self::PauseUntilResumed,
        Self::Resume,
        Self::Shot,
        Self::Page,
        Self::Stop,
    ];

    /// Its number in the menu, the same whatever else is in it.
    pub(crate) fn id(self) -> u16 {
        FIRST_WISH + self as u16
    }

    /// The wish with this number.
    pub(crate) fn of(id: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|wish| wish.id() == id)
    }
}

/// Whether the page would open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// At once.
    Opens,
    /// Not before somebody has done what these words say, such as "first run `uam unlock` in a terminal".
    Wants(String),
}

const FIRST_WISH: u16 = 10;

/// One line of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Above 0, and the same for the same entry of each menu.
    pub(crate) id: u16,
    pub(crate) text: String,
    /// None for what only says something.
    pub(crate) wish: Option<Wish>,
    pub(crate) enabled: bool,
}

impl Entry {
    /// Is it a line between others?
    pub(crate) fn is_line(&self) -> bool {
        self.text.is_empty()
    }

    fn line(id: u16) -> Self {
        Self {
            id,
            text: String::new(),
            wish: None,
            enabled: false,
        }
    }

    fn wish(wish: Wish, text: impl Into<String>, enabled: bool) -> Self {
        Self {
            id: wish.id(),
            text: text.into(),
            wish: Some(wish),
            enabled,
        }
    }
}

/// The menu for what is shown.
pub(crate) fn menu(shown: &Shown, page: &Page) -> Vec<Entry> {
    let mut entries = vec![
        Entry {
            id: 1,
            text: shown.headline.clone(),
            wish: None,
            enabled: false,
        },
        Entry::line(2),
    ];
    if shown.sign == Sign::Paused {
        entries.push(Entry::wish(Wish::Resume, "Resume", true));
    }
    // A pause replaces the one before, so it can be chosen while another holds.
    for (wish, text) in [
        (Wish::PauseQuarter, "Pause 15 min"),
        (Wish::PauseHour, "Pause 1 h"),
        (Wish::PauseTomorrow, "Pause until tomorrow"),
        (Wish::PauseUntilResumed, "Pause until resumed"),
    ] {
        entries.push(Entry::wish(wish, text, true));
    }
    entries.push(Entry::line(3));
    let picture = shown.camera && matches!(shown.sign, Sign::Active | Sign::Idle);
    entries.push(Entry::wish(Wish::Shot, "Take a picture now", picture));
    entries.push(match page {
        Page::Opens => Entry::wish(Wish::Page, "Open the page", true),
        Page::Wants(words) => {
            let words = model::printable(words, 100);
            Entry::wish(Wish::Page, format!("Open the page: {words}"), false)
        }
    });
    entries.push(Entry::line(4));
    entries.push(Entry::wish(Wish::Stop, "Stop recording", true));
    entries
}

/// The wish behind this number, if the menu of now has it and lets it be chosen.
pub(crate) fn chosen(entries: &[Entry], id: u16) -> Option<Wish> {
    let entry = entries.iter().find(|e| e.id == id && e.enabled)?;
    entry.wish.filter(|wish| Wish::of(id) == Some(*wish))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(shown: &Shown, page: &Page) -> Vec<(String, bool)> {
        let entries = menu(shown, page);
        entries.into_iter().map(|e| (e.text, e.enabled)).collect()
    }

    #[test]
    fn a_recording_can_be_paused_and_a_pause_ended() {
        let recording = Shown::new(Sign::Active, "recording · active").with_camera();
        let said = texts(&recording, &Page::Opens);
        assert_eq!(
            said.first(),
            Some(&("recording · active".to_owned(), false))
        );
        assert!(said.contains(&("Take a picture now".to_owned(), true)));
        assert!(!said.iter().any(|(text, _)| text == "Resume"));
        let paused = texts(
            &Shown::new(Sign::Paused, "paused").with_camera(),
            &Page::Opens,
        );
        assert!(paused.contains(&("Resume".to_owned(), true)));
        assert!(paused.contains(&("Take a picture now".to_owned(), false)));
        for said in [&said, &paused] {
            assert_eq!(said.last(), Some(&("Stop recording".to_owned(), true)));
        }
    }

    #[test]
    fn a_page_that_would_not_open_says_what_to_do() {
        let shown = Shown::new(Sign::Idle, "recording · idle");
        let page = Page::Wants("first run `uam unlock`\u{202e} in a terminal".to_owned());
        let said = texts(&shown, &page);
        let text = "Open the page: first run `uam unlock`· in a terminal".to_owned();
        assert!(said.contains(&(text, false)), "{said:?}");
        assert!(
            said.contains(&("Take a picture now".to_owned(), false)),
            "no camera"
        );
    }

    #[test]
    fn only_what_can_be_chosen_is_a_wish() {
        let entries = menu(
            &Shown::new(Sign::Active, "x"),
            &Page::Wants("no".to_owned()),
        );
        assert_eq!(chosen(&entries, Wish::Stop.id()), Some(Wish::Stop));
        let greyed = [Wish::Page, Wish::Resume, Wish::Shot];
        assert!(
            greyed
                .iter()
                .all(|wish| chosen(&entries, wish.id()).is_none())
        );
        for id in [0, 1, 2, 3, 4, 9, 99] {
            assert_eq!(chosen(&entries, id), None, "{id}");
        }
        let mut ids: Vec<u16> = entries.iter().map(|e| e.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), entries.len(), "each number once");
    }
}

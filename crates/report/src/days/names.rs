//! Which category and project a window belongs to, asked once for each window that is met.

use crate::meaning::{List, Meaning};
use std::collections::HashMap;

/// The most windows remembered, and the most bytes of their titles; when either is reached all are asked for anew.
const MOST_WINDOWS: usize = 50_000;
const MOST_BYTES: usize = 6 * 1024 * 1024;

/// Places of a window's category and project among the names met.
pub(crate) type Named = [u32; 2];

/// The rules, and what they said so far.
pub(crate) struct Names<'m> {
    meaning: &'m Meaning,
    windows: HashMap<String, HashMap<String, Named>>,
    met: usize,
    bytes: usize,
    names: [Vec<String>; 2],
    numbers: [HashMap<String, u32>; 2],
}

impl<'m> Names<'m> {
    pub(crate) fn new(meaning: &'m Meaning) -> Self {
        Self {
            meaning,
            windows: HashMap::new(),
            met: 0,
            bytes: 0,
            names: Default::default(),
            numbers: Default::default(),
        }
    }

    /// True when titles decide.
    pub(crate) fn needs_titles(&self) -> bool {
        self.meaning.needs_titles()
    }

    /// What a window stands for.
    pub(crate) fn of(&mut self, app: &str, title: &str) -> Named {
        let title = if self.needs_titles() { title } else { "" };
        if let Some(named) = self.windows.get(app).and_then(|w| w.get(title)) {
            return *named;
        }
        let meaning = self.meaning;
        let mut number = |place: usize, name: &str| match self.numbers[place].get(name) {
            Some(number) => *number,
            None => {
                let number = u32::try_from(self.names[place].len()).unwrap_or(u32::MAX);
                self.names[place].push(name.to_owned());
                self.numbers[place].insert(name.to_owned(), number);
                number
            }
        };
        let named = [
            number(0, meaning.name(List::Category, app, title)),
            number(1, meaning.name(List::Project, app, title)),
        ];
        if self.met >= MOST_WINDOWS || self.bytes >= MOST_BYTES {
            self.windows.clear();
            (self.met, self.bytes) = (0, 0);
        }
        self.met += 1;
        self.bytes += title.len();
        let titles = self.windows.entry(app.to_owned()).or_default();
        titles.insert(title.to_owned(), named);
        named
    }

    /// The name at a place of a list: 0 for categories, 1 for projects.
    pub(crate) fn name(&self, list: usize, number: u32) -> &str {
        let names = self.names.get(list);
        let name = names.and_then(|names| names.get(usize::try_from(number).ok()?));
        name.map_or(crate::meaning::NONE, String::as_str)
    }
}

//! The colours of categories and states.

use crate::totals::{NONE, NamedUsage, PROTECTED, REDACTED};
use model::{Coverage, to_printable};

/// A colour, as red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Colour(pub u8, pub u8, pub u8);

/// Colours of categories, most used first; far apart for people who see few colours, and in print.
const TINTS: [Colour; 8] = [
    Colour(0x2f, 0x6d, 0xa3),
    Colour(0xe0, 0x8e, 0x45),
    Colour(0x55, 0xa0, 0x78),
    Colour(0xb6, 0x55, 0x7c),
    Colour(0x86, 0x74, 0xb8),
    Colour(0xcf, 0xb5, 0x47),
    Colour(0x53, 0xad, 0xb5),
    Colour(0x92, 0x70, 0x5c),
];

/// Further categories, and time without one.
const REST: Colour = Colour(0x98, 0xa1, 0xab);

/// Time that is withheld: protected or redacted.
const HELD_BACK: Colour = Colour(0x5a, 0x63, 0x6e);

const IDLE: Colour = Colour(0xd3, 0xda, 0xe1);

/// Nobody could be at work, or nothing was recorded.
const AWAY: Colour = Colour(0xec, 0xef, 0xf2);

/// Which colour each category has.
pub(crate) struct CategoryColours(Vec<String>);

impl CategoryColours {
    pub(super) fn new(categories: &[NamedUsage]) -> Self {
        let named = categories.iter().map(|c| &c.name);
        let ruled = named.filter(|name| !name.starts_with('('));
        Self(ruled.take(TINTS.len()).cloned().collect())
    }

    pub(crate) fn of(&self, category: &str) -> Colour {
        match category {
            PROTECTED | REDACTED => HELD_BACK,
            _ => {
                let place = self.0.iter().position(|name| name == category);
                place.and_then(|n| TINTS.get(n)).copied().unwrap_or(REST)
            }
        }
    }

    pub(crate) fn of_state(&self, state: Coverage, category: Option<&str>) -> Option<Colour> {
        match state {
            Coverage::Active => Some(self.of(category.unwrap_or(NONE))),
            Coverage::Idle => Some(IDLE),
            Coverage::Locked | Coverage::Asleep | Coverage::Paused | Coverage::LowBattery => {
                Some(AWAY)
            }
            Coverage::NotRecorded | Coverage::Off => None,
        }
    }

    /// The legend: each colour shown with its meaning.
    pub(super) fn legend(&self, shown: impl Fn(Colour) -> bool) -> Vec<(Colour, String)> {
        let named = TINTS
            .iter()
            .zip(&self.0)
            .map(|(colour, name)| (*colour, to_printable(name, 40)));
        let others = [
            (REST, "other"),
            (HELD_BACK, "protected or removed"),
            (IDLE, "idle"),
            (AWAY, "locked, asleep or paused"),
        ];
        let others = others.map(|(colour, name)| (colour, name.to_owned()));
        named
            .chain(others)
            .filter(|(colour, _)| shown(*colour))
            .collect()
    }
}

//! What is told to the indicator.

use model::printable;
use std::time::Instant;

/// Longest text of a headline or bubble, in characters.
const LONGEST: usize = 300;

/// What kind of state it is; each has a shape and a colour of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Recording, and somebody is at the desk: a filled dot.
    Active,
    /// Recording, and nobody is: a ring, half of it filled.
    Idle,
    /// Paused: two bars.
    Paused,
    /// Not recording, for whatever reason: a ring with a slash.
    NotRecording,
}

impl Sign {
    /// Every sign.
    pub const ALL: [Self; 4] = [Self::Active, Self::Idle, Self::Paused, Self::NotRecording];
}

/// How long what is shown holds by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fresh {
    /// Until then …
    pub until: Instant,
    /// … and from then on, unless something newer was told, this is the headline of a recording that stands still.
    pub then: String,
}

/// What is the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub(crate) sign: Sign,
    pub(crate) headline: String,
    pub(crate) alarm: bool,
    pub(crate) camera: bool,
    pub(crate) fresh: Option<Fresh>,
}

impl Shown {
    /// A state and one sentence on it, for example `recording · active`. Whatever is hostile in it is made harmless.
    #[must_use]
    pub fn new(sign: Sign, headline: &str) -> Self {
        Self {
            sign,
            headline: printable(headline, LONGEST),
            alarm: false,
            camera: false,
            fresh: None,
        }
    }

    /// Its sign.
    #[must_use]
    pub fn sign(&self) -> Sign {
        self.sign
    }

    /// Its sentence.
    #[must_use]
    pub fn headline(&self) -> &str {
        &self.headline
    }

    /// How long it is believed; none for ever.
    #[must_use]
    pub fn freshness(&self) -> Option<&Fresh> {
        self.fresh.as_ref()
    }

    /// The same as a state that a person should do something about; when it begins, a bubble says so.
    #[must_use]
    pub fn alarming(mut self) -> Self {
        self.alarm = true;
        self
    }

    /// The same with a camera that takes a picture when it is asked to.
    #[must_use]
    pub fn with_camera(mut self) -> Self {
        self.camera = true;
        self
    }

    /// The same, and believed no longer than that.
    #[must_use]
    pub fn fresh(mut self, fresh: Fresh) -> Self {
        let then = printable(&fresh.then, LONGEST);
        self.fresh = Some(Fresh { then, ..fresh });
        self
    }

    /// Does it look the same, however long it is believed?
    pub(crate) fn looks_like(&self, other: &Self) -> bool {
        (self.sign, &self.headline, self.alarm, self.camera)
            == (other.sign, &other.headline, other.alarm, other.camera)
    }
}

/// A sentence that a person should see at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bubble {
    pub(crate) text: String,
    pub(crate) made: Instant,
}

impl Bubble {
    /// One sentence. Whatever is hostile in it is made harmless.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self {
            text: printable(text, LONGEST),
            made: Instant::now(),
        }
    }
}

//! The status that the icon shows, and notifications.

use model::to_printable;
use std::time::Instant;

/// Longest text of a headline or notification, in characters.
const MAX_TEXT_CHARS: usize = 300;

/// The kind of a status; each has its own shape and colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IconState {
    /// Recording, and the person is active: a filled dot.
    Active,
    /// Recording, and the person is idle: a ring, half of it filled.
    Idle,
    /// Paused: two bars.
    Paused,
    /// Not recording, for whatever reason: a ring with a slash.
    NotRecording,
}

impl IconState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Active, Self::Idle, Self::Paused, Self::NotRecording];
}

/// The end of a status that is not renewed in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// The status is valid until this instant.
    pub until: Instant,
    /// The headline from then on, unless a newer status came: that of a recording that stands still.
    pub then: String,
}

/// The state of the recording, as the desktop shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndicatorStatus {
    pub(crate) icon_state: IconState,
    pub(crate) headline: String,
    pub(crate) alarm: bool,
    pub(crate) camera: bool,
    pub(crate) expiry: Option<Expiry>,
}

impl IndicatorStatus {
    /// A state and one sentence on it, for example `recording · active`; the sentence goes through [`to_printable`].
    #[must_use]
    pub fn new(icon_state: IconState, headline: &str) -> Self {
        Self {
            icon_state,
            headline: to_printable(headline, MAX_TEXT_CHARS),
            alarm: false,
            camera: false,
            expiry: None,
        }
    }

    /// The state that decides the icon.
    #[must_use]
    pub fn icon_state(&self) -> IconState {
        self.icon_state
    }

    /// Its sentence.
    #[must_use]
    pub fn headline(&self) -> &str {
        &self.headline
    }

    /// How long it is valid; none for ever.
    #[must_use]
    pub fn expiry(&self) -> Option<&Expiry> {
        self.expiry.as_ref()
    }

    /// Marks it as a state that a person should act on; a notification says so when it begins.
    #[must_use]
    pub fn with_alarm(mut self) -> Self {
        self.alarm = true;
        self
    }

    /// Marks that a screenshot can be taken on request.
    #[must_use]
    pub fn with_camera(mut self) -> Self {
        self.camera = true;
        self
    }

    /// Lets it expire.
    #[must_use]
    pub fn with_expiry(mut self, expiry: Expiry) -> Self {
        let then = to_printable(&expiry.then, MAX_TEXT_CHARS);
        self.expiry = Some(Expiry { then, ..expiry });
        self
    }

    /// True when both look the same, whatever their expiry.
    pub(crate) fn looks_same_as(&self, other: &Self) -> bool {
        (self.icon_state, &self.headline, self.alarm, self.camera)
            == (other.icon_state, &other.headline, other.alarm, other.camera)
    }
}

/// A sentence that a person should see at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    pub(crate) text: String,
    pub(crate) created: Instant,
}

impl Notification {
    /// A notification of one sentence, which goes through [`to_printable`].
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self {
            text: to_printable(text, MAX_TEXT_CHARS),
            created: Instant::now(),
        }
    }
}

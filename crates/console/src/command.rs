//! The commands a person gives with a key.

use model::printable;
use std::fmt;
use zeroize::Zeroizing;

/// A command from the view to the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Pause the recording.
    Pause(Pause),
    /// Resume it.
    Resume,
    /// Take a screenshot now.
    Shot,
    /// Show another screenshot.
    Show(Step),
    /// A command that takes a code, unless one was typed recently.
    Wish(Wish),
    /// The same, with the code.
    WithCode(Wish, Code),
    /// Stop and quit. The view stays until the program closes it.
    Stop,
    /// Leave the view; recording goes on.
    Leave,
}

/// Which screenshot to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The one before.
    Older,
    /// The one after.
    Newer,
}

/// A command that may take a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Never name this application and take no screenshot of it from now on.
    Exclude {
        /// Its name.
        app: String,
    },
    /// Delete the last ten minutes of the record.
    Delete,
    /// Open the page in a browser.
    Page,
}

impl Wish {
    /// The command in words, as in "Code …, to open the page".
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Exclude { app } => format!("exclude {}", printable(app, 24)),
            Self::Delete => "delete the last 10 min".to_owned(),
            Self::Page => "open the page".to_owned(),
        }
    }
}

/// A one-time code as it was typed. It is wiped when dropped and never printed.
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
    /// This many minutes.
    Minutes(u16),
    /// Until the next day begins in the local time zone.
    Tomorrow,
    /// Until resumed.
    UntilResumed,
}

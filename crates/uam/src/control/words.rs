//! What is said on the socket, and how a line of it is read.

use crate::time::PauseLength;
use crate::yours::{Lent, Told, Wish};
use model::NoticeCode;
use report::{AgentStatus, DaySummary, LogLine};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Read};
use zeroize::Zeroizing;

/// Longest line either side accepts, in bytes; a status with long titles stays far below it.
pub(crate) const MAX_LINE: u64 = 256 * 1024;

/// Longest answer, in bytes: it may name every object that was sent.
pub(crate) const MAX_ANSWER: u64 = 16 << 20;

/// What can be asked of the running instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "ask")]
pub(crate) enum Request {
    /// What are you doing?
    Status,
    /// Stop recording for a while.
    Pause {
        /// For how long.
        length: PauseLength,
    },
    /// Record again.
    Resume,
    /// End.
    Stop,
    /// Take a picture now.
    Shot,
    /// Pack everything for sending, also what would be held back.
    Pack,
    /// Put these into the record: somebody looked at it, or changed who can.
    Note {
        /// What and in which words.
        notices: Vec<(NoticeCode, String)>,
    },
    /// Take something out of the record.
    TakeOut {
        /// What.
        wish: Wish,
        /// Say only what it would come to.
        rehearsal: bool,
        /// The viewer's key, lent for this one wish where it is needed. The running instance cannot open what earlier
        /// starts wrote, and while it runs nobody else may write the journal. Whoever sends the key has just shown both
        /// factors; it travels between two processes of the same user through a socket that only that user can open, is
        /// kept nowhere, and is wiped on both sides when the answer is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<Lent>,
    },
    /// Take exclusion rules and recording hours from the settings file.
    Reload,
    /// Somebody who has the viewer's key wants to look on; the answer is a ticket for [`Self::Look`] and [`Self::Show`].
    Attach {
        /// Lent for this one question, as with [`Self::TakeOut`].
        key: Lent,
    },
    /// What is to be seen now; nothing when the ticket is void.
    Look {
        /// From [`Self::Attach`].
        ticket: String,
        /// The last line that was seen, by its number; 0 for none.
        after: u64,
    },
    /// A picture of this start; none when the ticket is void.
    Show {
        /// From [`Self::Attach`].
        ticket: String,
        /// The one that is shown, by its number in the journal; the newest if none is.
        from: Option<u64>,
        /// Which one to give.
        step: Step,
    },
}

/// Which picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Step {
    /// The one before it.
    Older,
    /// The one after it.
    Newer,
    /// The newest of all.
    Newest,
}

/// What is to be seen now.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Scene {
    pub(crate) status: AgentStatus,
    pub(crate) glance: DaySummary,
    /// Lines after the one that was named; those of them that are still remembered.
    pub(crate) lines: Vec<LogLine>,
    /// The number of the last line.
    pub(crate) last: u64,
    /// The newest picture, by its number in the journal.
    pub(crate) newest: Option<u64>,
    /// Grows whenever something was taken out: what is on the screen is then to be forgotten.
    pub(crate) removals: u64,
}

/// A picture of this start.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Shown {
    pub(crate) seq: u64,
    /// Which it is, counted from 1, the oldest.
    pub(crate) place: u64,
    /// Of how many.
    pub(crate) of: u64,
    pub(crate) at_us: i64,
    pub(crate) blurred: bool,
    /// The encoded picture, in Base64 (RFC 4648).
    pub(crate) bytes: String,
}

/// The answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Reply {
    /// Was it done?
    pub(crate) ok: bool,
    /// One sentence for people.
    pub(crate) text: String,
    /// With [`Request::Status`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<Box<AgentStatus>>,
    /// With [`Request::TakeOut`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) told: Option<Box<Told>>,
    /// With [`Request::Attach`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ticket: Option<String>,
    /// With [`Request::Look`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scene: Option<Box<Scene>>,
    /// With [`Request::Show`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) picture: Option<Box<Shown>>,
    /// With [`Request::Status`]: what the desktop shows of uam, as lines for people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) shown: Vec<String>,
}

impl Reply {
    pub(crate) fn done(text: impl Into<String>) -> Self {
        Self {
            ok: true,
            ..Self::refused(text)
        }
    }

    pub(crate) fn refused(text: impl Into<String>) -> Self {
        Self {
            ok: false,
            text: text.into(),
            status: None,
            told: None,
            ticket: None,
            scene: None,
            picture: None,
            shown: Vec::new(),
        }
    }
}

/// One line of at most `most` bytes, understood.
pub(crate) fn read_line<T: DeserializeOwned>(stream: impl Read, most: u64) -> std::io::Result<T> {
    let mut line = Zeroizing::new(String::new());
    BufReader::new(stream.take(most)).read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}

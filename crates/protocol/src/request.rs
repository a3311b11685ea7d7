//! The requests to the running agent.

use crate::redaction::{RedactionScope, ViewerKey};
use crate::user_command::{PauseLength, ScreenshotStep, UserCommand};
use crate::view::ViewTicket;
use model::NoticeCode;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long either side waits for the other.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a redaction may take: the journal is rewritten.
const REDACTION_TIMEOUT: Duration = Duration::from_secs(300);

/// A request to the running agent. Each line names the response that answers it, besides [`Refused`].
///
/// [`Refused`]: crate::Response::Refused
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "ask")]
pub enum Request {
    /// The state of the agent: `Status`.
    Status,
    /// Pause recording: `Done`.
    Pause {
        /// For how long.
        length: PauseLength,
    },
    /// Resume recording: `Done`.
    Resume,
    /// Stop recording: `Done`; the agent ends after it.
    Stop,
    /// Take a screenshot now: `Done` once it is ordered.
    #[serde(rename = "shot")]
    TakeScreenshot,
    /// Make segments of everything that waits for upload, also of records held back: `Done`.
    #[serde(rename = "pack")]
    FreezeSegments,
    /// Put these notices into the record: `Done` once they are durable.
    #[serde(rename = "note")]
    RecordNotices {
        /// Code and text of each.
        notices: Vec<(NoticeCode, String)>,
    },
    /// Delete data of the record: `Redaction`.
    #[serde(rename = "take-out")]
    Redact {
        /// Which data.
        #[serde(rename = "wish")]
        scope: RedactionScope,
        /// Only report the numbers of the deletion.
        #[serde(rename = "rehearsal")]
        dry_run: bool,
        /// The viewer's key, where it is needed: the agent cannot open what earlier starts wrote, and while it runs
        /// nobody else may write the journal. The sender has just verified both factors. The key travels between two
        /// processes of the same user through an endpoint that only that user can open, is stored nowhere, and is wiped
        /// on both sides when the response is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<ViewerKey>,
    },
    /// Apply exclusion rules and recording hours from the settings file: `Done`.
    #[serde(rename = "reload")]
    ReloadSettings,
    /// Grant a ticket for [`Self::View`] and [`Self::ViewScreenshot`]: `Attached`.
    Attach {
        /// Given for this one request, as with [`Self::Redact`].
        key: ViewerKey,
    },
    /// The live view: `View`, or `TicketExpired`.
    #[serde(rename = "look")]
    View {
        /// From [`Self::Attach`].
        ticket: ViewTicket,
        /// The last line the view has, by its number; 0 for none.
        #[serde(rename = "after")]
        after_line: u64,
    },
    /// A screenshot of this start: `Screenshot`, or `TicketExpired`.
    #[serde(rename = "show")]
    ViewScreenshot {
        /// From [`Self::Attach`].
        ticket: ViewTicket,
        /// The one that is shown, by its number in the journal; the newest if none is.
        from: Option<u64>,
        /// Which one to give.
        step: ScreenshotStep,
    },
}

impl Request {
    /// The one request that executes a command; none where it takes more than one.
    #[must_use]
    pub fn for_command(command: &UserCommand) -> Option<Self> {
        match command {
            UserCommand::Pause(length) => Some(Self::Pause { length: *length }),
            UserCommand::Resume => Some(Self::Resume),
            UserCommand::Stop => Some(Self::Stop),
            UserCommand::TakeScreenshot => Some(Self::TakeScreenshot),
            UserCommand::ReloadSettings => Some(Self::ReloadSettings),
            UserCommand::StepScreenshot(_)
            | UserCommand::ExcludeApp { .. }
            | UserCommand::DeleteLastTenMinutes
            | UserCommand::OpenPage => None,
        }
    }

    /// How long the response may take.
    #[must_use]
    pub fn time_limit(&self) -> Duration {
        match self {
            Self::Redact { .. } => REDACTION_TIMEOUT,
            _ => REQUEST_TIMEOUT,
        }
    }

    /// True for a request that shows nothing once its ticket has expired.
    pub(crate) fn takes_ticket(&self) -> bool {
        matches!(self, Self::View { .. } | Self::ViewScreenshot { .. })
    }
}

//! The answers of the running agent, and their form on the wire: one flat object for every request.

use crate::redaction::RedactionSummary;
use crate::view::{AttachedView, ViewTicket, ViewedScreenshot};
use report::AgentStatus;
use serde::{Deserialize, Serialize};

/// The response to a [`Request`](crate::Request). Its texts are sentences for people.
#[derive(Clone, Debug)]
pub enum Response {
    /// It was done.
    Done(String),
    /// It was not done; the text says why.
    Refused(String),
    /// The state of the agent.
    Status {
        /// The state in one line.
        headline: String,
        /// The whole state.
        status: Box<AgentStatus>,
        /// The availability of icon and notifications, as lines for people.
        indicator: Vec<String>,
    },
    /// The numbers of a redaction, planned or done.
    Redaction {
        /// One sentence.
        text: String,
        /// The numbers.
        summary: Box<RedactionSummary>,
    },
    /// A view is attached.
    Attached {
        /// One sentence.
        text: String,
        /// For the requests of the view.
        ticket: ViewTicket,
    },
    /// The live view.
    View(Box<AttachedView>),
    /// A screenshot of this start.
    Screenshot(Box<ViewedScreenshot>),
    /// The ticket has expired: nothing is shown for it any more. No refusal, for a refused request may be repeated.
    TicketExpired(String),
}

impl Response {
    /// It was done.
    pub fn done(text: impl Into<String>) -> Self {
        Self::Done(text.into())
    }

    /// It was not done.
    pub fn refused(why: impl Into<String>) -> Self {
        Self::Refused(why.into())
    }

    /// One sentence for people; empty in answers to a view.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Done(text)
            | Self::Refused(text)
            | Self::TicketExpired(text)
            | Self::Redaction { text, .. }
            | Self::Attached { text, .. } => text,
            Self::Status { headline, .. } => headline,
            Self::View(_) | Self::Screenshot(_) => "",
        }
    }

    /// True when it was not done.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(_))
    }
}

/// A response as it stands on the wire.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct WireResponse {
    /// Was it done?
    ok: bool,
    /// One sentence for people.
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<Box<AgentStatus>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    told: Option<Box<RedactionSummary>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ticket: Option<ViewTicket>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scene: Option<Box<AttachedView>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    picture: Option<Box<ViewedScreenshot>>,
    /// The availability of icon and notifications, beside `status`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    shown: Vec<String>,
}

impl WireResponse {
    fn new(ok: bool, text: String) -> Self {
        Self {
            ok,
            text,
            ..Self::default()
        }
    }

    /// The response it stands for. `takes_ticket` says whether the request took one: its answer is then never without
    /// what it asked for, unless the ticket has expired.
    pub(crate) fn into_response(self, takes_ticket: bool) -> Response {
        match self {
            Self {
                ok: false, text, ..
            } => Response::Refused(text),
            Self {
                status: Some(status),
                text: headline,
                shown: indicator,
                ..
            } => Response::Status {
                headline,
                status,
                indicator,
            },
            Self {
                told: Some(summary),
                text,
                ..
            } => Response::Redaction { text, summary },
            Self {
                ticket: Some(ticket),
                text,
                ..
            } => Response::Attached { text, ticket },
            Self {
                scene: Some(view), ..
            } => Response::View(view),
            Self {
                picture: Some(screenshot),
                ..
            } => Response::Screenshot(screenshot),
            Self { text, .. } if takes_ticket => Response::TicketExpired(text),
            Self { text, .. } => Response::Done(text),
        }
    }
}

impl From<Response> for WireResponse {
    fn from(response: Response) -> Self {
        match response {
            Response::Done(text) | Response::TicketExpired(text) => Self::new(true, text),
            Response::Refused(text) => Self::new(false, text),
            Response::Status {
                headline,
                status,
                indicator,
            } => Self {
                status: Some(status),
                shown: indicator,
                ..Self::new(true, headline)
            },
            Response::Redaction { text, summary } => Self {
                told: Some(summary),
                ..Self::new(true, text)
            },
            Response::Attached { text, ticket } => Self {
                ticket: Some(ticket),
                ..Self::new(true, text)
            },
            Response::View(view) => Self {
                scene: Some(view),
                ..Self::new(true, String::new())
            },
            Response::Screenshot(screenshot) => Self {
                picture: Some(screenshot),
                ..Self::new(true, String::new())
            },
        }
    }
}

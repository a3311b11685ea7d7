//! The live status, sent to everybody who listens.

use crate::text::{MAX_APP, MAX_SENTENCE, printable_text};
use bytes::Bytes;
use model::Timestamp;
use report::AgentStatus;
use report::status::{OutboxSummary, UploadAttempt};
use serde::Serialize;
use std::sync::Arc;
use tokio::sync::watch;

/// Longest title and destination in the status, in characters.
const MAX_NAME: usize = 200;

/// The status of the running agent, as the page shows it.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct NowJson {
    /// True while an agent runs.
    running: bool,
    state: &'static str,
    #[serde(rename = "since_us")]
    since: Timestamp,
    protected: bool,
    app: String,
    title: String,
    span_keys: u64,
    span_clicks: u64,
    keys: u64,
    clicks: u64,
    scroll: u64,
    /// Seconds of today in each of the eight states.
    today_s: Vec<u64>,
    #[serde(rename = "last_durable_us")]
    last_durable: Option<Timestamp>,
    #[serde(rename = "last_shot_us")]
    last_screenshot: Option<Timestamp>,
    #[serde(rename = "paused_until_us")]
    paused_until: Option<Timestamp>,
    outbox: OutboxSummary,
    last_upload: Option<UploadAttempt>,
    #[serde(rename = "next_upload_us")]
    next_upload: Option<Timestamp>,
    destination: String,
}

impl NowJson {
    pub(crate) fn from_status(status: Option<AgentStatus>) -> Self {
        let Some(s) = status else {
            return Self {
                state: "off",
                ..Self::default()
            };
        };
        let (app, title) = s.window.as_ref().map_or_else(Default::default, |w| {
            (
                printable_text(&w.app, MAX_APP),
                printable_text(&w.title, MAX_NAME),
            )
        });
        Self {
            running: true,
            state: s.state.wire_name(),
            since: s.since,
            protected: s.protected,
            app,
            title,
            span_keys: s.span_counts.keys(),
            span_clicks: s.span_counts.clicks(),
            keys: s.today_counts.keys(),
            clicks: s.today_counts.clicks(),
            scroll: s.today_counts.scroll(),
            today_s: s.today.iter().map(|t| t.duration.as_secs()).collect(),
            last_durable: s.last_durable,
            last_screenshot: s.last_screenshot,
            paused_until: s.paused_until,
            outbox: s.outbox,
            last_upload: s.last_upload.map(|u| UploadAttempt {
                text: printable_text(&u.text, MAX_SENTENCE),
                ..u
            }),
            next_upload: s.next_upload,
            destination: printable_text(&s.destination, MAX_NAME),
        }
    }
}

/// Holds the newest status; listeners get the newest, never a backlog.
#[derive(Clone)]
pub(crate) struct LiveChannel {
    now: Arc<watch::Sender<Option<Bytes>>>,
    /// Why listeners must stop; changes with each reason given.
    end: Arc<watch::Sender<&'static str>>,
}

impl Default for LiveChannel {
    fn default() -> Self {
        Self {
            now: Arc::new(watch::channel(None).0),
            end: Arc::new(watch::channel("").0),
        }
    }
}

impl LiveChannel {
    pub(crate) fn publish_now(&self, now: &NowJson) {
        if let Ok(json) = serde_json::to_string(now) {
            let event = Bytes::from(format!("event: now\ndata: {json}\n\n"));
            self.now.send_replace(Some(event));
        }
    }

    /// Ends the streams of all present listeners with a reason. Later listeners are not affected.
    pub(crate) fn end_all(&self, why: &'static str) {
        self.end.send_replace(why);
    }

    pub(crate) fn has_listeners(&self) -> bool {
        self.now.receiver_count() > 0
    }

    /// Sends each new status until the listener hangs up or the streams end.
    pub(crate) async fn stream_to(&self, listener: tokio::sync::mpsc::Sender<Bytes>) {
        let (mut now, mut end) = (self.now.subscribe(), self.end.subscribe());
        now.mark_changed();
        loop {
            tokio::select! {
                () = listener.closed() => return,
                changed = end.changed() => {
                    if changed.is_ok() {
                        let why = *end.borrow();
                        let event = serde_json::json!({ "why": why });
                        // A listener with a full queue is gone.
                        let _ = listener.try_send(format!("event: end\ndata: {event}\n\n").into());
                    }
                    return;
                }
                changed = now.changed() => if changed.is_err() { return },
            }
            let event = now.borrow_and_update().clone();
            if let Some(event) = event
                && listener.send(event).await.is_err()
            {
                return;
            }
        }
    }
}

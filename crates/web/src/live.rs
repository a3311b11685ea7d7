//! What happens now, told to whoever watches.

use crate::api::day::text;
use bytes::Bytes;
use report::Status;
use report::status::{Outbox, Upload};
use serde::Serialize;
use std::sync::Arc;
use tokio::sync::watch;

/// The present, as the page shows it.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Now {
    /// Does an instance run?
    running: bool,
    state: &'static str,
    since_us: i64,
    protected: bool,
    app: String,
    title: String,
    span_keys: u64,
    span_clicks: u64,
    keys: u64,
    clicks: u64,
    scroll: u64,
    /// Seconds of today in each state, in the order of the eight states.
    today_s: Vec<u64>,
    last_durable_us: Option<i64>,
    last_shot_us: Option<i64>,
    paused_until_us: Option<i64>,
    outbox: Outbox,
    last_upload: Option<Upload>,
    next_upload_us: Option<i64>,
    destination: String,
}

impl Now {
    pub(crate) fn of(status: Option<Status>) -> Self {
        let Some(s) = status else {
            return Self {
                state: "off",
                ..Self::default()
            };
        };
        let (app, title) = s.window.as_ref().map_or_else(Default::default, |w| {
            (text(&w.app, 80), text(&w.title, 200))
        });
        Self {
            running: true,
            state: s.state.word(),
            since_us: s.since_us,
            protected: s.protected,
            app,
            title,
            span_keys: s.span_counts.keys(),
            span_clicks: s.span_counts.clicks(),
            keys: s.today_counts.keys(),
            clicks: s.today_counts.clicks(),
            scroll: s.today_counts.scroll(),
            today_s: s.today.iter().map(|t| t.us / 1_000_000).collect(),
            last_durable_us: s.last_durable_us,
            last_shot_us: s.last_shot_us,
            paused_until_us: s.paused_until_us,
            outbox: s.outbox,
            last_upload: s.last_upload.map(|u| Upload {
                text: text(&u.text, 400),
                ..u
            }),
            next_upload_us: s.next_upload_us,
            destination: text(&s.destination, 200),
        }
    }
}

/// The last thing told; those who watch get the newest, never a backlog.
#[derive(Clone)]
pub(crate) struct Live {
    now: Arc<watch::Sender<Option<Bytes>>>,
    /// Why those who watch are to stop; it changes with each reason given.
    over: Arc<watch::Sender<&'static str>>,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            now: Arc::new(watch::channel(None).0),
            over: Arc::new(watch::channel("").0),
        }
    }
}

impl Live {
    pub(crate) fn tell(&self, now: &Now) {
        if let Ok(json) = serde_json::to_string(now) {
            let event = Bytes::from(format!("event: now\ndata: {json}\n\n"));
            self.now.send_replace(Some(event));
        }
    }

    /// Everybody who watches now is told why it is over, and hears nothing more. Those who come later may watch.
    pub(crate) fn end(&self, why: &'static str) {
        self.over.send_replace(why);
    }

    pub(crate) fn is_watched(&self) -> bool {
        self.now.receiver_count() > 0
    }

    /// Passes on what is told until the listener leaves or it is over.
    pub(crate) async fn follow(&self, to: tokio::sync::mpsc::Sender<Bytes>) {
        let (mut now, mut over) = (self.now.subscribe(), self.over.subscribe());
        now.mark_changed();
        loop {
            tokio::select! {
                () = to.closed() => return,
                changed = over.changed() => {
                    if changed.is_ok() {
                        let why = *over.borrow();
                        let event = serde_json::json!({ "why": why });
                        // Who does not take it any more is gone.
                        let _ = to.try_send(format!("event: end\ndata: {event}\n\n").into());
                    }
                    return;
                }
                changed = now.changed() => if changed.is_err() { return },
            }
            let event = now.borrow_and_update().clone();
            if let Some(event) = event
                && to.send(event).await.is_err()
            {
                return;
            }
        }
    }
}

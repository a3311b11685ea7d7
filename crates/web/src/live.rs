//! What happens now, told to whoever watches.

use crate::answer::text;
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
pub(crate) struct Live(Arc<watch::Sender<Option<Bytes>>>);

impl Default for Live {
    fn default() -> Self {
        Self(Arc::new(watch::channel(None).0))
    }
}

impl Live {
    pub(crate) fn tell(&self, now: &Now) {
        if let Ok(json) = serde_json::to_string(now) {
            let event = Bytes::from(format!("event: now\ndata: {json}\n\n"));
            self.0.send_replace(Some(event));
        }
    }

    pub(crate) fn end(&self) {
        self.0
            .send_replace(Some(Bytes::from_static(b"event: locked\ndata: {}\n\n")));
    }

    pub(crate) fn is_watched(&self) -> bool {
        self.0.receiver_count() > 0
    }

    /// Passes on what is told until the listener leaves.
    pub(crate) async fn follow(&self, to: tokio::sync::mpsc::Sender<Bytes>) {
        let mut from = self.0.subscribe();
        from.mark_changed();
        loop {
            tokio::select! {
                () = to.closed() => return,
                changed = from.changed() => if changed.is_err() { return },
            }
            let event = from.borrow_and_update().clone();
            if let Some(event) = event
                && to.send(event).await.is_err()
            {
                return;
            }
        }
    }
}

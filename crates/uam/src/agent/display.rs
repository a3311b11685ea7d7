//! What the person at the terminal sees: the live view on a terminal, plain lines anywhere else.

use super::sources::{self, Message};
use crate::control::Request;
use crate::time::PauseLength;
use console::{Command, Live, Pause, Picture, Plain};
use model::{Record, Shot};
use report::{Feed, LogLine, LogWord, Status, Upload};
use sense::SystemClock;
use std::io::Stdout;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

/// Where news is shown.
pub(crate) struct Display {
    feed: Feed,
    view: View,
}

enum View {
    Live(Live),
    Plain(Plain<Stdout>),
}

impl Display {
    /// The live view when there is a terminal and nobody asked for plain lines.
    pub(crate) fn open(plain: bool, tx: &SyncSender<Message>) -> anyhow::Result<Self> {
        // Standard input is the supervisor's; whether somebody sits at a terminal it has said with `plain`.
        let view = if console::can_be_live() && !plain {
            let tx = tx.clone();
            View::Live(Live::start(
                console::Options::default(),
                Arc::new(SystemClock),
                move |c| command(&tx, c),
            )?)
        } else {
            View::Plain(Plain::new(std::io::stdout()))
        };
        Ok(Self {
            feed: Feed::new(),
            view,
        })
    }

    /// Records as they come.
    pub(crate) fn records(&mut self, records: &[Record]) {
        for record in records {
            for line in self.feed.push(record) {
                self.line(line);
            }
        }
    }

    /// A shot and its picture.
    pub(crate) fn shot(&mut self, shot: &Shot, bytes: &[u8]) {
        self.records(&[Record::Shot(shot.clone())]);
        if let View::Live(live) = &self.view {
            live.updates().picture(Picture {
                at_us: shot.at_us,
                bytes: bytes.to_vec(),
                blurred: shot.blurred,
            });
        }
    }

    /// Something was taken out: what waits here to be shown, and the last picture, are forgotten. What scrolled by on a
    /// terminal is the terminal's.
    pub(crate) fn forget(&mut self) {
        self.feed = Feed::new();
        if let View::Live(live) = &self.view {
            live.updates().forget();
        }
    }

    /// An upload that ended.
    pub(crate) fn upload(&mut self, upload: &Upload, zone: &Arc<str>) {
        self.line(LogLine::upload(upload, Arc::clone(zone)));
    }

    /// A sentence outside the record.
    pub(crate) fn note(&mut self, word: LogWord, at_us: i64, zone: &Arc<str>, text: &str) {
        self.line(LogLine {
            at_us,
            zone: Arc::clone(zone),
            word,
            text: text.to_owned(),
            detail: String::new(),
            dur_us: None,
        });
    }

    /// The last words, after the view was closed.
    pub(crate) fn last(&mut self, text: &str) {
        if let View::Plain(plain) = &mut self.view {
            // A reader that left has heard enough.
            let _ = plain.text(text);
        }
    }

    /// The present state, for the live view.
    pub(crate) fn status(&self, status: Status) {
        if let View::Live(live) = &self.view {
            live.updates().status(status);
        }
    }

    /// Is anybody looking at the state? It is told at each checkpoint; the view itself counts the seconds between.
    pub(crate) fn wants_status(&self) -> bool {
        matches!(&self.view, View::Live(live) if live.updates().is_open())
    }

    /// Gives the terminal back; what follows is plain.
    pub(crate) fn close(&mut self) {
        if let Some(line) = self.feed.flush() {
            self.line(line);
        }
        if let View::Live(live) =
            std::mem::replace(&mut self.view, View::Plain(Plain::new(std::io::stdout())))
        {
            live.finish();
        }
    }

    fn line(&mut self, line: LogLine) {
        match &mut self.view {
            View::Live(live) => live.updates().line(line),
            View::Plain(plain) => {
                let _ = plain.line(&line);
            }
        }
    }
}

/// A key of the live view becomes a request like any other. Its answer shows in the view by itself.
fn command(tx: &SyncSender<Message>, command: Command) {
    let request = match command {
        Command::Pause(pause) => Request::Pause {
            length: match pause {
                Pause::Minutes(minutes) => PauseLength::Seconds(u64::from(minutes) * 60),
                Pause::Tomorrow => PauseLength::Tomorrow,
                Pause::UntilResumed => PauseLength::UntilResumed,
            },
        },
        Command::Resume => Request::Resume,
        Command::Shot => Request::Shot,
        Command::Stop => Request::Stop,
    };
    sources::post(tx, request);
}

//! What each wish does.

use super::{Ask, picture};
use crate::access::{self, Access, keyholder};
use crate::commands::{Home, exclude};
use crate::control::{Reply, Request, Step};
use crate::failure;
use crate::time::PauseLength;
use crate::yours::{self, Lent, hand, words};
use anyhow::Context;
use console::{Code, Command, Pause, Updates, Wish};
use model::NoticeCode;
use platform::clock::current_time_us;
use platform::process::separate_from_terminal;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

/// What `d` takes out, in microseconds.
const LAST_US: i64 = 600_000_000;

/// Longest line read from the page's program, in bytes.
const MAX_LINE: u64 = 4096;

pub(super) struct Hand {
    home: Home,
    ask: Ask,
    ticket: Option<String>,
    updates: Updates,
    /// The picture that is shown, once one was stepped to.
    shown: Option<u64>,
}

impl Hand {
    pub(super) fn new(home: Home, ask: Ask, ticket: Option<String>, updates: Updates) -> Self {
        Self {
            home,
            ask,
            ticket,
            updates,
            shown: None,
        }
    }

    pub(super) fn carry_out(&mut self, command: &Command) {
        let said = match command {
            Command::Pause(pause) => self.simple(Request::Pause {
                length: match pause {
                    Pause::Minutes(minutes) => PauseLength::Seconds(u64::from(*minutes) * 60),
                    Pause::Tomorrow => PauseLength::Tomorrow,
                    Pause::UntilResumed => PauseLength::UntilResumed,
                },
            }),
            Command::Resume => self.simple(Request::Resume),
            Command::Shot => {
                // The next new picture is the one to show.
                self.shown = None;
                self.simple(Request::Shot)
            }
            Command::Stop => self.simple(Request::Stop),
            Command::Show(step) => self.step(match step {
                console::Step::Older => Step::Older,
                console::Step::Newer => Step::Newer,
            }),
            Command::Wish(wish) => self.wish(wish, None),
            Command::WithCode(wish, code) => self.wish(wish, Some(code)),
            Command::Leave => Ok(None),
        };
        match said {
            Ok(Some(text)) => self.updates.said(text),
            Ok(None) => {}
            Err(e) => self.updates.said(failure::in_words(&e)),
        }
    }

    fn simple(&self, request: Request) -> anyhow::Result<Option<String>> {
        (self.ask)(request).map(|reply| Some(reply.text))
    }

    fn step(&mut self, step: Step) -> anyhow::Result<Option<String>> {
        let Some(ticket) = self.ticket.clone() else {
            return Ok(Some("No pictures can be shown here.".to_owned()));
        };
        let request = Request::Show {
            ticket,
            // Without a picture that was stepped to, the newest one is shown: one step back is the one before it.
            from: self.shown.or(self.newest()),
            step,
        };
        let reply = (self.ask)(request)?;
        let Some(picture) = reply.picture.as_deref().and_then(picture) else {
            return Ok(Some(reply.text));
        };
        self.shown = (picture.place < picture.of).then_some(picture.seq);
        self.updates.stepped(picture);
        Ok(None)
    }

    /// The number of the newest picture.
    fn newest(&self) -> Option<u64> {
        let ticket = self.ticket.clone()?;
        let request = Request::Show {
            ticket,
            from: None,
            step: Step::Newest,
        };
        (self.ask)(request).ok()?.picture.map(|shown| shown.seq)
    }

    /// `None` says nothing: the code is asked for.
    fn wish(&self, wish: &Wish, code: Option<&Code>) -> anyhow::Result<Option<String>> {
        let done = match wish {
            // To protect more asks for nothing.
            Wish::Exclude { app } => exclude::add_app(&self.home, app).map(Some),
            Wish::Delete => self.delete(code),
            Wish::Page => self.page(code),
        }?;
        if done.is_none() {
            self.updates.ask_code(wish.clone());
        }
        Ok(done)
    }

    /// The right to read: from a recent unlock, or from the code; `None` when it must be asked for.
    fn access(&self, code: Option<&Code>, text: &str) -> anyhow::Result<Option<Access>> {
        if let Some(code) = code {
            return access::with_code(&self.home, &code.0, text).map(Some);
        }
        if keyholder::is_there(&self.home.paths) {
            return access::open_as(&self.home, NoticeCode::Access, text).map(Some);
        }
        // A code alone would be asked for in vain.
        access::takes_code_alone(&self.home).map(|()| None)
    }

    fn delete(&self, code: Option<&Code>) -> anyhow::Result<Option<String>> {
        let wish = yours::Wish::Since {
            from_us: current_time_us().saturating_sub(LAST_US),
        };
        let ask = |rehearsal: bool, access: Option<&Access>| -> anyhow::Result<Reply> {
            let reply = (self.ask)(Request::TakeOut {
                wish: wish.clone(),
                rehearsal,
                key: access.map(|a| Lent(a.identity.reveal().to_string())),
            })?;
            anyhow::ensure!(reply.ok, "{}", reply.text);
            Ok(reply)
        };
        let told = |reply: Reply| {
            reply
                .told
                .context("the running instance did not say what it did")
        };
        let before = told(ask(true, None)?)?;
        let mut access = None;
        if before.needs_key {
            let text = "The record was opened to take something out.";
            access = self.access(code, text)?;
            if access.is_none() {
                return Ok(None);
            }
        }
        let told = told(ask(false, access.as_ref())?)?;
        if told.is_nothing() {
            return Ok(Some("There was nothing to take out.".to_owned()));
        }
        let copies = hand::delete_copies(&self.home, access.as_ref(), &told)?;
        let mut text = format!("Taken out: {}.", words::numbers(&wish, &told));
        if !copies.left.is_empty() {
            let objects = report::text::count(copies.left.len() as u64, "object", "objects");
            text.push_str(&format!(
                " {objects} STILL where they were sent: the record says which."
            ));
        }
        Ok(Some(text))
    }

    fn page(&self, code: Option<&Code>) -> anyhow::Result<Option<String>> {
        let text = "The page is opened from the console.";
        if self.access(code, text)?.is_none() {
            return Ok(None);
        }
        // A program of its own, which ends when nobody looks any more.
        let mut command = self.home.uam()?;
        command.arg("dashboard");
        separate_from_terminal(&mut command);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start the page")?;
        let mut link = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out.take(MAX_LINE)).read_line(&mut link)?;
        }
        std::thread::Builder::new()
            .name("uam-page".into())
            .spawn(move || child.wait())?;
        anyhow::ensure!(
            link.starts_with("http://"),
            "the page did not start; `uam dashboard` says why"
        );
        Ok(Some(format!(
            "The page, once, within a minute: {}",
            link.trim()
        )))
    }
}

//! What each wish does.

use super::{Ask, picture};
use crate::access::{self, Access, keyholder};
use crate::commands::{Home, exclude};
use crate::yours::{hand, words};
use anyhow::Context;
use console::{ConsoleEvent, ViewUpdates};
use model::NoticeCode;
use platform::clock::current_time_us;
use platform::process::separate_from_terminal;
use protocol::{
    OneTimeCode, RedactionScope, RedactionSummary, Request, Response, ScreenshotStep, UserCommand,
    ViewTicket, ViewerKey,
};
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

/// What `d` takes out, in microseconds.
const LAST_US: i64 = 600_000_000;

/// Longest line read from the page's program, in bytes.
const MAX_LINE: u64 = 4096;

pub(super) struct Hand {
    home: Home,
    ask: Ask,
    ticket: Option<ViewTicket>,
    updates: ViewUpdates,
    /// The picture that is shown, once one was stepped to.
    shown: Option<u64>,
}

impl Hand {
    pub(super) fn new(
        home: Home,
        ask: Ask,
        ticket: Option<ViewTicket>,
        updates: ViewUpdates,
    ) -> Self {
        Self {
            home,
            ask,
            ticket,
            updates,
            shown: None,
        }
    }

    pub(super) fn carry_out(&mut self, event: &ConsoleEvent) {
        let said = match event {
            ConsoleEvent::Command(command) => self.execute(command, None),
            ConsoleEvent::CodeEntered(command, code) => self.execute(command, Some(code)),
            ConsoleEvent::Leave => Ok(None),
        };
        match said {
            Ok(Some(text)) => self.updates.show_message(text),
            Ok(None) => {}
            Err(e) => self.updates.show_message(model::describe_error(e.as_ref())),
        }
    }

    fn execute(
        &mut self,
        command: &UserCommand,
        code: Option<&OneTimeCode>,
    ) -> anyhow::Result<Option<String>> {
        if let Some(request) = Request::for_command(command) {
            if *command == UserCommand::TakeScreenshot {
                // The next new picture is the one to show.
                self.shown = None;
            }
            return self.simple(request);
        }
        match command {
            UserCommand::StepScreenshot(step) => self.step(*step),
            command => self.execute_guarded(command, code),
        }
    }

    fn simple(&self, request: Request) -> anyhow::Result<Option<String>> {
        (self.ask)(request).map(|response| Some(response.text().to_owned()))
    }

    fn step(&mut self, step: ScreenshotStep) -> anyhow::Result<Option<String>> {
        let Some(ticket) = self.ticket.clone() else {
            return Ok(Some("No pictures can be shown here.".to_owned()));
        };
        let request = Request::ViewScreenshot {
            ticket,
            // Without a picture that was stepped to, the newest one is shown: one step back is the one before it.
            from: self.shown.or(self.newest()),
            step,
        };
        let response = (self.ask)(request)?;
        let shown = match &response {
            Response::Screenshot(shown) => picture(shown),
            _ => None,
        };
        let Some(picture) = shown else {
            return Ok(Some(response.text().to_owned()));
        };
        self.shown = (picture.place < picture.of).then_some(picture.seq);
        self.updates.show_chosen_screenshot(picture);
        Ok(None)
    }

    /// The number of the newest picture.
    fn newest(&self) -> Option<u64> {
        let ticket = self.ticket.clone()?;
        let request = Request::ViewScreenshot {
            ticket,
            from: None,
            step: ScreenshotStep::Newest,
        };
        match (self.ask)(request).ok()? {
            Response::Screenshot(shown) => Some(shown.seq),
            _ => None,
        }
    }

    /// `None` says nothing: the code is asked for.
    fn execute_guarded(
        &self,
        command: &UserCommand,
        code: Option<&OneTimeCode>,
    ) -> anyhow::Result<Option<String>> {
        let done = match command {
            // To protect more asks for nothing.
            UserCommand::ExcludeApp { app } => exclude::add_app(&self.home, app).map(Some),
            UserCommand::DeleteLastTenMinutes => self.delete(code),
            UserCommand::OpenPage => self.page(code),
            other => anyhow::bail!("cannot {} from here", other.describe()),
        }?;
        if done.is_none() {
            self.updates.ask_code(command.clone());
        }
        Ok(done)
    }

    /// The right to read: from a recent unlock, or from the code; `None` when it must be asked for.
    fn access(&self, code: Option<&OneTimeCode>, text: &str) -> anyhow::Result<Option<Access>> {
        if let Some(code) = code {
            return access::with_code(&self.home, code.as_str(), text).map(Some);
        }
        if keyholder::is_there(&self.home.paths) {
            return access::open_as(&self.home, NoticeCode::Access, text).map(Some);
        }
        // A code alone would be asked for in vain.
        access::takes_code_alone(&self.home).map(|()| None)
    }

    fn delete(&self, code: Option<&OneTimeCode>) -> anyhow::Result<Option<String>> {
        let scope = RedactionScope::Since {
            from: current_time_us().saturating_sub(LAST_US),
        };
        let redact = |dry_run, access: Option<&Access>| -> anyhow::Result<RedactionSummary> {
            let response = (self.ask)(Request::Redact {
                scope: scope.clone(),
                dry_run,
                key: access.map(|a| ViewerKey::new(a.identity.reveal().to_string())),
            })?;
            match response {
                Response::Redaction { summary, .. } => Ok(*summary),
                Response::Refused(why) => Err(anyhow::Error::msg(why)),
                _ => anyhow::bail!("the running instance did not say what it did"),
            }
        };
        let before = redact(true, None)?;
        let mut access = None;
        if before.needs_key {
            let text = "The record was opened to take something out.";
            access = self.access(code, text)?;
            if access.is_none() {
                return Ok(None);
            }
        }
        let summary = redact(false, access.as_ref())?;
        if summary.is_empty() {
            return Ok(Some("There was nothing to take out.".to_owned()));
        }
        let copies = hand::delete_copies(&self.home, access.as_ref(), &summary)?;
        let mut text = format!("Taken out: {}.", words::numbers(&scope, &summary));
        if !copies.left.is_empty() {
            let objects = report::text::format_count(copies.left.len() as u64, "object", "objects");
            text.push_str(&format!(
                " {objects} STILL where they were sent: the record says which."
            ));
        }
        Ok(Some(text))
    }

    fn page(&self, code: Option<&OneTimeCode>) -> anyhow::Result<Option<String>> {
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

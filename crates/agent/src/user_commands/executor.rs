//! The executor of the commands of a view.

use crate::access::{ReadAccess, require_code_only_vault, unlock_with_code};
use crate::app_context::AppContext;
use crate::keyholder;
use crate::page_launcher::start_page;
use crate::redaction::{delete_copies_and_note, describe_amount};
use crate::settings_changes::exclude_app;
use console::{ConsoleEvent, ShownScreenshot, ViewUpdates};
use data_encoding::BASE64;
use model::NoticeCode;
use platform::clock::current_time;
use protocol::{
    OneTimeCode, RedactionScope, RedactionSummary, Request, Response, ScreenshotStep, UserCommand,
    ViewTicket, ViewedScreenshot, ViewerKey,
};
use std::time::Duration;

/// What the key deletes.
const LAST: Duration = Duration::from_secs(600);

/// How the running agent is asked.
pub type AgentCall = Box<dyn Fn(Request) -> anyhow::Result<Response> + Send>;

/// Executes the commands of one view.
pub(super) struct CommandExecutor {
    context: AppContext,
    call: AgentCall,
    ticket: Option<ViewTicket>,
    updates: ViewUpdates,
    /// The screenshot that is shown, once one was stepped to.
    shown: Option<u64>,
}

impl CommandExecutor {
    pub(super) fn new(
        context: AppContext,
        call: AgentCall,
        ticket: Option<ViewTicket>,
        updates: ViewUpdates,
    ) -> Self {
        Self {
            context,
            call,
            ticket,
            updates,
            shown: None,
        }
    }

    pub(super) fn execute_event(&mut self, event: &ConsoleEvent) {
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
                // The next new screenshot is the one to show.
                self.shown = None;
            }
            return self.send_request(request);
        }
        match command {
            UserCommand::StepScreenshot(step) => self.step_screenshot(*step),
            command => self.execute_guarded(command, code),
        }
    }

    fn send_request(&self, request: Request) -> anyhow::Result<Option<String>> {
        (self.call)(request).map(|response| Some(response.text().to_owned()))
    }

    fn step_screenshot(&mut self, step: ScreenshotStep) -> anyhow::Result<Option<String>> {
        let Some(ticket) = self.ticket.clone() else {
            return Ok(Some("No screenshots can be shown here.".to_owned()));
        };
        let request = Request::ViewScreenshot {
            ticket,
            // Without a screenshot that was stepped to, the newest one is shown: one step back is the one before it.
            from: self.shown.or(self.newest_screenshot_seq()),
            step,
        };
        let response = (self.call)(request)?;
        let shown = match &response {
            Response::Screenshot(shown) => decode_screenshot(shown),
            _ => None,
        };
        let Some(picture) = shown else {
            return Ok(Some(response.text().to_owned()));
        };
        self.shown = (picture.place < picture.of).then_some(picture.seq);
        self.updates.show_chosen_screenshot(picture);
        Ok(None)
    }

    /// The number of the newest screenshot.
    fn newest_screenshot_seq(&self) -> Option<u64> {
        let ticket = self.ticket.clone()?;
        let request = Request::ViewScreenshot {
            ticket,
            from: None,
            step: ScreenshotStep::Newest,
        };
        match (self.call)(request).ok()? {
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
            UserCommand::ExcludeApp { app } => exclude_app(&self.context, app).map(Some),
            UserCommand::DeleteLastTenMinutes => self.delete_last_ten_minutes(code),
            UserCommand::OpenPage => self.open_page(code),
            other => anyhow::bail!("cannot {} from here", other.describe()),
        }?;
        if done.is_none() {
            self.updates.ask_code(command.clone());
        }
        Ok(done)
    }

    /// The right to read: from a recent unlock, or from the code; `None` when it must be asked for.
    fn read_access(
        &self,
        code: Option<&OneTimeCode>,
        text: &str,
    ) -> anyhow::Result<Option<ReadAccess>> {
        if let Some(code) = code {
            return unlock_with_code(&self.context, code.as_str(), text).map(Some);
        }
        // Never a prompt: the worker's standard input is its supervisor's pipe.
        if keyholder::is_unlocked(&self.context.paths)
            && let Some(access) = ReadAccess::from_keyholder(&self.context)?
        {
            let notices = vec![(NoticeCode::Access, text.to_owned())];
            access.record_notices(&self.context, notices)?;
            return Ok(Some(access));
        }
        // A code alone would be asked for in vain.
        require_code_only_vault(&self.context).map(|()| None)
    }

    fn delete_last_ten_minutes(
        &self,
        code: Option<&OneTimeCode>,
    ) -> anyhow::Result<Option<String>> {
        let scope = RedactionScope::Since {
            from: current_time() - LAST,
        };
        let redact = |dry_run, access: Option<&ReadAccess>| -> anyhow::Result<RedactionSummary> {
            let response = (self.call)(Request::Redact {
                scope: scope.clone(),
                dry_run,
                key: access.map(|a| ViewerKey::new(a.identity.reveal().to_string())),
            })?;
            match response {
                Response::Redaction { summary, .. } => Ok(*summary),
                Response::Refused(why) => Err(anyhow::Error::msg(why)),
                _ => anyhow::bail!("the running uam did not report the result"),
            }
        };
        let before = redact(true, None)?;
        let mut access = None;
        if before.needs_key {
            let text = "The record was opened to delete something.";
            access = self.read_access(code, text)?;
            if access.is_none() {
                return Ok(None);
            }
        }
        let summary = redact(false, access.as_ref())?;
        if summary.is_empty() {
            return Ok(Some("There was nothing to delete.".to_owned()));
        }
        let copies = delete_copies_and_note(&self.context, access.as_ref(), &summary)?;
        let mut text = format!("Deleted: {}.", describe_amount(&scope, &summary));
        if !copies.left.is_empty() {
            let objects =
                report::format::format_count(copies.left.len() as u64, "object", "objects");
            text.push_str(&format!(
                " {objects} STILL at the destination: the record says which."
            ));
        }
        Ok(Some(text))
    }

    fn open_page(&self, code: Option<&OneTimeCode>) -> anyhow::Result<Option<String>> {
        let text = "The page was opened from the console.";
        if self.read_access(code, text)?.is_none() {
            return Ok(None);
        }
        let link = start_page(&self.context)?;
        Ok(Some(format!(
            "Open the page, once, within a minute: {link}"
        )))
    }
}

/// A screenshot as the view takes it; none when its bytes cannot be decoded.
pub fn decode_screenshot(shown: &ViewedScreenshot) -> Option<ShownScreenshot> {
    Some(ShownScreenshot {
        seq: shown.seq,
        place: shown.position,
        of: shown.total,
        at: shown.taken_at,
        bytes: BASE64.decode(shown.base64.as_bytes()).ok()?,
        blurred: shown.is_blurred,
    })
}

//! Commands that talk to the running uam.

use crate::output;
use agent::AppContext;
use anyhow::Context;
use model::{ErrorKind, UserError};
use platform::clock::current_time;
use platform::instance_lock::InstanceLock;
use protocol::{PauseLength, Request, Response};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How long `uam stop` waits for the end: the last upload may take its time.
const PATIENCE: Duration = Duration::from_secs(40);

pub(super) fn show_status(context: &AppContext, json: bool) -> anyhow::Result<ExitCode> {
    let Response::Status {
        status, indicator, ..
    } = agent::call_running_agent(&context.paths, &Request::Status)?
    else {
        anyhow::bail!("the running uam gave no status");
    };
    if json {
        output::print_text(&report::to_json(&*status).context("cannot print the status")?);
    } else {
        let now = current_time();
        for line in status.format_lines(now) {
            output::print_line(&line);
        }
        for line in &indicator {
            output::print_line(line);
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn send_pause(
    context: &AppContext,
    length: Option<PauseLength>,
) -> anyhow::Result<ExitCode> {
    let length = length.unwrap_or(PauseLength::UntilResumed);
    print_response(agent::call_running_agent(
        &context.paths,
        &Request::Pause { length },
    )?)
}

/// Makes the running uam apply the changed settings file.
pub(super) fn reload_settings(context: &AppContext) -> anyhow::Result<ExitCode> {
    print_response(agent::call_running_agent(
        &context.paths,
        &Request::ReloadSettings,
    )?)
}

pub(super) fn send_resume(context: &AppContext) -> anyhow::Result<ExitCode> {
    print_response(agent::call_running_agent(&context.paths, &Request::Resume)?)
}

pub(super) fn take_screenshot(context: &AppContext) -> anyhow::Result<ExitCode> {
    print_response(agent::call_running_agent(
        &context.paths,
        &Request::TakeScreenshot,
    )?)
}

/// Returns when the instance has really ended.
pub(super) fn stop_and_wait(context: &AppContext) -> anyhow::Result<ExitCode> {
    let response = agent::call_running_agent(&context.paths, &Request::Stop)?;
    output::print_line(response.text());
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if InstanceLock::acquire(&context.paths.instance_lock_file())?.is_ok() {
            output::print_line("Stopped.");
            return Ok(ExitCode::SUCCESS);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err(UserError::new(
        ErrorKind::Failed,
        "uam has not ended yet",
        "It may still be uploading; `uam status` shows its state until it ends.",
    )
    .into())
}

fn print_response(response: Response) -> anyhow::Result<ExitCode> {
    output::print_line(response.text());
    Ok(match response.is_refused() {
        false => ExitCode::SUCCESS,
        true => ExitCode::FAILURE,
    })
}

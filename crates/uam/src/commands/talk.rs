//! Commands that talk to the running instance.

use super::Home;
use crate::output;
use anyhow::Context;
use model::{ErrorKind, UserError};
use platform::instance_lock::InstanceLock;
use protocol::{PauseLength, Request, Response};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long `uam stop` waits for the end: the last upload may take its time.
const PATIENCE: Duration = Duration::from_secs(40);

pub(super) fn status(home: &Home, json: bool) -> anyhow::Result<ExitCode> {
    let Response::Status {
        status, indicator, ..
    } = agent::call_running_agent(&home.paths, &Request::Status)?
    else {
        anyhow::bail!("the running instance gave no status");
    };
    if json {
        output::out(&report::to_json(&*status).context("cannot print the status")?);
    } else {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_micros();
        for line in status.format_lines(i64::try_from(now).unwrap_or(i64::MAX)) {
            output::line(&line);
        }
        for line in &indicator {
            output::line(line);
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn pause(home: &Home, length: Option<PauseLength>) -> anyhow::Result<ExitCode> {
    let length = length.unwrap_or(PauseLength::UntilResumed);
    say(agent::call_running_agent(
        &home.paths,
        &Request::Pause { length },
    )?)
}

/// Makes the running instance take what was changed in the settings file.
pub(super) fn reload(home: &Home) -> anyhow::Result<ExitCode> {
    say(agent::call_running_agent(
        &home.paths,
        &Request::ReloadSettings,
    )?)
}

pub(super) fn resume(home: &Home) -> anyhow::Result<ExitCode> {
    say(agent::call_running_agent(&home.paths, &Request::Resume)?)
}

pub(super) fn shot(home: &Home) -> anyhow::Result<ExitCode> {
    say(agent::call_running_agent(
        &home.paths,
        &Request::TakeScreenshot,
    )?)
}

/// Returns when the instance has really ended.
pub(super) fn stop(home: &Home) -> anyhow::Result<ExitCode> {
    let response = agent::call_running_agent(&home.paths, &Request::Stop)?;
    output::line(response.text());
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if InstanceLock::acquire(&home.paths.instance_lock_file())?.is_ok() {
            output::line("Stopped.");
            return Ok(ExitCode::SUCCESS);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err(UserError::new(
        ErrorKind::Failed,
        "uam has not ended yet",
        "It may still be sending; `uam status` tells while it runs.",
    )
    .into())
}

fn say(response: Response) -> anyhow::Result<ExitCode> {
    output::line(response.text());
    Ok(match response.is_refused() {
        false => ExitCode::SUCCESS,
        true => ExitCode::FAILURE,
    })
}

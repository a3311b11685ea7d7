//! Commands that talk to the running instance.

use super::Home;
use crate::{control, output};
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
    } = control::call(&home.paths, &Request::Status)?
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
    say(control::call(&home.paths, &Request::Pause { length })?)
}

/// Makes the running instance take what was changed in the settings file.
pub(super) fn reload(home: &Home) -> anyhow::Result<ExitCode> {
    say(control::call(&home.paths, &Request::ReloadSettings)?)
}

/// The same after a change that is made already: the running instance's answer, or when the change holds without one.
pub(super) fn reloaded(home: &Home) -> anyhow::Result<String> {
    match control::call(&home.paths, &Request::ReloadSettings) {
        Ok(response) => Ok(response.text().to_owned()),
        Err(e) if model::error_kind(e.as_ref()) == ErrorKind::Instance => {
            Ok("It holds from the next start on.".to_owned())
        }
        Err(e) => {
            Err(e.context("the settings were changed, but the running instance was not told"))
        }
    }
}

pub(super) fn resume(home: &Home) -> anyhow::Result<ExitCode> {
    say(control::call(&home.paths, &Request::Resume)?)
}

pub(super) fn shot(home: &Home) -> anyhow::Result<ExitCode> {
    say(control::call(&home.paths, &Request::TakeScreenshot)?)
}

/// Returns when the instance has really ended.
pub(super) fn stop(home: &Home) -> anyhow::Result<ExitCode> {
    let response = control::call(&home.paths, &Request::Stop)?;
    output::line(response.text());
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if InstanceLock::acquire(&home.paths.lock())?.is_ok() {
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

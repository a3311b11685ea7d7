//! One upload: the outbox, then the manifests, then the rule for old screenshots.

use super::summary::{UploadProblem, UploadSummary};
use crate::app_context::AppContext;
use crate::retention;
use anyhow::Context;
use journal::{JournalError, Outbox};
use model::{Clock, UserError};
use platform::bus::BusAddress;
use platform::clock::SystemClock;
use platform::instance_lock::InstanceLock;
use platform::metered::{Metered, query_metered};
use protocol::{CallError, Request};
use settings::{EnvVars, MeteredAction, Settings};
use std::io::{BufRead, BufReader, Read};
use std::ops::ControlFlow;
use upload::retry::AttemptOutcome;
use upload::{DrainReport, Sink, Timeouts, UploadError, drain, upload_manifests};
use vault::{DeviceKey, Opener};
use zeroize::Zeroizing;

/// Longest line that a key comes in, in bytes.
const MAX_KEY: u64 = 1024;

/// How one upload is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadOptions {
    /// True to upload also the records that are held back, and on any network.
    pub now: bool,
    /// True when a running agent asks, whose silence would be a gap.
    pub is_alive: bool,
}

/// Reads the lease's key from standard input, where the running agent writes it.
///
/// # Errors
/// When no key comes.
pub fn read_lease() -> anyhow::Result<Opener> {
    let mut line = Zeroizing::new(String::new());
    BufReader::new(std::io::stdin().take(MAX_KEY)).read_line(&mut line)?;
    Ok(Opener::new([line
        .parse()
        .context("the key of the lease is not valid")?]))
}

/// The summary of an upload that could not even begin.
pub fn summarise_failure(error: &anyhow::Error) -> UploadSummary {
    let hint = model::find_user_error(error.as_ref())
        .map(|found| found.hint().to_owned())
        .unwrap_or_default();
    UploadSummary::from(UploadProblem {
        permanent: true,
        text: format!("{error:#}"),
        hint,
        retry_after_s: None,
        damaged: error.chain().any(is_journal_damage),
    })
}

/// True when this cause is a damaged journal.
fn is_journal_damage(cause: &(dyn std::error::Error + 'static)) -> bool {
    matches!(cause.downcast_ref(), Some(JournalError::Damaged { .. }))
}

/// The problem that keeps an upload from a network that is paid for by use, unless it was asked for with `now`.
fn metered_problem(settings: &Settings, now: bool) -> Option<UploadProblem> {
    let waits = !now
        && settings.upload.on_metered == MeteredAction::Wait
        && query_metered(&BusAddress::System) == Metered::Yes;
    waits.then(|| UploadProblem {
        permanent: false,
        text: "the network is metered, so nothing is uploaded".to_owned(),
        hint: "uam tries again by itself. `uam upload --now` uploads at once, `uam config set upload.on_metered send` always.".to_owned(),
        retry_after_s: Some(settings.upload.every_seconds),
        damaged: false,
    })
}

/// Uploads once. `opener` is the lease's key, where uploads are readable.
///
/// # Errors
/// When the settings or the journal cannot be read; problems on the way to the destination are in the summary.
pub fn run_upload(
    context: &AppContext,
    options: UploadOptions,
    opener: Option<&Opener>,
) -> anyhow::Result<UploadSummary> {
    let paths = &context.paths;
    let settings = Settings::load(paths)?;
    let env_vars = EnvVars::load(paths)?;
    let destination = settings::resolve_destination(&settings, &env_vars, paths)?;
    if !paths.has_journal() {
        return Ok(UploadSummary::default());
    }
    // One upload at a time; the lock goes with the process, however it ends.
    let lock = paths.upload_lock_file();
    let Ok(_alone) = InstanceLock::acquire(&lock)? else {
        return Ok(UploadProblem::passing("another upload is running").into());
    };
    if let Some(problem) = metered_problem(&settings, options.now) {
        return Ok(problem.into());
    }
    let clock = SystemClock;
    let mut outbox = open_outbox(context, options.now, &clock)?;
    let mut summary = UploadSummary::default();
    match upload::open_sink(&destination, Timeouts::default()) {
        Err(e) => {
            summary.error = Some(UploadProblem {
                permanent: e.is_permanent(),
                hint: e.hint(),
                ..UploadProblem::passing(e.to_string())
            });
        }
        Ok(sink) => {
            let has_segments = drain_outbox(&mut outbox, &sink, opener, &clock, &mut summary);
            // Delivered segments are listed even when something after them was not delivered.
            if summary.error.is_none() || has_segments {
                let key = DeviceKey::load_or_create(&paths.vault_dir())?;
                match upload_manifests(&mut outbox, &sink, &key, options.is_alive, &clock) {
                    Ok(chained) => summary.bytes += chained.bytes,
                    Err(cause) if summary.error.is_none() => {
                        let drained = DrainReport::default();
                        summary.error = Some(describe_problem(&UploadError { cause, drained }));
                    }
                    Err(_) => {}
                }
            }
            summary.remarks = sink.remarks();
        }
    }
    summary.held_until = outbox.held_until()?;
    let now = clock.now().utc;
    let (applied, text) = retention::run_retention(paths, &settings, &mut outbox, now)?;
    summary.retention = text;
    (summary.archived, summary.deleted) = (applied.archived, applied.deleted);
    Ok(summary)
}

/// Opens the outbox. For `now` the running agent freezes the records it still holds; where none runs, all are frozen.
fn open_outbox(context: &AppContext, now: bool, clock: &dyn Clock) -> anyhow::Result<Outbox> {
    let outbox = Outbox::open(&context.paths.journal_dir())?;
    if !now {
        return Ok(outbox.hold_back_until_due(clock.now().utc));
    }
    match protocol::call_agent(&context.paths.agent_endpoint(), &Request::FreezeSegments) {
        Ok(response) if response.is_refused() => {
            anyhow::bail!("the running uam could not prepare the records that it holds back")
        }
        Ok(_) | Err(CallError::NotRunning) => Ok(outbox),
        Err(e) => Err(UserError::from(e).into()),
    }
}

/// Uploads the segments and screenshots; true when a segment was acknowledged.
fn drain_outbox(
    outbox: &mut Outbox,
    sink: &dyn Sink,
    opener: Option<&Opener>,
    clock: &dyn Clock,
    summary: &mut UploadSummary,
) -> bool {
    let ended = drain(outbox, sink, opener, clock, &mut |_| {
        ControlFlow::Continue(())
    });
    let drained = match &ended {
        Ok(drained) => drained,
        Err(e) => {
            let retry_after_s = match e.outcome() {
                AttemptOutcome::Retriable { retry_after } => retry_after.map(|d| d.as_secs()),
                _ => None,
            };
            let first = Some(e as &(dyn std::error::Error + 'static));
            summary.error = Some(UploadProblem {
                retry_after_s,
                damaged: std::iter::successors(first, |e| e.source()).any(is_journal_damage),
                ..describe_problem(e)
            });
            &e.drained
        }
    };
    (summary.records, summary.shots, summary.bytes) =
        (drained.records, drained.screenshots, drained.bytes);
    drained.segments > 0
}

fn describe_problem(error: &UploadError) -> UploadProblem {
    UploadProblem {
        permanent: error.is_permanent(),
        hint: error.hint(),
        ..UploadProblem::passing(error.to_string())
    }
}

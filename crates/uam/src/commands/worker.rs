//! `uam worker`: the process that records, under a supervisor.

use crate::cli::RunArgs;
use crate::{output, sign_in};
use agent::{
    AppContext, Handover, OWN_EXIT_BASE, TerminalMode, UploadProcessSetup, WorkerSetup,
    desktop_options, journal_keys, run_worker,
};
use anyhow::Context;
use model::{ErrorKind, UserError};
use platform::clock::SystemClock;
use platform::endpoint::remove_endpoint;
use sense::{Desktop, replay};
use settings::{EnvVars, Settings};
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, IsTerminal};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use vault::{Opener, Vault};

/// Finds faults of a worker's arguments before any question is asked.
pub(super) fn check_arguments(args: &RunArgs) -> anyhow::Result<()> {
    if let Some(file) = &args.replay {
        open_replay(file)?;
    }
    if let Some(file) = &args.record_trace {
        // Truncated here; each worker of the run appends to it.
        File::create(file).with_context(|| format!("cannot write the trace {}", file.display()))?;
    }
    Ok(())
}

/// The command line of a worker, from the one of its run.
pub(crate) fn worker_arguments(args: &RunArgs) -> Vec<OsString> {
    let mut line: Vec<OsString> = Vec::new();
    if args.background {
        line.push("--background".into());
    } else if args.plain || !std::io::stdin().is_terminal() {
        line.push("--plain".into());
    }
    for (flag, file) in [
        ("--record-trace", &args.record_trace),
        ("--replay", &args.replay),
    ] {
        if let Some(file) = file {
            line.push(flag.into());
            line.push(file.into());
        }
    }
    line
}

pub(super) fn run(context: &AppContext, args: &RunArgs) -> ExitCode {
    let code = match run_recording(context, args) {
        Ok(()) => 0,
        Err(error) => crate::exit::print_error(&error).exit_code(),
    };
    ExitCode::from(OWN_EXIT_BASE + code)
}

fn run_recording(context: &AppContext, args: &RunArgs) -> anyhow::Result<()> {
    let mut stdin = BufReader::new(std::io::stdin());
    let handover = Handover::read_from(&mut stdin).map_err(|e| {
        UserError::new(
            ErrorKind::Usage,
            "the recording process was started without a lease",
            "`uam run` starts it; do not start it by hand.",
        )
        .caused_by(e)
    })?;
    let paths = &context.paths;
    let config = Settings::load(paths)?;
    let environment = EnvVars::load(paths)?;
    let destination = settings::resolve_destination(&config, &environment, &context.paths)?;
    let vault = Vault::open(&paths.vault_dir())?;
    let lease = handover.lease_identity()?;
    let keys = journal_keys(
        &vault,
        Opener::new([lease.clone()]),
        Some(&lease.recipient()),
    )?;
    let policy = sign_in::resolve_policy(&config, destination, paths, Some(&vault))?;
    let desktop = open_desktop(args, &config)?;
    let trace = args.record_trace.as_deref().map(|file| {
        let out = OpenOptions::new()
            .append(true)
            .open(file)
            .with_context(|| format!("cannot write the trace {}", file.display()))?;
        anyhow::Ok(replay::TraceWriter::new(BufWriter::new(out)))
    });
    let setup = WorkerSetup {
        keys,
        vault_copy: vault.encode_copy(),
        desktop,
        is_replay: args.replay.is_some(),
        trace: trace.transpose()?,
        upload: UploadProcessSetup {
            context: context.clone(),
            environment: environment.values,
            interval: policy.upload.interval,
            // Only an uploader of readable data needs the key.
            lease: (!policy.upload.sealed).then(|| lease.reveal()),
        },
        destination: policy.destination.describe(),
        handover,
        orders: Box::new(stdin),
        terminal: match (args.background, args.plain) {
            (true, _) => TerminalMode::None,
            (_, true) => TerminalMode::Plain,
            _ => TerminalMode::Live,
        },
        context: context.clone(),
        policy,
    };
    let ended = run_worker(setup);
    remove_endpoint(&paths.agent_endpoint());
    output::print_line(&ended?);
    Ok(())
}

fn open_desktop(args: &RunArgs, config: &Settings) -> anyhow::Result<Desktop> {
    match &args.replay {
        Some(file) => open_replay(file),
        None => Ok(Desktop::open(
            &desktop_options(config),
            Arc::new(SystemClock),
        )),
    }
}

fn open_replay(file: &Path) -> anyhow::Result<Desktop> {
    let trace =
        File::open(file).with_context(|| format!("cannot read the trace {}", file.display()))?;
    replay::open_replay(
        BufReader::new(trace),
        replay::ReplayPace::RealTime,
        replay::ReplayTimestamps::Moved,
        Arc::new(SystemClock),
    )
    .map_err(|e| {
        UserError::usage(
            format!("{}: {e}", file.display()),
            "Record one with `uam run --record-trace FILE`.",
        )
        .into()
    })
}

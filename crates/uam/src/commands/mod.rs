//! One file a command. Each prints what it answers and returns the exit code.

mod config;
mod doctor;
pub(crate) mod exclude;
mod export;
mod report;
mod run;
mod shots;
mod talk;
pub(crate) mod upload;

use crate::cli::{Cli, Command};
use crate::failure::Failure;
use crate::paths::Paths;
use ::upload::Destination;
use anyhow::Context;
use clap::CommandFactory;
use std::process::ExitCode;

/// What every command begins with.
pub(crate) struct Home {
    pub(crate) paths: Paths,
    /// `--home` as given, to pass on.
    pub(crate) given: Option<std::path::PathBuf>,
}

/// Carries out the command line.
pub(crate) fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let home = Home {
        paths: Paths::find(cli.home.as_deref())?,
        given: cli.home,
    };
    match cli.command {
        None => run::run(&home, &cli.run),
        Some(Command::Run(args)) => run::run(&home, &args),
        Some(Command::Status { json }) => talk::status(&home, json),
        Some(Command::Pause { time, length }) => talk::pause(&home, time.or(length)),
        Some(Command::Resume) => talk::resume(&home),
        Some(Command::Stop) => talk::stop(&home),
        Some(Command::Shot) => talk::shot(&home),
        Some(Command::Doctor { json }) => doctor::run(&home, json),
        Some(Command::Report { day, json, csv }) => report::run(&home, &day, json, csv),
        Some(Command::Export { from }) => export::run(&home, from),
        Some(Command::Shots {
            count,
            show,
            protocol,
            save,
            seq,
        }) => shots::run(
            &home,
            count,
            show.as_deref(),
            protocol,
            save.as_deref(),
            seq,
        ),
        Some(Command::Exclude(args)) => exclude::run(&home, &args),
        Some(Command::Config { action }) => config::run(&home, action),
        Some(Command::Upload { json }) => upload::run(&home, json),
        Some(Command::Completions { shell }) => {
            clap_complete::generate(shell, &mut Cli::command(), "uam", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The journal for reading; a clear word when there is none yet.
fn reader(home: &Home) -> anyhow::Result<journal::Reader> {
    let nothing = || {
        Failure::usage(
            format!("nothing is recorded yet in {}", home.paths.data.display()),
            "Start recording with `uam`.",
        )
    };
    if !home.paths.journal().join(journal::DB_NAME).exists() {
        return Err(nothing());
    }
    let vault = vault::Vault::open(&home.paths.vault())?;
    journal::Reader::open(&home.paths.journal(), vault.opener()).context("cannot read the journal")
}

/// Where uploads go, from settings, environment and `.env`.
fn destination(
    home: &Home,
    config: &crate::config::Config,
    environment: &crate::environment::Environment,
) -> anyhow::Result<Destination> {
    let get = |name: &str| environment.values.get(name).cloned();
    Destination::choose(
        config.upload.destination.as_deref(),
        &get,
        &home.paths.local_sink(),
    )
    .map_err(|e| {
        let from = environment
            .files
            .iter()
            .map(|f| f.display().to_string())
            .collect::<Vec<_>>()
            .join(", ");
        let read = if from.is_empty() {
            String::new()
        } else {
            format!(" (read: {from})")
        };
        Failure::usage(format!("{}: {}{read}", e.place, e.what), e.hint)
    })
}

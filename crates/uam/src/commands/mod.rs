//! One module a command. Each prints its result and returns the exit code.

mod attach;
mod background;
mod categories;
mod config;
mod consent;
mod control;
mod dashboard;
mod delete;
mod doctor;
mod erase;
pub(crate) mod exclude;
mod export;
mod keys;
mod reading;
mod recover;
mod report;
mod retention;
mod run;
mod sent;
mod shots;
mod unlock;
mod upload;
mod verify;
mod worker;

use crate::cli::{Cli, CliCommand};
use agent::AppContext;
use clap::CommandFactory;
use settings::AppPaths;
use std::process::ExitCode;

/// Executes the command line.
pub(crate) fn dispatch(cli: Cli) -> anyhow::Result<ExitCode> {
    let home = AppContext {
        paths: AppPaths::locate(cli.home.as_deref())?,
        given: cli.home,
    };
    match cli.command {
        None => run::run(&home, &cli.run),
        Some(CliCommand::Run(args)) => run::run(&home, &args),
        Some(CliCommand::Status { json }) => control::show_status(&home, json),
        Some(CliCommand::Pause { time, length }) => control::send_pause(&home, time.or(length)),
        Some(CliCommand::Resume) => control::send_resume(&home),
        Some(CliCommand::Attach { plain }) => attach::run(&home, plain),
        Some(CliCommand::Stop) => control::stop_and_wait(&home),
        Some(CliCommand::Shot) => control::take_screenshot(&home),
        Some(CliCommand::Doctor { json }) => doctor::run(&home, json),
        Some(CliCommand::Report(args)) => report::run(&home, &args),
        Some(CliCommand::Categories(args)) => categories::run(&home, &args),
        Some(CliCommand::Export(args)) => export::run(&home, &args),
        Some(CliCommand::Delete(args)) => delete::run(&home, &args),
        Some(CliCommand::Erase(args)) => erase::run(&home, &args),
        Some(CliCommand::Sent(args)) => sent::run(&home, &args),
        Some(CliCommand::Verify(args)) => verify::run(&home, &args),
        Some(CliCommand::Shots(args)) => shots::run(&home, &args),
        Some(CliCommand::Dashboard { port, no_open }) => dashboard::run(&home, port, no_open),
        Some(CliCommand::Exclude(args)) => exclude::run(&home, &args),
        Some(CliCommand::Config { action }) => config::run(&home, action),
        Some(CliCommand::Retention { apply, json }) => retention::run(&home, apply, json),
        Some(CliCommand::Upload { policy: true, .. }) => upload::print_iam_policy(&home),
        Some(CliCommand::Upload {
            now, json, lease, ..
        }) => upload::run(&home, now, json, lease),
        Some(CliCommand::Unlock { idle }) => unlock::run_unlock(&home, idle),
        Some(CliCommand::Lock) => unlock::run_lock(&home),
        Some(CliCommand::Keys { action }) => keys::run(&home, action),
        Some(CliCommand::Recover { from, identity }) => {
            recover::run(&home, from.as_deref(), identity.as_deref())
        }
        Some(CliCommand::Consent) => consent::run(&home),
        Some(CliCommand::Supervisor(args)) => background::run(&home, &args),
        Some(CliCommand::Worker(args)) => Ok(worker::run(&home, &args)),
        Some(CliCommand::Keyholder) => unlock::run_keyholder(&home),
        Some(CliCommand::Completions { shell }) => {
            clap_complete::generate(shell, &mut Cli::command(), "uam", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
    }
}

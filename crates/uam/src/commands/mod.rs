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
    let context = AppContext {
        paths: AppPaths::locate(cli.home.as_deref())?,
        given: cli.home,
    };
    match cli.command {
        None => run::run(&context, &cli.run),
        Some(CliCommand::Run(args)) => run::run(&context, &args),
        Some(CliCommand::Status { json }) => control::show_status(&context, json),
        Some(CliCommand::Pause { time, length }) => control::send_pause(&context, time.or(length)),
        Some(CliCommand::Resume) => control::send_resume(&context),
        Some(CliCommand::Attach { plain }) => attach::run(&context, plain),
        Some(CliCommand::Stop) => control::stop_and_wait(&context),
        Some(CliCommand::Shot) => control::take_screenshot(&context),
        Some(CliCommand::Doctor { json }) => doctor::run(&context, json),
        Some(CliCommand::Report(args)) => report::run(&context, &args),
        Some(CliCommand::Categories(args)) => categories::run(&context, &args),
        Some(CliCommand::Export(args)) => export::run(&context, &args),
        Some(CliCommand::Delete(args)) => delete::run(&context, &args),
        Some(CliCommand::Erase(args)) => erase::run(&context, &args),
        Some(CliCommand::Sent(args)) => sent::run(&context, &args),
        Some(CliCommand::Verify(args)) => verify::run(&context, &args),
        Some(CliCommand::Shots(args)) => shots::run(&context, &args),
        Some(CliCommand::Dashboard { port, no_open }) => dashboard::run(&context, port, no_open),
        Some(CliCommand::Exclude(args)) => exclude::run(&context, &args),
        Some(CliCommand::Config { action }) => config::run(&context, action),
        Some(CliCommand::Retention { apply, json }) => retention::run(&context, apply, json),
        Some(CliCommand::Upload { policy: true, .. }) => upload::print_iam_policy(&context),
        Some(CliCommand::Upload {
            now, json, lease, ..
        }) => upload::run(&context, now, json, lease),
        Some(CliCommand::Unlock { idle }) => unlock::run_unlock(&context, idle),
        Some(CliCommand::Lock) => unlock::run_lock(&context),
        Some(CliCommand::Keys { action }) => keys::run(&context, action),
        Some(CliCommand::Recover { from, identity }) => {
            recover::run(&context, from.as_deref(), identity.as_deref())
        }
        Some(CliCommand::Consent) => consent::run(&context),
        Some(CliCommand::Supervisor(args)) => background::run(&context, &args),
        Some(CliCommand::Worker(args)) => Ok(worker::run(&context, &args)),
        Some(CliCommand::Keyholder) => unlock::run_keyholder(&context),
        Some(CliCommand::Completions { shell }) => {
            clap_complete::generate(shell, &mut Cli::command(), "uam", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
    }
}

//! `uam` and `uam run`: the sign-in, then the supervisor.

use crate::cli::RunArgs;
use crate::{output, sign_in};
use agent::{AppContext, Handover, SupervisorSetup, read_day_so_far, run_supervisor};
use platform::endpoint::remove_endpoint;
use settings::{EnvVars, Settings};
use std::process::ExitCode;
use vault::Identity;

pub(super) fn run(context: &AppContext, args: &RunArgs) -> anyhow::Result<ExitCode> {
    let paths = &context.paths;
    // Everything that can be wrong is found before the user is asked for anything.
    let config = Settings::load(paths)?;
    let environment = EnvVars::load(paths)?;
    let destination = settings::resolve_destination(&config, &environment, &context.paths)?;
    super::worker::check_arguments(args)?;
    if args.background {
        super::background::require_visibility(&config)?;
    }
    paths.create_dirs()?;
    let instance = sign_in::claim_instance_lock(paths)?;
    let describe = destination.describe();
    let entered = sign_in::sign_in(args, paths, config, &destination)?;
    if let Some(with) = destination.describe_credentials() {
        output::print_line(&format!("Uploads use {with}."));
    }
    for remark in destination.remarks() {
        output::print_line(&remark);
    }
    let greeting = format!(
        "Recording to {}, uploading to {describe}; {}.",
        paths.data.display(),
        entered.policy.describe_screenshots()
    );
    let today = entered.opener.map(|opener| read_day_so_far(paths, opener));
    let lease = Identity::generate();
    let handover = Handover::new(&lease, today, entered.notices, true);
    drop(entered.vault);
    if args.background {
        return super::background::launch_supervisor(context, args, &handover, &greeting, instance);
    }
    let code = run_supervisor(SupervisorSetup {
        home: context.given.clone(),
        worker_arguments: super::worker::worker_arguments(args),
        is_background: args.background,
        lease,
        handover,
        greeting,
        print: output::print_line,
    });
    remove_endpoint(&paths.agent_endpoint());
    drop(instance);
    code
}

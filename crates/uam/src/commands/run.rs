//! `uam` and `uam run`: the way in, then the supervisor.

use super::Home;
use crate::cli::RunArgs;
use crate::{output, start};
use agent::{Handover, SupervisorSetup, read_day_so_far, run_supervisor};
use platform::endpoint::remove_endpoint;
use settings::{EnvVars, Settings};
use std::process::ExitCode;
use vault::Identity;

pub(super) fn run(home: &Home, args: &RunArgs) -> anyhow::Result<ExitCode> {
    let paths = &home.paths;
    // Everything that can be wrong is found before the user is asked for anything.
    let config = Settings::load(paths)?;
    let environment = EnvVars::load(paths)?;
    let destination = settings::resolve_destination(&config, &environment, &home.paths)?;
    super::worker::check(args)?;
    if args.background {
        super::background::must_be_seen(&config)?;
    }
    paths.create_dirs()?;
    let instance = start::claim(paths)?;
    let describe = destination.describe();
    let entered = start::enter(args, paths, config, &destination)?;
    if let Some(with) = destination.describe_credentials() {
        output::line(&format!("It is sent with {with}."));
    }
    for remark in destination.remarks() {
        output::line(&remark);
    }
    let greeting = format!(
        "Recording to {} and sending to {describe}; {}.",
        paths.data.display(),
        entered.policy.describe_screenshots()
    );
    let today = entered.opener.map(|opener| read_day_so_far(paths, opener));
    let lease = Identity::generate();
    let handover = Handover::new(&lease, today, entered.notices, true);
    drop(entered.vault);
    if args.background {
        return super::background::launch(home, args, &handover, &greeting, instance);
    }
    let code = run_supervisor(SupervisorSetup {
        home: home.given.clone(),
        worker_arguments: super::worker::arguments(args),
        is_background: args.background,
        lease,
        handover,
        greeting,
        print: output::line,
    });
    remove_endpoint(&paths.agent_endpoint());
    drop(instance);
    code
}
